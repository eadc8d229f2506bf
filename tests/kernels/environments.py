"""Makes the environments whose kernels are tested, one for each requirement file beside this one, in .environments/.

    python tests/kernels/environments.py [name...]      as make does; environments that are up to date stay

battnb is installed into each of them, editable, from this checkout, in the same resolution as the pinned versions, so
that no pin gives way. The development environment, with the newest ipykernel, is tested too.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".environments"


class Wanted(NamedTuple):
    """An environment: the name of its requirement file, and the version of Python that it should have, None for any."""

    name: str
    python: str | None = None


WANTED = (Wanted("kaggle", "3.12"), Wanted("ipykernel6"), Wanted("python313", "3.13"))


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return FOLDER / name / "bin" / "python"


def find_python(version: str) -> str | None:
    """An interpreter of this version, None if there is none. Each is started, since a shim of pyenv may not run."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    places = [sys.executable, shutil.which(f"python{version}"), f"/usr/bin/python{version}"]
    places += sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python"), reverse=True)
    return next((place for place in places if place and _version_of(place) == version), None)


def _version_of(python: str) -> str | None:
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def stand_in(wanted: Wanted) -> str | None:
    """What to say if an environment does not have the Python that it should have."""
    if wanted.python is None or find_python(wanted.python):
        return None
    here = ".".join(map(str, sys.version_info[:2]))
    return (
        f"NO PYTHON {wanted.python} FOUND: the environment {wanted.name} has Python {here} with the same pins; "
        f"install python{wanted.python} to test what it stands for"
    )


def make(wanted: Wanted) -> str:
    """Make an environment unless it is up to date. Returns what to print about it. Raises RuntimeError if it fails."""
    python = (wanted.python and find_python(wanted.python)) or sys.executable
    version = _version_of(python)
    stamp, due = FOLDER / wanted.name / "made", _stamp(wanted, version)
    if stamp.is_file() and stamp.read_text() == due and _version_of(str(python_of(wanted.name))) == version:
        return f"{wanted.name} is there"
    started_s = time.monotonic()
    shutil.rmtree(stamp.parent, ignore_errors=True)
    stamp.parent.mkdir(parents=True)
    _run(wanted, [python, "-m", "venv", "--without-pip", str(stamp.parent)])  # our own pip serves all
    pip = [sys.executable, "-m", "pip", "--python", str(python_of(wanted.name)), "--disable-pip-version-check"]
    what = ["--requirement", str(HERE / f"{wanted.name}.txt"), "--editable", str(ROOT)]
    _run(wanted, [*pip, "install", "--quiet", "--no-compile", *what])  # kernels compile what they import
    stamp.write_text(due)
    return f"{wanted.name} made in {time.monotonic() - started_s:.0f} s"


def _stamp(wanted: Wanted, version: str | None) -> str:
    """What an environment is made of."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    parts = [(HERE / f"{wanted.name}.txt").read_text(), *needed, str(version), str(ROOT)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _run(wanted: Wanted, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise RuntimeError(f"the environment {wanted.name} cannot be made: {' '.join(command)}\n{said}")


def main(names: list[str]) -> int:
    chosen = [wanted for wanted in WANTED if not names or wanted.name in names]
    with ThreadPoolExecutor(len(chosen) or 1) as threads:
        made = [threads.submit(make, wanted) for wanted in chosen]
    failed = 0
    for wanted, future in zip(chosen, made, strict=True):
        error = future.exception()
        failed += error is not None
        print(f"environments: {error or future.result()}", file=sys.stderr if error else sys.stdout)
        if notice := stand_in(wanted):
            print(f"environments: {notice}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
