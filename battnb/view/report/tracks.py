"""Where the rows of the timeline lie, one run above the other: pixels from the top of the plot."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from battnb.model import Profile
from battnb.trace.metrics import work_spans
from battnb.view.words import run_labels

HEADER_PX, BAND_PX, WAITING_PX, LIMIT_PX, GAP_PX, BETWEEN_PX = 24.0, 20.0, 24.0, 16.0, 6.0, 14.0
LANE_PX, LANES_PX = (7.0, 24.0), 300.0
"""The least and the usual height of a lane with its gap, and of all lanes where that gives them less."""
TICK_PX = 13.0
"""Labels of rows stand at least this far apart."""


class Track(msgspec.Struct, frozen=True):
    """The rows of one run, by their tops. lanes: by the number of the worker; lane_px: height of one.

    end_s: of the run.
    """

    label: str
    end_s: float
    header: float
    band: float
    waiting: float
    lanes: dict[int, float]
    lane_px: float
    bottom: float

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """The middle of each row and the words at its left; of many thin lanes only every n-th has them."""
        every = max(1, -(-int(TICK_PX) // max(int(self.lane_px), 1)))
        lanes = [(top + self.lane_px * 0.43, f"worker {lane}") for lane, top in list(self.lanes.items())[::every]]
        return [(self.band + BAND_PX / 2, "phases"), (self.waiting + WAITING_PX / 2, "waiting"), *lanes]


def tracks_of(profiles: Sequence[Profile]) -> list[Track]:
    """Lay out runs, the first at the top. A single run has no header: the page says the same."""
    placed: list[Track] = []
    top = 2.0
    for profile, label in zip(profiles, run_labels(profiles), strict=True):
        lanes = sorted({*range(profile.workers), *[span.lane for span in work_spans(profile) if span.lane is not None]})
        placed.append(_track(label, profile.wall_s, lanes, top, HEADER_PX if len(profiles) > 1 else 0.0))
        top = placed[-1].bottom + BETWEEN_PX
    return placed


def _track(label: str, end_s: float, lanes: Sequence[int], top: float, header_px: float) -> Track:
    band = top + header_px
    waiting = band + BAND_PX + GAP_PX
    first = waiting + WAITING_PX + GAP_PX
    pitch = min(LANE_PX[1], max(LANE_PX[0], LANES_PX / max(len(lanes), 1)))
    tops = {lane: first + place * pitch for place, lane in enumerate(lanes)}
    return Track(label, end_s, top, band, waiting, tops, pitch, first + pitch * len(lanes) + LIMIT_PX)
