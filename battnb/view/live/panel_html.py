"""The live panels as HTML: of a run, and of many tasks. Each has three parts, which change more and less often."""

from __future__ import annotations

from html import escape

from battnb.view.cells import candidate_card, why_html
from battnb.view.live.snapshot import Moment, PhaseProgress, Snapshot, TasksSnapshot, work_words
from battnb.view.markup import ROW, below, counts_html, more, quiet, title
from battnb.view.style import ACCENT, STATE_COLOURS
from battnb.view.svg import gantt_svg
from battnb.view.tasks_overview import plot_html, sums_html, table_html
from battnb.view.words import count_words, seconds_words

BEST_PAIRS = 3
"""How many pairs of a best candidate the panel shows."""
BUSY_IN_RUN, BUSY_IN_TASKS = 16, 8
"""How many workers' work is named."""


# A run


def run_parts(snapshot: Snapshot) -> tuple[str, str, str]:
    """Head, Gantt and best candidates."""
    return head_html(snapshot), gantt_html(snapshot), best_html(snapshot)


def head_html(snapshot: Snapshot) -> str:
    """What it is, how far it is, counts, and what the workers are doing."""
    phases = "".join([_phase(phase) for phase in snapshot.phases])
    parts = [
        _top_row(snapshot, snapshot.task_id, snapshot.title_words, snapshot.time_words),
        f'<div style="display:flex;gap:4px;margin:8px 0 4px">{phases}</div>',
        _line(quiet(snapshot.progress_words)),
        counts_html(snapshot.counts, snapshot.bars) if snapshot.counts else "",
    ]
    if not snapshot.is_over:
        workers = _workers(snapshot, BUSY_IN_RUN, 440) + more(len(snapshot.at_work) - BUSY_IN_RUN)
        parts.append(_line(workers or quiet("no worker is busy")))
    return "".join(parts)


def gantt_html(snapshot: Snapshot) -> str:
    """The profile so far."""
    if snapshot.bars is None:
        return ""
    start_s = snapshot.now_s - snapshot.elapsed_s
    running = [] if snapshot.is_over else [(work.worker, work.since_s - start_s) for work in snapshot.at_work]
    return below(gantt_svg(snapshot.bars, running), 8)


def best_html(snapshot: Snapshot) -> str:
    """The best candidates, each with its score and its first grids, wanted beside got; and why most failed, if so."""
    why = why_html(snapshot.why, has_best=bool(snapshot.best))
    if not snapshot.best:
        return why
    cards = "".join([below(candidate_card(verdict, BEST_PAIRS), 4) for verdict in snapshot.best])
    return why + below(f"<b>{'Best' if snapshot.is_over else 'Best so far'}</b>{cards}", 8)


def _phase(phase: PhaseProgress) -> str:
    """A bar with the phase's name below it."""
    share, opacity = (1.0, ".45") if phase.share is None else (phase.share, "1")
    bar = _bar(share, f"background:{ACCENT if phase.is_open else '#7d8ca3'};opacity:{opacity}")
    took = f" {seconds_words(phase.wall_s)}" if phase.wall_s is not None else ""
    weight = "font-weight:600" if phase.is_open else "opacity:.72"
    words = f'<div style="font-size:11px;white-space:nowrap;{weight}">{escape(phase.words)}{took}</div>'
    return f'<div style="flex:1 1 90px;min-width:0;overflow:hidden">{bar}{words}</div>'


# Many tasks


def tasks_parts(snapshot: TasksSnapshot) -> tuple[str, str, str]:
    """Head, plot and table."""
    return _tasks_head(snapshot), plot_html(snapshot.overview), table_html(snapshot.overview)


def _tasks_head(snapshot: TasksSnapshot) -> str:
    overview = snapshot.overview
    parts = [
        _top_row(snapshot, count_words(overview.total, "task"), snapshot.circumstances, snapshot.time_words),
        _bar(overview.complete / overview.total if overview.total else 1.0, margin=";margin:8px 0 4px"),
        sums_html(overview),
    ]
    if not snapshot.is_over:
        tasks = f'<span style="white-space:nowrap">{quiet("in hand")} {escape(", ".join(snapshot.in_hand))}</span>'
        parts.append(_line(tasks + _workers(snapshot, BUSY_IN_TASKS, 300)))
    return "".join(parts)


# Both


def _top_row(snapshot: Moment, name: str, beside: str, state_words: str) -> str:
    """What it is at the left, and how it stands at the right, with a dot in the state's colour."""
    dot = f'<circle cx="4.5" cy="4.5" r="4.5" fill="{STATE_COLOURS[snapshot.state]}"/>'
    state = f'<span style="white-space:nowrap"><svg width="9" height="9">{dot}</svg> {escape(state_words)}</span>'
    return f'<div style="{ROW}">{title(name)}{quiet(beside)}<span style="flex:1"></span>{state}</div>'


def _bar(share: float, look: str = f"background:{ACCENT}", margin: str = "") -> str:
    """A thin bar that is filled up to a share."""
    whole = f"height:6px;border-radius:3px;background:rgba(128,128,128,.22);overflow:hidden{margin}"
    return f'<div style="{whole}"><div style="height:6px;width:{share * 100:.1f}%;{look}"></div></div>'


def _line(inside: str) -> str:
    """A line that keeps its place while it is empty."""
    return f'<div style="{ROW};min-height:19px">{inside}</div>'


def _workers(snapshot: Moment, most: int, width_px: int) -> str:
    style = f"white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:{width_px}px"
    chips = [
        f'<span style="{style}">{quiet(f"worker {work.worker}")} {escape(work_words(work, snapshot.now_s))}</span>'
        for work in snapshot.at_work[:most]
    ]
    return "".join(chips)
