"""A kernel that lacks layers of the sandbox: a process that installs a filter, by which the kernel refuses its calls.

Its children inherit the filter, so a pool that it makes meets real refusals.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The number on x86_64 and on aarch64, the first argument that is refused (None: any), and the error.
_REFUSED = {
    "namespaces": (272, 97, None, errno.EPERM),  # unshare
    "private files": (165, 40, None, errno.EPERM),  # mount
    "landlock": (444, 444, None, errno.ENOSYS),  # landlock_create_ruleset
    "seccomp": (157, 167, 22, errno.EINVAL),  # prctl(PR_SET_SECCOMP)
}
_MACHINES = ("x86_64", "aarch64")
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def lack(*what: str) -> None:
    """Make the kernel refuse these layers to this process and to all that it starts."""
    code = b"".join([_refusal(*_REFUSED[name]) for name in what]) + _instruction(_RETURN, value=_ALLOW)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _MODE_FILTER, program, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), f"prctl{arguments[:2]}")


def _refusal(on_x86_64: int, on_aarch64: int, argument: int | None, number: int) -> bytes:
    call = on_x86_64 if platform.machine() == "x86_64" else on_aarch64
    refuse = _instruction(_RETURN, value=_ERRNO | number)
    if argument is not None:
        allow = _instruction(_RETURN, value=_ALLOW)
        refuse = _instruction(_LOAD, value=16) + _instruction(_EQUAL, over=1, value=argument) + refuse + allow
    return _instruction(_LOAD, value=0) + _instruction(_EQUAL, over=len(refuse) // 8, value=call) + refuse


def _instruction(code: int, over: int = 0, value: int = 0) -> bytes:
    """over: how many instructions to skip if a comparison fails."""
    return struct.pack("=HBBI", code, 0, over, value)


def run_lacking(*what: str, code: str, ordinary: bool = False) -> Any:
    """Run Python code on a kernel without these layers. It can use `bn` and import the modules of this folder.

    ordinary: as an ordinary user, even if root runs the tests. Returns the last line that it printed, read as JSON.
    """
    if platform.machine() not in _MACHINES:
        pytest.skip(f"no numbers of system calls for {platform.machine()}")
    here = Path(__file__).parent
    text = f"import asyncio, json, os, time\nimport battnb as bn\nimport lacking\nlacking.lack(*{what!r})\n{code}"
    if ordinary:
        again = [sys.executable, "-c", text]
        text = f"import os, ordinary\nordinary.become_ordinary()\nos.execv({sys.executable!r}, {again!r})"
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parent), str(here)])},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )
    if "PermissionError" in done.stderr and "become_ordinary" in done.stderr:
        pytest.skip(f"cannot become an ordinary user here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
