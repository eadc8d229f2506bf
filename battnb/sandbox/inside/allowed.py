"""The system calls that a sandbox process may make. The kernel refuses all others: see filters.py.

Numbers are those of x86_64 and aarch64, None if the architecture does not have the call. Source: Linux,
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.

The list was found by measurement: strace on the sandbox while its tests and the programs of tests/sandbox/everyday.py
run, with the calls that other versions of libc use for the same. docs/sandbox.md shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Numbers = Mapping[str, tuple[int | None, int | None]]

FOR_ALL: Mapping[str, Numbers] = {
    "files: which ones, other layers say": {
        "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
        "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286),
        "pwritev2": (328, 287), "open": (2, None), "openat": (257, 56), "close": (3, 57), "close_range": (436, 436),
        "lseek": (8, 62), "stat": (4, None), "lstat": (6, None), "fstat": (5, 80), "newfstatat": (262, 79),
        "statx": (332, 291), "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
        "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61), "mkdir": (83, None),
        "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None),
        "renameat": (264, 38), "renameat2": (316, 276), "truncate": (76, 45), "ftruncate": (77, 46),
        "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83), "sendfile": (40, 71),
        "copy_file_range": (326, 285), "splice": (275, 76), "statfs": (137, 43), "fstatfs": (138, 44),
        "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "umask": (95, 166), "dup": (32, 23),
        "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59), "fcntl": (72, 25),
        "ioctl": (16, 29),
    },
    "its own memory": {
        "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226), "madvise": (28, 233),
        "msync": (26, 227), "brk": (12, 214), "mbind": (237, 235),
    },
    "threads, and forks that the worker makes": {
        "clone": (56, 220), "fork": (57, None), "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
        "gettid": (186, 178), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
        "sched_getscheduler": (145, 120), "sched_getparam": (143, 121), "sched_get_priority_min": (147, 126),
        "sched_get_priority_max": (146, 125), "getpriority": (140, 141), "getcpu": (309, 168), "exit": (60, 93),
        "exit_group": (231, 94), "wait4": (61, 260), "waitid": (247, 95),
    },
    "signals: a fork signals only itself": {
        "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigpending": (127, 136),
        "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137), "rt_sigreturn": (15, 139),
        "sigaltstack": (131, 132), "restart_syscall": (219, 128), "kill": (62, 129), "tgkill": (234, 131),
        "pause": (34, None), "alarm": (37, None), "getitimer": (36, 102), "setitimer": (38, 103),
    },
    "time and chance": {
        "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
        "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
        "getrandom": (318, 278),
    },
    "waiting for descriptors": {
        "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
        "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    },
    "pairs of stream sockets": {
        "socketpair": (53, 199), "sendto": (44, 206), "recvfrom": (45, 207), "shutdown": (48, 210),
        "getsockname": (51, 204), "getpeername": (52, 205), "getsockopt": (55, 209),
    },
    "what the process is, and limits of its own": {
        "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
        "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148), "getresgid": (120, 150),
        "getgroups": (115, 158), "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156),
        "uname": (63, 160), "sysinfo": (99, 179), "getrusage": (98, 165), "getrlimit": (97, 163),
        "setrlimit": (160, 164), "prlimit64": (302, 261), "prctl": (157, 167),
    },
}  # fmt: skip
"""What every sandbox process may call, by purpose."""
BY_NAME: Numbers = {name: pair for calls in FOR_ALL.values() for name, pair in calls.items()}

BEFORE_CANDIDATES: Numbers = {
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446),
    "recvmsg": (47, 212), "pidfd_open": (434, 434), "setsid": (112, 157), "memfd_create": (319, 279),
}  # fmt: skip
"""What besides only the nursery may call, and a worker while it begins."""


class Test(NamedTuple):
    """What an argument of a call must be, as 32 bits: one of these values, or a number without any of these bits."""

    argument: int
    values: tuple[int, ...] = ()
    no_bits: int = 0


_PR_SET_PDEATHSIG, _PR_SET_NAME, _PR_GET_NAME, _PR_GET_SECCOMP, _PR_SET_SECCOMP = 1, 15, 16, 21, 22
_AF_UNIX, _SOCK_STREAM, _SOCK_NONBLOCK, _SOCK_CLOEXEC = 1, 1, 0x800, 0x80000
_NAMESPACES = 0x7E020000  # the bits CLONE_NEW*
# Locks, leases and write hints would be seen by other processes. With owners, lease and notice a process could have the
# kernel send any signal to any process.
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
_TCGETS, _TCGETS2, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX = (
    0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451
)  # fmt: skip
_THEIR_PRCTL = (_PR_SET_NAME, _PR_GET_NAME, _PR_GET_SECCOMP, _PR_SET_SECCOMP)

TESTS: Mapping[str, tuple[Test, ...]] = {
    "clone": (Test(0, no_bits=_NAMESPACES),),
    "fcntl": (Test(1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC)),),
    "ioctl": (Test(1, (_TCGETS, _FIOCLEX, _FIONBIO, _FIONREAD, _FIONCLEX, _TIOCGWINSZ, _TCGETS2)),),
    "mbind": (Test(5, (0,)),),  # where new pages come from; none are moved
    "prctl": (Test(0, (*_THEIR_PRCTL, _PR_SET_PDEATHSIG)),),
    "prlimit64": (Test(0, (0,)),),  # of this process
    "socketpair": (
        Test(0, (_AF_UNIX,)),
        Test(1, (_SOCK_STREAM, _SOCK_STREAM | _SOCK_CLOEXEC, _SOCK_STREAM | _SOCK_CLOEXEC | _SOCK_NONBLOCK)),
    ),
}
"""What the arguments of these calls must be."""
TESTS_IN_A_WORKER: Mapping[str, tuple[Test, ...]] = {"prctl": (Test(0, _THEIR_PRCTL),)}
"""The same for a worker and its forks, besides."""
