"""Too many things for a screen, made few: narrow bars become stacked density, long step curves short ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from battnb.model import Span, Status

StatusHeights = dict[Status | None, list[float]]
"""For each status the share of each of n equal parts of the time axis, 0 to 1."""

LEAST_HEIGHT = 0.06
"""A status that occurs in a part is at least this high there: one failure among thousands must be seen."""


def density(spans: Iterable[Span], end_s: float, parts: int) -> StatusHeights:
    """How much of each part of the time axis a lane spent on each status.

    spans: of one lane, at most one at a time. end_s: the end of the axis. parts: how many parts the axis has.
    The heights of all statuses together are at most 1 in each part; what is missing to 1 is idle time.
    """
    width_s = end_s / parts
    heights: StatusHeights = defaultdict(lambda: [0.0] * parts)
    for span in spans:
        first, last = _part(span.started_s, width_s, parts), _part(span.ended_s, width_s, parts)
        for part in range(first, last + 1):
            covered_s = min(span.ended_s, (part + 1) * width_s) - max(span.started_s, part * width_s)
            heights[span.status][part] += max(covered_s, 0.0) / width_s
    make_visible(heights, parts)
    return {status: heights[status] for status in (*Status, None) if status in heights}


def stacked(heights: StatusHeights) -> dict[Status | None, tuple[list[float], list[float]]]:
    """Put the heights of each status on top of those before it: their bottoms and tops, by part."""
    areas: dict[Status | None, tuple[list[float], list[float]]] = {}
    bottoms: list[float] | None = None
    for status, high in heights.items():
        bottoms = bottoms or [0.0] * len(high)
        tops = [bottom + height for bottom, height in zip(bottoms, high, strict=True)]
        areas[status] = (bottoms, tops)
        bottoms = tops
    return areas


def thinned(steps: Sequence[tuple[float, int]], end_s: float, parts: int) -> list[tuple[float, int]]:
    """A step curve with at most about one step for each part of the axis: the highest level in that part.

    steps: (second, level from then on) in order of time. Returns the same form; a curve of few steps is unchanged.
    """
    if len(steps) <= parts:
        return list(steps)
    width_s = end_s / parts
    highest = [0] * parts
    for (start_s, level), (stop_s, _) in pairwise([*steps, (end_s, 0)]):
        for part in range(_part(start_s, width_s, parts), _part(stop_s, width_s, parts) + 1):
            highest[part] = max(highest[part], level)
    curve = [(part * width_s, level) for part, level in enumerate(highest)]
    changes = [step for before, step in pairwise([(0.0, 0), *curve]) if before[1] != step[1]]
    return changes if changes and changes[-1][1] == 0 else [*changes, (end_s, 0)]


def make_visible(heights: StatusHeights, parts: int) -> None:
    """Raise what occurs in a part to LEAST_HEIGHT, and let no part be higher than 1. Changes the heights."""
    for part in range(parts):
        present = [high for high in heights.values() if high[part] > 0]
        raised = [max(high[part], LEAST_HEIGHT) for high in present]
        scale = max(sum(raised), 1.0)
        for high, height in zip(present, raised, strict=True):
            high[part] = height / scale


def _part(at_s: float, width_s: float, parts: int) -> int:
    return min(max(int(at_s / width_s), 0), parts - 1)
