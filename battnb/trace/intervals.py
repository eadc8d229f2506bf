"""Arithmetic on intervals of time, which metrics, traces and pictures need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import inf

Interval = tuple[float, float]
"""Start and end, in seconds."""


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Merge intervals that touch or overlap.

    Returns disjoint intervals in order of time; empty and reversed ones are left out.
    """
    merged: list[Interval] = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def covered_s(intervals: Iterable[Interval]) -> float:
    """Seconds that lie in at least one of the intervals. What overlaps counts once."""
    return sum(end - start for start, end in union(intervals))


def common(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time that lies in intervals of both kinds, as disjoint intervals in order of time."""
    both = levels([*union(some), *union(others)])
    return [(start, end) for (start, level), (end, _) in pairwise(both) if level == 2]


def without(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time that lies in some of the intervals and in none of the others, as disjoint intervals in order of time."""
    edges = [-inf, *[edge for pair in union(others) for edge in pair], inf]
    return common(some, zip(edges[::2], edges[1::2], strict=True))


def levels(intervals: Iterable[Interval]) -> list[tuple[float, int]]:
    """How many of the intervals are open, from each moment at which that number changes.

    Returns (seconds, count) in order of time, one for each moment. The last count is 0.
    """
    changes: Counter[float] = Counter()
    for start, end in intervals:
        if start < end:
            changes[start] += 1
            changes[end] -= 1
    steps, level = [], 0
    for moment, change in sorted(changes.items()):
        if change:
            level += change
            steps.append((moment, level))
    return steps
