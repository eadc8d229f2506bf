"""What a sandbox process gives up before any candidate runs, as far as this kernel lets it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import tempfile
from typing import NamedTuple

CAPTURE_BYTES = 64 * 2**10
FILE_BYTES = 16 * 2**20
EXIT_NO_MEMORY = 97

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


class Layers(NamedTuple):
    """The layers that are active, by name, and those that are not, with the reason."""

    active: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]

    def enter_fork(self, threads: int) -> None:
        """What each fork still has to take upon itself."""


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that made it ends."""
    libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def harden() -> Layers:
    """Apply every layer that this kernel has; forks inherit them."""
    active, missing = [], []
    if libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        active.append("no new privileges")
    else:
        missing.append(("no new privileges", "prctl refused it"))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    active.append("resource limits")
    return Layers(tuple(active), tuple(missing))


def capture_file() -> int:
    """A descriptor of a file without a name, for a candidate's standard output and error."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("captured")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
