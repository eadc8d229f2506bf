# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that make system calls by number which are on no list, or are on it only with other arguments."""

from __future__ import annotations

import errno
import platform
from typing import NamedTuple

from sandbox.zoo.cage import RIGHT, Animal, solver

from battnb.sandbox.inside.allowed import BEFORE_CANDIDATES, BY_NAME
from battnb.sandbox.inside.hardening import SYSTEM_CALLS

_HERE = 0 if platform.machine() == "x86_64" else 1
FIRST_COMMON = 424
ALLOWED = frozenset([numbers[_HERE] for numbers in BY_NAME.values()]) - {None}
NURSERYS = frozenset([numbers[_HERE] for numbers in BEFORE_CANDIDATES.values()])

TOP = """
import ctypes, errno, os
lib = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    got = lib.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if type(a) is int else a for a in arguments])
    return got, ctypes.get_errno()
"""


class Call(NamedTuple):
    """A call that no candidate may make. x86_64, aarch64: its number. arguments: Python expressions, after `first`."""

    x86_64: int | None
    aarch64: int | None
    arguments: str = "0, 0, 0, 0, 0, 0"
    first: str = ""

    @property
    def number(self) -> int | None:
        return (self.x86_64, self.aarch64)[_HERE]

    @property
    def error(self) -> int:
        """What the program must be told."""
        listed = self.number in ALLOWED
        return errno.ENOSYS if not listed and (self.number or 0) >= FIRST_COMMON else errno.EPERM


_PATH = "ctypes.c_char_p(b'mine')"
_OPEN = "fd = os.open('mine', os.O_RDWR | os.O_CREAT)"
_NUMBER = "number = ctypes.byref(ctypes.c_long(16))"

CALLS = {
    # attributes, times and modes of files
    "setxattrat": Call(463, 463, f"-100, {_PATH}, 0, ctypes.c_char_p(b'user.x'), ctypes.byref((ctypes.c_long * 2)()), 16"),
    "getxattrat": Call(464, 464),
    "listxattrat": Call(465, 465),
    "removexattrat": Call(466, 466),
    "removexattr": Call(197, 14, f"{_PATH}, ctypes.c_char_p(b'user.x')"),
    "lremovexattr": Call(198, 15, f"{_PATH}, ctypes.c_char_p(b'user.x')"),
    "fremovexattr": Call(199, 16, "fd, ctypes.c_char_p(b'user.x')", _OPEN),
    "getxattr": Call(191, 8),
    "listxattr": Call(194, 11),
    "file_getattr": Call(468, 468, f"-100, {_PATH}, ctypes.byref((ctypes.c_long * 3)()), 24, 0", _OPEN),
    "file_setattr": Call(469, 469, f"-100, {_PATH}, ctypes.byref((ctypes.c_long * 3)()), 24, 0", _OPEN),
    "fchmodat2": Call(452, 452, f"-100, {_PATH}, 0o777, 0", _OPEN),
    "utimensat": Call(280, 88, f"-100, {_PATH}, 0, 0", _OPEN),
    "mknodat": Call(259, 33, "-100, ctypes.c_char_p(b'fifo'), 0o10600, 0"),
    "linkat": Call(265, 37, f"-100, {_PATH}, -100, ctypes.c_char_p(b'other'), 0", _OPEN),
    "symlinkat": Call(266, 36, "ctypes.c_char_p(b'/'), -100, ctypes.c_char_p(b'link')"),
    # what tells of others' files, or works on all of them
    "inotify_init1": Call(294, 26, "0"),
    "inotify_init": Call(253, None),
    "inotify_add_watch": Call(254, 27, "0, ctypes.c_char_p(b'/tmp'), 0xFFF"),
    "fanotify_init": Call(300, 262, "0x200, 0"),
    "sync": Call(162, 81),
    "syncfs": Call(306, 267, "1"),
    "sync_file_range": Call(277, 84, "1, 0, 0, 0"),
    "readahead": Call(187, 213, "1, 0, 0"),
    "fadvise64": Call(221, 223, "fd, 0, 0, 4", _OPEN),
    "cachestat": Call(451, 451),
    "statmount": Call(457, 457),
    "listmount": Call(458, 458),
    "open_tree": Call(428, 428),
    "open_tree_attr": Call(467, 467),
    "fspick": Call(433, 433),
    "quotactl_fd": Call(443, 443),
    # locks and hints on what is shared
    "flock": Call(73, 32, "1, 2"),
    "F_SETLK": Call(72, 25, "1, 6, ctypes.byref((ctypes.c_short * 16)(1))"),
    "F_SETLKW": Call(72, 25, "1, 7, ctypes.byref((ctypes.c_short * 16)(1))"),
    "F_OFD_SETLK": Call(72, 25, "1, 37, ctypes.byref((ctypes.c_short * 16)(1))"),
    "F_SETLEASE": Call(72, 25, "fd, 1024, 1", _OPEN),
    "F_NOTIFY": Call(72, 25, "os.open('.', 0), 1026, 1"),
    "F_SETPIPE_SZ": Call(72, 25, "os.pipe()[0], 1031, 2**20"),
    "F_ADD_SEALS": Call(72, 25, "1, 1033, 8"),
    "F_SET_RW_HINT": Call(72, 25, "1, 1036, number", _NUMBER),
    "F_SETOWN": Call(72, 25, "1, 8, 1"),
    "FS_IOC_GETFLAGS": Call(16, 29, "fd, 0x80086601, number", f"{_OPEN}\n{_NUMBER}"),
    "FS_IOC_SETFLAGS": Call(16, 29, "fd, 0x40086602, number", f"{_OPEN}\n{_NUMBER}"),
    "FS_IOC_FSSETXATTR": Call(16, 29, "fd, 0x401C5820, number", f"{_OPEN}\n{_NUMBER}"),
    "FICLONE": Call(16, 29, "fd, 0x40049409, 1", _OPEN),
    "FIOASYNC": Call(16, 29, "fd, 0x5452, number", f"{_OPEN}\n{_NUMBER}"),
    # sockets
    "a pair of datagram sockets": Call(53, 199, "1, 2, 0, ctypes.byref((ctypes.c_int * 2)())"),
    "a pair of packet sockets": Call(53, 199, "1, 5, 0, ctypes.byref((ctypes.c_int * 2)())"),
    "a pair of network sockets": Call(53, 199, "2, 1, 0, ctypes.byref((ctypes.c_int * 2)())"),
    "a pair of TIPC sockets": Call(53, 199, "30, 1, 0, ctypes.byref((ctypes.c_int * 2)())"),
    "bind": Call(49, 200),
    "connect": Call(42, 203),
    "listen": Call(50, 201),
    "accept4": Call(288, 242),
    "sendmsg": Call(46, 211),
    "recvmsg": Call(47, 212),
    "sendmmsg": Call(307, 269),
    "setsockopt": Call(54, 208),
    # other processes, and what this one is to them
    "pidfd_open": Call(434, 434, "os.getpid(), 0"),
    "process_mrelease": Call(448, 448),
    "process_madvise": Call(440, 440),
    "migrate_pages": Call(256, 238),
    "move_pages": Call(279, 239),
    "mbind that moves pages": Call(237, 235, "0, 0, 0, 0, 0, 2"),
    "set_mempolicy": Call(238, 237),
    "sched_setaffinity": Call(203, 122, "0, 8, number", _NUMBER),
    "sched_setscheduler": Call(144, 119, "0, 3, number", _NUMBER),
    "sched_setattr": Call(314, 274),
    "setpriority": Call(141, 140, "0, 0, 5"),
    "ioprio_set": Call(251, 30, "1, 0, 0x6000"),
    "prlimit of another": Call(302, 261, "os.getppid(), 7, 0, 0"),
    "setuid": Call(105, 146, "os.getuid()"),
    "personality": Call(135, 92, "-1"),
    "membarrier": Call(324, 283, "0, 0"),
    "rseq_slice_yield": Call(471, 471),
    "clone into a user namespace": Call(56, 220, "0x10000011, 0, 0, 0, 0"),
    # state that the sandbox relies on
    "PR_SET_PDEATHSIG": Call(157, 167, "1, 0, 0, 0, 0"),
    "PR_SET_DUMPABLE": Call(157, 167, "4, 0, 0, 0, 0"),
    "PR_SET_CHILD_SUBREAPER": Call(157, 167, "36, 1, 0, 0, 0"),
    "PR_SET_PTRACER": Call(157, 167, "0x59616D61, -1, 0, 0, 0"),
    "seccomp": Call(317, 277, "2, 0, 0"),
    "landlock_create_ruleset": Call(444, 444, "0, 0, 1"),
    "landlock_restrict_self": Call(446, 446, "-1, 0"),
    "lsm_get_self_attr": Call(459, 459),
    "lsm_list_modules": Call(461, 461),
    "mseal": Call(462, 462),
    "pkey_alloc": Call(330, 289, "0, 0"),
    "map_shadow_stack": Call(453, 453),
    # descriptors and timers of kinds that nobody here needs
    "timerfd_create": Call(283, 85, "1, 0"),
    "signalfd4": Call(289, 74, "-1, number, 8, 0", _NUMBER),
    "eventfd2": Call(290, 19, "0, 0"),
    "timer_create": Call(222, 107, "1, 0, number", _NUMBER),
    "memfd_create": Call(319, 279, "ctypes.c_char_p(b'x'), 0"),
    "io_setup": Call(206, 0, "8, number", _NUMBER),
    "epoll_pwait2": Call(441, 441),
    "futex_waitv": Call(449, 449),
    "openat2": Call(437, 437),
    "vmsplice": Call(278, 75, "1, 0, 0, 0"),
    "a number of the future": Call(999, 999),
    "a number of x32": Call(0x40000000 | 39, None),
}  # fmt: skip


def told(call: Call) -> str:
    """A solver that is right only if it is told that there is no such call, or that it may not make it."""
    check = f"got = call({call.number}, {call.arguments})\nassert got == (-1, {call.error}), got"
    return solver(*([call.first] if call.first else []), check, RIGHT, top=TOP)


ANIMALS = [
    Animal(f"call: {name}", told(call), "correct", needs=(SYSTEM_CALLS,))
    for name, call in CALLS.items()
    if call.number is not None
]
