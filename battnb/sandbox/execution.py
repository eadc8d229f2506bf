"""A source of one battery's steps: each sample is a job, so samples run in parallel; a step runs once a sample."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from battnb.model import Arg, Failure, Limits, Ref, Step
from battnb.sandbox import wire
from battnb.sandbox.jobs import Kind
from battnb.sandbox.validation import MAX_LOSSES


class StepValue(NamedTuple):
    """What an output of a battery came to on one sample: a grid's bytes, a differ's count, or why there is none.

    Times are on the monotonic clock; cpu_s counts only the steps that had not run for an earlier output.
    """

    grid: bytes | None
    count: int | None
    failure: Failure | None
    cpu_s: float
    started_s: float
    ended_s: float
    lane: int | None


class Sample(NamedTuple):
    """What steps run on: the encoded input, the demo pairs for S, and the grid for C where there is one."""

    input: bytes
    demo: tuple[tuple[bytes, bytes], ...]
    compared: bytes | None


class Execution:
    """Run steps on samples. ended is called once, in the engine's thread: with values, or with the error.

    outputs: (argument, whether it is a differ's). The values are a list per sample of a StepValue per output.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        outputs: Sequence[tuple[Arg, bool]],
        samples: Sequence[Sample],
        limits: Limits,
        ended: Callable[[list[list[StepValue]] | Exception], None],
    ) -> None:
        self.limits = limits
        self.steps = [(_wire(s.func), [_wire(a) for a in s.args], [(n, _wire(a)) for n, a in s.kwargs]) for s in steps]
        self.outputs = [(_wire(value), is_differ) for value, is_differ in outputs]
        self._ended = ended
        self._jobs = [ExecutionJob(self, sample) for sample in samples]
        self._waiting = deque(self._jobs)
        self._left = len(self._jobs)
        if not self._jobs:
            ended([])

    def next_job(self, lanes: int) -> ExecutionJob | None:  # noqa: ARG002  (one sample is one job, however many lanes)
        return self._waiting.popleft() if self._waiting else None

    def waits(self) -> bool:
        return bool(self._waiting)

    def is_finished(self) -> bool:
        return self._left <= 0

    def again(self, job: ExecutionJob) -> None:
        self._waiting.appendleft(job)

    def job_ended(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._ended([job.values() for job in self._jobs])

    def running(self) -> Sequence[ExecutionJob]:
        return self._jobs

    def cancel(self) -> None:
        """Nothing more is run, and ended is not called any more. What runs must be stopped by the engine."""
        self._waiting.clear()
        self._left = -1

    def fail(self, error: Exception) -> None:
        if self._left > 0:
            self._left = 0
            self._ended(error)


class ExecutionJob:
    """All steps on one sample. A step that hangs or ends its fork is failed, and the sample begun again without it."""

    def __init__(self, source: Execution, sample: Sample) -> None:
        self.kind = Kind(False, True)
        self.limits = source.limits
        self.has_failed_s: float | None = None
        self._source = source
        self._sample = sample
        self._values: dict[int, StepValue] = {}
        self._asked: list[int] = list(range(len(source.outputs)))
        self._skipped: dict[int, Failure] = {}
        self._losses = 0

    def message(self, number: int) -> bytes:
        self._asked = [index for index in range(len(self._source.outputs)) if index not in self._values]
        outputs = [self._source.outputs[index] for index in self._asked]
        compared = (self._sample.compared,) if self._sample.compared is not None else None
        task = ("", (self._sample.input,), self._sample.demo, compared)
        limits = tuple(getattr(self.limits, name) for name in self.limits.__struct_fields__)
        skip = [(step, 0, self.limits.timeout_s, failure.type) for step, failure in self._skipped.items()]
        return wire.dump_job(("job", number, "graph", limits, self._source.steps, outputs, task, skip))

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> None:
        for result in wire.read_results(end.results):
            if result.candidate < len(self._asked) and len(result.cpu_s) == 1:
                outcome = wire.read_outcomes(result.outcomes, 1)[0]
                self._values[self._asked[result.candidate]] = _value(outcome, result, lane)
        if end.reason or end.wait_status:
            # A step past the last is nonsense from a hostile fork; then the lost count ends it.
            if end.at_step < len(self._source.steps) and end.at_step not in self._skipped:
                self._skipped[end.at_step] = _why(end, self.limits)
            else:
                self._losses += 1

    def done(self, next_item: int) -> None:  # noqa: ARG002  (what is missing says it better)
        if len(self._values) < len(self._source.outputs) and self._losses <= MAX_LOSSES:
            self._source.again(self)
        else:
            self._source.job_ended()

    def lost(self) -> None:
        self._losses += 1
        self.done(0)

    def values(self) -> list[StepValue]:
        missing = StepValue(None, None, Failure("worker died", "the worker died under it"), 0.0, 0.0, 0.0, None)
        return [self._values.get(index, missing) for index in range(len(self._source.outputs))]


def _why(end: wire.TrialEnd, limits: Limits) -> Failure:
    if end.reason:
        return Failure("timeout", f"a step used more than {limits.timeout_s:g} CPU seconds")
    return Failure("crashed", f"a step ended its process (wait status {os.waitstatus_to_exitcode(end.wait_status)})")


def _value(outcome: wire.Outcome, result: wire.Result, lane: int) -> StepValue:
    times = (result.cpu_s[0], result.started_s, result.ended_s, lane)
    if outcome.kind == wire.GRID:
        return StepValue(outcome.grid, None, None, *times)
    if outcome.kind == wire.DIFFERENCE:
        return StepValue(None, outcome.count, None, *times)
    return StepValue(None, None, Failure(outcome.type, outcome.message, outcome.line), *times)


def _wire(arg: Arg) -> int | tuple[str, tuple[tuple[str, int], ...]]:
    return arg.step if isinstance(arg, Ref) else (arg.text, arg.refs)
