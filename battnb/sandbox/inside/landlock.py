"""Landlock: which files a sandbox process may still touch.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. Rules are paths that stay allowed, with all
that is beneath them; so a folder that holds a package of solutions is never one of them, only the packages beside it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
PRIVATE = (
    READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM
)
_NETWORK_RIGHTS = 0b11
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2


def abi(libc: ctypes.CDLL) -> int:
    """The version of Landlock that this kernel has; 0 for none."""
    return max(0, int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))))


class Ruleset:
    """Everything that Landlock knows is forbidden, but for what is allowed here. Raises OSError."""

    def __init__(self, libc: ctypes.CDLL) -> None:
        self._libc = libc
        self.abi = abi(libc)
        newest = {1: 13, 2: 14, 3: 15, 4: 15}.get(self.abi, 16)
        self._handled = (1 << newest) - 1
        network = _NETWORK_RIGHTS if self.abi >= 4 else 0
        scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if self.abi >= 6 else 0
        attributes = struct.pack("=QQQ", self._handled, network, scoped)
        size = 24 if self.abi >= 6 else 16 if self.abi >= 4 else 8
        self._descriptor = _checked(
            libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
        )

    def allow(self, path: str | Path, rights: int) -> None:
        """Allow rights on a path and what is beneath it. A path that is not there allows nothing."""
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            if not os.path.isdir(path):
                rights &= _FILE_RIGHTS
            rule = struct.pack("=Qi", rights & self._handled, descriptor)
            _checked(self._libc.syscall(_ADD_RULE, self._descriptor, _PATH_BENEATH, rule, ctypes.c_uint32(0)))
        finally:
            os.close(descriptor)

    def enforce(self) -> None:
        """From here on, for this process and all that it forks."""
        _checked(self._libc.syscall(_RESTRICT_SELF, self._descriptor, ctypes.c_uint32(0)))
        os.close(self._descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def readable_packages(search_path: Iterable[str], packages: Iterable[str]) -> list[Path]:
    """The folders and files of packages: each by its own name, and the libraries that its wheel brought."""
    found = []
    for folder in search_path:
        for package in packages:
            for name in (package, f"{package}.py", f"{package}.libs"):
                path = Path(folder, name)
                if path.exists():
                    found.append(path)
    return found


def standard_library(folder: Path) -> list[Path]:
    """What is in the standard library's folder, less the folders of installed packages that may lie in it."""
    return [entry for entry in folder.iterdir() if entry.name not in ("site-packages", "dist-packages")]
