"""What happens inside a fork: one program of any kind runs here on every sample of a task.

It writes what it has to the board after every sample; its worker watches, and kills. Straight-line programs, which
share a fork and their equal steps, are in shared.py.
"""

from __future__ import annotations

import io
import os
import random
import sys
from collections.abc import Callable, Sequence
from time import monotonic, process_time
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from battnb.load.entry import Convention, EntryPoint, find_entry
from battnb.sandbox import wire
from battnb.sandbox.inside.board import Board
from battnb.sandbox.inside.names import Known
from battnb.sandbox.inside.output import encode_output

FILENAME = "<candidate>"


class Item(NamedTuple):
    """A candidate of a job. task: index into the job's tasks. grids: how grids are handed over, None to guess."""

    source: str | bytes
    entry: str | None
    grids: str | None
    task: int


class TaskData(NamedTuple):
    """The samples of a task: encoded inputs, the demo pairs for S (None where not to be seen), grids for C."""

    id: str
    inputs: tuple[bytes, ...]
    demo: tuple[tuple[bytes, bytes], ...] | None
    compared: tuple[bytes, ...] | None


_HEAD_OF_ONE = wire.result_of(1)


def record(
    candidate: int,
    first: int,
    cpu_s: Sequence[float],
    outcomes: bytes,
    last: bool,
    entry: str,
    started_s: float = 0.0,
    ended_s: float = 0.0,
    executed_cpu_s: float = 0.0,
) -> bytes:
    """A result for the board; see wire.Result."""
    name = entry.encode()[:255]
    count = len(cpu_s)
    head = (_HEAD_OF_ONE if count == 1 else wire.result_of(count)).pack(
        candidate, first, count, last, len(name), started_s, ended_s, executed_cpu_s, len(outcomes), *cpu_s
    )
    return head + outcomes + name


# One arbitrary program


def compile_source(source: str | bytes) -> CodeType | bytes:
    """The program's code, or the outcome NOT_A_SOLVER that says why there is none."""
    try:
        return compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, error.msg or str(error), error.lineno)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, str(error) or "too deeply nested", None)


def run_solo(
    known: Known,
    index: int,
    item: Item,
    task: TaskData,
    code: CodeType | bytes,
    board: Board,
    shared: bool = False,
) -> None:
    """Run one program on every sample of a task. Everything that it does wrong becomes an outcome.

    shared: it shares its fork with others, so S is here whether or not it takes it.
    """
    started, spent = monotonic(), process_time()
    board.stand(index, 0, 0)
    call = _load(known, item, task, code, shared)
    if not isinstance(call, _Call):
        cpu_s = process_time() - spent
        board.write(record(index, 0, (cpu_s,), call, True, "", started, monotonic(), cpu_s))
        return
    last = len(call.inputs) - 1
    for sample, grid in enumerate(call.inputs):
        board.stand(index, sample + 1, 0)
        argument = call.arguments(grid)
        before = process_time()
        board.begin(before)
        try:
            value = call.function(*argument)
            cpu_s = process_time() - before
            outcome, ends = _bounded(encode_output(value, call.bools), board.output_bytes), sample == last
        except BaseException as error:
            cpu_s = process_time() - before
            outcome, ends = _raised(error)
            ends = ends or sample == last
        board.write(
            record(index, sample, (cpu_s,), outcome, ends, call.entry, started, monotonic(), process_time() - spent)
        )
        if ends:
            return


def _bounded(outcome: bytes, most_bytes: int) -> bytes:
    if len(outcome) <= most_bytes:
        return outcome
    message = f"its output takes {len(outcome)} bytes; Limits.output_bytes is {most_bytes}"
    return wire.encode_text(wire.INVALID, "output_bytes", message, None)


class _Call:
    """A program's solver, and how it wants its grids: as "tuple", "list" or "ndarray".

    With slots: to look at a field of a NamedTuple writes to up to three pages, which a fork has to copy.
    """

    __slots__ = ("bools", "demo", "entry", "function", "grids", "inputs", "takes_s")

    def __init__(
        self, function: Callable[..., Any], entry: str, convention: Convention, grids: str, task: TaskData
    ) -> None:
        _, arguments, _, self.bools = convention
        _, self.inputs, self.demo, _ = task
        self.function = function
        self.entry = entry
        self.grids = grids
        self.takes_s = arguments == "SIC"

    def arguments(self, encoded: bytes) -> tuple[Any, ...]:
        """Fresh arguments for a sample: a candidate may change them."""
        decode = wire.decode_grid
        if self.grids == "tuple" and not self.takes_s:
            return (decode(encoded),)
        as_wanted = self._as_wanted
        grid = as_wanted(decode(encoded))
        if not self.takes_s:
            return (grid,)
        demo = [(as_wanted(decode(i)), as_wanted(decode(o))) for i, o in self.demo or ()]
        return tuple(demo), grid, None

    def _as_wanted(self, grid: tuple[tuple[int, ...], ...]) -> Any:
        if self.grids == "tuple":
            return grid
        rows = [list(row) for row in grid]
        return sys.modules["numpy"].array(rows) if self.grids == "ndarray" else rows


def _load(known: Known, item: Item, task: TaskData, code: CodeType | bytes, shared: bool) -> _Call | bytes:
    """The entry point of a program, after its own module code has run; or the outcome that says why there is none."""
    if not isinstance(code, CodeType):
        return code
    (_, below, _), (_, wanted, grids, _), (task_id, *_) = known, item, task
    namespace: dict[str, Any] = {"__name__": "candidate", "__builtins__": below}
    try:
        exec(code, namespace)
        if item.grids == "ndarray":
            __import__("numpy")  # which is loaded, unless it cannot be
    except BaseException as error:
        return _raised(error)[0]
    entry = find_entry(namespace, task_id, wanted)
    if not isinstance(entry, EntryPoint):
        return wire.encode_text(wire.NOT_A_SOLVER, "no entry point", entry.reason, None)
    name, convention = entry
    call = _Call(namespace[name], name, convention, grids or _grids(convention, namespace), task)
    if not shared and call.takes_s != (call.demo is not None):
        # S is missing, or is here though the program does not take it.
        return wire.encode_text(wire.BOUNCED, "needs S" if call.takes_s else "no S", "", None)
    return call


def _grids(convention: Convention, namespace: dict[str, Any]) -> str:
    """How grids are handed over where the candidate does not say: for transform, arrays if the program uses numpy."""
    if not convention.lists:
        return "tuple"
    numpy = sys.modules.get("numpy")
    if convention.name != "transform" or numpy is None:
        return "list"
    return "ndarray" if any([_is_of(value, numpy) for value in list(namespace.values())]) else "list"


def _is_of(value: Any, numpy: Any) -> bool:
    """Is this numpy itself, or a function or class of its?"""
    return value is numpy or (type(value) in (type, FunctionType) and str(value.__module__).startswith("numpy"))


def _raised(error: BaseException) -> tuple[bytes, bool]:
    """The outcome for an exception, and whether it ends the candidate. Nothing of the exception's own making is run."""
    kinds = type.__dict__["__mro__"].__get__(type(error))
    line = _line(error)
    if SystemExit in kinds:
        code = SystemExit.__dict__["code"].__get__(error)
        number = code if type(code) is int else int(code is not None)
        return wire.encode_text(wire.EXITED, "exit code", str(number), line), True
    if MemoryError in kinds:
        return wire.encode_text(wire.MEMORY, "MemoryError", _message(error), line), True
    return wire.encode_text(wire.ERROR, _type_name(error), _message(error), line), False


def _type_name(error: BaseException) -> str:
    """The class's own name, whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(type(error)))


def _message(error: BaseException) -> str:
    """Its text. This does run a __str__ of the candidate's; whatever comes of that is the candidate's own."""
    try:
        text = str(error)
        return text if type(text) is str else ""
    except BaseException:
        return ""


def _line(error: BaseException) -> int | None:
    """The last line of the candidate's own source in the traceback."""
    line, steps = None, 0
    at = BaseException.__dict__["__traceback__"].__get__(error)
    while at is not None and steps < 10_000:
        frame: FrameType = at.tb_frame
        if frame.f_code.co_filename == FILENAME:
            line = at.tb_lineno
        at, steps = at.tb_next, steps + 1
    return line


# The fork itself


class BoundedWriter(io.RawIOBase):
    """Standard output and error of a candidate: the first bytes are kept, the rest is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.left = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        kept = bytes(data[: self.left])
        if kept:
            os.write(self.descriptor, kept)
            self.left -= len(kept)
        return len(data)


def seed() -> None:
    """The same random numbers for every candidate, where several share a process."""
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)
