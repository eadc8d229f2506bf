"""The plot of many tasks: when they ended and were solved, and below that each task's time. Data, then drawings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import msgspec

from battnb.trace.overview import Overview
from battnb.view.style import HAIRLINE, INK, MUTED, TASK_LOOKS
from battnb.view.words import seconds_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDED, SOLVED, TESTS = "ended", "all demo pairs right", "test pairs right too"
LINES = {ENDED: "#7d8ca3", SOLVED: "#009e73", TESTS: "#cc79a7"}
"""What is counted over time, with its colour."""
WIDTH_IN, HEIGHT_IN = 10.5, 4.6
_WIDTH, _CURVES, _BARS, _LEFT, _RIGHT, _GAP = 920, 120, 90, 44, 14, 14


class TaskBar(msgspec.Struct, frozen=True):
    """One task's time. row: tasks that ran at the same time are in different rows."""

    task_id: str
    started_s: float
    ended_s: float
    row: int
    came_to: str


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
        bars.append(
            TaskBar(task_id=row.task_id, started_s=row.started_s, ended_s=row.ended_s, row=place, came_to=row.came_to)
        )
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
    title = (
        f"{len(overview.rows)} tasks in {seconds_words(overview.wall_s)}: {overview.solved} with all demo pairs right"
    )
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
        some = [bar for bar in plot.bars if bar.came_to == kind]
        if some:
            ax.barh(
                [bar.row for bar in some],
                [bar.ended_s - bar.started_s for bar in some],
                left=[bar.started_s for bar in some],
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
    for bar in plot.bars:
        colour, words = TASK_LOOKS[bar.came_to]
        left, right = _x(plot, bar.started_s), _x(plot, bar.ended_s)
        title = f"{escape(bar.task_id)}, {seconds_words(bar.ended_s - bar.started_s)}, {words}"
        parts.append(
            f'<rect x="{left:.1f}" y="{_CURVES + _GAP + bar.row * step:.1f}" '
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
