"""What can be said about a run, or about many tasks, at one moment: the data of the panel, the bar and the log.

How far many tasks have come is written by what runs them, and read by what shows it, from any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

import msgspec

from battnb.model import AtWork, Battery, RunRecord, Status, Verdict
from battnb.trace.overview import Overview, TaskRow, task_row
from battnb.view.gantt_bars import GanttBars
from battnb.view.words import count_words, left_words, seconds_words, tasks_words

RUNNING, COMPLETE, STOPPED, FAILED = "running", "complete", "stopped", "failed"


class PhaseProgress(msgspec.Struct, frozen=True):
    """One phase. wall_s: so far; None if it has not begun. is_open: it runs now.

    done, total: how far it is, if that is known; else both are 0.
    """

    words: str
    wall_s: float | None = None
    is_open: bool = False
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None if that is not known."""
        if self.wall_s is None:
            return 0.0
        if not self.is_open:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None


class BarState(msgspec.Struct, frozen=True, kw_only=True):
    """What a progress bar shows. total: None if it is not known yet. before, after: words beside the bar."""

    done: int
    total: int | None
    unit: str
    before: str = ""
    after: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What a run and a call with many tasks have in common.

    state: "running", "complete", "stopped" (interrupted, cancelled, or at its deadline) or "failed".
    elapsed_s: seconds since the start. left_s: about how many more it will take; None if nobody can know.
    candidates: of the battery. reached: validations that have ended.
    at_work: what each busy worker has in hand; now_s is the time on its clock.
    """

    battery: str
    mode: str
    workers: int
    candidates: int
    state: str
    elapsed_s: float
    left_s: float | None = None
    reached: int = 0
    at_work: tuple[AtWork, ...] = ()
    now_s: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.state != RUNNING

    @property
    def topic(self) -> str:
        """What it is busy with, if it says so. A log has a line when that changes."""
        return ""

    @property
    def circumstances(self) -> str:
        """ "149 candidates, parallel on 2 workers"."""
        return f"{count_words(self.candidates, 'candidate')}, {self.mode} on {count_words(self.workers, 'worker')}"


class Snapshot(Moment, frozen=True, kw_only=True):
    """A run at one moment.

    wanted: how many validations there are to be; 0 until that is known. cached: validations that were known before.
    per_s: validations that end in a second: lately, or over the whole phase when it has ended; None before.
    counts: validations that have ended, by status. best: the best candidates so far that gave a grid, best first.
    bars: the profile so far. why: when it has ended, why most candidates failed, if most did.
    """

    task_id: str
    phases: tuple[PhaseProgress, ...] = ()
    wanted: int = 0
    cached: int = 0
    per_s: float | None = None
    counts: Mapping[Status, int] = {}
    best: tuple[Verdict, ...] = ()
    bars: GanttBars | None = None
    why: str = ""

    @property
    def title_words(self) -> str:
        """ "tmp_batt, 149 candidates, parallel on 2 workers"."""
        return ("" if self.battery == "candidates" else f"{self.battery}, ") + self.circumstances

    @property
    def time_words(self) -> str:
        """ "3.2 s, about 1.4 s left", or "ended after 4.6 s"."""
        elapsed = seconds_words(self.elapsed_s)
        if not self.is_over:
            return elapsed + left_words(self.left_s)
        return f"{'ended' if self.state == COMPLETE else self.state} after {elapsed}"

    @property
    def progress_words(self) -> str:
        """How many validations have ended: "1,234 of 20,000 validated, 5,210 a second"; "" before the first is due."""
        if not self.wanted:
            return ""
        known = f", {self.cached:,} from the cache" if self.cached else ""
        rate = "" if self.per_s is None else f", {self.per_s:,.{0 if self.per_s >= 20 else 1}f} a second"
        return f"{self.reached:,} of {self.wanted:,} validated{known}{rate}"

    @property
    def topic(self) -> str:
        """The phase that runs; "" between phases and at the ends."""
        return next((phase.words for phase in self.phases if phase.is_open), "")

    @property
    def line(self) -> str:
        """One line: for a log, and for a panel where there is no HTML."""
        counts = ", ".join([f"{count:,} {status}" for status, count in self.counts.items()])
        doing = f" {self.topic}" if self.topic else ""
        words = [f"{self.task_id} {self.mode}:{doing} {self.time_words}", self.progress_words, counts, self.why]
        return "; ".join([part for part in words if part])

    @property
    def bar(self) -> BarState:
        before = f"{self.task_id} {self.topic}".strip()
        return BarState(done=self.reached, total=self.wanted or None, unit="candidate", before=before)


class TasksSnapshot(Moment, frozen=True, kw_only=True):
    """Many tasks at one moment. in_hand: ids of the tasks that have begun and not ended."""

    overview: Overview
    in_hand: tuple[str, ...] = ()

    @property
    def time_words(self) -> str:
        """ "running, 3.2 s, about 1.4 s left"."""
        return f"{self.state}, {seconds_words(self.elapsed_s)}{left_words(self.left_s)}"

    @property
    def line(self) -> str:
        """One line: for a log, and for a panel where there is no HTML."""
        return "; ".join([tasks_words(self.overview), f"{self.reached:,} verdicts", self.time_words])

    @property
    def bar(self) -> BarState:
        after = f"{self.overview.solved} solved, {self.reached:,} verdicts"
        return BarState(done=len(self.overview.rows), total=self.overview.total, unit="task", after=after)


class CheckSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Programs on their own tasks at one moment. checked: those of all in total that have a verdict."""

    state: str
    checked: int
    total: int
    elapsed_s: float
    topic: str = ""

    @property
    def line(self) -> str:
        """One line, for a log."""
        return f"{self.checked:,} of {count_words(self.total, 'program')} checked, {seconds_words(self.elapsed_s)}"

    @property
    def bar(self) -> BarState:
        return BarState(done=self.checked, total=self.total, unit="program")


def work_words(at_work: AtWork, now_s: float) -> str:
    """What a worker is doing: "118, 0.3 s, 12 more at hand", or "the battery's steps, 420 of 900 values"."""
    if at_work.candidate_id is None:
        return f"the battery's steps, {at_work.done:,} of {at_work.total:,} values"
    more = f", {at_work.more:,} more at hand" if at_work.more else ""
    return f"{at_work.candidate_id}, {seconds_words(max(now_s - at_work.since_s, 0.0))}{more}"


LATELY = 20
"""The time left is estimated from this many tasks that ended last."""


class TasksProgress:
    """ended_as: how it ended; it was stopped, unless somebody says that all tasks are complete."""

    def __init__(self, total: int, battery: Battery, mode: str, workers: int) -> None:
        self.is_stopped = False
        self.ended_as = STOPPED
        self._total = total
        self._workers = workers
        self._battery = battery
        self._mode = mode
        self._rows: list[tuple[int, TaskRow]] = []
        self._started_s, self._since = time.monotonic(), time.time()
        self._ends_s: list[float] = []
        self._in_hand: dict[int, str] = {}
        self._reached = 0

    def began(self, index: int, task_id: str) -> None:
        self._in_hand[index] = task_id

    def reached(self, verdicts: Sequence[Verdict]) -> None:
        self._reached += len(verdicts)

    def ended(self, index: int, run: RunRecord) -> None:
        self._in_hand.pop(index, None)
        self._ends_s.append(time.monotonic())
        self._rows.append((index, task_row(run, self._since)))

    def end(self, is_complete: bool) -> None:
        self.ended_as = COMPLETE if is_complete else STOPPED

    @property
    def complete(self) -> set[int]:
        """The places of the tasks that have ended and were not cut off."""
        return {place for place, row in self._rows if row.is_complete}

    def overview(self) -> Overview:
        """What has ended, in the order of the tasks."""
        rows = sorted(self._rows, key=itemgetter(0))
        return Overview(tuple([row for _, row in rows]), self._total)

    def snapshot(self, state: str, at_work: Callable[[], Sequence[AtWork]]) -> TasksSnapshot:
        """Everything as it is now. state: "running" while it runs, else how it ended."""
        now_s = time.monotonic()
        running = state == RUNNING
        return TasksSnapshot(
            overview=self.overview(),
            battery=self._battery.name,
            candidates=len(self._battery),
            mode=self._mode,
            workers=self._workers,
            state=state,
            elapsed_s=now_s - self._started_s,
            left_s=self._left_s(now_s) if running else None,
            reached=self._reached,
            in_hand=tuple([task_id for _, task_id in sorted(self._in_hand.items())]) if running else (),
            at_work=tuple(at_work()) if running else (),
            now_s=now_s,
        )

    def _left_s(self, now_s: float) -> float | None:
        """How long the rest takes at the rate of the tasks that ended last."""
        ends_s = self._ends_s
        if len(ends_s) < 2:
            return None
        some = min(LATELY, len(ends_s) - 1)
        return (now_s - ends_s[-1 - some]) / some * (self._total - len(ends_s))
