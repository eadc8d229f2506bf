"""A process of an ordinary user, even if root runs the tests and other users may not enter root's home."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
SCRATCH = Path("/dev/shm")
PATHS = (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[1])
"""What the interpreter and the tests have to read."""
_NEW_MOUNTS = 0x00020000


def become_ordinary() -> None:
    """Stop being root for good, and use a new folder for temporary files.

    Mounts that only this process and its children see let other users read what is needed. Raises OSError if root
    may not mount.
    """
    if os.getuid() != 0:
        return
    if ctypes.CDLL(None).unshare(_NEW_MOUNTS) != 0:
        raise PermissionError("unshare")
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(SCRATCH))
    for closed in {closed for path in PATHS if (closed := _closed_above(path)) is not None}:
        _open_to_others(closed, [path for path in PATHS if path.is_relative_to(closed)])
    os.environ["TMPDIR"] = str(SCRATCH)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _closed_above(path: Path) -> Path | None:
    """The uppermost folder on the way to a path that other users may not enter."""
    return next((folder for folder in reversed([path, *path.parents]) if not folder.stat().st_mode & 0o001), None)


def _open_to_others(closed: Path, needed: list[Path]) -> None:
    """Mount an open folder over a closed one, with only what is needed in it."""
    held = {path: SCRATCH / f"held-{number}" for number, path in enumerate(needed)}
    for path, at in held.items():
        at.mkdir()
        _mount("--bind", str(path), str(at))
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(closed))
    for path, at in held.items():
        path.mkdir(parents=True, exist_ok=True)
        _mount("--bind", str(at), str(path))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PermissionError(done.stderr.strip())
