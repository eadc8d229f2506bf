"""What the kernel still lets a sandbox process do: files (Landlock) and system calls (seccomp).

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. Landlock's rules are paths that stay allowed,
with all that is beneath them. So a folder that holds a package of solutions is never one of them, only the packages
beside it are.

Source: seccomp(2), and Documentation/userspace-api/seccomp_filter.rst. A seccomp filter is a classic BPF program over
(number, architecture, arguments). One is put on in the nursery, a second in each worker, and both are inherited: a call
must be on the lists of both (allowed.py). A third, in each fork, forbids what the worker still needs: making processes,
and signals to any process but itself. It is as short as can be, because each time that it is put on the kernel compiles
it and tries it on every system call that the others let through.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from battnb.sandbox.inside.allowed import BEFORE_CANDIDATES, BY_NAME, TESTS, TESTS_IN_A_WORKER, Numbers, Test

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

_FIRST_COMMON = 424
"""From here on all architectures have the same numbers. Source: include/uapi/asm-generic/unistd.h."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_Instruction = tuple[int, int, int, int]
"""Code, how many instructions to skip if a comparison holds, how many if it does not, and a value."""


def _load(offset: int) -> _Instruction:
    return _LOAD, 0, 0, offset


def _return(action: int) -> _Instruction:
    return _RETURN, 0, 0, action


_PERMIT, _REFUSE, _UNKNOWN = _return(_ALLOW), _return(_ERRNO | errno.EPERM), _return(_ERRNO | errno.ENOSYS)
"""What is not on the list is refused. Newer calls do not exist, so that libc uses older ones instead."""


def _of_native_calls() -> list[_Instruction]:
    """Refuse calls by the numbers of another architecture, and leave the number of the call to compare."""
    native = ARCHITECTURES[platform.machine()]
    return [_load(_ARCH_AT), (_EQUAL, 1, 0, native), _REFUSE, _load(_NUMBER_AT)]


def _number(pair: tuple[int | None, int | None]) -> int | None:
    return pair[0 if platform.machine() == "x86_64" else 1]


def _assembled(code: Iterable[_Instruction]) -> bytes:
    return b"".join([struct.pack("=HBBI", *instruction) for instruction in code])


# The list of allowed calls

_Segment = tuple[int, list[_Instruction]]
"""The first of some numbers that are alike, and what to do with them."""


def _allow_only(calls: Numbers, tests: Mapping[str, Sequence[Test]]) -> bytes:
    """A filter that refuses all calls but these, and these unless their arguments pass the tests."""
    numbered = {number: name for name, pair in calls.items() if (number := _number(pair)) is not None}
    segments: list[_Segment] = []
    for number in sorted({0, _FIRST_COMMON, *numbered, *[number + 1 for number in numbered]}):
        if number in numbered:
            what = [*chain.from_iterable(map(_passed, tests.get(numbered[number], ()))), _PERMIT]
        else:
            what = [_UNKNOWN if number >= _FIRST_COMMON else _REFUSE]
        if not segments or segments[-1][1] != what:
            segments.append((number, what))
    return _assembled([*_of_native_calls(), *_search(segments)])


def _search(segments: Sequence[_Segment]) -> list[_Instruction]:
    """Find the segment of a number by halves."""
    if len(segments) == 1:
        return segments[0][1]
    middle = len(segments) // 2
    below, above = _search(segments[:middle]), _search(segments[middle:])
    return [(_AT_LEAST, len(below), 0, segments[middle][0]), *below, *above]


def _passed(test: Test) -> list[_Instruction]:
    """Refuse the call unless an argument passes a test."""
    load = _load(_ARGS_AT + 8 * test.argument)
    if test.no_bits:
        return [load, (_ANY_BIT, 0, 1, test.no_bits), _REFUSE]
    among = [(_EQUAL, left, 0, value) for left, value in zip(range(len(test.values), 0, -1), test.values, strict=True)]
    return [load, *among, _REFUSE]


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
        placeholder = 0x7EADBEEF
        code = _of_native_calls()
        code += _unless(BY_NAME["clone"], _ANY_BIT, _CLONE_THREAD)
        code += _unless(BY_NAME["kill"], _EQUAL, placeholder)
        code += _unless(BY_NAME["tgkill"], _EQUAL, placeholder)
        code += _never(BY_NAME["fork"])
        super().__init__(_assembled([*code, _PERMIT]))
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


def _unless(pair: tuple[int | None, int | None], test: int, value: int) -> list[_Instruction]:
    """Refuse a call unless its first argument, as 32 bits, passes a test."""
    call = _number(pair)
    return [] if call is None else [(_EQUAL, 0, 4, call), _load(_ARGS_AT), (test, 1, 0, value), _REFUSE, _PERMIT]


def _never(pair: tuple[int | None, int | None]) -> list[_Instruction]:
    call = _number(pair)
    return [] if call is None else [(_EQUAL, 0, 1, call), _REFUSE]


def base_filter() -> Filter:
    """The filter of every sandbox process."""
    return Filter(_allow_only({**BY_NAME, **BEFORE_CANDIDATES}, TESTS))


def worker_filter() -> Filter:
    """Refuses what only the processes that fork workers need."""
    return Filter(_allow_only(BY_NAME, TESTS_IN_A_WORKER))
