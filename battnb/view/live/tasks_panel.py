"""The live panel of many tasks as HTML, in three parts that change more and less often."""

from __future__ import annotations

from html import escape

from battnb.view.live.panel_frame import line_of, progress_bar, top_row, workers_html
from battnb.view.live.snapshot import TasksSnapshot
from battnb.view.markup import quiet
from battnb.view.task_tables import plot_html, sums_html, table_html
from battnb.view.words import count_words, left_words, seconds_words

BUSY_WORKERS = 8
"""How many workers' work is named."""


def tasks_parts(snapshot: TasksSnapshot) -> tuple[str, str, str]:
    """Head, plot and table."""
    return _head(snapshot), plot_html(snapshot.overview), table_html(snapshot.overview)


def _head(snapshot: TasksSnapshot) -> str:
    overview = snapshot.overview
    state = f"{snapshot.state}, {seconds_words(snapshot.elapsed_s)}{left_words(snapshot.left_s)}"
    return "".join(
        [
            top_row(snapshot, count_words(overview.total, "task"), snapshot.circumstances, state),
            progress_bar(overview.complete / overview.total if overview.total else 1.0, around=";margin:8px 0 4px"),
            sums_html(overview),
            "" if snapshot.is_over else _workers(snapshot),
        ]
    )


def _workers(snapshot: TasksSnapshot) -> str:
    tasks = f'<span style="white-space:nowrap">{quiet("in hand")} {escape(", ".join(snapshot.in_hand))}</span>'
    return line_of(tasks, workers_html(snapshot, BUSY_WORKERS, 300))
