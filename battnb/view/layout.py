"""How high each row of a Gantt is and where it lies: in points, 1/72 of an inch, from the top down."""

from __future__ import annotations

import msgspec

from battnb.view.gantt_bars import GanttBars, GanttTrack
from battnb.view.labels import PhaseLabel, phase_labels

HEADER_PT = 20.0
NOTES_PT = 21.0
BAND_PT = 16.0
WAITING_PT = 20.0
LIMIT_PT = 19.0
GAP_PT = 5.0
BETWEEN_TRACKS_PT = 16.0
LANES_PT = 330.0
"""The lanes of a run share this height where it gives them less than their usual one."""

LANE_PT = (5.0, 21.0)
"""The least and the usual height of a lane, its gap included."""

TICK_LABEL_PT = 11.0
"""Labels of rows stand at least this far apart."""


Row = tuple[float, float]
"""Top and height."""


class Rows(msgspec.Struct, frozen=True):
    """The rows of one run. Each row is (top, height); lanes are by number. A single run needs no header: the title
    says the same."""

    header: Row | None
    notes: Row
    band: Row | None
    waiting: Row | None
    lanes: dict[int, Row]
    limit: Row | None
    bottom: float
    labels: tuple[PhaseLabel, ...]

    @property
    def lanes_top(self) -> float:
        return min((top for top, _ in self.lanes.values()), default=self.bottom)

    @property
    def lanes_bottom(self) -> float:
        return max((top + height for top, height in self.lanes.values()), default=self.bottom)


def lay_out(bars: GanttBars, width_pt: float) -> list[Rows]:
    """Place the rows of every run, the first at the top. width_pt: of the time axis; labels need to know it."""
    placed: list[Rows] = []
    top = 0.0
    for track in bars.tracks:
        header, below = _optional(len(bars.tracks) > 1, top, HEADER_PT, gap=0)
        labels = tuple(phase_labels(track.phases, bars.end_s, width_pt))
        placed.append(_rows(track, header, below, labels))
        top = placed[-1].bottom + BETWEEN_TRACKS_PT
    return placed


def row_ticks(track: GanttTrack, rows: Rows) -> list[tuple[float, str]]:
    """The words at the left of a run's rows, each with its height; of many thin lanes only every n-th has them."""
    ticks = [(_middle(rows.band), "phases")] if rows.band else []
    ticks += [(_middle(rows.waiting), "waiting")] if rows.waiting else []
    pitch = _lane_pitch_pt(len(track.lanes))
    every = max(1, -(-int(TICK_LABEL_PT) // max(int(pitch), 1)))
    return ticks + [(_middle(rows.lanes[lane]), f"worker {lane}") for lane in track.lanes[::every]]


def _rows(track: GanttTrack, header: Row | None, top: float, labels: tuple[PhaseLabel, ...]) -> Rows:
    notes = (top, NOTES_PT if any(not label.is_inside for label in labels) else 2.0)
    band, below = _optional(bool(track.phases), sum(notes), BAND_PT)
    waiting, below = _optional(track.most_waiting > 0, below, WAITING_PT)
    pitch = _lane_pitch_pt(len(track.lanes))
    lanes = {lane: (below + index * pitch, pitch * 0.86) for index, lane in enumerate(track.lanes)}
    below += len(track.lanes) * pitch
    limit = (below, LIMIT_PT) if track.cpu_limit_s else None
    return Rows(header, notes, band, waiting, lanes, limit, below + (LIMIT_PT if limit else 0.0), labels)


def _optional(is_there: bool, top: float, height: float, gap: float = GAP_PT) -> tuple[Row | None, float]:
    """A row that may be missing, and where the next one begins."""
    return ((top, height), top + height + gap) if is_there else (None, top)


def _lane_pitch_pt(lanes: int) -> float:
    least, usual = LANE_PT
    return min(usual, max(least, LANES_PT / max(lanes, 1)))


def _middle(row: Row) -> float:
    return row[0] + row[1] / 2
