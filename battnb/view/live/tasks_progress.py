"""How far the tasks of one call have come: written by what runs them, read by what shows it, from any thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from battnb.model import AtWork, Battery, RunRecord, Verdict
from battnb.trace.overview import Overview, TaskRow, task_row
from battnb.view.live.snapshot import COMPLETE, RUNNING, STOPPED, TasksSnapshot

LATELY = 20
"""The time left is estimated from this many tasks that ended last."""


class TasksProgress:
    """rows: of the tasks that have ended, in the order in which they did."""

    def __init__(self, total: int, battery: Battery, mode: str, workers: int) -> None:
        self.total = total
        self.workers = workers
        self.is_stopped = False
        self.rows: list[TaskRow] = []
        self._battery = battery
        self._mode = mode
        self._state = RUNNING
        self._places: list[int] = []
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
        self._places.append(index)
        self.rows.append(task_row(run, self._since))

    def end(self, is_complete: bool) -> None:
        self._state = COMPLETE if is_complete else STOPPED

    @property
    def complete(self) -> set[int]:
        """The places of the tasks that have ended and were not cut off."""
        return {place for place, row in zip(self._places, self.rows, strict=False) if row.is_complete}

    def overview(self) -> Overview:
        """What has ended, in the order of the tasks."""
        rows = sorted(zip(self._places, self.rows, strict=False), key=lambda placed: placed[0])
        return Overview(tuple([row for _, row in rows]), self.total)

    def snapshot(self, state: str, at_work: Callable[[], Sequence[AtWork]]) -> TasksSnapshot:
        """Everything as it is now. state: "running" while it runs, else how it ended."""
        now_s = time.monotonic()
        running = state == RUNNING
        return TasksSnapshot(
            overview=self.overview(),
            battery=self._battery.name,
            candidates=len(self._battery),
            mode=self._mode,
            workers=self.workers,
            state=state,
            elapsed_s=now_s - self._started_s,
            left_s=self._left_s(now_s) if running else None,
            reached=self._reached,
            in_hand=tuple([task_id for _, task_id in sorted(self._in_hand.items())]) if running else (),
            at_work=tuple(at_work()) if running else (),
            now_s=now_s,
        )

    def final_state(self) -> str:
        """How it ended: it was stopped, unless somebody said that it was complete."""
        return self._state if self._state != RUNNING else STOPPED

    def _left_s(self, now_s: float) -> float | None:
        """How long the rest takes at the rate of the tasks that ended last."""
        ends_s = self._ends_s
        if len(ends_s) < 2:
            return None
        some = min(LATELY, len(ends_s) - 1)
        return (now_s - ends_s[-1 - some]) / some * (self.total - len(ends_s))
