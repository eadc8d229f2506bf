"""Too many things for a screen, made few: narrow bars become stacked density, long step curves short ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from battnb.model import Span, Status

Point = tuple[float, float]

StatusHeights = dict[Status | None, list[float]]
"""For each status the share of each of n equal parts of the time axis, 0 to 1."""

LEAST_HEIGHT = 0.06
"""A status that occurs in a part is at least this high there: one failure among thousands must be seen."""


class Area(msgspec.Struct, frozen=True):
    """Many pieces of work of one status in a lane, each too narrow for its own bar.

    part_s: width of a part of the time axis. bottoms, tops: for each part, as shares of the lane's height.
    """

    lane: int
    status: Status | None
    part_s: float
    bottoms: tuple[float, ...]
    tops: tuple[float, ...]

    def outlines(self) -> Iterator[list[Point]]:
        """An outline for each stretch in which it is not empty: (second, share of the lane's height) points."""
        over: list[Point] = []
        under: list[Point] = []
        for part, (low, high) in enumerate(zip((*self.bottoms, 0.0), (*self.tops, 0.0), strict=True)):
            if high > low:
                for edge in (part * self.part_s, (part + 1) * self.part_s):
                    over.append((edge, high))
                    under.append((edge, low))
            elif over:
                yield over + under[::-1]
                over, under = [], []


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


def stacked(heights: StatusHeights, lane: int, part_s: float) -> list[Area]:
    """Areas of the heights of each status, each on top of those before it."""
    areas: list[Area] = []
    for status, high in heights.items():
        bottoms = areas[-1].tops if areas else (0.0,) * len(high)
        tops = tuple([bottom + height for bottom, height in zip(bottoms, high, strict=True)])
        areas.append(Area(lane=lane, status=status, part_s=part_s, bottoms=bottoms, tops=tops))
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
