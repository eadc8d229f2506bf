"""What happens inside a fork: candidates run here, and nowhere else.

A fork runs either one arbitrary program (solo), or many candidates one after the other (shared): straight-line
programs with their equal steps shared, and, under isolation="worker", any other program too. It writes what it has to
the board after every sample and ends without cleaning up; its worker watches and kills.
"""

from __future__ import annotations

import io
import marshal
import os
import random
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct
from time import monotonic, process_time
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from battnb.load.entry import Convention, EntryPoint, NoEntry, find_entry
from battnb.sandbox import wire
from battnb.sandbox.board import Board
from battnb.sandbox.names import Known
from battnb.sandbox.output import encode_difference, encode_output
from battnb.sandbox.steps import SharedSteps

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


class Stop(NamedTuple):
    """What ends a shared fork's turn: no candidate is begun after `at_s` (monotonic); hung steps are not run again."""

    at_s: float
    hung: tuple[tuple[str, int, int, float, int], ...]


def samples_of(task: TaskData) -> list[tuple[Any, Any, Any]]:
    """(I, S, C) for each sample, as tuples."""
    decode = wire.decode_grid
    demo = tuple([(decode(i), decode(o)) for i, o in task.demo]) if task.demo is not None else None
    compared = [decode(grid) for grid in task.compared] if task.compared is not None else [None] * len(task.inputs)
    return [(decode(grid), demo, c) for grid, c in zip(task.inputs, compared, strict=True)]


# Many candidates in one fork


def run_packed(known: Known, packed: bytes, at_s: float, board: Board) -> None:
    """Run the items of a shared job, which come as one piece of marshal from the parent."""
    items, tasks, hung, any_python = marshal.loads(packed)
    data = [TaskData(*task) for task in tasks]
    run_shared(known, [Item(*item) for item in items], data, board, Stop(at_s, hung), any_python)


def run_shared(
    known: Known, items: Sequence[Item], tasks: Sequence[TaskData], board: Board, stop: Stop, any_python: bool
) -> None:
    """Run items in order until all are done or the turn is over. The board's item says how far it came."""
    graphs: dict[int, SharedSteps] = {}
    for index, item in enumerate(items):
        if index and monotonic() > stop.at_s:
            return
        board.stand(index, 0, 0)
        if item.task not in graphs:
            graphs[item.task] = _graph(known, tasks[item.task], item.task, stop.hung)
        if not _run_one(known, index, item, tasks[item.task], graphs[item.task], board, any_python):
            return
    board.stand(len(items), 0, 0)


def _graph(known: Known, task: TaskData, index: int, hung: Sequence[tuple[str, int, int, float, int]]) -> SharedSteps:
    graph = SharedSteps(known.dsl, known.modules, samples_of(task))
    for source, step, sample, cpu_s, of_task in hung:
        program = graph.read(source) if of_task == index else None
        if program is not None and step < len(program.nodes):
            graph.fail(program.nodes[step], sample, cpu_s)
    return graph


def _run_one(
    known: Known, index: int, item: Item, task: TaskData, graph: SharedSteps, board: Board, any_python: bool
) -> bool:
    """False where the board is full: this candidate counts as not begun."""
    program = None
    if type(item.source) is str and item.grids is None:
        program = graph.read(item.source)
    if program is None or (item.entry is not None and item.entry != program.entry):
        if any_python:
            seed()
            run_solo(known, index, item, task, compile_source(item.source), board, shared=True)
            return True
        return board.write(_record(index, 0, (0.0,), _bounced(), True, ""))
    started, spent_s = monotonic(), graph.spent_s
    cpu_s, outcomes, count = graph.run(program, board, index)
    if count < graph.sample_count:
        cpu_s, outcomes = [0.0], _bounced()
    executed_s = graph.spent_s - spent_s
    return board.write(_record(index, 0, cpu_s, outcomes, True, program.entry, started, monotonic(), executed_s))


def _bounced() -> bytes:
    return wire.encode_text(wire.BOUNCED, "", "", None)


def _record(
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
    name = entry.encode()[:255]
    count = len(cpu_s)
    head = _head(count).pack(
        candidate, first, count, last, len(name), started_s, ended_s, executed_cpu_s, len(outcomes), *cpu_s
    )
    return head + outcomes + name


@lru_cache
def _head(count: int) -> Struct:
    """A result's head and the CPU seconds of so many samples."""
    return Struct(f"{wire.RESULT.format}{count}d")


# A battery's steps


def run_graph(
    known: Known,
    steps: Sequence[tuple[Any, ...]],
    outputs: Sequence[tuple[Any, bool]],
    task: TaskData,
    skip: Sequence[tuple[int, int, float, int]],
    board: Board,
) -> None:
    """Run the steps that the outputs need, sample by sample; each output is a result of its own.

    steps: (func, args, kwargs), where an argument is an int (a step) or (text, refs). outputs: (argument, whether
    it is a differ's). skip: steps that used up their time, with the sample and the CPU seconds. The board's item
    is the output, its step the number of the battery's step.
    """
    graph = SharedSteps(known.dsl, known.modules, samples_of(task))
    nodes: list[int] = []
    unmade = {step: kind for step, sample, _, kind in skip if sample < 0}
    for number, (func, args, kwargs) in enumerate(steps):
        board.stand(0, 0, number)
        if number in unmade:
            nodes.append(graph.without_value(number, unmade[number]))
            continue
        named = tuple([(name, _arg_node(graph, nodes, arg)) for name, arg in kwargs])
        plain = tuple([_arg_node(graph, nodes, arg) for arg in args])
        nodes.append(graph.call(_arg_node(graph, nodes, func), plain, named))
    step_of = {node: step for step, node in reversed(list(enumerate(nodes)))}
    for step, sample, cpu_s, kind in skip:
        if sample >= 0:
            graph.fail(nodes[step], sample, cpu_s, kind)
    wanted = [(_arg_node(graph, nodes, arg), encode_difference if differ else encode_output) for arg, differ in outputs]
    for sample in range(graph.sample_count):
        for index, (node, encode) in enumerate(wanted):
            started, spent = monotonic(), process_time()
            for call in graph.cone(node, sample):
                graph.evaluate([call], sample, board, sample * len(wanted) + index, step_of.get(call, 0))
            outcome = graph.value_outcome(node, sample, encode)
            cpu_s = process_time() - spent
            if not board.write(_record(index, sample, (cpu_s,), outcome, True, "", started, monotonic(), cpu_s)):
                return


def _arg_node(graph: SharedSteps, nodes: Sequence[int], arg: Any) -> int:
    if type(arg) is int:
        return nodes[arg]
    text, refs = arg
    if not refs:
        return graph.constant(text)
    # A lambda that uses steps is a function of them.
    maker = graph.constant(f"lambda {', '.join(name for name, _ in refs)}: ({text})")
    return graph.call(maker, tuple([nodes[step] for _, step in refs]))


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
    loaded = _load(known, item, task, code, shared)
    if isinstance(loaded, bytes):
        cpu_s = process_time() - spent
        board.write(_record(index, 0, (cpu_s,), loaded, True, "", started, monotonic(), cpu_s))
        return
    call, entry = loaded, loaded.entry
    count = len(task.inputs)
    for sample in range(count):
        board.stand(index, sample + 1, 0)
        argument = call.arguments(sample)
        before = process_time()
        board.begin(before)
        try:
            value = call.function(*argument)
            cpu_s = process_time() - before
            outcome, ends = _bounded(encode_output(value, entry.convention.bools), board.output_bytes), False
        except BaseException as error:
            cpu_s = process_time() - before
            outcome, ends = _raised(error)
        last = ends or sample == count - 1
        board.write(
            _record(index, sample, (cpu_s,), outcome, last, entry.name, started, monotonic(), process_time() - spent)
        )
        if ends:
            return


def _bounded(outcome: bytes, most_bytes: int) -> bytes:
    if len(outcome) <= most_bytes:
        return outcome
    message = f"its output takes {len(outcome)} bytes; Limits.output_bytes is {most_bytes}"
    return wire.encode_text(wire.INVALID, "output_bytes", message, None)


class _Call(NamedTuple):
    """A program's solver, and how it wants its grids: as "tuple", "list" or "ndarray"."""

    function: Callable[..., Any]
    entry: EntryPoint
    grids: str
    task: TaskData

    def arguments(self, sample: int) -> tuple[Any, ...]:
        """Fresh arguments for a sample: a candidate may change them."""
        grid = self._as_wanted(wire.decode_grid(self.task.inputs[sample]))
        if self.entry.convention.arguments == "I":
            return (grid,)
        as_wanted, decode = self._as_wanted, wire.decode_grid
        demo = [(as_wanted(decode(i)), as_wanted(decode(o))) for i, o in self.task.demo or ()]
        return tuple(demo), grid, None

    def _as_wanted(self, grid: tuple[tuple[int, ...], ...]) -> Any:
        if self.grids == "tuple":
            return grid
        rows = [list(row) for row in grid]
        return sys.modules["numpy"].array(rows) if self.grids == "ndarray" else rows


def _load(known: Known, item: Item, task: TaskData, code: CodeType | bytes, shared: bool) -> _Call | bytes:
    """The entry point of a program, after its own module code has run; or the outcome that says why there is none."""
    if isinstance(code, bytes):
        return code
    namespace: dict[str, Any] = {"__name__": "candidate", "__builtins__": known.below}
    try:
        exec(code, namespace)
    except BaseException as error:
        return _raised(error)[0]
    entry = find_entry(namespace, task.id, item.entry)
    if isinstance(entry, NoEntry):
        return wire.encode_text(wire.NOT_A_SOLVER, "no entry point", entry.reason, None)
    bounced = None if shared else _wrong_kind(entry, task)
    return bounced or _Call(namespace[entry.name], entry, item.grids or _grids(entry.convention, namespace), task)


def _wrong_kind(entry: EntryPoint, task: TaskData) -> bytes | None:
    """BOUNCED where S is missing, or is here though the program does not take it."""
    takes_s = entry.convention.arguments == "SIC"
    if takes_s == (task.demo is not None):
        return None
    return wire.encode_text(wire.BOUNCED, "needs S" if takes_s else "no S", "", None)


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


WARM_UP = (
    "from math import floor\n\n\ndef helper(x):\n    return [list(r) for r in x]\n\n\n"
    "def solve(I):\n    k = {n}\n    return tuple(map(tuple, helper(I)))\n",
    "def transform(grid):\n    return [[max(c, 0) for c in row] for row in grid][::-1]\n",
    "p=lambda g:[r[::-1]for r in g]\n",
    "def solve(S, I, C):\n    x1 = hmirror(I)\n    x2 = vmirror(x1)\n    return x2\n",
    "def solve(I):\n    raise ValueError('{n}')\n",
)
"""Programs like those that will come."""


def warm_up(known: Known) -> None:
    """Run trusted programs here, so that what a fork runs has been run before: it then touches far fewer pages."""
    grid = wire.encode_grid(((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    seen = TaskData("warm", (grid, grid), ((grid, grid),), None)
    unseen = seen._replace(demo=None)
    board = Board(2**16)
    for n in range(40):
        for source in WARM_UP:
            item = Item(source.format(n=n), None, None, 0)
            run_solo(known, 0, item, seen if "S, I" in source else unseen, compile_source(item.source), board)
            board.results()
            board.clear()
        run_shared(known, [Item(WARM_UP[3], None, None, 0)], [seen], board, Stop(monotonic() + 1, ()), False)
        board.clear()
