"""What the panels of a run and of many tasks have in common."""

from __future__ import annotations

from html import escape

from battnb.view.live.snapshot import Moment, work_words
from battnb.view.markup import ROW, quiet, title
from battnb.view.style import ACCENT, STATE_COLOURS


def top_row(snapshot: Moment, name: str, beside: str, state_words: str) -> str:
    """What it is at the left, and at the right how it stands, with a dot in the state's colour."""
    dot = f'<circle cx="4.5" cy="4.5" r="4.5" fill="{STATE_COLOURS[snapshot.state]}"/>'
    state = f'<span style="white-space:nowrap"><svg width="9" height="9">{dot}</svg> {escape(state_words)}</span>'
    return f'<div style="{ROW}">{title(name)}{quiet(beside)}<span style="flex:1"></span>{state}</div>'


def progress_bar(share: float, look: str = f"background:{ACCENT}", around: str = "") -> str:
    """A thin bar that is filled up to a share. look, around: styles of the filled part and of the whole."""
    whole = f"height:6px;border-radius:3px;background:rgba(128,128,128,.22);overflow:hidden{around}"
    return f'<div style="{whole}"><div style="height:6px;width:{share * 100:.1f}%;{look}"></div></div>'


def line_of(*parts: str) -> str:
    """A line that keeps its place while it is empty."""
    return f'<div style="{ROW};min-height:19px">{"".join(parts)}</div>'


def workers_html(snapshot: Moment, most: int, width_px: int) -> str:
    """What each busy worker is doing."""
    style = f"white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:{width_px}px"
    chips = [
        f'<span style="{style}">{quiet(f"worker {work.worker}")} {escape(work_words(work, snapshot.now_s))}</span>'
        for work in snapshot.at_work[:most]
    ]
    return "".join(chips)
