"""Many tasks in words and HTML: the table, and the panel while they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import msgspec

from battnb.model import AtWork
from battnb.trace.overview import NONE, PARTLY, SOLVED, STOPPED, Overview, TaskRow
from battnb.view.live.snapshot import COMPLETE, FAILED, RUNNING, work_words
from battnb.view.markup import FONT, ROW, quiet
from battnb.view.words import count_words, seconds_words

MOST_ROWS = 1000
"""Rows of the table; more are counted."""
BUSY_WORKERS = 8
COLOURS = {SOLVED: "#009e73", PARTLY: "#56b4e9", NONE: "#b6bcc4", STOPPED: "#e69f00"}
"""By what a task came to (style.LOOKS has the same colours for verdicts)."""
WORDS = {SOLVED: "all demo pairs right", PARTLY: "some right", NONE: "none right", STOPPED: "cut off"}
_STATE_COLOURS = {RUNNING: "#0072b2", COMPLETE: "#009e73", FAILED: "#d55e00"}


class TasksSnapshot(msgspec.Struct, frozen=True):
    """Many tasks at one moment.

    state: as of a Snapshot. in_hand: ids of the tasks that have begun and not ended. reached: verdicts, all tasks
    together. left_s: about how many seconds it will take yet; None where nobody can know.
    """

    overview: Overview
    battery: str
    candidates: int
    mode: str
    workers: int
    state: str
    elapsed_s: float
    left_s: float | None
    reached: int
    in_hand: tuple[str, ...]
    at_work: tuple[AtWork, ...]
    now_s: float


# Words


def tasks_words(overview: Overview) -> str:
    """ "12 of 400 tasks, 5 solved on demo, 4 on test"."""
    words = f"{overview.complete:,} of {count_words(overview.total, 'task')}, {overview.solved:,} solved on demo"
    return words + (f", {overview.tests_solved:,} on test" if any([row.test_pairs for row in overview.rows]) else "")


def cached_words(overview: Overview) -> str:
    """ "Cached 80 of 120 verdicts"; "" where none was."""
    return f"Cached {overview.cached} of {overview.validated} verdicts" if overview.cached else ""


def snapshot_line(snapshot: TasksSnapshot) -> str:
    """One line: a log line, and what the panel says where there is no HTML."""
    left = f", about {seconds_words(snapshot.left_s)} left" if snapshot.left_s is not None else ""
    parts = [
        tasks_words(snapshot.overview),
        f"{snapshot.reached:,} verdicts",
        f"{snapshot.state} {seconds_words(snapshot.elapsed_s)}{left}",
    ]
    return "; ".join(parts)


COLUMNS: dict[str, Callable[[TaskRow], str]] = {
    "task": lambda row: row.task_id,
    "best": lambda row: row.best or "-",
    "demo": lambda row: f"{row.demo_correct}/{row.demo_pairs}",
    "test": lambda row: f"{row.test_correct}/{row.test_pairs}" if row.test_correct is not None else "-",
    "verdicts": lambda row: f"{row.validated}",
    "cached": lambda row: f"{row.cached}" if row.cached else "",
    "time": lambda row: seconds_words(row.wall_s) + ("" if row.is_complete else ", cut off"),
}
"""The columns of the table, and how a row's cell is written."""


def overview_text(overview: Overview) -> str:
    """The table, a line a task, and the sums."""
    names = [name for name in COLUMNS if name != "cached" or overview.cached]
    lines = [names, *[[COLUMNS[name](row) for name in names] for row in overview.rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sums = f"{tasks_words(overview)}, {seconds_words(overview.wall_s)}"
    return "\n".join([_line(line, widths) for line in lines] + [sums])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first two columns flush left, the others right."""
    padded = [t.ljust(w) if at < 2 else t.rjust(w) for at, (t, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join(padded).rstrip()


# HTML


def overview_html(overview: Overview) -> str:
    """The sums, the plot and the table in one element that needs no style sheet, no script and no network."""
    return _whole(f"{_sums(overview)}{plot_html(overview)}{table_html(overview)}")


def panel_parts(snapshot: TasksSnapshot) -> tuple[str, str, str]:
    """The panel in parts that change more and less often: head, plot, table."""
    return _head(snapshot), plot_html(snapshot.overview), table_html(snapshot.overview)


def panel_whole(snapshot: TasksSnapshot) -> str:
    return _whole("".join(panel_parts(snapshot)))


def _whole(inside: str) -> str:
    frame = "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:10px 14px;box-sizing:border-box"
    return f'<div style="{FONT};color:inherit;max-width:960px;{frame}">{inside}</div>'


def _head(snapshot: TasksSnapshot) -> str:
    overview = snapshot.overview
    share = overview.complete / overview.total if overview.total else 1.0
    left = f", about {seconds_words(snapshot.left_s)} left" if snapshot.left_s is not None else ""
    colour = _STATE_COLOURS.get(snapshot.state, "#e69f00")
    state = (
        f'<span style="white-space:nowrap"><svg width="9" height="9"><circle cx="4.5" cy="4.5" r="4.5" '
        f'fill="{colour}"/></svg> {escape(snapshot.state)}, {seconds_words(snapshot.elapsed_s)}{left}</span>'
    )
    what = (
        f"{count_words(snapshot.candidates, 'candidate')}, {snapshot.mode} on {count_words(snapshot.workers, 'worker')}"
    )
    title = f'<b style="font-size:14px">{count_words(overview.total, "task")}</b>'
    bar = (
        '<div style="height:6px;border-radius:3px;background:rgba(128,128,128,.22);overflow:hidden;margin:8px 0 4px">'
        f'<div style="height:6px;width:{share * 100:.1f}%;background:#0072b2"></div></div>'
    )
    top = f'<div style="{ROW}">{title}{quiet(what)}<span style="flex:1"></span>{state}</div>'
    return top + bar + _sums(overview) + (_workers(snapshot) if snapshot.state == RUNNING else "")


def _sums(overview: Overview) -> str:
    counts = {kind: sum([row.came_to == kind for row in overview.rows]) for kind in COLOURS}
    chips = [
        f'<span style="white-space:nowrap">{_swatch(kind)} <b>{count:,}</b> {WORDS[kind]}</span>'
        for kind, count in counts.items()
        if count
    ]
    words = [tasks_words(overview), cached_words(overview)]
    return f'<div style="{ROW};margin:4px 0">{quiet(". ".join([w for w in words if w]))}{"".join(chips)}</div>'


def _swatch(kind: str) -> str:
    return (
        '<svg width="11" height="11" style="vertical-align:-1px"><rect x="0.5" y="0.5" width="10" height="10" rx="2" '
        f'fill="{COLOURS[kind]}" stroke="currentColor" stroke-opacity="0.45"/></svg>'
    )


def _workers(snapshot: TasksSnapshot) -> str:
    chips = [
        f'<span style="white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:300px">'
        f"{quiet(f'worker {work.worker}')} {escape(work_words(work, snapshot.now_s))}</span>"
        for work in snapshot.at_work[:BUSY_WORKERS]
    ]
    tasks = f'<span style="white-space:nowrap">{quiet("in hand")} {escape(", ".join(snapshot.in_hand))}</span>'
    return f'<div style="{ROW};min-height:19px">{tasks}{"".join(chips)}</div>'


def table_html(overview: Overview) -> str:
    """A row a task, in a box that scrolls."""
    if not overview.rows:
        return ""
    names = [name for name in COLUMNS if name != "cached" or overview.cached]
    head = "".join([f'<th style="{_cell(name)};opacity:.72;font-weight:400">{name}</th>' for name in names])
    rows = [_table_row(row, names) for row in overview.rows[:MOST_ROWS]]
    more = len(overview.rows) - MOST_ROWS
    style = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;background:none"
    table = f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    left_out = quiet(f"and {more:,} more") if more > 0 else ""
    return f'<div style="max-height:320px;overflow:auto;margin-top:8px">{table}{left_out}</div>'


def _table_row(row: TaskRow, names: Sequence[str]) -> str:
    marks = {"task": f"{_swatch(row.came_to)} "}
    cells = [f'<td style="{_cell(name)}">{marks.get(name, "")}{escape(COLUMNS[name](row))}</td>' for name in names]
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _cell(name: str) -> str:
    side = "left" if name in ("task", "best") else "right"
    return f"text-align:{side};padding:1px 16px 1px 0;white-space:nowrap"


def plot_html(overview: Overview) -> str:
    """The plot as SVG."""
    from battnb.view.overview_plot import overview_svg

    return f'<div style="margin-top:8px">{overview_svg(overview)}</div>' if overview.rows else ""
