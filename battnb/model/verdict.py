"""Verdicts: what became of candidates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from battnb.model.grid import Grid
from battnb.model.task import Shown, Task


class Status(StrEnum):
    """What became of a candidate, or of one of its samples. They are never merged: an exception is not a timeout."""

    CORRECT = "correct"
    WRONG = "wrong"
    INVALID_OUTPUT = "invalid_output"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    EXITED = "exited"
    NOT_A_SOLVER = "not_a_solver"
    CANCELLED = "cancelled"


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a candidate did not give an output.

    type: the exception's type, the signal's name, "exit code" or the name of the limit that was passed.
    message: what is known about it, cut to 2,000 characters. line: in the candidate's source; None if unknown.
    sample: index of the sample; None if the program failed before the first sample.
    """

    type: str
    message: str
    line: int | None = None
    sample: int | None = None


class Verdict(Shown, frozen=True, gc=False):
    """What became of one candidate on one task.

    status: correct if all demo pairs are, otherwise the status of the first demo pair that is not.
    sample_statuses, outputs, sample_cpu_s: one per sample, demo first. If the wanted output of a sample is not known
        and the candidate gave a grid, the status is None.
    demo_correct, test_correct: how many pairs are exactly right; test_correct is None if no test output is known.
    check_time: CPU seconds over all samples. cpu_s: the same. wall_s: from the start to the end of its run.
    t_log: 11 - int(log(check_time)); 10 if check_time is 0.
    md5: of the source's bytes. In a Run: of the inlined expression if it is a straight-line program, and of the DSL
        too if that is files.
    queued_s, started_s, ended_s: seconds on this machine's monotonic clock; in a Run, seconds from its start.
    executed_cpu_s: CPU seconds that were really spent on it; less than cpu_s if steps were shared.
    task: the task, so that a verdict can show what was wanted; None if it is not at hand.
    size_bytes: of the source; 0 if it is not at hand.
    unseen_correct: how many demo pairs it gets right that it could not look up. For a program that S was in sight of,
        these are the pairs that it also gets right when they are left out of S (phases.left_out); for others,
        demo_correct. None if that was not judged.
    grids: what its grids were handed over as: "tuple", "list", "ndarray" or "transposed"; None if it never ran.
    supplied: names that it took for granted and that were supplied (Candidate.prelude).
    saw_s: whether S, the demo pairs, was in sight of it; None if that is not known.
    """

    candidate_id: str
    task_id: str
    status: Status
    sample_statuses: tuple[Status | None, ...]
    demo_correct: int
    test_correct: int | None
    outputs: tuple[Grid | None, ...]
    error: Failure | None = None
    sample_cpu_s: tuple[float, ...] = ()
    cpu_s: float = 0.0
    wall_s: float = 0.0
    md5: str = ""
    entry: str | None = None
    duplicate_of: str | None = None
    validated: bool = True
    cached: bool = False
    worker: int | None = None
    queued_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    executed_cpu_s: float = 0.0
    stdout: str = ""
    task: Task | None = None
    size_bytes: int = 0
    unseen_correct: int | None = None
    grids: str | None = None
    supplied: tuple[str, ...] = ()
    saw_s: bool | None = None

    def __repr__(self) -> str:
        why = f", {self.error.type}" if self.error is not None else ""
        return f"<Verdict {self.candidate_id} on {self.task_id}: {self.status}, demo {self.demo_correct} right{why}>"

    @property
    def is_own(self) -> bool:
        """Does it come from a validation of its own, not from an equal candidate?"""
        return self.validated and self.duplicate_of is None

    @property
    def may_be_looked_up(self) -> bool:
        """May it owe right demo pairs to S?"""
        return self.demo_correct > 0 and self.saw_s is not False

    @property
    def rank(self) -> tuple[int, int, float, str]:
        """Best first: by right demo pairs, then by grids given, then by speed. Test pairs do not count."""
        return -self.demo_correct, self.outputs.count(None), self.cpu_s, self.md5

    @property
    def not_right_on(self) -> int | None:
        """The first sample on which it failed or gave a wrong grid; None if it is right on all that can be judged."""
        return next((n for n, s in enumerate(self.sample_statuses) if s not in (Status.CORRECT, None)), None)

    @property
    def check_time(self) -> float:
        return self.cpu_s

    @property
    def t_log(self) -> int:
        return t_log(self.cpu_s)

    @property
    def timed_out(self) -> bool:
        return Status.TIMEOUT in self.sample_statuses

    @property
    def o_score(self) -> int:
        """How many demo pairs are exactly right: the score that the store and the filter use."""
        return self.demo_correct


def t_log(check_time: float) -> int:
    """How fast a program is, on a log scale. Higher is faster; 10 if check_time is 0."""
    return 11 - int(math.log(check_time)) if check_time > 0 else 10


def own_verdicts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts that come from a validation of their own: unique and validated."""
    return [verdict for verdict in verdicts if verdict.is_own]


def status_of(demo_statuses: Iterable[Status | None]) -> Status:
    """A candidate's status: correct if all demo pairs are, otherwise that of the first demo pair that is not."""
    return next((status for status in demo_statuses if status not in (Status.CORRECT, None)), None) or Status.CORRECT


def by_id(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Verdicts by the ids of their candidates."""
    return {verdict.candidate_id: verdict for verdict in verdicts}
