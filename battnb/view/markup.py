"""Bits of HTML that several views share. Words and lines take the colour around them, so light and dark both do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from battnb.model import Grid, Pair, Status, Verdict
from battnb.view.gantt_bars import GanttBars
from battnb.view.grid_pictures import grid_svg
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:13px;line-height:1.45"
ROW = "display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline"
RIGHT, WRONG = "\N{CHECK MARK}", "\N{MULTIPLICATION X}"
MANY = 12
"""More pairs than this are not shown one by one."""


def box(*parts: str) -> str:
    """The outermost element of what is shown. Nothing in it needs a style sheet, a script or a network."""
    return f'<div style="{FONT};color:inherit;max-width:920px">{"".join(parts)}</div>'


def heading(words: str, beside: str = "") -> str:
    """Words that name the thing, and quieter ones beside them."""
    return f'<div style="{ROW}"><b style="font-size:14px">{escape(words)}</b>{quiet(beside)}</div>'


def quiet(words: str) -> str:
    return f'<span style="opacity:.72">{escape(words)}</span>' if words else ""


def row(parts: Iterable[str], gap_px: int = 14) -> str:
    """Things beside each other, on as many lines as they need."""
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:8px {gap_px}px;align-items:flex-end;margin:6px 0">'
        f"{''.join(parts)}</div>"
    )


def swatch(status: Status | None) -> str:
    """A small square in a status's colour. Its outline shows black and white ones on any paper."""
    return (
        f'<svg width="11" height="11" style="vertical-align:-1px"><rect x="0.5" y="0.5" width="10" height="10" rx="2" '
        f'fill="{LOOKS[status].fill}" stroke="currentColor" stroke-opacity="0.45"/></svg>'
    )


def counts_html(counts: Mapping[Status, int], bars: GanttBars | None = None) -> str:
    """How many of each status, with its colour: the legend of the Gantt too, where bars have more than verdicts."""
    chips = [
        f'<span style="white-space:nowrap">{swatch(status)} <b>{count:,}</b> {escape(LOOKS[status].words)}</span>'
        for status, count in counts.items()
        if count
    ]
    if bars is not None and None in bars.statuses:
        chips.append(f'<span style="white-space:nowrap">{swatch(None)} {quiet(LOOKS[None].words)}</span>')
    return f'<div style="{ROW};margin:4px 0">{"".join(chips)}</div>'


def captioned(caption: str, inside: str) -> str:
    """Something with words above it."""
    return (
        f'<div style="display:inline-block"><div style="font-size:11px;opacity:.72;white-space:nowrap">'
        f"{escape(caption)}</div>{inside}</div>"
    )


def grid_or_words(grid: Grid | None, words: str, size_px: int) -> str:
    """A grid, or why there is none."""
    if grid is not None:
        return grid_svg(grid, size_px)
    return (
        f'<div style="display:flex;align-items:center;justify-content:center;text-align:center;width:76px;height:56px;'
        f'border:1px dashed;border-radius:3px;opacity:.75;font-size:11px">{escape(words)}</div>'
    )


def pair_html(pair: Pair, name: str, size_px: int = 130) -> str:
    """A pair as input, arrow, output."""
    grids = f"{captioned(name, grid_svg(pair.input, size_px))}{_ARROW}"
    return _group(grids + captioned("output", grid_or_words(pair.output, "not known", size_px)))


def wanted_beside_got(verdict: Verdict, sample: int, size_px: int = 110, with_input: bool = False) -> str:
    """What was wanted on a sample, and what the candidate gave, with a mark."""
    pair = verdict.task.samples[sample] if verdict.task is not None else None
    status = verdict.sample_statuses[sample]
    words = LOOKS[status].words if status is not None else "not judged"
    mark = {Status.CORRECT: f" {RIGHT}", None: ""}.get(status, f" {WRONG}")
    got = captioned(f"got{mark} {words}", grid_or_words(verdict.outputs[sample], words, size_px))
    if pair is None:
        return _group(got)
    given = captioned(f"{sample_name(verdict, sample)}: input", grid_svg(pair.input, size_px)) if with_input else ""
    label = "wanted" if with_input else f"{sample_name(verdict, sample)}: wanted"
    return _group(given + captioned(label, grid_or_words(pair.output, "not known", size_px)) + got)


def verdict_heading(verdict: Verdict) -> str:
    """A candidate's name, what became of it, its scores and its time."""
    words = [score_words(verdict), f"{seconds_words(verdict.cpu_s)} CPU"]
    if verdict.cached:
        words.append("from the cache")
    name = f'<b style="font-family:monospace">{escape(verdict.candidate_id)}</b>'
    status = f"<span>{swatch(verdict.status)} {escape(LOOKS[verdict.status].words)}</span>"
    return f'<div style="{ROW}">{name}{status}{quiet(", ".join(words))}</div>'


def score_words(verdict: Verdict) -> str:
    """ "demo 3 of 5, test 1 of 1"; without the task, only the counts."""
    task = verdict.task
    of_demo, of_test = (f" of {len(task.demo)}", f" of {len(task.test)}") if task is not None else (" right", " right")
    test = f", test {verdict.test_correct}{of_test}" if verdict.test_correct is not None else ""
    return f"demo {verdict.demo_correct}{of_demo}{test}"


def sample_name(verdict: Verdict, sample: int) -> str:
    """ "demo 1", "test 1"; without the task, just which it is."""
    if verdict.task is None:
        return f"sample {sample + 1}"
    demo = len(verdict.task.demo)
    return f"demo {sample + 1}" if sample < demo else f"test {sample - demo + 1}"


def _group(inside: str) -> str:
    return f'<div style="display:inline-flex;gap:12px;align-items:flex-end">{inside}</div>'


_ARROW = '<span style="align-self:center;opacity:.6">\N{RIGHTWARDS ARROW}</span>'
