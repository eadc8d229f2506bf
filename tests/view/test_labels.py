from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from battnb.view.gantt_bars import PhaseBar
from battnb.view.layout import BETWEEN_PT, phase_labels, spread, text_width_pt


def test_words_stand_in_their_bar_if_they_fit() -> None:
    [label] = phase_labels([PhaseBar("validate", 0.0, 2.0, True)], end_s=4.0, width_pt=600)
    assert (label.words, label.at_pt, label.is_inside) == ("validate 2.0 s", 150.0, True)


def test_words_that_do_not_fit_stand_above_with_their_time() -> None:
    labels = phase_labels([PhaseBar("filter", 0.0, 0.05, True), PhaseBar("store", 0.05, 0.1, True)], 4.0, 600)
    assert [(label.words, label.is_inside) for label in labels] == [("filter 50 ms", False), ("store 50 ms", False)]
    assert labels[1].at_pt - labels[0].at_pt >= text_width_pt("filter 50 ms") / 2 + text_width_pt("store 50 ms") / 2


def test_phases_that_cannot_be_seen_or_contain_others_have_no_words() -> None:
    phases = [PhaseBar("run", 0.0, 4.0, False), PhaseBar("filter", 0.0, 0.001, True)]
    assert phase_labels(phases, end_s=4.0, width_pt=600) == []


def test_without_room_the_shortest_phases_get_no_words() -> None:
    phases = [PhaseBar(f"phase {index}", index, index + 0.5 + index / 100, True) for index in range(40)]
    labels = phase_labels(phases, end_s=40.0, width_pt=300)
    assert 0 < len(labels) < 10
    assert labels[-1].phase == phases[-1]


def test_a_dollar_does_not_start_a_formula() -> None:
    assert text_width_pt("$x$") > 0
    assert text_width_pt(" ") == 0


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(5, 60)), max_size=8))
def test_labels_never_overlap_nor_leave_the_line(wanted: Any) -> None:
    wanted.sort()
    widths = [width for _, width in wanted]
    placed = spread([centre for centre, _ in wanted], widths, end=600)
    edges = [(centre - width / 2, centre + width / 2) for centre, width in zip(placed, widths, strict=True)]
    for (_, right), (left, _) in pairwise(edges):
        assert left - right >= BETWEEN_PT - 1e-6
    if edges:
        assert edges[0][0] >= -1e-6
        assert edges[-1][1] <= 600 + 1e-6
