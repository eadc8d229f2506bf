"""The live panel of a run as HTML, in three parts: one changes often, the others less."""

from __future__ import annotations

from html import escape

from battnb.view.cells import candidate_card
from battnb.view.live.panel_frame import line_of, progress_bar, top_row, workers_html
from battnb.view.live.snapshot import PhaseProgress, Snapshot
from battnb.view.markup import below, counts_html, more, quiet
from battnb.view.style import ACCENT
from battnb.view.svg import gantt_svg
from battnb.view.words import seconds_words

BEST_PAIRS = 3
"""How many pairs of a best candidate the panel shows."""
BUSY_WORKERS = 16
"""How many workers' work is named; more are counted."""


def run_parts(snapshot: Snapshot) -> tuple[str, str, str]:
    """Head, Gantt and best candidates."""
    return head_html(snapshot), gantt_html(snapshot), best_html(snapshot)


def head_html(snapshot: Snapshot) -> str:
    """What it is, how far it is, counts, and what the workers are doing."""
    phases = "".join([_phase(phase) for phase in snapshot.phases])
    return "".join(
        [
            top_row(snapshot, snapshot.task_id, snapshot.title_words, snapshot.time_words),
            f'<div style="display:flex;gap:4px;margin:8px 0 4px">{phases}</div>',
            line_of(quiet(snapshot.progress_words)),
            counts_html(snapshot.counts, snapshot.bars) if snapshot.counts else "",
            "" if snapshot.is_over else _workers(snapshot),
        ]
    )


def gantt_html(snapshot: Snapshot) -> str:
    """The profile so far."""
    if snapshot.bars is None:
        return ""
    start_s = snapshot.now_s - snapshot.elapsed_s
    running = [] if snapshot.is_over else [(work.worker, work.since_s - start_s) for work in snapshot.at_work]
    return below(gantt_svg(snapshot.bars, running), 8)


def best_html(snapshot: Snapshot) -> str:
    """The best candidates, each with its score and its first grids, wanted beside got."""
    if not snapshot.best:
        return ""
    so_far = "Best" if snapshot.is_over else "Best so far"
    cards = "".join([below(candidate_card(verdict, BEST_PAIRS), 4) for verdict in snapshot.best])
    return below(f"<b>{so_far}</b>{cards}", 8)


def _phase(phase: PhaseProgress) -> str:
    """A bar with the phase's name below it."""
    share, opacity = (1.0, ".45") if phase.share is None else (phase.share, "1")
    bar = progress_bar(share, f"background:{ACCENT if phase.is_open else '#7d8ca3'};opacity:{opacity}")
    took = f" {seconds_words(phase.wall_s)}" if phase.wall_s is not None else ""
    weight = "font-weight:600" if phase.is_open else "opacity:.72"
    words = f'<div style="font-size:11px;white-space:nowrap;{weight}">{escape(phase.words)}{took}</div>'
    return f'<div style="flex:1 1 90px;min-width:0;overflow:hidden">{bar}{words}</div>'


def _workers(snapshot: Snapshot) -> str:
    if not snapshot.at_work:
        return line_of(quiet("no worker is busy"))
    return line_of(workers_html(snapshot, BUSY_WORKERS, 440), more(len(snapshot.at_work) - BUSY_WORKERS))
