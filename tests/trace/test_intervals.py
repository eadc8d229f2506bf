from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from battnb.trace.intervals import common, covered_s, levels, union, without

intervals = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))))


def test_overlapping_and_touching_intervals_become_one() -> None:
    assert union([(3, 4), (0, 1), (1, 2), (0.5, 1.5)]) == [(0, 2), (3, 4)]


def test_empty_intervals_are_left_out() -> None:
    assert union([(1, 1), (2, 1)]) == []
    assert levels([(1, 1)]) == []


def test_levels_count_what_is_open() -> None:
    assert levels([(0, 2), (1, 3), (2, 4)]) == [(0, 1), (1, 2), (3, 1), (4, 0)]


@given(intervals)
def test_covered_time_is_the_time_at_which_the_level_is_above_0(spans: Any) -> None:
    steps = levels(spans)
    above = sum(end - start for (start, level), (end, _) in pairwise(steps) if level)
    assert covered_s(spans) == above


@given(intervals)
def test_the_area_under_the_levels_is_the_sum_of_all_lengths(spans: Any) -> None:
    steps = levels(spans)
    area = sum(level * (end - start) for (start, level), (end, _) in pairwise(steps))
    assert area == sum(end - start for start, end in spans)


def test_what_is_common_and_what_is_left() -> None:
    assert common([(0, 4), (6, 9)], [(2, 7)]) == [(2, 4), (6, 7)]
    assert without([(0, 4), (6, 9)], [(2, 7)]) == [(0, 2), (7, 9)]
    assert without([(0, 4)], []) == [(0, 4)]
    assert without([], [(0, 4)]) == common([], [(0, 4)]) == []


@given(intervals, intervals)
def test_what_is_common_and_what_is_left_make_up_the_whole(some: Any, others: Any) -> None:
    assert covered_s(common(some, others)) + covered_s(without(some, others)) == covered_s(some)
    assert common(without(some, others), others) == []
