"""Where a run is shown while it goes on, and the thread that shows it.

The thread looks at the run a few times a second. The run itself only notes what it has done, as it does anyway; if
looking takes long it is done less often, so that it stays below a small share of the run's time.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from battnb.errors import InputError
from battnb.loops import Thread
from battnb.model import AtWork, RunRecord
from battnb.trace.run_progress import RunProgress
from battnb.view.live.follower import Follower
from battnb.view.live.snapshot import COMPLETE, FAILED, RUNNING, STOPPED
from battnb.view.live.tasks_progress import TasksProgress

KINDS = ("auto", "panel", "bar", "log", None)
MOST_SHARE = 0.015
"""Of one processor's time: what looking and drawing may take."""


class Display(Protocol):
    """Where snapshots go: of a run, or of many tasks."""

    period_s: float

    def open(self) -> None:
        """A run begins."""

    def show(self, snapshot: Any) -> None:
        """The run has come so far."""

    def end(self, snapshot: Any) -> None:
        """The run has ended so."""


def display_kind(live: str | None) -> str | None:
    """What "auto", or "panel" where there are no widgets, comes to here. Raises InputError for what is no kind."""
    if live not in KINDS:
        raise InputError(f"live is {live!r}; choose one of {', '.join([repr(kind) for kind in KINDS])}")
    is_kernel = in_kernel()
    if live == "auto":
        if os.environ.get("KAGGLE_KERNEL_RUN_TYPE") == "Batch":
            return "log"
        if is_kernel:
            live = "panel"
        else:
            return "bar" if sys.stderr is not None and sys.stderr.isatty() else None
    if live == "panel" and not (is_kernel and importlib.util.find_spec("ipywidgets")):
        return "bar"
    return live


def in_kernel() -> bool:
    """Is this the kernel of a notebook?"""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def make_display(kind: str, cancel: Callable[[], None]) -> Display:
    """cancel: what the panel's button calls."""
    if kind == "panel":
        from battnb.view.live.panel import Panel

        return Panel(cancel)
    from battnb.view.live.bar_and_log import Bar, Log

    return Bar() if kind == "bar" else Log()


def show_live(
    kind: str, progress: RunProgress, at_work: Callable[[], list[AtWork]], cancel: Callable[[], None]
) -> Callable[[RunRecord, BaseException | None], None]:
    """Show a run that begins. Returns what is to be called when it has ended, with the run and any error."""
    live = Live(Follower(progress, at_work).snapshot, make_display(kind, cancel))
    live.start()

    def end(run: RunRecord, error: BaseException | None) -> None:
        live.end(FAILED if error is not None else COMPLETE if run.is_complete else STOPPED)

    return end


def show_tasks(
    kind: str | None, progress: TasksProgress, at_work: Callable[[], list[AtWork]], cancel: Callable[[], None]
) -> Callable[[], None]:
    """Show many tasks that begin. Returns what is to be called when all has ended."""
    if kind is None:
        return lambda: None
    live = Live(lambda state: progress.snapshot(state, at_work), _tasks_display(kind, cancel))
    live.start()
    return lambda: live.end(progress.final_state())


def _tasks_display(kind: str, cancel: Callable[[], None]) -> Display:
    if kind == "panel":
        from battnb.view.live.panel import Panel
        from battnb.view.overview import panel_parts, panel_whole, snapshot_line

        return Panel(cancel, panel_parts, panel_whole, snapshot_line)
    from battnb.view.live.bar_and_log import TasksBar, TasksLog

    return TasksBar() if kind == "bar" else TasksLog()


class Live:
    """Shows what snapshots are made of, from start() to end(). An error in showing ends the showing, never the run.

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
        """Show that it has begun: here and now, since a notebook puts what comes later below another cell."""
        self._attempt(self._display.open)
        self._thread.start()

    def end(self, state: str) -> None:
        """Show how it ended, and be gone."""
        self._state = state
        self._is_over.set()
        self._thread.join()

    def _serve(self) -> None:
        wait_s = self._display.period_s
        while not self._is_over.wait(wait_s):
            cpu_s = time.thread_time()
            self._attempt(lambda: self._display.show(self._snapshot(RUNNING)))
            wait_s = max(self._display.period_s, (time.thread_time() - cpu_s) / MOST_SHARE)
        # In this thread too: what it sends belongs to the cell that runs now, also where another began the run.
        self._attempt(lambda: self._display.end(self._snapshot(self._state)))

    def _attempt(self, show: Callable[[], None]) -> None:
        if self.error is None:
            try:
                show()
            except Exception as error:
                self.error = error
