"""What the kernel still lets a sandbox process do: files (Landlock) and system calls (seccomp).

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. Landlock's rules are paths that stay allowed,
with all that is beneath them. So a folder that holds a package of solutions is never one of them, only the packages
beside it are.

Source: seccomp(2), and Documentation/userspace-api/seccomp_filter.rst. A seccomp filter is a classic BPF program over
(number, architecture, arguments). One is put on in the nursery, a second in each worker, and both are inherited. A
third, in each fork, forbids what the worker still needs: making processes, and signals to any process but itself. It is
as short as can be, because each time that it is put on the kernel compiles it and tries it on every system call.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

# Landlock

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


class Ruleset:
    """Forbids everything that Landlock knows, except what is allowed here. Raises OSError.

    abi: the version of Landlock that this kernel has; 0 if it has none.
    """

    def __init__(self, libc: ctypes.CDLL) -> None:
        self._libc = libc
        asked = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
        self.abi = max(0, int(asked))
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
        """Allow rights on a path and what is beneath it. A path that does not exist allows nothing."""
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
        """Begin to forbid, for this process and all that it forks."""
        _checked(self._libc.syscall(_RESTRICT_SELF, self._descriptor, ctypes.c_uint32(0)))
        os.close(self._descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# Seccomp

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16
_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2
_CLONE_THREAD = 0x00010000

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_Numbers = dict[str, tuple[int | None, int | None]]
"""Numbers of system calls on x86_64 and aarch64, by name; None if the architecture does not have the call."""
_NEVER: _Numbers = {
    "execve": (59, 221), "execveat": (322, 281), "pidfd_getfd": (438, 438), "socket": (41, 198),
    "memfd_secret": (447, 447), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "process_madvise": (440, 440), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53),
    "fchmodat2": (452, 452), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5),
    "lsetxattr": (189, 6), "fsetxattr": (190, 7), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "acct": (163, 89), "quotactl": (179, 60),
    "personality": (135, 92), "ioperm": (173, None), "iopl": (172, None), "modify_ldt": (154, None),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
_NOT_IN_A_WORKER: _Numbers = {
    "vfork": (58, None), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "setsid": (112, 157), "setpgid": (109, 154),
    "memfd_create": (319, 279), "setpriority": (141, 140), "ioprio_set": (251, 30),
}  # fmt: skip
_ONLY_ITSELF_AS_0: _Numbers = {
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274),
}  # fmt: skip
_BY_ARGUMENT: _Numbers = {
    "clone": (56, 220), "clone3": (435, 435), "fork": (57, None), "kill": (62, 129), "tgkill": (234, 131),
    "fcntl": (72, 25), "ioctl": (16, 29),
}  # fmt: skip
_NUMBERS = _NEVER | _NOT_IN_A_WORKER | _ONLY_ITSELF_AS_0 | _BY_ARGUMENT
# With these a process could have the kernel send any signal to any process.
_OWNER_COMMANDS = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_OWNER_REQUESTS = (0x8901, 0x8902, 0x5452)  # FIOSETOWN, SIOCSPGRP, FIOASYNC


def _number(name: str) -> int | None:
    return _NUMBERS[name][0 if platform.machine() == "x86_64" else 1]


class _Program:
    """BPF instructions. A jump skips a number of instructions, so no labels are needed."""

    def __init__(self) -> None:
        self._code: list[tuple[int, int, int, int]] = []
        self._load(_ARCH_AT)
        self._skip_if(_EQUAL, ARCHITECTURES[platform.machine()], 1)
        self._return(_ERRNO | errno.EPERM)
        self._load(_NUMBER_AT)
        if platform.machine() == "x86_64":  # the x32 numbers of the same calls
            self._code.append((_AT_LEAST, 0, 1, 0x40000000))
            self._return(_ERRNO | errno.ENOSYS)

    def deny(self, names: Iterable[str], number: int = errno.EPERM) -> None:
        for name in names:
            call = _number(name)
            if call is not None:
                self._code.append((_EQUAL, 0, 1, call))
                self._return(_ERRNO | number)

    def deny_unless(self, name: str, argument: int, value: int, test: int = _EQUAL) -> None:
        """Deny a call unless an argument, as 32 bits, is a value or, with _ANY_BIT as the test, has a bit."""
        call = _number(name)
        if call is not None:
            self._code.append((_EQUAL, 0, 4, call))
            self._load(_ARGS_AT + 8 * argument)
            self._skip_if(test, value, 1)
            self._return(_ERRNO | errno.EPERM)
            self._return(_ALLOW)

    def deny_argument(self, name: str, argument: int, values: Sequence[int]) -> None:
        """Deny a call if an argument, as 32 bits, is one of these values."""
        call = _number(name)
        if call is not None:
            self._code.append((_EQUAL, 0, 2 + 2 * len(values), call))
            self._load(_ARGS_AT + 8 * argument)
            for value in values:
                self._code.append((_EQUAL, 0, 1, value))
                self._return(_ERRNO | errno.EPERM)
            self._return(_ALLOW)

    def assembled(self) -> bytes:
        self._return(_ALLOW)
        return b"".join([struct.pack("=HBBI", *instruction) for instruction in self._code])

    def _load(self, offset: int) -> None:
        self._code.append((_LOAD, 0, 0, offset))

    def _skip_if(self, test: int, value: int, count: int) -> None:
        self._code.append((test, count, 0, value))

    def _return(self, action: int) -> None:
        self._code.append((_RETURN, 0, 0, action))


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class Filter:
    """A filter that is ready to be put on. It is made before the fork, so that the fork touches few pages."""

    def __init__(self, code: bytes) -> None:
        self._buffer = ctypes.create_string_buffer(code, len(code))
        self._program = _FilterProgram(len(code) // 8, ctypes.addressof(self._buffer))
        self._pointer = ctypes.byref(self._program)
        # PyDLL keeps the interpreter's lock: no thread waits for it, and to give it up would touch more pages.
        # There are no argtypes because each conversion makes an object. Small ints and a pointer pass as they are.
        self._prctl = ctypes.PyDLL(None).prctl

    def put_on(self, operation: int = _PR_SET_SECCOMP) -> bool:
        """Put it on for this thread and all that it makes. False if the kernel refuses."""
        return bool(self._prctl(operation, _MODE_FILTER, self._pointer, 0, 0) == 0)


class ForkFilter(Filter):
    """The filter of a fork, made before it; the process id is filled in."""

    def __init__(self) -> None:
        program = _Program()
        placeholder = 0x7EADBEEF
        program.deny_unless("clone", 0, _CLONE_THREAD, _ANY_BIT)
        program.deny_unless("kill", 0, placeholder)
        program.deny_unless("tgkill", 0, placeholder)
        program.deny(("fork",))
        super().__init__(program.assembled())
        self._words = memoryview(self._buffer).cast("B").cast("I")
        self._places = [place for place, word in enumerate(self._words.tolist()) if word == placeholder]

    def put_on_for(self, pid: int, operation: int = _PR_SET_SECCOMP) -> bool:
        words = self._words
        for place in self._places:
            words[place] = pid
        return self.put_on(operation)

    def rehearse(self, pid: int) -> bool:
        """Do all of that, but ask the kernel for something else."""
        self.put_on_for(pid, _PR_GET_SECCOMP)
        return True


def worker_filter() -> Filter:
    """Denies what only the processes that fork workers need."""
    program = _Program()
    program.deny(_NOT_IN_A_WORKER)
    return Filter(program.assembled())


def base_filter() -> Filter:
    """The filter of every sandbox process."""
    program = _Program()
    program.deny(_NEVER)
    program.deny(("clone3",), errno.ENOSYS)  # no filter sees its flags, which lie in memory; libc then uses clone
    program.deny_argument("fcntl", 1, _OWNER_COMMANDS)
    program.deny_argument("ioctl", 1, _OWNER_REQUESTS)
    for name in _ONLY_ITSELF_AS_0:
        program.deny_unless(name, 0, 0)
    return Filter(program.assembled())
