"""Shows a run, or many tasks, while they go on: a panel in a notebook, a bar, or log lines if nobody watches.

A thread feeds the display: it looks at the run a few times a second. The run itself only writes down what it has done,
as it does anyway. If looking takes long, it is done less often, so that it stays below a small share of the run's time.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from battnb.loops import Thread
from battnb.model import AtWork, RunRecord
from battnb.trace.recorder import RunProgress
from battnb.view.live.follower import Follower
from battnb.view.live.panel_html import run_parts, tasks_parts
from battnb.view.live.snapshot import (
    COMPLETE,
    FAILED,
    RUNNING,
    STOPPED,
    CheckSnapshot,
    Snapshot,
    TasksProgress,
    TasksSnapshot,
)
from battnb.view.markup import box, framed, quiet

Shown = Snapshot | TasksSnapshot | CheckSnapshot


class Display:
    """Shows snapshots of a run, or of many tasks. period_s: how often it is given one."""

    period_s = 0.25

    def open(self) -> None:
        """It begins. Something appears with the first snapshot."""

    def show(self, snapshot: Any) -> None:
        """It has come this far."""

    def end(self, snapshot: Any) -> None:
        """It has ended like this."""


class ProgressBar(Display):
    """tqdm.auto: one bar, of validations or of tasks."""

    def __init__(self) -> None:
        self._bar: Any = None

    def show(self, snapshot: Shown) -> None:
        state = snapshot.bar
        if self._bar is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # tqdm warns about kernels without widgets
                from tqdm.auto import tqdm

                self._bar = tqdm(total=state.total, unit=state.unit)
        self._bar.set_description_str(state.before, refresh=False)
        self._bar.set_postfix_str(state.after, refresh=False)
        self._bar.total, self._bar.n = state.total, state.done
        self._bar.refresh()

    def end(self, snapshot: Shown) -> None:
        self.show(snapshot)
        self._bar.close()


class Log(Display):
    """Lines on standard output: when a phase begins, now and then, and at the end."""

    LINE_S = 10.0

    def __init__(self) -> None:
        self._topic = ""
        self._said_s = 0.0

    def show(self, snapshot: Shown) -> None:
        is_new = snapshot.topic not in ("", self._topic)
        if is_new or snapshot.elapsed_s - self._said_s > self.LINE_S:
            self._topic, self._said_s = snapshot.topic, snapshot.elapsed_s
            self.end(snapshot)

    def end(self, snapshot: Shown) -> None:
        print(f"-- {snapshot.line}", flush=True)


class Panel(Display):
    """Widgets for the parts of a panel, so that only what has changed is sent, and a button that stops the run.

    If the kernel delivers no widget messages while a cell awaits, the button does nothing. The stop button of the
    notebook always works.
    """

    def __init__(self, cancel: Callable[[], None], parts: Callable[[Any], Sequence[str]]) -> None:
        """cancel: what the button calls. parts: turns a snapshot into three pieces of HTML."""
        self._cancel = cancel
        self._parts_of = parts
        self._handle: Any = None
        self._box: Any = None

    def open(self) -> None:
        """Take the place below the cell. Widgets come later, so that a short run needs none."""
        from IPython.display import display

        starting = {"text/html": box(quiet("the run begins")), "text/plain": "the run begins"}
        self._handle = display(starting, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def show(self, snapshot: Shown) -> None:
        if self._box is None:
            self._show_widgets()
        for widget, text in zip(self._parts, self._parts_of(snapshot), strict=True):
            if widget.value != text:
                widget.value = text

    def end(self, snapshot: Shown) -> None:
        """Leave one HTML element to be stored: no widget, no script."""
        bundle = {"text/html": framed(*self._parts_of(snapshot)), "text/plain": snapshot.line}
        self._handle.update(bundle, raw=True)
        if self._box is not None:
            for widget in (*self._parts, self._button, self._box):
                widget.close()

    def _show_widgets(self) -> None:
        import ipywidgets

        self._parts = tuple([ipywidgets.HTML() for _ in range(3)])
        self._button = ipywidgets.Button(description="Stop the run", tooltip="Ends it with the verdicts reached so far")
        self._button.on_click(lambda _: self._stop())
        layout = ipywidgets.Layout(
            border="1px solid rgba(128,128,128,.35)", padding="6px 12px", max_width="960px", overflow="hidden"
        )
        self._box = ipywidgets.VBox([*self._parts, self._button], layout=layout)
        self._handle.update(self._box)

    def _stop(self) -> None:
        self._button.disabled = True
        self._button.description = "Stopping"
        self._cancel()


MOST_SHARE = 0.015
"""The share of one processor's time that looking and drawing may take."""

Parts = Callable[[Any], Sequence[str]]
"""Turns a snapshot into the parts of a panel."""


def make_display(kind: str, cancel: Callable[[], None], parts: Parts) -> Display:
    """A display of a kind. cancel, parts: the panel's button calls the one, and its HTML comes from the other."""
    if kind == "panel":
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
    return lambda: live.end(progress.ended_as)


def show_check(kind: str | None, snapshot: Callable[[str], CheckSnapshot]) -> Callable[[], None]:
    """Show programs that are checked, in a bar or a log. Returns the function to call when all has ended."""
    if kind is None:
        return lambda: None
    live = Live(snapshot, Log() if kind == "log" else ProgressBar())
    live.start()
    return lambda: live.end(COMPLETE)


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
