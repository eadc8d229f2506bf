"""The live panel as HTML: from a snapshot to text, in three parts that change more and less often."""

from __future__ import annotations

from html import escape

from battnb.model import Verdict
from battnb.view.live.snapshot import (
    COMPLETE,
    FAILED,
    RUNNING,
    PhaseProgress,
    Snapshot,
    progress_words,
    time_words,
    title_words,
    work_words,
)
from battnb.view.markup import FONT, ROW, counts_html, quiet, row, verdict_heading, wanted_beside_got
from battnb.view.svg import gantt_svg
from battnb.view.words import seconds_words

BEST_PAIRS = 3
"""Pairs of a best candidate that the panel shows."""
BUSY_WORKERS = 16
"""Workers whose work is named; more are counted."""
ACCENT = "#0072b2"
_STATE_COLOURS = {RUNNING: ACCENT, COMPLETE: "#009e73", FAILED: "#d55e00"}


def panel_html(snapshot: Snapshot) -> str:
    """The whole panel in one element that needs no style sheet, no script and no network."""
    return _whole(head_html(snapshot) + gantt_html(snapshot) + best_html(snapshot))


def _whole(inside: str) -> str:
    frame = "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:10px 14px;box-sizing:border-box"
    return f'<div style="{FONT};color:inherit;max-width:960px;{frame}">{inside}</div>'


def head_html(snapshot: Snapshot) -> str:
    """What it is, how far it is, counts, and what workers are at."""
    return "".join(
        [
            _title(snapshot),
            _phases(snapshot),
            f'<div style="{ROW};min-height:19px">{quiet(progress_words(snapshot))}</div>',
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
    return f'<div style="margin-top:8px">{gantt_svg(snapshot.bars, running)}</div>'


def best_html(snapshot: Snapshot) -> str:
    """The best candidates, each with its score and its first grids, wanted beside got."""
    if not snapshot.best:
        return ""
    so_far = "Best" if snapshot.is_over else "Best so far"
    cards = "".join([_card(verdict) for verdict in snapshot.best])
    return f'<div style="margin-top:8px"><b>{so_far}</b>{cards}</div>'


def _title(snapshot: Snapshot) -> str:
    colour = _STATE_COLOURS.get(snapshot.state, "#e69f00")
    state = (
        f'<span style="white-space:nowrap"><svg width="9" height="9"><circle cx="4.5" cy="4.5" r="4.5" '
        f'fill="{colour}"/></svg> {escape(time_words(snapshot))}</span>'
    )
    name = f'<b style="font-size:14px">{escape(snapshot.task_id)}</b>'
    return f'<div style="{ROW}">{name}{quiet(title_words(snapshot))}<span style="flex:1"></span>{state}</div>'


def _phases(snapshot: Snapshot) -> str:
    phases = "".join([_phase(phase) for phase in snapshot.phases])
    return f'<div style="display:flex;gap:4px;margin:8px 0 4px">{phases}</div>'


def _phase(phase: PhaseProgress) -> str:
    """A bar with the phase's name below it; the phase that takes longest has most room for it."""
    share = phase.share
    opacity = ".45" if share is None else "1"
    width = 100.0 if share is None else share * 100
    colour = ACCENT if phase.is_open else "#7d8ca3"
    bar = (
        '<div style="height:6px;border-radius:3px;background:rgba(128,128,128,.22);overflow:hidden">'
        f'<div style="height:6px;width:{width:.1f}%;background:{colour};opacity:{opacity}"></div></div>'
    )
    took = f" {seconds_words(phase.wall_s)}" if phase.wall_s is not None else ""
    weight = "font-weight:600" if phase.is_open else "opacity:.72"
    words = f'<div style="font-size:11px;white-space:nowrap;{weight}">{escape(phase.words)}{took}</div>'
    return f'<div style="flex:1 1 90px;min-width:0;overflow:hidden">{bar}{words}</div>'


def _workers(snapshot: Snapshot) -> str:
    if not snapshot.at_work:
        return f'<div style="{ROW};min-height:19px">{quiet("no worker is busy")}</div>'
    chips = [
        f'<span style="white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:440px">'
        f"{quiet(f'worker {work.worker}')} {escape(work_words(work, snapshot.now_s))}</span>"
        for work in snapshot.at_work[:BUSY_WORKERS]
    ]
    more = len(snapshot.at_work) - BUSY_WORKERS
    return f'<div style="{ROW};min-height:19px">{"".join(chips)}{quiet(f"and {more} more") if more > 0 else ""}</div>'


def _card(verdict: Verdict) -> str:
    shown = range(min(BEST_PAIRS, len(verdict.sample_statuses)))
    grids = row([wanted_beside_got(verdict, sample, 72) for sample in shown], 22)
    return f'<div style="margin-top:4px">{verdict_heading(verdict)}{grids}</div>'
