"""What came of many tasks as a table, in text and in HTML, with sums and a plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from battnb.trace.overview import Overview, TaskRow
from battnb.view.markup import ROW, below, chip, framed, more, quiet, swatch
from battnb.view.overview_plot import overview_svg
from battnb.view.style import TASK_LOOKS
from battnb.view.words import seconds_words, tasks_words

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
