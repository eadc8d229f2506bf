"""A source of the steps of one battery. Lanes share its samples or, if these are differs, the values on them."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from battnb.model import Arg, AtWork, Failure, Grid, Inputs, Limits, Ref, Status, Step, StepValue
from battnb.sandbox import wire
from battnb.sandbox.parent.judge import STATUS, used_up_s
from battnb.sandbox.parent.lanes import MAX_KILLS, MAX_LOSSES, SHARED, TURN_S, job_head

_MOST_ITEMS = 2**32 - 1
_KINDS = (wire.GRID, wire.DIFFERENCE, *STATUS)


class WireGraph(NamedTuple):
    """The steps that some values need, as they are sent. places: for each of these steps, its place among them."""

    steps: list[tuple[object, ...]]
    outputs: list[object]
    places: dict[int, int]


def wire_graph(steps: Sequence[Step], values: Sequence[Arg], known: Collection[int]) -> WireGraph:
    """The graph without what is not needed, and without how known values come to be. Takes time linear in the steps."""
    needed = {ref for value in values for ref in value.used}
    for step in range(len(steps) - 1, -1, -1):
        if step in needed and step not in known:
            needed.update(steps[step].used)
    places = {step: place for place, step in enumerate(sorted(needed))}
    wired = [_NO_STEP if step in known else _wire_step(steps[step], places) for step in places]
    return WireGraph(wired, [_wire(value, places) for value in values], places)


Piece = tuple[int, range]
"""A sample and some of the wanted values, both by number."""


class Execution:
    """Runs steps on samples. ended is called once, in the engine's thread, with the values or with an error.

    The values are a list per sample of a StepValue per output. differs: the outputs are counts, not grids.
    one_at_a_time: one sample runs, the others wait.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        outputs: Sequence[Arg],
        samples: Sequence[Inputs],
        differs: bool,
        limits: Limits,
        one_at_a_time: bool,
        ended: Callable[[list[list[StepValue]] | Exception], None],
    ) -> None:
        self.limits = limits
        self.known = frozenset(samples[0].known).intersection(*[s.known for s in samples]) if samples else frozenset()
        self.graph = wire_graph(steps, outputs, self.known)
        self.differs = differs
        self.grids: dict[bytes, Grid] = {}
        self._one_at_a_time = one_at_a_time
        self.samples = samples
        self._ended = ended
        self._jobs: list[ExecutionJob] = []
        self._waiting: deque[ExecutionJob] = deque()
        self._left = len(samples) * len(outputs)
        if not self._left:
            ended([[] for _ in samples])

    def next_job(self, lanes: int, running: int) -> ExecutionJob | None:
        if not self._jobs and self._left > 0:
            # A job for each lane: it sends the graph and builds it once, whatever its number of samples. A battery's
            # steps run once a sample, so samples stay whole. Differs share hardly any steps, and cheap ones.
            count = len(self.graph.outputs)
            unit = 1 if self.differs else count
            shares = _equal_shares(len(self.samples) * count, 1 if self._one_at_a_time else lanes, unit)
            self._jobs = [ExecutionJob(self, _pieces(share, count)) for share in shares]
            self._waiting.extend(self._jobs)
        if not self._waiting or (self._one_at_a_time and running):
            return None
        return self._waiting.popleft()

    def has_more(self) -> bool:
        return self._left > 0

    def progress(self) -> tuple[int, int]:
        """How many values are known, of how many."""
        return sum([job.reached() for job in self._jobs]), len(self.graph.outputs) * len(self.samples)

    def again(self, job: ExecutionJob) -> None:
        if self._left > 0:
            self._waiting.appendleft(job)

    def job_ended(self, job: ExecutionJob) -> None:
        self._left -= job.wanted
        if self._left == 0:
            values: list[list[StepValue]] = [[] for _ in self.samples]
            for ended in self._jobs:
                for (sample, _), found in zip(ended.pieces, ended.values(), strict=True):
                    values[sample] += found
            self._ended(values)

    def cancel(self) -> None:
        """Run nothing more, and do not call ended any more. What runs must be stopped by the engine."""
        self._waiting.clear()
        self._left = -1

    def fail(self, error: Exception) -> None:
        if self._left > 0:
            self._left = 0
            self._ended(error)


class ExecutionJob:
    """Some pieces. If a step hangs or ends its fork, it fails, and the rest begins again without it.

    To the worker each piece is a sample of its own. wanted: how many values it is to give.
    """

    def __init__(self, source: Execution, pieces: Sequence[Piece]) -> None:
        self.kind = SHARED
        self.limits = source.limits
        self.pieces = pieces
        self.wanted = sum([len(outputs) for _, outputs in pieces])
        self._samples = [source.samples[sample] for sample, _ in pieces]
        self.source = source
        self._values: list[dict[int, StepValue]] = [{} for _ in pieces]
        self._asked: list[list[int]] = []
        self._skipped: dict[tuple[int, int], tuple[float, int]] = {}
        self._losses = self._kills = 0

    def message(self, number: int) -> bytes:
        graph = self.source.graph
        self._asked = [
            [output for output in outputs if output not in values]
            for (_, outputs), values in zip(self.pieces, self._values, strict=True)
        ]
        outputs = [(output, self.source.differs) for output in graph.outputs]
        skip = [(*place, *how) for place, how in self._skipped.items()]
        job = ("graph", graph.steps, outputs, self._asked, self._task(), self._known(graph.places), skip)
        last = (_MOST_ITEMS, len(self.pieces))
        return job_head(number, wire.KEPT, self.limits, TURN_S, last) + wire.dump(job)

    def _task(self) -> tuple[object, ...]:
        inputs = tuple([wire.encode_grid(sample.input) for sample in self._samples])
        compared = tuple([wire.encode_grid(sample.compared) for sample in self._samples if sample.compared is not None])
        demo = [
            (wire.encode_grid(pair.input), wire.encode_grid(pair.output))
            for pair in self._samples[0].demo
            if pair.output is not None
        ]
        return ("", inputs, tuple(demo), compared or None)

    def _known(self, places: Mapping[int, int]) -> list[list[tuple[int, bytes | None]]]:
        return [
            [
                (places[step], None if grid is None else wire.encode_grid(grid))
                for step, grid in sample.known.items()
                if step in places and step in self.source.known
            ]
            for sample in self._samples
        ]

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> Iterator[None]:
        for result in wire.read_results(end.results):
            yield
            count = len(result.cpu_s) // 2
            known = result.first < len(self.pieces) and (result.candidate + count <= len(self._asked[result.first]))
            if not known or not count or len(result.cpu_s) % 2 or not self._take(result, count, lane):
                break
        if end.reason != wire.STOPPED and (end.reason or end.wait_status != wire.EXIT_DONE << 8):
            self._skip(end)

    def _take(self, result: wire.Result, count: int, lane: int) -> bool:
        """Take the values of some outputs on a sample. False if they make no sense."""
        outcomes = wire.read_outcomes(result.outcomes, count)
        if any([outcome.kind not in _KINDS for outcome in outcomes]):
            return False
        values = self._values[result.first]
        asked = self._asked[result.first][result.candidate : result.candidate + count]
        cpu_s, executed_s = result.cpu_s[:count], result.cpu_s[count:]
        for index, outcome, used_s, spent_s in zip(asked, outcomes, cpu_s, executed_s, strict=True):
            times = (used_s, spent_s, result.started_s, result.ended_s, lane)
            values.setdefault(index, self._value(outcome, times))
        return True

    def _value(self, outcome: wire.Outcome, times: tuple[float, float, float, float, int]) -> StepValue:
        if outcome.kind == wire.GRID:
            grid = self.source.grids.get(outcome.grid)
            if grid is None:
                grid = self.source.grids[outcome.grid] = wire.decode_grid(outcome.grid)
            return StepValue(grid, None, None, *times)
        if outcome.kind == wire.DIFFERENCE:
            return StepValue(outcome.difference, None, None, *times)
        return StepValue(None, STATUS[outcome.kind], Failure(outcome.type, outcome.message, outcome.line), *times)

    def _skip(self, end: wire.TrialEnd) -> None:
        """Go on without the step at which the fork ended. On sample 0 that was while its constants were made.

        If the fork was killed from outside, which is not the step's doing, go on with the step.
        """
        if not end.reason and end.wait_status == signal.SIGKILL:
            self._kills += 1
            if self._kills < MAX_KILLS:
                return
        place = (end.at_step, end.at_sample - 1)
        if end.at_step < len(self.source.graph.steps) and place not in self._skipped and place[1] < len(self.pieces):
            self._skipped[place] = _how_it_failed(end, self.limits)
        else:
            self._losses += 1

    def done(self, next_item: int, ended_s: float) -> None:  # noqa: ARG002  (what is missing says more)
        if self.reached() < self.wanted and self._losses <= MAX_LOSSES:
            self.source.again(self)
        else:
            self.source.job_ended(self)

    def lost(self) -> None:
        self._losses += 1
        self.done(0, 0.0)

    def at_work(self, lane: int, item: int, since_s: float) -> AtWork:  # noqa: ARG002  (the number of values says more)
        return AtWork(lane, None, since_s, 0, *self.source.progress())

    def reached(self) -> int:
        """How many values are known."""
        return sum(map(len, self._values))

    def values(self) -> list[list[StepValue]]:
        """A list per piece of a value per output."""
        missing = StepValue(None, Status.CRASHED, Failure("worker died", "the worker died under it"))
        return [
            [values.get(output, missing) for output in outputs]
            for (_, outputs), values in zip(self.pieces, self._values, strict=True)
        ]


def _equal_shares(count: int, lanes: int, unit: int) -> list[range]:
    """Ranges that have all of `count` in them, at most one a lane, in whole units."""
    units = count // unit
    ends = [units * lane // lanes * unit for lane in range(lanes + 1)]
    return [range(start, end) for start, end in pairwise(ends) if start < end]


def _pieces(share: range, outputs: int) -> list[Piece]:
    """The pieces of a share of all values, which are counted sample by sample."""
    return [
        (sample, range(max(share.start - first, 0), min(share.stop - first, outputs)))
        for sample in range(share.start // outputs, (share.stop - 1) // outputs + 1)
        for first in [sample * outputs]
    ]


def _how_it_failed(end: wire.TrialEnd, limits: Limits) -> tuple[float, int]:
    """The CPU seconds that a step that ended its fork is charged, and the kind of its outcome."""
    if end.reason:  # whichever limit a step passes, it is known only that it did not end in time
        return limits.timeout_s if used_up_s(end.reason, limits) else 0.0, wire.TIMED_OUT
    no_memory = os.WIFEXITED(end.wait_status) and os.WEXITSTATUS(end.wait_status) == wire.EXIT_NO_MEMORY
    return min(end.cpu_s, limits.timeout_s), wire.MEMORY if no_memory else wire.CRASHED


def _wire_step(step: Step, places: dict[int, int]) -> tuple[object, ...]:
    named = [(name, _wire(arg, places)) for name, arg in step.kwargs]
    return _wire(step.func, places), [_wire(arg, places) for arg in step.args], named


def _wire(arg: Arg, places: dict[int, int]) -> int | tuple[str, tuple[tuple[str, int], ...]]:
    if isinstance(arg, Ref):
        return places[arg.step]
    return arg.text, tuple([(name, places[step]) for name, step in arg.refs]) if arg.refs else ()


_NO_STEP: tuple[object, ...] = (("", ()), (), ())
"""Stands for a step whose value is known."""
