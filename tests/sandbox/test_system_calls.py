"""System calls: those on the list work, every other number is refused, and nothing outside changes."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import struct
from pathlib import Path
from typing import Any

import pytest
from lacking import run_lacking
from making import candidate
from sandbox.zoo.cage import RIGHT, solver
from sandbox.zoo.calls import ALLOWED, CALLS, FIRST_COMMON, NURSERYS, TOP, Call, told

import battnb as bn
from battnb.model import Status, Task
from battnb.sandbox.inside import filters
from battnb.sandbox.inside.allowed import BEFORE_CANDIDATES, BY_NAME, FOR_ALL, TESTS
from battnb.sandbox.inside.hardening import SYSTEM_CALLS

DOCS = Path(__file__).parents[2] / "docs" / "sandbox.md"
HIGHEST = 1100
UPROBES = {335, 336} if platform.machine() == "x86_64" else set()
"""No filter sees these: Linux ends a process that makes them anywhere but in a trampoline of its own."""

EVERY_OTHER = solver(
    "passed = {}",
    f"for number in sorted(set(range({HIGHEST})) - {ALLOWED | UPROBES}):",
    "    got = call(number, -1, -1, -1, -1, -1, -1)",
    f"    if got != (-1, errno.ENOSYS if number >= {FIRST_COMMON} else errno.EPERM): passed[number] = got",
    "assert not passed, passed",
    RIGHT,
    top=TOP,
)
"""It makes every call that is not on the list."""


@pytest.fixture(autouse=True)
def filtered(pool: bn.Pool) -> None:
    if pool.layers[SYSTEM_CALLS] is not None:
        pytest.skip(f"NO system calls (seccomp) here: {pool.layers[SYSTEM_CALLS]}")


@pytest.mark.parametrize("isolation", ["auto", "fork", "worker"])
async def test_every_number_that_is_not_on_the_list_is_refused(
    pool: bn.Pool, mirror_task: Task, isolation: str
) -> None:
    (verdict,) = await pool.validate([candidate(EVERY_OTHER)], mirror_task, isolation=isolation)
    assert (verdict.status, verdict.error) == (Status.CORRECT, None)


ELSEWHERE = """
from making import candidate, make_task
from sandbox.test_system_calls import EVERY_OTHER
task = make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]]])
with bn.Pool(1) as pool:
    (verdict,) = asyncio.run(pool.validate([candidate(EVERY_OTHER)], task))
print(json.dumps([str(verdict.status), verdict.error and verdict.error.message]))
"""


@pytest.mark.parametrize("layers", [(), ("namespaces",), ("namespaces", "landlock")])
def test_they_are_refused_to_an_ordinary_user_and_if_other_layers_are_missing(layers: tuple[str, ...]) -> None:
    assert run_lacking(*layers, code=ELSEWHERE, ordinary=True) == ["correct", None]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has these")
async def test_the_numbers_of_other_architectures_are_refused(pool: bn.Pool, mirror_task: Task) -> None:
    x32 = solver(
        f"for number in range({HIGHEST}): assert call(0x40000000 | number, -1) == (-1, errno.ENOSYS)", RIGHT, top=TOP
    )
    # mov eax, 20 (getpid); int 0x80; ret
    i386 = solver(
        "page = mmap.mmap(-1, 4096, prot=7)",
        "page.write(bytes.fromhex('b814000000cd80c3'))",
        "got = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()",
        "assert got == -errno.EPERM, got",
        RIGHT,
        top=f"import mmap\n{TOP}",
    )
    by_x32, by_i386 = await pool.validate([candidate(x32, "x32"), candidate(i386, "i386")], mirror_task)
    assert (by_x32.status, by_x32.error) == (Status.CORRECT, None)
    # a kernel that cannot run programs of i386 ends it
    assert (by_i386.status, by_i386.error) == (Status.CORRECT, None) or by_i386.status == Status.CRASHED


# A file outside


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that a user has beside their notebook."""
    path = tmp_path / "mine"
    path.write_text("[[1]]")
    path.chmod(0o640)
    os.utime(path, (1_000_000, 1_000_000))
    try:
        os.setxattr(path, "user.mine", b"kept")
    except OSError:
        pytest.skip(f"NO attributes of files in {tmp_path}")
    return path


def state(path: Path) -> tuple[object, ...]:
    """What can be changed about a file without writing to it, but for who reads it."""
    found = path.stat()
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_ctime_ns, attributes, flags(path)


def flags(path: Path) -> int | None:
    """Its inode flags; None if the file system has none."""
    value = struct.pack("l", 0)
    with path.open() as file:
        try:
            return int(struct.unpack("l", fcntl.ioctl(file, 0x80086601, value))[0])
        except OSError:
            return None


_ATTRIBUTES = "ctypes.byref((ctypes.c_long * 2)(ctypes.addressof(value), 1))"
_FILE_FLAGS = "ctypes.byref((ctypes.c_long * 3)(0x40))"  # FS_XFLAG_NOATIME
_TIMES = "ctypes.byref((ctypes.c_long * 4)())"
_USER = "value = ctypes.create_string_buffer(b'1')"
ON_A_PATH = {
    "setxattrat": Call(463, 463, f"-100, path, 0, ctypes.c_char_p(b'user.new'), {_ATTRIBUTES}, 16", _USER),
    "setxattr": Call(188, 5, "path, ctypes.c_char_p(b'user.new'), value, 1, 0", _USER),
    "removexattr": Call(197, 14, "path, ctypes.c_char_p(b'user.mine')"),
    "lremovexattr": Call(198, 15, "path, ctypes.c_char_p(b'user.mine')"),
    "removexattrat": Call(466, 466, "-100, path, 0, ctypes.c_char_p(b'user.mine')"),
    "file_setattr": Call(469, 469, f"-100, path, {_FILE_FLAGS}, 24, 0"),
    "fchmodat": Call(268, 53, "-100, path, 0o777"),
    "fchmodat2": Call(452, 452, "-100, path, 0o777, 0"),
    "fchownat": Call(260, 54, "-100, path, os.getuid(), os.getgid(), 0"),
    "utimensat": Call(280, 88, f"-100, path, {_TIMES}, 0"),
    "chmod": Call(90, None, "path, 0o777"),
    "utime": Call(132, None, "path, 0"),
    "inotify": Call(254, 27, f"call({CALLS['inotify_init1'].number}, 0)[0], folder, 0xFFF"),
}


@pytest.mark.parametrize("name", ON_A_PATH)
async def test_a_file_outside_stays_as_it_was(pool: bn.Pool, mirror_task: Task, outside: Path, name: str) -> None:
    call = ON_A_PATH[name]
    if call.number is None:
        pytest.skip("this architecture does not have the call")
    paths = (
        f"path, folder = ctypes.c_char_p({os.fsencode(outside)!r}), ctypes.c_char_p({os.fsencode(outside.parent)!r})"
    )
    before = state(outside)
    source = told(call._replace(first=f"{paths}\n{call.first}"))
    (verdict,) = await pool.validate([candidate(source)], mirror_task)
    assert state(outside) == before
    assert (verdict.status, verdict.error) == (Status.CORRECT, None)


def test_the_calls_of_the_zoo_are_known_to_this_kernel() -> None:
    """Otherwise the kernel, not the sandbox, may be what refuses them. Those of the future are not known to any."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(ctypes.c_long(CALLS["a number of the future"].number or 0)) == -1
    assert ctypes.get_errno() == errno.ENOSYS


# What is let through


async def test_a_pair_of_stream_sockets_works_and_can_be_told_nothing_else(pool: bn.Pool, mirror_task: Task) -> None:
    source = solver(
        "a, b = socket.socketpair()",
        "a.sendall(b'12'); assert b.recv(2) == b'12'",
        "for bad in (lambda: a.bind('x'), lambda: a.connect('x'), a.listen, a.accept, lambda: a.sendmsg([b'1']),",
        "            lambda: a.setsockopt(socket.SOL_SOCKET, 26, b''), lambda: b.recvmsg(1),",
        "            lambda: a.sendto(b'1', '/run/x')):",
        "    try: bad()",
        "    except OSError: continue",
        "    raise AssertionError(bad)",
        RIGHT,
        top="import socket",
    )
    (verdict,) = await pool.validate([candidate(source)], mirror_task)
    assert (verdict.status, verdict.error) == (Status.CORRECT, None)


# The filters, by what they answer


def answer(code: bytes, number: int, arguments: tuple[int, ...] = (0,) * 6, arch: int | None = None) -> int:
    """What a filter says of a call. Raises IndexError if it runs off its end."""
    arch = filters.ARCHITECTURES[platform.machine()] if arch is None else arch
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments)
    program = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at = accumulator = 0
    while True:
        what, if_so, if_not, value = program[at]
        at += 1
        if what == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif what == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[what]
            at += if_so if holds else if_not


ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


@pytest.mark.parametrize("machine", filters.ARCHITECTURES)
def test_each_filter_knows_each_number_of_each_architecture(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    column = list(filters.ARCHITECTURES).index(machine)
    known = {name: numbers[column] for name, numbers in {**BY_NAME, **BEFORE_CANDIDATES}.items()}
    passing = {name: _passing_arguments(name) for name in known}
    for made, names in ((filters.base_filter(), {*known}), (filters.worker_filter(), {*BY_NAME})):
        code = bytes(made._buffer)
        named = {known[name]: name for name in names}
        for number in [*range(HIGHEST), 0x40000000, 0x40000001, 2**31, 2**32 - 1]:
            name = named.get(number)
            wanted = ALLOW if name else EPERM if number < FIRST_COMMON else ENOSYS
            assert answer(code, number, passing.get(name or "", (0,) * 6)) == wanted, (number, name)
            assert answer(code, number, arch=0x40000003) == EPERM


def _passing_arguments(name: str) -> tuple[int, ...]:
    arguments = [0] * 6
    for test in TESTS.get(name, ()):
        arguments[test.argument] = test.values[-1] if test.values else 0
    if name == "prctl":
        arguments[0] = 22
    return tuple(arguments)


def test_arguments_that_are_not_on_the_list_are_refused_whatever_their_upper_half_says() -> None:
    code = bytes(filters.base_filter()._buffer)
    column = list(filters.ARCHITECTURES).index(platform.machine())
    for name, tests in TESTS.items():
        number: Any = BY_NAME[name][column]
        for test in tests:
            for value in {*range(2048), *[1 << bit for bit in range(32)]} - {*test.values}:
                arguments = list(_passing_arguments(name))
                arguments[test.argument] = value | 1 << 40
                right = bool(test.no_bits) and not value & test.no_bits
                assert answer(code, number, tuple(arguments)) == (ALLOW if right else EPERM), (name, value)


def test_the_filter_that_each_fork_puts_on_stays_short() -> None:
    """The kernel tries it on every number that the others let through, a thousand times a second."""
    assert len(bytes(filters.ForkFilter()._buffer)) <= 22 * 8


def test_no_number_is_there_twice() -> None:
    for column in range(len(filters.ARCHITECTURES)):
        numbers = [pair[column] for pair in {**BY_NAME, **BEFORE_CANDIDATES}.values() if pair[column] is not None]
        assert len(numbers) == len(set(numbers))
    assert sum(map(len, FOR_ALL.values())) == len(BY_NAME)
    assert not ALLOWED & NURSERYS


def test_the_list_in_the_documentation_is_the_list() -> None:
    rows = [line.strip("| ").split(" | ") for line in DOCS.read_text().splitlines() if line.startswith("| ")]
    told_there = {row[0]: row[1].replace("`", "").split(", ") for row in rows if len(row) == 2}
    for purpose, calls in FOR_ALL.items():
        assert told_there[purpose] == list(calls)
