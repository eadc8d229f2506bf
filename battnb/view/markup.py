"""Pieces of HTML that several views share, and grids as SVG in ARC's own colours.

Words and lines take the colour around them, so they suit light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby

from battnb.model import Grid, Pair, Status, Verdict
from battnb.view.gantt_bars import GanttBars
from battnb.view.style import LOOKS
from battnb.view.words import more_words, seconds_words

COLOURS = (
    "#000000", "#0074D9", "#FF4136", "#2ECC40", "#FFDC00", "#AAAAAA", "#F012BE", "#FF851B", "#7FDBFF", "#870C25"
)  # fmt: skip
"""Those of the values 0-9, as in ARC's testing interface (https://github.com/fchollet/ARC-AGI, apps/css/common.css)."""
LINES = "#555555"
OUTLINE = "#888888"
CELL_PX = (3, 16)
"""The smallest and the largest side of a cell."""


def grid_svg(grid: Grid, size_px: int = 130) -> str:
    """A grid of h x w cells as one SVG element, its longer side about size_px."""
    height, width = len(grid), len(grid[0])
    cell = max(CELL_PX[0], min(CELL_PX[1], size_px // max(height, width)))
    across, down = width * cell, height * cell
    cells = "".join([f'<path d="{_runs(grid, value)}" fill="{COLOURS[value]}"/>' for value in _values(grid)])
    lines = "".join([f"M0 {row}h{width}" for row in range(1, height)])
    lines += "".join([f"M{column} 0v{height}" for column in range(1, width)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="grid, {height} x {width}" '
        f'width="{across + 2}" height="{down + 2}" viewBox="0 0 {across + 2} {down + 2}">'
        f'<g transform="translate(1 1) scale({cell})" shape-rendering="crispEdges">'
        f'<path d="M0 0h{width}v{height}h-{width}z" fill="{COLOURS[0]}"/>{cells}'
        f'<path d="{lines}" fill="none" stroke="{LINES}" stroke-width="1" vector-effect="non-scaling-stroke"/></g>'
        f'<rect x="0.5" y="0.5" width="{across + 1}" height="{down + 1}" fill="none" stroke="{OUTLINE}"/></svg>'
    )


def grid_text(grid: Grid) -> str:
    """A grid as rows of digits."""
    return "\n".join(["".join(map(str, row)) for row in grid])


def _values(grid: Grid) -> list[int]:
    return sorted({cell for row in grid for cell in row} - {0})


def _runs(grid: Grid, value: int) -> str:
    """A path over the cells of a value. Neighbours in a row become one piece."""
    found = []
    for top, row in enumerate(grid):
        left = 0
        for cell, cells in groupby(row):
            width = len(list(cells))
            if cell == value:
                found.append(f"M{left} {top}h{width}v1h-{width}z")
            left += width
    return "".join(found)


FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:13px;line-height:1.45"
ROW = "display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline"
FRAME = "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:10px 14px;box-sizing:border-box"
RIGHT, WRONG = "\N{CHECK MARK}", "\N{MULTIPLICATION X}"


# Boxes and words


def box(*parts: str) -> str:
    """The outermost element of what is shown. Nothing in it needs a style sheet, a script or a network."""
    return f'<div style="{FONT};color:inherit;max-width:920px">{"".join(parts)}</div>'


def framed(*parts: str) -> str:
    """The same with a frame: a panel, or a table of tasks."""
    return f'<div style="{FONT};color:inherit;max-width:960px;{FRAME}">{"".join(parts)}</div>'


def below(inside: str, px: int = 6) -> str:
    """Something with a little room above it."""
    return f'<div style="margin-top:{px}px">{inside}</div>'


def heading(words: str, beside: str = "") -> str:
    """Words that name the thing, with quieter ones beside them."""
    return f'<div style="{ROW}">{title(words)}{quiet(beside)}</div>'


def title(words: str) -> str:
    return f'<b style="font-size:14px">{escape(words)}</b>'


def quiet(words: str) -> str:
    return f'<span style="opacity:.72">{escape(words)}</span>' if words else ""


def more(count: int, noun: str = "") -> str:
    """How many things are left out, if any."""
    return quiet(more_words(count, noun))


def row(parts: Iterable[str], gap_px: int = 14) -> str:
    """Things beside each other, on as many lines as they need."""
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:8px {gap_px}px;align-items:flex-end;margin:6px 0">'
        f"{''.join(parts)}</div>"
    )


def swatch(colour: str) -> str:
    """A small square in a colour. Its outline makes black and white ones visible on any paper."""
    return (
        f'<svg width="11" height="11" style="vertical-align:-1px"><rect x="0.5" y="0.5" width="10" height="10" rx="2" '
        f'fill="{colour}" stroke="currentColor" stroke-opacity="0.45"/></svg>'
    )


def chip(colour: str, count: int | None, words: str) -> str:
    """A colour with how many there are of it; None only names it."""
    said = quiet(words) if count is None else f"<b>{count:,}</b> {escape(words)}"
    return f'<span style="white-space:nowrap">{swatch(colour)} {said}</span>'


def counts_html(counts: Mapping[Status, int], bars: GanttBars | None = None) -> str:
    """How many there are of each status, with its colour. It is the Gantt's legend too, so work without a verdict is
    named if bars have any."""
    chips = [chip(LOOKS[status].fill, count, LOOKS[status].words) for status, count in counts.items() if count]
    if bars is not None and None in bars.statuses:
        chips.append(chip(LOOKS[None].fill, None, LOOKS[None].words))
    return f'<div style="{ROW};margin:4px 0">{"".join(chips)}</div>'


def captioned(caption: str, inside: str) -> str:
    """Something with words above it."""
    return (
        f'<div style="display:inline-block"><div style="font-size:11px;opacity:.72;white-space:nowrap">'
        f"{escape(caption)}</div>{inside}</div>"
    )


# Grids, pairs and verdicts


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
    arrow = '<span style="align-self:center;opacity:.6">\N{RIGHTWARDS ARROW}</span>'
    grids = captioned(name, grid_svg(pair.input, size_px)) + arrow
    return _group(grids + captioned("output", grid_or_words(pair.output, "not known", size_px)))


def wanted_beside_got(verdict: Verdict, sample: int, size_px: int = 110, with_input: bool = False) -> str:
    """What was wanted on a sample beside what the candidate gave, with a mark."""
    status = verdict.sample_statuses[sample]
    words = status_words(status)
    mark = {Status.CORRECT: f" {RIGHT}", None: ""}.get(status, f" {WRONG}")
    got = captioned(f"got{mark} {words}", grid_or_words(verdict.outputs[sample], words, size_px))
    if verdict.task is None:
        return _group(got)
    pair, name = verdict.task.samples[sample], sample_name(verdict, sample)
    given = captioned(f"{name}: input", grid_svg(pair.input, size_px)) if with_input else ""
    label = "wanted" if with_input else f"{name}: wanted"
    return _group(given + captioned(label, grid_or_words(pair.output, "not known", size_px)) + got)


def verdict_heading(verdict: Verdict) -> str:
    """A candidate's name, its status, its scores and its time."""
    look = LOOKS[verdict.status]
    words = [score_words(verdict), f"{seconds_words(verdict.cpu_s)} CPU", *(["from the cache"] * verdict.cached)]
    name = f'<b style="font-family:monospace">{escape(verdict.candidate_id)}</b>'
    status = f"<span>{swatch(look.fill)} {escape(look.words)}</span>"
    return f'<div style="{ROW}">{name}{status}{quiet(", ".join(words))}</div>'


def status_words(status: Status | None) -> str:
    """What became of a sample; None is one whose wanted output is not known."""
    return "not judged" if status is None else LOOKS[status].words


def score_words(verdict: Verdict) -> str:
    """ "demo 3 of 5, test 1 of 1"; only the counts if the task is not at hand."""
    task = verdict.task
    of_demo, of_test = (f" of {len(task.demo)}", f" of {len(task.test)}") if task is not None else (" right", " right")
    test = f", test {verdict.test_correct}{of_test}" if verdict.test_correct is not None else ""
    return f"demo {verdict.demo_correct}{of_demo}{test}"


def sample_name(verdict: Verdict, sample: int) -> str:
    """ "demo 1", "test 1"; only its number if the task is not at hand."""
    if verdict.task is None:
        return f"sample {sample + 1}"
    demo = len(verdict.task.demo)
    return f"demo {sample + 1}" if sample < demo else f"test {sample - demo + 1}"


def _group(inside: str) -> str:
    return f'<div style="display:inline-flex;gap:12px;align-items:flex-end">{inside}</div>'
