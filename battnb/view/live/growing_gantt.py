"""A Gantt that grows: the same data as gantt_bars makes from a whole profile, kept up to date span by span.

The time axis is divided into parts. Work shorter than a part is kept as density, so that a picture of many candidates
costs as much as one of few. When the axis is full, every two parts become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from battnb.model import PHASES, Phase, Span, Status
from battnb.view.density import StatusHeights, make_visible, stacked
from battnb.view.gantt_bars import Bar, GanttBars, GanttTrack, phase_bars

PARTS = 256
FIRST_PART_S = 0.001
_SHORTEST_S = 1e-9


class Timeline:
    """One run's lanes, as far as they have been recorded.

    workers: lanes that are there from the start. phases: those of the run, which give the words.
    """

    def __init__(self, workers: int, phases: Sequence[Phase] = PHASES) -> None:
        self._known = phases
        self._part_s = FIRST_PART_S
        self._dense: dict[int, dict[Status | None, list[float]]] = {lane: {} for lane in range(workers)}
        self._wide: list[Bar] = []
        self._phases: list[Span] = []
        self._waiting: list[tuple[float, int]] = []

    def add(self, spans: Iterable[Span]) -> None:
        """Add spans, in any order."""
        part_s, dense = self._part_s, self._dense
        for span in spans:
            lane, started_s, ended_s = span.lane, span.started_s, span.ended_s
            if lane is None:
                self._phases += [span] if span.name == span.phase else []
                continue
            while ended_s >= part_s * PARTS:
                self._grow()
                part_s = self._part_s
            first = int(started_s / part_s)
            if ended_s < (first + 1) * part_s and lane in dense and span.status in dense[lane]:
                # If there are many spans, nearly all go this way. However short one is, it is there.
                dense[lane][span.status][first] += ended_s - started_s or _SHORTEST_S
            elif ended_s - started_s < part_s:
                self._spread(lane, span.status, started_s, ended_s)
            else:
                dense.setdefault(lane, {})
                self._wide.append(Bar(lane, span.status, started_s, ended_s, span.name))

    def wait(self, at_s: float, count: int, since_s: float | None = None) -> None:
        """So many wait at a time, which is later than the last. since_s: when the first of all began to wait."""
        if count != (self._waiting[-1][1] if self._waiting else 0):
            if not self._waiting and since_s is not None:
                at_s = since_s  # the first look comes only after a while
            self._waiting.append((at_s, count))
        if len(self._waiting) > 2 * PARTS:
            self._waiting = self._waiting[::2]

    def bars(self, now_s: float, own: Iterable[Span]) -> GanttBars:
        """The picture up to now. own: the spans of this process."""
        parts = min(PARTS, int(now_s / self._part_s) + 1)
        lanes = sorted(self._dense.items())
        areas = [area for lane, dense in lanes for area in stacked(self._heights(dense, parts), lane, self._part_s)]
        track = GanttTrack(
            wall_s=now_s,
            lanes=tuple([lane for lane, _ in lanes]),
            phases=phase_bars([*own, *self._phases], self._known),
            bars=tuple(self._wide),
            areas=tuple(areas),
            waiting=(*self._waiting, (now_s, 0)) if self._waiting else (),
        )
        return GanttBars("timeline of the run", "", max(now_s, 1e-3), (track,))

    def _heights(self, dense: dict[Status | None, list[float]], parts: int) -> StatusHeights:
        """The seconds in each part, as shares of the part."""
        heights = {
            status: [min(seconds / self._part_s, 1.0) for seconds in dense[status][:parts]]
            for status in (*Status, None)
            if status in dense
        }
        make_visible(heights, parts)
        return heights

    def _spread(self, lane: int, status: Status | None, started_s: float, ended_s: float) -> None:
        dense = self._dense.setdefault(lane, {})
        seconds = dense.setdefault(status, [0.0] * PARTS)
        first, last = int(started_s / self._part_s), int(ended_s / self._part_s)
        if first == last or last >= PARTS:
            seconds[min(first, PARTS - 1)] += max(ended_s - started_s, _SHORTEST_S)
        else:
            edge_s = last * self._part_s
            seconds[first] += edge_s - started_s
            seconds[last] += ended_s - edge_s

    def _grow(self) -> None:
        self._part_s *= 2
        for dense in self._dense.values():
            for status, seconds in dense.items():
                pairs = zip(seconds[::2], seconds[1::2], strict=True)
                dense[status] = [one + other for one, other in pairs] + [0.0] * (PARTS // 2)
        bars, self._wide = self._wide, []
        for bar in bars:
            if bar.ended_s - bar.started_s >= self._part_s:
                self._wide.append(bar)
            else:
                self._spread(bar.lane, bar.status, bar.started_s, bar.ended_s)
