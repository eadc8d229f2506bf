"""Shows a run, or many tasks, while they go on: makes the display, and keeps the thread that feeds it.

The thread looks at the run a few times a second. The run itself only writes down what it has done, as it does anyway.
If looking takes long, it is done less often, so that it stays below a small share of the run's time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from battnb.loops import Thread
from battnb.model import AtWork, RunRecord
from battnb.trace.run_progress import RunProgress
from battnb.view.live.bar_and_log import Display, Log, ProgressBar
from battnb.view.live.follower import Follower
from battnb.view.live.panel_html import run_parts, tasks_parts
from battnb.view.live.snapshot import COMPLETE, FAILED, RUNNING, STOPPED
from battnb.view.live.tasks_progress import TasksProgress

MOST_SHARE = 0.015
"""The share of one processor's time that looking and drawing may take."""

Parts = Callable[[Any], Sequence[str]]
"""Turns a snapshot into the parts of a panel."""


def make_display(kind: str, cancel: Callable[[], None], parts: Parts) -> Display:
    """A display of a kind. cancel, parts: the panel's button calls the one, and its HTML comes from the other."""
    if kind == "panel":
        from battnb.view.live.panel import Panel

        return Panel(cancel, parts)
    return ProgressBar() if kind == "bar" else Log()


def show_live(
    kind: str, progress: RunProgress, at_work: Callable[[], list[AtWork]], cancel: Callable[[], None]
) -> Callable[[RunRecord, BaseException | None], None]:
    """Show a run that begins. Returns the function to call when it has ended, with the run and any error."""
    live = Live(Follower(progress, at_work).snapshot, make_display(kind, cancel, run_parts))
    live.start()

    def end(run: RunRecord, error: BaseException | None) -> None:
        live.end(FAILED if error is not None else COMPLETE if run.is_complete else STOPPED)

    return end


def show_tasks(
    kind: str | None, progress: TasksProgress, at_work: Callable[[], list[AtWork]], cancel: Callable[[], None]
) -> Callable[[], None]:
    """Show many tasks that begin. Returns the function to call when all have ended."""
    if kind is None:
        return lambda: None
    live = Live(lambda state: progress.snapshot(state, at_work), make_display(kind, cancel, tasks_parts))
    live.start()
    return lambda: live.end(progress.final_state())


class Live:
    """Shows snapshots from start() to end(). An error in showing ends the showing, never the run.

    snapshot: makes one, in a thread; it is told the state.
    """

    def __init__(self, snapshot: Callable[[str], object], display: Display) -> None:
        self._snapshot = snapshot
        self._display = display
        self._is_over = threading.Event()
        self._thread = Thread(self._serve, "battnb-live", daemon=True)
        self._state = RUNNING
        self.error: Exception | None = None

    def start(self) -> None:
        """Show that it has begun. This happens here and now: a notebook puts what comes later below another cell."""
        self._attempt(self._display.open)
        self._thread.start()

    def end(self, state: str) -> None:
        """Show how it ended, and end the thread."""
        self._state = state
        self._is_over.set()
        self._thread.join()

    def _serve(self) -> None:
        wait_s = self._display.period_s
        while not self._is_over.wait(wait_s):
            cpu_s = time.thread_time()
            self._attempt(lambda: self._display.show(self._snapshot(RUNNING)))
            wait_s = max(self._display.period_s, (time.thread_time() - cpu_s) / MOST_SHARE)
        # From this thread too: what it sends belongs to the cell that runs now, even if another cell began the run.
        self._attempt(lambda: self._display.end(self._snapshot(self._state)))

    def _attempt(self, show: Callable[[], None]) -> None:
        if self.error is None:
            try:
                show()
            except Exception as error:
                self.error = error
