"""A picture of throughputs: a panel for each workload, a bar for each contender."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.throughput import Result

OURS, THEIRS = "#0072b2", "#b0b0b0"


def save_plot(results: Sequence[Result], path: Path) -> Path:
    """Write the picture. The path's ending says in which format."""
    from battnb.view.figure import new_figure, save_figure

    heights = [len(result.rows) + 1.6 for result in results]
    figure = new_figure(8.5, 0.26 * sum(heights))
    panels = figure.subplots(len(results), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    for axes, result in zip(panels[:, 0], results, strict=True):
        _draw(axes, result)
    figure.tight_layout()
    return save_figure(figure, path)


def _draw(axes: Any, result: Result) -> None:
    names = [row.contender for row in result.rows]
    bars = axes.barh(names, [row.per_s for row in result.rows])
    for bar, row in zip(bars, result.rows, strict=True):
        bar.set_color(OURS if row.contender.startswith("battnb") else THEIRS)
    labels = [_label(row.per_s, row.false_verdicts) for row in result.rows]
    axes.bar_label(bars, labels, padding=3, fontsize=7)
    axes.set_title(f"{result.workload}: candidates a second", loc="left", fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _label(per_s: float, false: int) -> str:
    return f"{per_s:,.0f}" + (f", {false} false" if false else "")
