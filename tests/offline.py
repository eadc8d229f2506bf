"""Run a command without a network: python tests/offline.py COMMAND...

The command gets a network namespace of its own, with nothing but the loopback that a notebook's kernel needs.
The exit code is 75 if the kernel refuses such a namespace.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys

REFUSED = 75
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1


def enter() -> bool:
    """Leave the network for good. Returns False if the kernel refuses."""
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    users = (os.getuid(), os.getgid())
    if unshare(_NEW_NET) != 0:
        if unshare(_NEW_USER | _NEW_NET) != 0:
            return False
        _keep_ids(*users)
    _raise_loopback()
    return True


def _keep_ids(user: int, group: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


if __name__ == "__main__":
    if not enter():
        sys.exit(REFUSED)
    os.execvp(sys.argv[1], sys.argv[1:])
