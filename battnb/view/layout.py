"""Where the rows and the words of a Gantt go, so that no words overlap or are cut. Each picture has its own heights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from battnb.view.gantt_bars import GanttTrack, PhaseBar

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
    least, usual = heights.lane
    pitch = min(usual, max(least, heights.lanes / max(len(lanes), 1)))
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


LABEL_PT = 8.0
LEAST_SHARE = 0.004
"""A phase that takes less of the time axis than this has no label. The phase itself cannot be seen either."""

PADDING_PT = 4.0
BETWEEN_PT = 9.0


class PhaseLabel(msgspec.Struct, frozen=True):
    """Words for a phase. at_pt: their centre, from the left end of the axis.

    is_inside: they stand within the phase's bar, not above the band with a line to the bar.
    """

    phase: PhaseBar
    words: str
    at_pt: float
    is_inside: bool


@lru_cache(maxsize=4096)
def text_width_pt(text: str, size_pt: float = LABEL_PT, weight: str = "normal") -> float:
    """How wide a line of text is in matplotlib's default font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    # A dollar would start a formula.
    shown = text.replace("$", "S")
    return float(TextPath((0, 0), shown, size=size_pt, prop=FontProperties(weight=weight)).get_extents().width)


def phase_labels(phases: Sequence[PhaseBar], end_s: float, width_pt: float) -> list[PhaseLabel]:
    """Place the words of the phases that are wide enough to be seen, on an axis of end_s seconds and width_pt.

    Words stand in the bar if they fit, else in one line above the band, pushed apart. If that line does not have room
    for all of them, the shortest phases get none.
    """
    leaves = [phase for phase in phases if phase.is_leaf and phase.wall_s >= end_s * LEAST_SHARE]
    scale = width_pt / end_s
    inside = [label for phase in leaves if (label := _inside(phase, scale))]
    labelled = {id(label.phase) for label in inside}
    return inside + _above([phase for phase in leaves if id(phase) not in labelled], scale, width_pt)


def spread(centres: Sequence[float], widths: Sequence[float], end: float) -> list[float]:
    """Move labels on a line apart, as little as a sweep there and back can, so that none overlap.

    centres: where they would be, in order. end: the line goes from 0 to there and is long enough for all.
    Returns their new centres.
    """
    placed: list[float] = []
    left = 0.0
    for centre, width in zip(centres, widths, strict=True):
        placed.append(max(centre, left + width / 2))
        left = placed[-1] + width / 2 + BETWEEN_PT
    right = end
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], right - widths[index] / 2)
        right = placed[index] - widths[index] / 2 - BETWEEN_PT
    return placed


def _inside(phase: PhaseBar, scale: float) -> PhaseLabel | None:
    for words in (phase.timed_words, phase.words):
        if text_width_pt(words) + 2 * PADDING_PT <= phase.wall_s * scale:
            return PhaseLabel(phase, words, phase.middle_s * scale, is_inside=True)
    return None


def _above(phases: Sequence[PhaseBar], scale: float, width_pt: float) -> list[PhaseLabel]:
    kept = list(phases)
    while kept and sum(text_width_pt(phase.timed_words) + BETWEEN_PT for phase in kept) > width_pt:
        kept.remove(min(kept, key=lambda phase: phase.wall_s))
    widths = [text_width_pt(phase.timed_words) for phase in kept]
    centres = spread([phase.middle_s * scale for phase in kept], widths, width_pt)
    return [
        PhaseLabel(phase, phase.timed_words, at_pt, is_inside=False) for phase, at_pt in zip(kept, centres, strict=True)
    ]
