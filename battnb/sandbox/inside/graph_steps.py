"""The steps of a battery in a fork that is kept: each step runs once on each sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from time import monotonic, process_time
from typing import Any, NamedTuple

from battnb.sandbox import wire
from battnb.sandbox.inside.evaluation import Equals, Evaluation
from battnb.sandbox.inside.names import ProgramNames
from battnb.sandbox.inside.steps import NodeGraph
from battnb.sandbox.inside.trial import TaskData
from battnb.sandbox.inside.watch import Board

AT_ONCE = 64
"""So many values are handed over together."""


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
            outcomes.append(values.outcome(node, sample, failure, is_differ))
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
    """A node for each step."""
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
    if not refs:
        return graph.constant(text)
    # A lambda that uses steps is made by a function of these steps.
    maker = graph.constant(f"lambda {', '.join(name for name, _ in refs)}: ({text})")
    return graph.call(maker, tuple([nodes[step] for _, step in refs]))
