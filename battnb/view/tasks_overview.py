"""What came of many tasks: a plot of when they ended and were solved and of each task's time, and a table with sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from battnb.trace.overview import Overview, TaskRow
from battnb.view.markup import ROW, below, chip, framed, more, quiet, swatch
from battnb.view.style import HAIRLINE, INK, MUTED, TASK_LOOKS
from battnb.view.words import seconds_words, tasks_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDED, SOLVED, TESTS = "ended", "all demo pairs right", "test pairs right too"
LINES = {ENDED: "#7d8ca3", SOLVED: "#009e73", TESTS: "#cc79a7"}
"""What is counted over time, with its colour."""
WIDTH_IN, HEIGHT_IN = 10.5, 4.6
_WIDTH, _CURVES, _BARS, _LEFT, _RIGHT, _GAP = 920, 120, 90, 44, 14, 14


class TaskBar(NamedTuple):
    """One task's time. row: tasks that ran at the same time are in different rows."""

    task: TaskRow
    row: int


class OverviewPlot(msgspec.Struct, frozen=True):
    """curves: for each thing that is counted, the times at which the count went up, in order. bars: one a task."""

    end_s: float
    total: int
    curves: dict[str, tuple[float, ...]]
    bars: tuple[TaskBar, ...]

    @property
    def rows(self) -> int:
        return max([bar.row for bar in self.bars], default=-1) + 1


def overview_bars(overview: Overview) -> OverviewPlot:
    """The data of the plot."""
    begun = [row for row in overview.rows if row.wall_s > 0]
    rows = sorted(begun, key=lambda row: row.started_s)
    free: list[float] = []
    bars = []
    for row in rows:
        place = next((at for at, until_s in enumerate(free) if until_s <= row.started_s), len(free))
        free[place : place + 1] = [row.ended_s]
        bars.append(TaskBar(row, place))
    solved = [row for row in rows if row.best is not None and row.demo_correct == row.demo_pairs]
    tested = [row for row in solved if row.test_pairs and row.test_correct == row.test_pairs]
    counted = {ENDED: [row for row in rows if row.is_complete], SOLVED: solved, TESTS: tested}
    curves = {name: tuple(sorted([row.ended_s for row in some])) for name, some in counted.items()}
    return OverviewPlot(max([*[row.ended_s for row in rows], 1e-3]), overview.total, curves, tuple(bars))


# matplotlib


def overview_plot(overview: Overview) -> Figure:
    """Draw it with matplotlib. Returns the Figure, which shows itself as the last expression of a cell."""
    from battnb.view.figure import new_figure

    plot = overview_bars(overview)
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    curves, bars = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2), "hspace": 0.12})
    _draw_curves(plot, curves)
    _draw_bars(plot, bars)
    for ax in (curves, bars):
        ax.set_xlim(0, plot.end_s)
        ax.tick_params(colors=MUTED, labelsize=8.5, length=3)
        for side, spine in ax.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(HAIRLINE)
    sums = f"{len(overview.rows)} tasks in {seconds_words(overview.wall_s)}"
    title = f"{sums}: {overview.solved} with all demo pairs right"
    curves.set_title(title, loc="left", fontsize=12.5, fontweight="bold", color=INK, parse_math=False)
    figure.subplots_adjust(left=0.07, right=0.98, top=0.91, bottom=0.11)
    return figure


def _draw_curves(plot: OverviewPlot, ax: Axes) -> None:
    for name, times_s in plot.curves.items():
        steps = [0.0, *times_s, plot.end_s]
        counts = [*range(len(times_s) + 1), len(times_s)]
        words, style = f"{name} ({len(times_s)})", "--" if name == TESTS else "-"
        ax.step(steps, counts, style, where="post", color=LINES[name], linewidth=1.8, label=words)
    ax.set_ylim(0, max(plot.total, 1) * 1.04)
    ax.grid(visible=True, color=HAIRLINE, linewidth=0.6, alpha=0.7)
    ax.set_ylabel("tasks", fontsize=8.5, color=MUTED)
    ax.legend(loc="upper left", fontsize=8.5, frameon=False, labelcolor=INK)


def _draw_bars(plot: OverviewPlot, ax: Axes) -> None:
    for kind, (colour, words) in TASK_LOOKS.items():
        some = [bar for bar in plot.bars if bar.task.came_to == kind]
        if some:
            ax.barh(
                [bar.row for bar in some],
                [bar.task.wall_s for bar in some],
                left=[bar.task.started_s for bar in some],
                height=0.8,
                color=colour,
                edgecolor="white",
                linewidth=0.3,
                label=words,
            )
    ax.set_ylim(max(plot.rows, 1) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_ylabel("tasks at once", fontsize=8.5, color=MUTED)
    ax.set_xlabel("seconds from the start of the first task", fontsize=8.5, color=MUTED, loc="left")


# SVG


def overview_svg(overview: Overview) -> str:
    """The same as an SVG. It takes the colour of the words around it, so that it suits light and dark."""
    plot = overview_bars(overview)
    height = _CURVES + _BARS + _GAP + 22
    inside = "".join([*_svg_curves(plot), *_svg_bars(plot), *_svg_axis(plot)])
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" style="width:100%;max-width:{_WIDTH}px;display:block" '
        f'font-size="11" fill="currentColor" role="img" aria-label="tasks over time">{inside}</svg>'
    )


def _x(plot: OverviewPlot, at_s: float) -> float:
    return _LEFT + at_s / plot.end_s * (_WIDTH - _LEFT - _RIGHT)


def _svg_curves(plot: OverviewPlot) -> list[str]:
    parts = []
    scale = (_CURVES - 8) / max(plot.total, 1)
    for place, (name, times_s) in enumerate(plot.curves.items()):
        points = [f"M{_LEFT},{_CURVES}"]
        for count, at_s in enumerate(times_s, 1):
            points.append(f"H{_x(plot, at_s):.1f}V{_CURVES - count * scale:.1f}")
        path = "".join([*points, f"H{_WIDTH - _RIGHT}"])
        dashes = ' stroke-dasharray="5 4"' if name == TESTS else ""  # this curve often lies on the one before
        parts.append(f'<path d="{path}" fill="none" stroke="{LINES[name]}" stroke-width="1.8"{dashes}/>')
        words = f"{name} ({len(times_s)})"
        parts.append(
            f'<rect x="{_LEFT + 8}" y="{6 + place * 15}" width="12" height="3" fill="{LINES[name]}"/>'
            f'<text x="{_LEFT + 26}" y="{11 + place * 15}">{escape(words)}</text>'
        )
    for count, y in ((plot.total, 12), (0, _CURVES)):
        parts.append(f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end" opacity=".72">{count}</text>')
    return parts


def _svg_bars(plot: OverviewPlot) -> list[str]:
    step = _BARS / max(plot.rows, 1)
    parts = []
    for task, row in plot.bars:
        colour, words = TASK_LOOKS[task.came_to]
        left, right = _x(plot, task.started_s), _x(plot, task.ended_s)
        title = f"{escape(task.task_id)}, {seconds_words(task.wall_s)}, {words}"
        parts.append(
            f'<rect x="{left:.1f}" y="{_CURVES + _GAP + row * step:.1f}" '
            f'width="{max(right - left - 0.4, 0.6):.1f}" height="{step * 0.82:.1f}" fill="{colour}">'
            f"<title>{title}</title></rect>"
        )
    return parts


def _svg_axis(plot: OverviewPlot) -> list[str]:
    y = _CURVES + _BARS + _GAP + 14
    ends = [(0.0, "start"), (plot.end_s / 2, "middle"), (plot.end_s, "end")]
    across = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_CURVES}" y2="{_CURVES}"'
    line = f'<line {across} stroke="currentColor" stroke-opacity=".25"/>'
    return [line] + [
        f'<text x="{_x(plot, at_s):.1f}" y="{y}" text-anchor="{anchor}" opacity=".72">{seconds_words(at_s)}</text>'
        for at_s, anchor in ends
    ]


MOST_ROWS = 1000
"""How many rows the table has; more are counted."""

COLUMNS: dict[str, Callable[[TaskRow], str]] = {
    "task": lambda row: row.task_id,
    "best": lambda row: row.best or "-",
    "demo": lambda row: f"{row.demo_correct}/{row.demo_pairs}",
    "test": lambda row: f"{row.test_correct}/{row.test_pairs}" if row.test_correct is not None else "-",
    "verdicts": lambda row: f"{row.validated}",
    "cached": lambda row: f"{row.cached}" if row.cached else "",
    "time": lambda row: seconds_words(row.wall_s) + ("" if row.is_complete else ", cut off"),
}
"""The columns of the table, and how each writes its cell."""


def overview_text(overview: Overview) -> str:
    """The table, with a line a task, and the sums."""
    names = _columns(overview)
    lines = [names, *[[COLUMNS[name](row) for name in names] for row in overview.rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sums = f"{tasks_words(overview)}, {seconds_words(overview.wall_s)}"
    return "\n".join([_line(line, widths) for line in lines] + [sums])


def _columns(overview: Overview) -> list[str]:
    """The columns that a table has: the one of cached verdicts only if there are any."""
    return [name for name in COLUMNS if name != "cached" or overview.cached]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first two columns are flush left, the others right."""
    padded = [t.ljust(w) if at < 2 else t.rjust(w) for at, (t, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join(padded).rstrip()


# HTML


def overview_html(overview: Overview) -> str:
    """The sums, the plot and the table in one element that needs no style sheet, no script and no network."""
    return framed(sums_html(overview), plot_html(overview), table_html(overview))


def sums_html(overview: Overview) -> str:
    """How many tasks came to what."""
    words = tasks_words(overview)
    if overview.cached:
        words += f". Cached {overview.cached} of {overview.validated} verdicts"
    came_to = [row.came_to for row in overview.rows]
    chips = [chip(colour, came_to.count(kind), says) for kind, (colour, says) in TASK_LOOKS.items() if kind in came_to]
    return f'<div style="{ROW};margin:4px 0">{quiet(words)}{"".join(chips)}</div>'


def plot_html(overview: Overview) -> str:
    """The plot as SVG."""
    return below(overview_svg(overview), 8) if overview.rows else ""


def table_html(overview: Overview) -> str:
    """A row a task, in a box that scrolls."""
    if not overview.rows:
        return ""
    names = _columns(overview)
    head = "".join([f'<th style="{_cell(name)};opacity:.72;font-weight:400">{name}</th>' for name in names])
    rows = "".join([_table_row(row, names) for row in overview.rows[:MOST_ROWS]])
    style = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;background:none"
    table = f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    left_out = more(len(overview.rows) - MOST_ROWS)
    return f'<div style="max-height:320px;overflow:auto;margin-top:8px">{table}{left_out}</div>'


def _table_row(row: TaskRow, names: Sequence[str]) -> str:
    marks = {"task": f"{swatch(TASK_LOOKS[row.came_to][0])} "}
    cells = [f'<td style="{_cell(name)}">{marks.get(name, "")}{escape(COLUMNS[name](row))}</td>' for name in names]
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _cell(name: str) -> str:
    side = "left" if name in ("task", "best") else "right"
    return f"text-align:{side};padding:1px 16px 1px 0;white-space:nowrap"
