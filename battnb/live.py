"""A run while it runs: what is shown of it, and how often.

A thread beside the run looks at its draft a few times a second. The run itself only notes what it has done, as it
does anyway; where looking takes long it is done less often, so that it stays below a small share of the run's time.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Protocol

from battnb.errors import InputError
from battnb.loops import Thread
from battnb.model import AtWork, Status, Verdict
from battnb.trace import metrics
from battnb.view.snapshot import COMPLETE, FAILED, RUNNING, STOPPED, PhaseProgress, Snapshot
from battnb.view.timeline import Timeline
from battnb.view.words import phase_words

if TYPE_CHECKING:
    from battnb.pipeline import Draft
    from battnb.progress import TasksProgress
    from battnb.run import Run

KINDS = ("auto", "panel", "bar", "log", None)
PERIOD_S = 0.25
MOST_SHARE = 0.015
"""Of one processor's time: what looking and drawing may take."""
BEST = 3
PHASES = (metrics.CHECK_BATT, metrics.FILTER, metrics.INLINE, metrics.VALIDATE, metrics.STORE, metrics.DIFFERS)
RATE_S = 2.0
"""The rate that is shown is that of about so long."""


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
        from battnb.view.panel import Panel

        return Panel(cancel)
    from battnb.view.progress import Bar, Log

    return Bar() if kind == "bar" else Log()


def show_live(
    kind: str, draft: Draft, at_work: Callable[[], list[AtWork]], cancel: Callable[[], None]
) -> Callable[[Run, BaseException | None], None]:
    """Show a run that begins. Returns what is to be called when it has ended, with the run and any error."""
    live = Live(Follower(draft, at_work).snapshot, make_display(kind, cancel))
    live.start()

    def end(run: Run, error: BaseException | None) -> None:
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
        from battnb.view.overview import panel_parts, panel_whole, snapshot_line
        from battnb.view.panel import Panel

        return Panel(cancel, panel_parts, panel_whole, snapshot_line)
    from battnb.view.progress import TasksBar, TasksLog

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


class Follower:
    """Makes snapshots of a draft. Each looks only at what has come since the one before."""

    def __init__(self, draft: Draft, at_work: Callable[[], list[AtWork]]) -> None:
        self._draft = draft
        self._at_work = at_work
        self._arrived: list[list[Verdict]] = []
        self._begin()
        hear = draft.on_verdicts

        def also(verdicts: list[Verdict]) -> None:
            self._arrived.append(verdicts)
            hear(verdicts)

        draft.on_verdicts = also

    def snapshot(self, state: str) -> Snapshot:
        """The run now."""
        draft, recorder = self._draft, self._draft.recorder
        if recorder is not self._recorder:
            self._begin()
        at_work = tuple(self._at_work()) if state == RUNNING else ()
        own = recorder.own_spans()
        now_s, elapsed_s = time.monotonic(), recorder.now_s()
        if state != RUNNING:  # what the sandbox takes to end is no part of the run
            elapsed_s = max([span.ended_s for span in own], default=elapsed_s)
        is_open = recorder.open_phases() if state == RUNNING else set()
        wanted = len(draft.programs)
        self._take_verdicts()
        self._take_spans()
        validating = metrics.VALIDATE in is_open
        per_s = self._rate(now_s, own, validating)
        waiting = wanted - self._reached - len(at_work) if validating else 0
        begun_s = next((span.started_s for span in own if span.phase == metrics.VALIDATE), None)
        self._timeline.wait(elapsed_s, max(waiting, 0), begun_s)
        left_s = (wanted - self._reached) / per_s if validating and per_s else None
        return Snapshot(
            task_id=draft.task.id,
            battery=draft.battery.name,
            mode=recorder.mode,
            workers=recorder.workers,
            candidates=len(draft.battery),
            state=state,
            elapsed_s=elapsed_s,
            phases=tuple([self._phase(metric, own, is_open, at_work) for metric in PHASES]),
            reached=self._reached,
            wanted=wanted,
            cached=self._cached,
            per_s=per_s,
            left_s=left_s,
            counts={status: self._counts[status] for status in Status if status in self._counts},
            at_work=at_work,
            now_s=now_s,
            best=tuple(self._best),
            bars=self._timeline.bars(elapsed_s, own),
        )

    def _begin(self) -> None:
        """Forget what was: the run has begun anew."""
        self._recorder = self._draft.recorder
        self._timeline = Timeline(self._recorder.workers)
        self._place = self._reached = self._cached = 0
        self._counts: Counter[Status] = Counter()
        self._best: list[Verdict] = []
        self._lately: list[tuple[float, int]] = []

    def _take_verdicts(self) -> None:
        good: list[Verdict] = []
        while self._arrived:
            verdicts = self._arrived.pop(0)
            self._reached += len(verdicts)
            self._cached += sum([verdict.cached for verdict in verdicts])
            self._counts.update([verdict.status for verdict in verdicts])
            good += self._good(verdicts)
        if good:
            self._best = _best_of([*self._best, *good])

    def _good(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Those that may be among the best: a glance at each, since they may be many."""
        if len(self._best) < BEST:
            return verdicts
        last = self._best[-1]
        least, most_s, missing = last.demo_correct, last.cpu_s, last.outputs.count(None)
        good = [v for v in verdicts if v.demo_correct >= least]
        return [v for v in good if v.demo_correct > least or v.cpu_s < most_s or v.outputs.count(None) < missing]

    def _take_spans(self) -> None:
        spans = self._recorder.added(self._place)
        self._place += len(spans)
        self._timeline.add(spans)

    def _rate(self, now_s: float, own: list[Any], validating: bool) -> float | None:
        """Validations a second: lately while they run, over the whole phase afterwards. Known ones are none."""
        computed = self._reached - self._cached
        if not validating:
            wall_s = sum([span.wall_s for span in own if span.phase == metrics.VALIDATE])
            return computed / wall_s if wall_s and computed else None
        self._lately = [*[seen for seen in self._lately if now_s - seen[0] < RATE_S], (now_s, computed)]
        (first_s, before), span_s = self._lately[0], now_s - self._lately[0][0]
        if span_s and computed > before:
            return (computed - before) / (now_s - first_s)
        return None

    def _phase(self, metric: str, own: list[Any], is_open: set[str], at_work: tuple[AtWork, ...]) -> PhaseProgress:
        walls = [span.wall_s for span in own if span.phase == metric]
        if not walls:
            return PhaseProgress(phase_words(metric))
        done, total = 0, 0
        if metric == metrics.VALIDATE:
            done, total = self._reached, len(self._draft.programs)
        elif metric in is_open:
            done, total = next(((work.done, work.total) for work in at_work if work.total), (0, 0))
        return PhaseProgress(phase_words(metric), sum(walls), metric in is_open, done, total)


def _best_of(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The best few, and of those that give the same only one."""
    differing: dict[object, Verdict] = {}
    most = max([verdict.demo_correct for verdict in verdicts])
    best = [verdict for verdict in verdicts if verdict.demo_correct == most]
    if len(best) < BEST:
        best = list(verdicts)
    for verdict in nsmallest(8 * BEST, best, key=_rank):
        differing.setdefault(verdict.outputs, verdict)
    return list(differing.values())[:BEST]


def _rank(verdict: Verdict) -> tuple[Any, ...]:
    return (-verdict.demo_correct, verdict.outputs.count(None), verdict.cpu_s, verdict.md5)
