"""Many straight-line programs in one fork, equal steps run once: candidates of a job, or a battery's steps.

Such programs only call the DSL, so they can change nothing that the next would see. The fork is therefore kept for
many jobs (runner.py), and with it what the steps of a task gave.
"""

from __future__ import annotations

import marshal
import resource
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic, process_time
from types import FunctionType
from typing import Any, NamedTuple

from battnb.sandbox import wire
from battnb.sandbox.inside.board import Board
from battnb.sandbox.inside.evaluation import Equals, Evaluation
from battnb.sandbox.inside.names import OWN_DSL, Known
from battnb.sandbox.inside.steps import StepGraph
from battnb.sandbox.inside.trial import Item, TaskData, compile_source, record, run_solo, seed

MAX_VALUES = 60_000
"""Values of steps that a fork keeps; past it all are forgotten."""
MAX_SCOPES, MAX_TASKS = 4, 256
MAX_GROWTH_KIB = 64 * 2**10
AT_ONCE = 64
"""Values of a battery that are handed over together."""


class GraphData(NamedTuple):
    """A battery's steps, as a job carries them.

    steps: (func, args, kwargs), where an argument is an int (a step) or (text, refs). outputs: (argument, whether it
    is a differ's). asked: for each sample the outputs that are wanted. known: for each sample (step, grid), the grid
    None where it has none there; these are not run. skip: (step, sample, CPU seconds, kind of outcome) of steps that
    ended a fork; sample -1: while it was made.
    """

    steps: Sequence[tuple[Any, ...]]
    outputs: Sequence[tuple[Any, bool]]
    asked: Sequence[Sequence[int]]
    task: tuple[Any, ...]
    known: Sequence[Sequence[tuple[int, bytes | None]]]
    skip: Sequence[tuple[int, int, float, int]]


class Keeper:
    """What a kept fork knows from one job to the next.

    Only jobs of one scope, the calls of one user's call, share steps: another's work is its own and is measured anew.

    names: those that programs find. memory_bytes: how much more than now this process may take.
    """

    def __init__(self, names: Known, memory_bytes: int) -> None:
        self._names = names
        self._is_plain = all(map(_is_own, names.dsl.values()))
        self._equals = Equals(self._is_plain)
        self._scopes: dict[int, dict[TaskData, Evaluation]] = {}
        self._tasks: dict[TaskData, Evaluation] = {}
        self._most_kib = _peak_kib() + min(MAX_GROWTH_KIB, memory_bytes // 4096)
        self._had_no_memory = False

    def run(self, packed: bytes, at_s: float, board: Board) -> None:
        """Run a job, which comes as one piece of marshal from the parent. No candidate is begun after at_s."""
        kind, *job = marshal.loads(packed)
        if kind == "graph":
            run_graph(self._names, GraphData(*job), board)
        else:
            scope, items, tasks, hung = job
            self._enter(scope)
            self._run_items(items, [TaskData(*task) for task in tasks], hung, at_s, board)

    def is_worn(self) -> bool:
        """Is it time for a fresh fork?"""
        return self._had_no_memory or _peak_kib() > self._most_kib

    def _enter(self, scope: int) -> None:
        count = sum([shared.value_count for tasks in self._scopes.values() for shared in tasks.values()])
        if count > MAX_VALUES or sum(map(len, self._scopes.values())) > MAX_TASKS:
            self._scopes.clear()
        if scope not in self._scopes:
            self._equals = Equals(self._is_plain)
        self._tasks = self._scopes[scope] = self._scopes.pop(scope, {})
        if len(self._scopes) > MAX_SCOPES:
            del self._scopes[next(iter(self._scopes))]

    def _shared(self, task: TaskData) -> Evaluation:
        """The steps of a task that jobs of this scope have run so far."""
        shared = self._tasks.get(task)
        if shared is None:
            shared = self._tasks[task] = _evaluation(self._names, task, self._equals, not self._is_plain)
        return shared

    def _run_items(self, items: Any, tasks: Sequence[TaskData], hung: Any, at_s: float, board: Board) -> None:
        for source, step, sample, cpu_s, of_task in hung:
            shared = self._shared(tasks[of_task])
            program = shared.graph.read(source)
            if program is not None and step < len(program.nodes):
                shared.fail(program.nodes[step], sample, cpu_s)
        at_task = -1
        for index, (source, entry, grids, task) in enumerate(items):
            if index and monotonic() > at_s:
                return
            board.stand(index, 0, 0)
            board.begin(process_time())  # what was done before, as reading is, is none of this one's time
            if task != at_task:
                at_task, shared = task, self._shared(tasks[task])
            if not self._run_item(index, source, entry, grids, shared, board):
                return
        board.stand(len(items), 0, 0)

    def _run_item(
        self, index: int, source: Any, entry: str | None, grids: str | None, shared: Evaluation, board: Board
    ) -> bool:
        """False where the board is full: this candidate counts as not begun."""
        program = shared.graph.read(source) if type(source) is str and grids is None else None
        if program is None or (entry is not None and entry != program.entry):
            return board.write(record(index, 0, (0.0,), _bounced(), True, ""))
        if not self._is_plain:
            seed()
        started, spent_s = monotonic(), shared.spent_s
        found = shared.run(program, board, index)
        self._had_no_memory |= shared.had_no_memory
        cpu_s, outcomes = found or ([0.0], _bounced())
        spent_s = shared.spent_s - spent_s
        return board.write(record(index, 0, cpu_s, outcomes, True, program.entry, started, monotonic(), spent_s))


def _is_own(value: Any) -> bool:
    """Is this of battnb's DSL, where a function gives only what nobody can change?"""
    return not isinstance(value, FunctionType) or (value.__module__ or "").startswith(f"{OWN_DSL}.")


def _evaluation(names: Known, task: TaskData, equals: Equals, only_fixed: bool = False) -> Evaluation:
    decode = wire.decode_grid
    compared = [decode(grid) for grid in task.compared] if task.compared is not None else [None] * len(task.inputs)
    samples = [(decode(grid), c) for grid, c in zip(task.inputs, compared, strict=True)]

    def make_s() -> Any:
        return tuple([(decode(i), decode(o)) for i, o in task.demo or ()])

    return Evaluation(StepGraph(names.dsl, names.modules), samples, make_s, only_fixed, equals)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _bounced() -> bytes:
    return wire.encode_text(wire.BOUNCED, "", "", None)


def run_together(names: Known, packed: bytes, at_s: float, board: Board) -> None:
    """Run programs of any kind one after the other in this fork, for isolation="worker". It is not kept."""
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


# A battery's steps


def run_graph(names: Known, job: GraphData, board: Board) -> None:
    """Run the steps that the outputs need, sample by sample, and write the outputs' values, AT_ONCE in a record.

    A record's candidate is the place of the first of its outputs among those asked of its sample. Its CPU seconds are,
    for each, the account of all steps that it uses, and then, for each, what was spent on those that had not run yet.
    The board's item goes up with every step, so that each has the time of a sample for itself; its step is the number
    of the battery's step.
    """
    shared = _evaluation(names, TaskData(*job.task), Equals(False))
    graph = shared.graph
    nodes = _nodes(shared, job, board)
    outputs = [(_arg_node(graph, nodes, arg), is_differ) for arg, is_differ in job.outputs]
    step_of = {node: step for step, node in reversed(list(enumerate(nodes)))}
    cones: dict[int, tuple[list[int], list[int]]] = {}
    item = len(nodes)
    for sample, asked in enumerate(job.asked):
        for first in range(0, len(asked), AT_ONCE):
            started, outcomes, accounts, spent = monotonic(), [], [], []
            for index in asked[first : first + AT_ONCE]:
                spent_s = shared.spent_s
                board.begin(process_time())
                node, is_differ = outputs[index]
                if index not in cones:
                    board.stand(item, sample + 1, step_of.get(node, 0))
                    cone = graph.cone(node)
                    cones[index] = cone, [step_of.get(n, 0) for n in cone]
                cone, places = cones[index]
                failure = shared.evaluate(cone, sample, board, item, places, 1)
                item += len(cone)
                outcomes.append(shared.outcome(node, sample, failure, is_differ))
                accounts.append(shared.account_s(cone, sample))
                spent.append(shared.spent_s - spent_s)
            made = record(
                first, sample, (*accounts, *spent), b"".join(outcomes), True, "", started, monotonic(), sum(spent)
            )
            if not board.write(made):
                return
        shared.forget(sample)


def _nodes(shared: Evaluation, job: GraphData, board: Board) -> list[int]:
    """A node for each step."""
    graph = shared.graph
    nodes: list[int] = []
    unmade = {step: kind for step, sample, _, kind in job.skip if sample < 0}
    known = _grids_by_step(job.known)
    for number, (func, args, kwargs) in enumerate(job.steps):
        board.stand(number, 0, number)
        board.begin(process_time())
        if number in known:
            nodes.append(graph.given(number))
            shared.give(nodes[-1], known[number])
        elif number in unmade:
            nodes.append(graph.broken(number, unmade[number]))
        else:
            named = tuple([(name, _arg_node(graph, nodes, arg)) for name, arg in kwargs])
            plain = tuple([_arg_node(graph, nodes, arg) for arg in args])
            nodes.append(graph.call(_arg_node(graph, nodes, func), plain, named))
    for step, sample, cpu_s, kind in job.skip:
        if sample >= 0:
            shared.fail(nodes[step], sample, cpu_s, kind)
    return nodes


def _grids_by_step(known: Sequence[Sequence[tuple[int, bytes | None]]]) -> dict[int, list[Any]]:
    """For each step that is known its grid on each sample; equal grids of a sample are one object."""
    found: dict[int, list[Any]] = defaultdict(list)
    for values in known:
        grids = {data: wire.decode_grid(data) for _, data in values if data is not None}
        for step, data in values:
            found[step].append(None if data is None else grids[data])
    return found


def _arg_node(graph: StepGraph, nodes: Sequence[int], arg: Any) -> int:
    if type(arg) is int:
        return nodes[arg]
    text, refs = arg
    if not refs:
        return graph.constant(text)
    # A lambda that uses steps is a function of them.
    maker = graph.constant(f"lambda {', '.join(name for name, _ in refs)}: ({text})")
    return graph.call(maker, tuple([nodes[step] for _, step in refs]))
