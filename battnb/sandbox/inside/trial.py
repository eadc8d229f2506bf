"""What happens in a fork: one program of any kind runs here on every sample of a task."""

from __future__ import annotations

import io
import marshal
import os
import random
import sys
from collections.abc import Callable
from time import monotonic, process_time
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from battnb.load.entry import Convention, EntryPoint, find_entry
from battnb.sandbox import wire
from battnb.sandbox.inside.output import bounded, encode_output
from battnb.sandbox.inside.watch import Board

FILENAME = "<candidate>"
OWN_DSL = "battnb.dsl"


class ProgramNames(NamedTuple):
    """What a program finds besides what it defines.

    dsl: the DSL's names. below: Python's builtins with the DSL over them. It is made once, and takes the place of a
    program's builtins: to copy all names into every program's globals would touch, and so copy, every page of theirs.
    modules: those from which a program may import all names, and gets the DSL's.
    """

    dsl: dict[str, Any]
    below: dict[str, Any]
    modules: frozenset[str]


class Item(NamedTuple):
    """A candidate of a job. task: index into the job's tasks. grids: what they are handed over as, None to guess."""

    source: str | bytes
    entry: str | None
    grids: str | None
    task: int


class TaskData(NamedTuple):
    """The samples of a task: encoded inputs, the demo pairs for S (None if no program here may see them), and C."""

    id: str
    inputs: tuple[bytes, ...]
    demo: tuple[tuple[bytes, bytes], ...] | None
    compared: tuple[bytes, ...] | None


def compile_source(source: str | bytes) -> CodeType | bytes:
    """The program's code, or the outcome NOT_A_SOLVER that says why there is none."""
    try:
        return compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, error.msg or str(error), error.lineno)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, str(error) or "too deeply nested", None)


def run_together(names: ProgramNames, packed: bytes, at_s: float, board: Board) -> None:
    """Run programs of any kind one after the other in this fork, for isolation="worker". None begins after at_s."""
    items, tasks = marshal.loads(packed)
    data = [TaskData(*task) for task in tasks]
    for index, item in enumerate(items):
        if index and monotonic() > at_s:
            return
        board.stand(index, 0, 0)
        seed()
        made = Item(*item)
        run_solo(names, index, made, data[made.task], compile_source(made.source), board, shared=True)
    board.stand(len(items), 0, 0)


def run_solo(
    names: ProgramNames,
    index: int,
    item: Item,
    task: TaskData,
    code: CodeType | bytes,
    board: Board,
    shared: bool = False,
) -> None:
    """Run one program on every sample of a task. Everything that it does wrong becomes an outcome.

    shared: it shares its fork with others, so S is here whether or not it takes S.
    """
    started, spent = monotonic(), process_time()
    board.stand(index, 0, 0)
    call = _load(names, item, task, code, shared)
    if not isinstance(call, _SolverCall):
        cpu_s = process_time() - spent
        board.write(wire.encode_result(index, 0, (cpu_s,), call, True, "", started, monotonic(), cpu_s))
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
            outcome, ends = bounded(encode_output(value, call.bools), board.output_bytes), sample == last
        except BaseException as error:
            cpu_s = process_time() - before
            outcome, ends = _raised(error)
            ends = ends or sample == last
        ended, executed_s = monotonic(), process_time() - spent
        board.write(wire.encode_result(index, sample, (cpu_s,), outcome, ends, call.entry, started, ended, executed_s))
        if ends:
            return


class _SolverCall:
    """A program's solver, and what it wants its grids as: "tuple", "list" or "ndarray".

    It has slots because to look at a field of a NamedTuple writes to up to three pages, which a fork has to copy.
    """

    __slots__ = ("bools", "demo", "entry", "function", "grids", "inputs", "takes_s")

    def __init__(
        self, function: Callable[..., Any], entry: str, convention: Convention, grids: str, task: TaskData
    ) -> None:
        _, _, self.takes_s, _, self.bools = convention
        _, self.inputs, self.demo, _ = task
        self.function = function
        self.entry = entry
        self.grids = grids

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


def _load(names: ProgramNames, item: Item, task: TaskData, code: CodeType | bytes, shared: bool) -> _SolverCall | bytes:
    """Run the module code of a program, and find its entry point. Returns an outcome if there is none.

    Only here is it known whether a program takes S: its module code decides which functions there are. If the parent
    guessed wrong (parent/works.py) the program bounces, and the parent sends it where S is, or is not.
    """
    if not isinstance(code, CodeType):
        return code
    (_, below, _), (_, wanted, grids, _), (task_id, *_) = names, item, task
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
    call = _SolverCall(namespace[name], name, convention, grids or _grids(convention, namespace), task)
    if not shared and call.takes_s != (call.demo is not None):
        return wire.encode_bounce(wire.Bounce.NEEDS_S if call.takes_s else wire.Bounce.NO_S)
    return call


def _grids(convention: Convention, namespace: dict[str, Any]) -> str:
    """What grids are handed over as if the candidate does not say: arrays only to a program that uses numpy."""
    grids = convention.grids
    if grids != "ndarray":
        return grids
    numpy = sys.modules.get("numpy")
    for value in list(namespace.values()) if numpy is not None else ():
        if value is numpy or (type(value) in (type, FunctionType) and str(value.__module__).startswith("numpy")):
            return "ndarray"  # it has numpy itself, or one of its functions or classes
    return "list"


def _raised(error: BaseException) -> tuple[bytes, bool]:
    """The outcome for an exception, and whether it ends the candidate. Nothing but its text runs its own code."""
    kinds = type.__dict__["__mro__"].__get__(type(error))
    line = _line(error)
    if SystemExit in kinds:
        code = SystemExit.__dict__["code"].__get__(error)
        number = code if type(code) is int else int(code is not None)
        return wire.encode_text(wire.EXITED, "exit code", str(number), line), True
    if MemoryError in kinds:
        return wire.encode_text(wire.MEMORY, "MemoryError", message_of(error), line), True
    name = type.__dict__["__name__"].__get__(type(error))  # whatever the metaclass says
    return wire.encode_text(wire.ERROR, str(name), message_of(error), line), False


def message_of(error: BaseException) -> str:
    """Its text. This runs a __str__ of the candidate's; whatever comes of that is the candidate's own."""
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


class BoundedWriter(io.RawIOBase):
    """Standard output and error of a candidate. It keeps the first `left` bytes and drops the rest."""

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
    """Give every candidate the same random numbers, though several share a process."""
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)
