"""The plot of many tasks: its data, and that it draws."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from battnb.trace.overview import Overview, TaskRow
from battnb.view.tasks_overview import ENDED, SOLVED, TESTS, overview_bars, overview_html, overview_plot, overview_svg


def row(name: str, started_s: float, wall_s: float, right: int = 0, test: int | None = 0) -> TaskRow:
    return TaskRow(name, True, "c", right, 3, test, 1, 9, 5, 0, started_s, wall_s, 0.1)


@pytest.fixture
def overview() -> Overview:
    rows = (row("a", 0.0, 2.0, 3, 1), row("b", 0.5, 1.0, 1), row("<c>", 2.5, 1.0, 3, 0))
    return Overview(rows, 5)


def test_tasks_that_ran_at_once_are_in_rows_of_their_own(overview: Overview) -> None:
    plot = overview_bars(overview)
    assert [(bar.task.task_id, bar.row, bar.task.came_to) for bar in plot.bars] == [
        ("a", 0, "solved"), ("b", 1, "partly"), ("<c>", 0, "solved"),
    ]  # fmt: skip
    assert plot.rows == 2
    assert plot.end_s == 3.5


def test_curves_count_what_ended_what_was_solved_and_what_the_tests_say(overview: Overview) -> None:
    curves = overview_bars(overview).curves
    assert curves == {ENDED: (1.5, 2.0, 3.5), SOLVED: (2.0, 3.5), TESTS: (2.0,)}


def test_it_draws_in_matplotlib_and_in_svg(overview: Overview) -> None:
    figure = overview_plot(overview)
    curves, bars = figure.axes
    assert curves.get_title(loc="left") == "3 tasks in 3.5 s: 2 with all demo pairs right"
    assert len(bars.patches) == 3
    root = ET.fromstring(overview_svg(overview))
    titles = [element.text for element in root.iter() if element.tag.endswith("title")]
    assert titles == ["a, 2.0 s, all demo pairs right", "b, 1.0 s, some right", "<c>, 1.0 s, all demo pairs right"]


def test_html_escapes_what_tasks_are_called(overview: Overview) -> None:
    page = overview_html(overview)
    assert "&lt;c&gt;" in page
    assert "<c>" not in page
    assert "3 of 5 tasks, 2 solved on demo, 1 on test" in page


def test_nothing_to_show_is_shown_too() -> None:
    assert "0 of 0 tasks" in overview_html(Overview((), 0))
    assert overview_bars(Overview((), 3)).bars == ()
    overview_plot(Overview((), 3))
