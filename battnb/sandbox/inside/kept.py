"""A fork that is kept: it runs one job of straight-line programs, or of a battery's steps, after the other.

Such programs only call the DSL, so they can change nothing that the next would see. The fork therefore keeps what the
steps of a task gave, and programs that share steps run each of them once.

A job is its length, the time at which its turn is over, and its bytes. The answer is a byte, when the board has the
results: DONE, or WORN, with which the fork ends. The worker's end is watch.KeptFork.
"""

from __future__ import annotations

import gc
import marshal
import resource
import socket
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic, process_time
from typing import Any, NamedTuple

from battnb.sandbox import wire
from battnb.sandbox.inside.evaluation import Equals, Evaluation
from battnb.sandbox.inside.steps import NodeGraph
from battnb.sandbox.inside.trial import OWN_DSL, ProgramNames, TaskData, seed
from battnb.sandbox.inside.watch import DONE, JOB_HEAD, WORN, Board

MAX_VALUES = 60_000
"""Values of steps that a fork keeps. Past that it forgets all of them."""
MAX_SCOPES, MAX_TASKS = 4, 256
MAX_GROWTH_KIB = 64 * 2**10
AT_ONCE = 64
"""Values of a battery's steps that are handed over together."""
_APART = wire.encode_bounce(wire.Bounce.APART)


def serve(sock: socket.socket, names: ProgramNames, memory_bytes: int, board: Board) -> None:
    """In the fork: run jobs until the socket ends or the fork is worn."""
    gc.disable()  # grids hold no cycles, and to look for some among all that is kept takes a tenth of the time
    keeper = Keeper(names, memory_bytes)
    while len(head := sock.recv(JOB_HEAD.size, socket.MSG_WAITALL)) == JOB_HEAD.size:
        length, at_s = JOB_HEAD.unpack(head)
        packed = sock.recv(length, socket.MSG_WAITALL)
        if len(packed) < length:
            return
        keeper.run(packed, at_s, board)
        del packed
        if keeper.is_worn():
            sock.sendall(WORN)
            return
        sock.sendall(DONE)


class Keeper:
    """What a kept fork knows from one job to the next.

    Only jobs of one scope, which is one call of the user's, share steps. The work of another scope is measured again.

    names: those that programs find. memory_bytes: how much more than now this process may take.
    """

    def __init__(self, names: ProgramNames, memory_bytes: int) -> None:
        self._names = names
        # battnb's DSL, whose functions give only what nobody can change
        operations = [value for value in names.dsl.values() if callable(value)]
        self._is_plain = all([str(getattr(each, "__module__", "")).startswith(f"{OWN_DSL}.") for each in operations])
        self._equals = Equals(self._is_plain)
        self._scopes: dict[int, dict[TaskData, Evaluation]] = {}
        self._tasks: dict[TaskData, Evaluation] = {}
        self._most_kib = _peak_kib() + min(MAX_GROWTH_KIB, memory_bytes // 4096)
        self._had_no_memory = False

    def run(self, packed: bytes, at_s: float, board: Board) -> None:
        """Run a job, which comes as one piece of marshal from the parent. No candidate begins after at_s."""
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
        evaluations = [known for tasks in self._scopes.values() for known in tasks.values()]
        count = sum([len(known.graph.calls) * known.sample_count for known in evaluations])
        if count > MAX_VALUES or len(evaluations) > MAX_TASKS:
            self._scopes.clear()
        if scope not in self._scopes:
            self._equals = Equals(self._is_plain)
        self._tasks = self._scopes[scope] = self._scopes.pop(scope, {})
        if len(self._scopes) > MAX_SCOPES:
            del self._scopes[next(iter(self._scopes))]

    def _known(self, task: TaskData) -> Evaluation:
        if task not in self._tasks:
            self._tasks[task] = evaluation_of(self._names, task, self._equals, not self._is_plain)
        return self._tasks[task]

    def _run_items(self, items: Any, tasks: Sequence[TaskData], hung: Any, at_s: float, board: Board) -> None:
        for source, step, sample, cpu_s, of_task in hung:
            known = self._known(tasks[of_task])
            program = known.graph.read(source)
            if program is not None and step < len(program.nodes):
                known.fail(program.nodes[step], sample, cpu_s)
        at_task = -1
        for index, (source, entry, grids, task) in enumerate(items):
            if index and monotonic() > at_s:
                return
            board.stand(index, 0, 0)
            board.begin(process_time())  # what was done before, such as reading, does not count as this one's time
            if task != at_task:
                at_task, known = task, self._known(tasks[task])
            if not self._run_item(index, source, entry, grids, known, board):
                return
        board.stand(len(items), 0, 0)

    def _run_item(
        self, index: int, source: Any, entry: str | None, grids: str | None, known: Evaluation, board: Board
    ) -> bool:
        """False if the board is full: this candidate then counts as not begun."""
        program = known.graph.read(source) if type(source) is str and grids is None else None
        if program is None or (entry is not None and entry != program.entry):
            return board.write(wire.encode_result(index, 0, (0.0,), _APART, True, ""))
        if not self._is_plain:
            seed()
        started, spent_s = monotonic(), known.spent_s
        found = known.run(program, board, index)
        self._had_no_memory |= known.had_no_memory
        cpu_s, outcomes = found or ([0.0], _APART)
        ended, spent_s = monotonic(), known.spent_s - spent_s
        return board.write(wire.encode_result(index, 0, cpu_s, outcomes, True, program.entry, started, ended, spent_s))


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# A battery's steps


class GraphData(NamedTuple):
    """A battery's steps, as a job carries them.

    steps: (func, args, kwargs); an argument is an int (a step) or (text, refs). outputs: (argument, whether it is a
    differ's). asked: for each sample the outputs that are wanted. known: for each sample (step, grid) of steps that
    are not run; the grid is None if the step has none there. skip: (step, sample, CPU seconds, kind of outcome) of
    steps that ended a fork; sample -1 means while the step was made.
    """

    steps: Sequence[tuple[Any, ...]]
    outputs: Sequence[tuple[Any, bool]]
    asked: Sequence[Sequence[int]]
    task: tuple[Any, ...]
    known: Sequence[Sequence[tuple[int, bytes | None]]]
    skip: Sequence[tuple[int, int, float, int]]


def evaluation_of(names: ProgramNames, task: TaskData, equals: Equals, only_fixed: bool = False) -> Evaluation:
    """A task's samples, and no steps yet. The arguments are those of Evaluation."""
    decode = wire.decode_grid
    compared = [decode(grid) for grid in task.compared] if task.compared is not None else [None] * len(task.inputs)
    samples = [(decode(grid), c) for grid, c in zip(task.inputs, compared, strict=True)]

    def make_s() -> Any:
        return tuple([(decode(i), decode(o)) for i, o in task.demo or ()])

    return Evaluation(NodeGraph(names.dsl, names.modules), samples, make_s, only_fixed, equals)


def run_graph(names: ProgramNames, job: GraphData, board: Board) -> None:
    """Run the steps that the outputs need, sample by sample, and write the values of the outputs, AT_ONCE in a record.

    A record's candidate is the place of the first of its outputs among those asked of its sample. It has CPU seconds
    twice for each output: the account of all steps that the output uses, then what was spent on those that had not run.
    The board's item goes up with every step, so that each has the time of a sample for itself; the board's step is the
    number of the battery's step.
    """
    run = _GraphRun(evaluation_of(names, TaskData(*job.task), Equals(False)), job, board)
    for sample, asked in enumerate(job.asked):
        for first in range(0, len(asked), AT_ONCE):
            if not board.write(run.record(sample, first, asked[first : first + AT_ONCE])):
                return
        run.values.forget(sample)


class _GraphRun:
    """One run of a battery's steps: the nodes of its outputs, and how far the board's item has come."""

    def __init__(self, values: Evaluation, job: GraphData, board: Board) -> None:
        self.values = values
        self._board = board
        nodes = _nodes(values, job, board)
        self._item = len(nodes)
        self._outputs = [(_arg_node(values.graph, nodes, arg), is_differ) for arg, is_differ in job.outputs]
        self._step_of = {node: step for step, node in reversed(list(enumerate(nodes)))}
        self._cones: dict[int, tuple[list[int], list[int]]] = {}

    def record(self, sample: int, first: int, outputs: Sequence[int]) -> bytes:
        """Some outputs on a sample, as a record."""
        values, started = self.values, monotonic()
        outcomes, accounts, spent = [], [], []
        for index in outputs:
            spent_s = values.spent_s
            self._board.begin(process_time())
            node, is_differ = self._outputs[index]
            cone, places = self._cone(index, node, sample)
            failure = values.evaluate(cone, sample, self._board, self._item, places)
            self._item += len(cone)
            outcomes.append(values.outcome(node, sample, failure, is_differ, self._board.output_bytes))
            accounts.append(values.account_s(cone, sample))
            spent.append(values.spent_s - spent_s)
        cpu_s, encoded = (*accounts, *spent), b"".join(outcomes)
        return wire.encode_result(first, sample, cpu_s, encoded, True, "", started, monotonic(), sum(spent))

    def _cone(self, index: int, node: int, sample: int) -> tuple[list[int], list[int]]:
        """The nodes that an output needs, and their steps' numbers."""
        found = self._cones.get(index)
        if found is None:
            self._board.stand(self._item, sample + 1, self._step_of.get(node, 0))
            cone = self.values.graph.cone(node)
            found = self._cones[index] = cone, [self._step_of.get(n, 0) for n in cone]
        return found


def _nodes(values: Evaluation, job: GraphData, board: Board) -> list[int]:
    graph = values.graph
    nodes: list[int] = []
    unmade = {step: kind for step, sample, _, kind in job.skip if sample < 0}
    known = _grids_by_step(job.known)
    for number, (func, args, kwargs) in enumerate(job.steps):
        board.stand(number, 0, number)
        board.begin(process_time())
        if number in known:
            nodes.append(graph.given(number))
            values.give(nodes[-1], known[number])
        elif number in unmade:
            nodes.append(graph.broken(number, unmade[number]))
        else:
            named = tuple([(name, _arg_node(graph, nodes, arg)) for name, arg in kwargs])
            plain = tuple([_arg_node(graph, nodes, arg) for arg in args])
            nodes.append(graph.call(_arg_node(graph, nodes, func), plain, named))
    for step, sample, cpu_s, kind in job.skip:
        if sample >= 0:
            values.fail(nodes[step], sample, cpu_s, kind)
    return nodes


def _grids_by_step(known: Sequence[Sequence[tuple[int, bytes | None]]]) -> dict[int, list[Any]]:
    """For each step that is known, its grid on each sample. Equal grids of a sample are one object."""
    found: dict[int, list[Any]] = defaultdict(list)
    for of_sample in known:
        grids = {data: wire.decode_grid(data) for _, data in of_sample if data is not None}
        for step, data in of_sample:
            found[step].append(None if data is None else grids[data])
    return found


def _arg_node(graph: NodeGraph, nodes: Sequence[int], arg: Any) -> int:
    if type(arg) is int:
        return nodes[arg]
    text, refs = arg
    return graph.expression(text, [(name, nodes[step]) for name, step in refs])
