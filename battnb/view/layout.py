"""Where the rows of a Gantt lie, from the top down. Each of the three pictures has its own heights."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from battnb.view.gantt_bars import GanttTrack

Row = tuple[float, float]
"""Top and height."""

LANE_SHARE = 0.86
"""How much of a lane's height its bars take; the rest is the gap to the next lane."""


class Heights(msgspec.Struct, frozen=True, kw_only=True):
    """How high the rows of a picture are, in its own unit (points or pixels).

    gap: below phases and waiting. below_lanes: below the last lane. lane: the least and the usual height of a lane,
    its gap included. lanes: the lanes of a run share this height if it gives them less than the usual one.
    label: labels of rows stand at least this far apart.
    """

    header: float
    band: float
    waiting: float
    limit: float
    gap: float
    below_lanes: float = 0.0
    lane: tuple[float, float]
    lanes: float
    label: float

    def pitch(self, lanes: int) -> float:
        """The height of a lane, its gap included, if there are this many."""
        least, usual = self.lane
        return min(usual, max(least, self.lanes / max(lanes, 1)))


class PlacedRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one run; None for one that is not there.

    A single run has no header: the title says the same. notes: above the phases. lanes: by the worker's number.
    labels: (the middle of a row, the words at its left). Of many thin lanes only every n-th has a label.
    """

    header: Row | None
    notes: Row
    band: Row | None
    waiting: Row | None
    lanes: dict[int, Row]
    limit: Row | None
    bottom: float
    labels: list[tuple[float, str]]

    @property
    def lanes_top(self) -> float:
        return min([top for top, _ in self.lanes.values()], default=self.bottom)

    @property
    def lanes_bottom(self) -> float:
        return max([top + height for top, height in self.lanes.values()], default=self.bottom)


def place_rows(
    heights: Heights,
    lanes: Sequence[int],
    top: float,
    *,
    has_header: bool,
    track: GanttTrack | None = None,
    has_limit: bool = True,
    notes: float = 0.0,
) -> PlacedRows:
    """Place the rows of one run below top.

    track: what the run has rows for; without it, it has them all. notes: the height of the line of notes above its
    phases.
    """
    has_phases, has_waiting = track is None or bool(track.phases), track is None or track.most_waiting > 0
    has_limit = has_limit and (track is None or bool(track.cpu_limit_s))
    header, top = _optional(has_header, top, heights.header)
    band, below = _optional(has_phases, top + notes, heights.band, heights.gap)
    waiting, below = _optional(has_waiting, below, heights.waiting, heights.gap)
    pitch = heights.pitch(len(lanes))
    rows = {lane: (below + place * pitch, pitch * LANE_SHARE) for place, lane in enumerate(lanes)}
    limit, bottom = _optional(has_limit, below + len(lanes) * pitch + heights.below_lanes, heights.limit)
    every = max(1, -(-int(heights.label) // max(int(pitch), 1)))
    named = [(band, "phases"), (waiting, "waiting"), *[(rows[lane], f"worker {lane}") for lane in lanes[::every]]]
    return PlacedRows(
        header=header,
        notes=(top, notes),
        band=band,
        waiting=waiting,
        lanes=rows,
        limit=limit,
        bottom=bottom,
        labels=[(row[0] + row[1] / 2, words) for row, words in named if row is not None],
    )


def _optional(is_there: bool, top: float, height: float, gap: float = 0.0) -> tuple[Row | None, float]:
    """A row that may be missing, and where the next one begins."""
    return ((top, height), top + height + gap) if is_there else (None, top)
