from __future__ import annotations

import pytest

from battnb.model import Span, Status
from battnb.view.gantt_bars import LEAST_HEIGHT, density, stacked, thinned


def span(started_s: float, ended_s: float, status: Status | None = Status.WRONG) -> Span:
    return Span("v", "c", started_s, ended_s, 0, status)


def test_a_height_is_the_share_of_its_part_of_the_axis() -> None:
    heights = density([span(0.0, 0.5), span(1.25, 1.5), span(1.5, 2.0)], end_s=4.0, parts=4)
    assert heights == {Status.WRONG: [0.5, 0.75, 0.0, 0.0]}


def test_a_span_over_two_parts_counts_in_both() -> None:
    assert density([span(0.5, 1.25)], end_s=2.0, parts=2) == {Status.WRONG: [0.5, 0.25]}


def test_one_failure_among_thousands_is_seen_and_nothing_is_higher_than_its_lane() -> None:
    many = [span(index / 1000, (index + 1) / 1000) for index in range(999)]
    heights = density([*many, span(0.999, 1.0, Status.CRASHED)], end_s=1.0, parts=1)
    assert heights[Status.CRASHED][0] > LEAST_HEIGHT * 0.9
    assert sum(high[0] for high in heights.values()) == pytest.approx(1.0)


def test_statuses_are_stacked_in_their_order() -> None:
    areas = stacked({Status.CORRECT: [0.25, 0.5], Status.ERROR: [0.5, 0.0]}, lane=3, part_s=0.1)
    assert [(area.lane, area.status, area.bottoms, area.tops) for area in areas] == [
        (3, Status.CORRECT, (0.0, 0.0), (0.25, 0.5)),
        (3, Status.ERROR, (0.25, 0.5), (0.75, 0.5)),
    ]
    assert stacked({}, lane=0, part_s=0.1) == []


def test_a_short_step_curve_stays_as_it_is() -> None:
    assert thinned([(0.0, 3), (1.0, 0)], end_s=2.0, parts=10) == [(0.0, 3), (1.0, 0)]


def test_a_long_step_curve_keeps_its_height_and_its_end() -> None:
    steps = [(index / 1000, 1000 - index) for index in range(1001)]
    few = thinned(steps, end_s=1.0, parts=10)
    assert len(few) <= 11
    assert max(level for _, level in few) == 1000
    assert few[-1] == (1.0, 0)
    assert [second for second, _ in few] == sorted(second for second, _ in few)


def test_a_thinned_curve_ends_when_the_last_step_did() -> None:
    steps = [(n / 1000, 100 - n) for n in range(101)]
    curve = thinned(steps, 10.0, 50)
    assert curve[-1][1] == 0
    assert curve[-1][0] < 1.0
