"""A source of one battery's steps: each sample is a job, so samples run in parallel; a step runs once a sample."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence

from battnb.model import Arg, Failure, Inputs, Limits, Ref, Status, Step, StepValue
from battnb.sandbox import wire
from battnb.sandbox.hardening import EXIT_NO_MEMORY
from battnb.sandbox.jobs import MAX_LOSSES, Kind
from battnb.sandbox.judge import STATUS


class Execution:
    """Run steps on samples. ended is called once, in the engine's thread: with values, or with the error.

    The values are a list per sample of a StepValue per output. differs: the outputs are counts, not grids.
    max_running: samples that run at once, None for all.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        outputs: Sequence[Arg],
        samples: Sequence[Inputs],
        differs: bool,
        limits: Limits,
        max_running: int | None,
        ended: Callable[[list[list[StepValue]] | Exception], None],
    ) -> None:
        self.limits = limits
        self.steps = [(_wire(s.func), [_wire(a) for a in s.args], [(n, _wire(a)) for n, a in s.kwargs]) for s in steps]
        self.outputs = [(_wire(value), differs) for value in outputs]
        self._max_running = max_running or len(samples)
        self._ended = ended
        self._jobs = [ExecutionJob(self, sample) for sample in samples]
        self._waiting = deque(self._jobs)
        self._running: list[ExecutionJob] = []
        self._left = len(self._jobs)
        if not self._jobs:
            ended([])

    def next_job(self, lanes: int) -> ExecutionJob | None:  # noqa: ARG002  (one sample is one job, however many lanes)
        if not self._waiting or len(self._running) >= self._max_running:
            return None
        job = self._waiting.popleft()
        self._running.append(job)
        return job

    def is_finished(self) -> bool:
        return self._left <= 0

    def again(self, job: ExecutionJob) -> None:
        self._running.remove(job)
        if self._left > 0:
            self._waiting.appendleft(job)

    def job_ended(self, job: ExecutionJob) -> None:
        self._running.remove(job)
        self._left -= 1
        if self._left == 0:
            self._ended([job.values() for job in self._jobs])

    def running(self) -> Sequence[ExecutionJob]:
        return self._running

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

    def __init__(self, source: Execution, sample: Inputs) -> None:
        self.kind = Kind(False, True)
        self.limits = source.limits
        self._source = source
        self._sample = sample
        self._values: dict[int, StepValue] = {}
        self._asked: list[int] = []
        self._skipped: dict[int, int] = {}
        self._losses = 0

    def message(self, number: int) -> bytes:
        self._asked = [index for index in range(len(self._source.outputs)) if index not in self._values]
        outputs = [self._source.outputs[index] for index in self._asked]
        compared = (wire.encode_grid(self._sample.compared),) if self._sample.compared is not None else None
        task = ("", (wire.encode_grid(self._sample.input),), wire.encode_demo(self._sample.demo), compared)
        limits = tuple(getattr(self.limits, name) for name in self.limits.__struct_fields__)
        skip = [(step, 0, self.limits.timeout_s, kind) for step, kind in self._skipped.items()]
        return wire.dump_job((number, "graph", limits, self._source.steps, outputs, task, skip))

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> None:
        for result in wire.read_results(end.results):
            if result.candidate >= len(self._asked) or len(result.cpu_s) != 1:
                break
            outcome = wire.read_outcomes(result.outcomes, 1)[0]
            self._values[self._asked[result.candidate]] = _value(outcome, result, lane)
        if end.reason == wire.STOPPED:
            return
        if end.reason or end.wait_status:
            # Where it stood tells the step, unless it lies; then the count of losses ends it.
            if end.at_step < len(self._source.steps) and end.at_step not in self._skipped:
                self._skipped[end.at_step] = _how_it_failed(end)
            else:
                self._losses += 1

    def done(self, next_item: int) -> None:  # noqa: ARG002  (what is missing says it better)
        if len(self._values) < len(self._source.outputs) and self._losses <= MAX_LOSSES:
            self._source.again(self)
        else:
            self._source.job_ended(self)

    def lost(self) -> None:
        self._losses += 1
        self.done(0)

    def values(self) -> list[StepValue]:
        missing = StepValue(None, Status.CRASHED, Failure("worker died", "the worker died under it"))
        return [self._values.get(index, missing) for index in range(len(self._source.outputs))]


def _how_it_failed(end: wire.TrialEnd) -> int:
    """The kind of outcome of a step that ended its fork."""
    if end.reason:
        return wire.TIMED_OUT
    no_memory = os.WIFEXITED(end.wait_status) and os.WEXITSTATUS(end.wait_status) == EXIT_NO_MEMORY
    return wire.MEMORY if no_memory else wire.CRASHED


def _value(outcome: wire.Outcome, result: wire.Result, lane: int) -> StepValue:
    times = (result.cpu_s[0], result.started_s, result.ended_s, lane)
    if outcome.kind == wire.GRID:
        return StepValue(wire.decode_grid(outcome.grid), None, None, *times)
    if outcome.kind == wire.DIFFERENCE:
        return StepValue(outcome.difference, None, None, *times)
    return StepValue(None, STATUS[outcome.kind], Failure(outcome.type, outcome.message, outcome.line), *times)


def _wire(arg: Arg) -> int | tuple[str, tuple[tuple[str, int], ...]]:
    return arg.step if isinstance(arg, Ref) else (arg.text, arg.refs)
