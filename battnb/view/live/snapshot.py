"""What can be said of a run at one moment: the data of the live panel, of the bar and of log lines."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from battnb.model import AtWork, Status, Verdict
from battnb.view.gantt_bars import GanttBars
from battnb.view.words import count_words, seconds_words

RUNNING, COMPLETE, STOPPED, FAILED = "running", "complete", "stopped", "failed"


class PhaseProgress(msgspec.Struct, frozen=True):
    """One phase. wall_s: so far, None where it has not begun. is_open: it runs now.

    done, total: how far it is, where that is known; else both are 0.
    """

    words: str
    wall_s: float | None = None
    is_open: bool = False
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None where it is not known."""
        if self.wall_s is None:
            return 0.0
        if not self.is_open:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None


class Snapshot(msgspec.Struct, frozen=True):
    """A run at one moment.

    state: "running", "complete", "stopped" (interrupted, cancelled, or at its deadline) or "failed".
    elapsed_s: seconds since its start. left_s: about how many it will take yet; None where nobody can know.
    candidates: of the battery. reached, wanted: validations that have ended, of how many (0 until that is known).
    cached: those of them that were known before.
    per_s: validations that end in a second: lately, or of the whole phase when it has ended; None before.
    counts: validations that have ended, by status. at_work: what each busy worker has in hand, now_s on its clock.
    best: the best so far, best first. bars: the profile so far.
    """

    task_id: str
    battery: str
    mode: str
    workers: int
    candidates: int
    state: str
    elapsed_s: float
    phases: tuple[PhaseProgress, ...] = ()
    reached: int = 0
    wanted: int = 0
    cached: int = 0
    per_s: float | None = None
    left_s: float | None = None
    counts: Mapping[Status, int] = {}
    at_work: tuple[AtWork, ...] = ()
    now_s: float = 0.0
    best: tuple[Verdict, ...] = ()
    bars: GanttBars | None = None

    @property
    def is_over(self) -> bool:
        return self.state != RUNNING


def title_words(snapshot: Snapshot) -> str:
    """The run's circumstances: "tmp_batt, 149 candidates, parallel on 2 workers"."""
    workers = count_words(snapshot.workers, "worker")
    name = "" if snapshot.battery == "candidates" else f"{snapshot.battery}, "
    return f"{name}{count_words(snapshot.candidates, 'candidate')}, {snapshot.mode} on {workers}"


def time_words(snapshot: Snapshot) -> str:
    """Where it stands in time: "3.2 s, about 1.4 s left"; "ended after 4.6 s"."""
    elapsed = seconds_words(snapshot.elapsed_s)
    if snapshot.state == RUNNING:
        left = f", about {seconds_words(snapshot.left_s)} left" if snapshot.left_s is not None else ""
        return f"{elapsed}{left}"
    return {COMPLETE: "ended after ", STOPPED: "stopped after ", FAILED: "failed after "}[snapshot.state] + elapsed


def progress_words(snapshot: Snapshot) -> str:
    """How many validations have ended: "1,234 of 20,000 validated, 5,210 a second"; "" before the first is due."""
    if not snapshot.wanted:
        return ""
    rate = f", {rate_words(snapshot.per_s)} a second" if snapshot.per_s is not None else ""
    known = f", {snapshot.cached:,} from the cache" if snapshot.cached else ""
    return f"{snapshot.reached:,} of {snapshot.wanted:,} validated{known}{rate}"


def rate_words(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 20 else f"{per_s:.1f}"


def phase_now(snapshot: Snapshot) -> PhaseProgress | None:
    """The phase that runs; None between phases and at the ends."""
    return next((phase for phase in snapshot.phases if phase.is_open), None)


def work_words(at_work: AtWork, now_s: float) -> str:
    """What a worker is at: "118, 0.3 s (and 12 more)"; "steps, 420 of 900 values"."""
    if at_work.candidate_id is None:
        return f"the battery's steps, {at_work.done:,} of {at_work.total:,} values"
    more = f", {at_work.more:,} more at hand" if at_work.more else ""
    return f"{at_work.candidate_id}, {seconds_words(max(now_s - at_work.since_s, 0.0))}{more}"


def snapshot_text(snapshot: Snapshot) -> str:
    """One line: a log line, and what the panel says where there is no HTML."""
    phase = phase_now(snapshot)
    doing = f" {phase.words}" if phase is not None else ""
    counts = ", ".join([f"{count:,} {status}" for status, count in snapshot.counts.items()])
    words = [f"{snapshot.task_id} {snapshot.mode}:{doing} {time_words(snapshot)}", progress_words(snapshot), counts]
    return "; ".join([part for part in words if part])
