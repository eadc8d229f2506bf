"""From what a candidate gave, or what ended it, to its verdict. Wanted outputs never leave this process."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import NamedTuple

from battnb.load.aliases import PRELUDE_NAMES
from battnb.model import Candidate, Failure, Grid, Limits, Status, Task, Verdict, status_of
from battnb.sandbox import wire

STATUS = {
    wire.INVALID: Status.INVALID_OUTPUT,
    wire.ERROR: Status.ERROR,
    wire.MEMORY: Status.MEMORY,
    wire.EXITED: Status.EXITED,
    wire.NOT_A_SOLVER: Status.NOT_A_SOLVER,
    wire.TIMED_OUT: Status.TIMEOUT,
    wire.CRASHED: Status.CRASHED,
}
"""What each kind of outcome that is not a grid is called."""
CACHED_BYTES = 2_048
OVER_LIMIT = 1.001
"""A sample that used up its CPU time is charged this much of the limit: a little more than it may use."""
_ENDS = (Status.TIMEOUT, Status.MEMORY, Status.CRASHED, Status.EXITED)


class Ending(NamedTuple):
    """What ended a candidate from outside, after the samples that it has outcomes for."""

    status: Status
    failure: Failure | None


class Judged(NamedTuple):
    """What outcomes mean on a task: the parts of a verdict that times do not change."""

    status: Status
    sample_statuses: tuple[Status | None, ...]
    outputs: tuple[Grid | None, ...]
    demo_correct: int
    test_correct: int | None
    error: Failure | None


class Timing(NamedTuple):
    """When and where a candidate ran; seconds on the monotonic clock."""

    queued_s: float
    started_s: float
    ended_s: float
    executed_cpu_s: float
    worker: int | None


NEVER_RAN = wire.Result(0, 0, (), b"", True, "", 0.0, 0.0, 0.0, form=0)
"""What stands for the last record of a candidate that has none."""


class Judge:
    """Compares outputs with those that a task wants. Equal outcomes are judged once."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.inputs = tuple([wire.encode_grid(pair.input) for pair in task.samples])
        self._wanted = [wire.encode_grid(pair.output) if pair.output else None for pair in task.samples]
        pairs = zip(self.inputs, self._wanted[: len(task.demo)], strict=False)
        self.demo = tuple([(given, wanted) for given, wanted in pairs if wanted is not None])
        self._judged: dict[bytes, Judged] = {}

    def accepts(self, raw: bytes, count: int) -> bool:
        """Are these bytes the outcomes of this many samples? A candidate may have written anything."""
        if raw in self._judged:
            return count == len(self._wanted)
        try:
            return all([o.kind == wire.GRID or o.kind in STATUS for o in wire.read_outcomes(raw, count)])
        except wire.WireError:
            return False

    def seen(self, raw: bytes, cpu_s: Sequence[float], limits: Limits) -> Judged | None:
        """What outcomes of all samples mean, if the very same ones were judged before."""
        return self._judged.get(raw) if self._is_whole(cpu_s, limits) else None

    def judge(self, raw: bytes, cpu_s: Sequence[float], ending: Ending | None, limits: Limits) -> Judged:
        """raw: the outcomes of the first len(cpu_s) samples, accepted before."""
        seen = self.seen(raw, cpu_s, limits) if ending is None else None
        if seen is not None:
            return seen
        judged = self._outcomes(*_within(wire.read_outcomes(raw, len(cpu_s)), cpu_s, ending, limits))
        if ending is None and len(raw) < CACHED_BYTES and self._is_whole(cpu_s, limits):
            if len(self._judged) > 2_000:
                self._judged.clear()
            self._judged[raw] = judged
        return judged

    def _is_whole(self, cpu_s: Sequence[float], limits: Limits) -> bool:
        return len(cpu_s) == len(self._wanted) and max(cpu_s) <= limits.timeout_s

    def _outcomes(self, outcomes: Sequence[wire.Outcome], ending: Ending | None) -> Judged:
        statuses: list[Status | None] = []
        outputs: list[Grid | None] = []
        failures: list[Failure] = []
        for sample, outcome in enumerate(outcomes):
            if outcome.kind == wire.GRID:
                wanted = self._wanted[sample]
                is_right = outcome.grid == wanted
                statuses.append(None if wanted is None else Status.CORRECT if is_right else Status.WRONG)
                outputs.append(self.task.samples[sample].output if is_right else wire.decode_grid(outcome.grid))
                continue
            statuses.append(STATUS[outcome.kind])
            outputs.append(None)
            failures.append(Failure(outcome.type, outcome.message, outcome.line, sample))
        if ending is not None and ending.failure is not None:
            failures.append(ending.failure)
        statuses = self._rest(statuses, ending)
        outputs += [None] * (len(statuses) - len(outputs))
        demo = len(self.task.demo)
        return Judged(
            status=status_of(statuses[:demo]),
            sample_statuses=tuple(statuses),
            outputs=tuple(outputs[: len(statuses)]),
            demo_correct=statuses[:demo].count(Status.CORRECT),
            test_correct=statuses[demo:].count(Status.CORRECT) if self.task.knows_tests else None,
            error=failures[0] if failures else None,
        )

    def _rest(self, statuses: list[Status | None], ending: Ending | None) -> list[Status | None]:
        """The statuses of all samples. Those after what ended the candidate never ran."""
        if ending is not None:
            statuses = [*statuses, ending.status]
        missing = len(self._wanted) - len(statuses)
        never = ending is not None or statuses[-1] not in (Status.ERROR, Status.NOT_A_SOLVER)
        # A program that fails before its first sample fails on all.
        filler = Status.CANCELLED if never else statuses[-1]
        return (statuses + [filler] * missing)[: len(self._wanted)]


def _within(
    outcomes: list[wire.Outcome], cpu_s: Sequence[float], ending: Ending | None, limits: Limits
) -> tuple[list[wire.Outcome], Ending | None]:
    """Cut outcomes at the first sample that took too long, whether or not it was killed for it."""
    for sample, (used_s, outcome) in enumerate(zip(cpu_s, outcomes, strict=True)):
        if used_s > limits.timeout_s:
            return outcomes[:sample], timeout(sample, limits)
        if STATUS.get(outcome.kind) in _ENDS:
            failure = Failure(outcome.type, outcome.message, outcome.line, sample)
            return outcomes[:sample], Ending(STATUS[outcome.kind], failure)
    return outcomes, ending


# Endings


def ending_of(end: wire.TrialEnd, sample: int, limits: Limits) -> Ending:
    """Why a fork ended before its work was done."""
    if end.reason == wire.STOPPED:
        return Ending(Status.CANCELLED, None)
    if end.reason != wire.NOT_KILLED:
        return _killed(end.reason, sample, limits)
    if os.WIFSIGNALED(end.wait_status):
        number = os.WTERMSIG(end.wait_status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return Ending(Status.CRASHED, Failure(name, f"ended by {name}", None, sample))
    code = os.waitstatus_to_exitcode(end.wait_status)
    if code == wire.EXIT_NO_MEMORY:
        return Ending(Status.MEMORY, Failure("memory_bytes", "no memory left", None, sample))
    if code in (wire.EXIT_DONE, wire.EXIT_BROKEN):
        message = "what it gave back could not be read: it tampered with the process that it runs in"
        return Ending(Status.ERROR, Failure("tampered", message, None, sample))
    return Ending(Status.EXITED, Failure("exit code", str(code), None, sample))


def timeout(sample: int | None, limits: Limits) -> Ending:
    return _killed(wire.CPU_LIMIT, sample, limits)


def _killed(reason: int, sample: int | None, limits: Limits) -> Ending:
    kill = wire.KILLS[reason]
    message = kill.message.format(getattr(limits, kill.limit))
    return Ending(STATUS[kill.kind], Failure(kill.limit, message, None, sample))


def used_up_s(reason: int, limits: Limits) -> float:
    """The CPU seconds that a sample is known to have used, given why its fork was killed; 0 if that tells nothing."""
    return limits.timeout_s * OVER_LIMIT if wire.KILLS[reason].used_up else 0.0


# Verdicts


def verdict(
    candidate: Candidate, judge: Judge, judged: Judged, cpu_s: Sequence[float], ran: wire.Result, timing: Timing,
    stdout: str = "", saw_s: bool = False,
) -> Verdict:  # fmt: skip
    """ran: its last record, which says what was called and how."""
    # By position: by name it takes five times as long, and there may be tens of thousands a second.
    return Verdict(
        candidate.id,
        judge.task.id,
        judged.status,
        judged.sample_statuses,
        judged.demo_correct,
        judged.test_correct,
        judged.outputs,
        judged.error,
        tuple(cpu_s),
        sum(cpu_s),
        timing.ended_s - timing.started_s,
        candidate.source_md5,
        ran.entry or None,
        None,  # duplicate_of
        True,  # validated
        False,  # cached
        timing.worker,
        timing.queued_s,
        timing.started_s,
        timing.ended_s,
        timing.executed_cpu_s,
        stdout,
        judge.task,
        0,  # size_bytes
        None,  # unseen_correct
        wire.FORMS[ran.form],
        _supplied(ran.supplied) if ran.supplied and candidate.prelude else (),
        saw_s,
    )


def _supplied(numbers: bytes) -> tuple[str, ...]:
    return tuple([PRELUDE_NAMES[number] for number in sorted(set(numbers)) if number < len(PRELUDE_NAMES)])


def cancelled(candidate: Candidate, judge: Judge, queued_s: float, now_s: float) -> Verdict:
    """The verdict of a candidate that never ran."""
    judged = judge.judge(b"", (), Ending(Status.CANCELLED, None), Limits())
    return verdict(candidate, judge, judged, (), NEVER_RAN, Timing(queued_s, now_s, now_s, 0.0, None))


def unreadable(candidate: Candidate, judge: Judge, queued_s: float) -> Verdict:
    """The verdict of a candidate that has no program."""
    outcome = wire.encode_text(wire.NOT_A_SOLVER, "unreadable", candidate.unreadable or "", None)
    judged = judge.judge(outcome, (0.0,), None, Limits())
    return verdict(candidate, judge, judged, (0.0,), NEVER_RAN, Timing(queued_s, queued_s, queued_s, 0.0, None))
