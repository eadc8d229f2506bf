"""What a Gantt shows, as plain data: bars, density, phases, waiting, lines and words. gantt.py draws it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from battnb.errors import InputError
from battnb.model import Profile, Span, Status
from battnb.trace import metrics
from battnb.trace.intervals import levels, union
from battnb.view.density import density, stacked, thinned
from battnb.view.words import headline, phase_words, run_labels, run_words

RESOLUTION = 500
"""Into how many parts the time axis is divided; a bar narrower than one cannot be seen for itself."""


class Bar(msgspec.Struct, frozen=True):
    """One piece of work in a lane. Times in seconds of the run; name as in the span."""

    lane: int
    status: Status | None
    started_s: float
    ended_s: float
    name: str


class Area(msgspec.Struct, frozen=True):
    """Many pieces of work of one status in a lane, too narrow for bars of their own.

    part_s: width of a part of the time axis. bottoms, tops: for each part, as shares of the lane's height.
    """

    lane: int
    status: Status | None
    part_s: float
    bottoms: tuple[float, ...]
    tops: tuple[float, ...]


class PhaseBar(msgspec.Struct, frozen=True):
    """A phase in the band above the lanes. is_leaf: it is no phase around others (metrics.AROUND)."""

    words: str
    started_s: float
    ended_s: float
    is_leaf: bool


class GanttTrack(msgspec.Struct, frozen=True):
    """One run: its words, its band of phases and its lanes.

    lanes: numbers of the workers, also of those that had nothing to do.
    queued: (lane, start, end) where work that the lane would do was waiting; bars lie over it.
    waiting: (second, how many wait from then on).
    cpu_limit_s: where a run that computes all the time ends; None where no CPU was measured.
    """

    label: str
    words: str
    wall_s: float
    lanes: tuple[int, ...]
    phases: tuple[PhaseBar, ...]
    bars: tuple[Bar, ...]
    areas: tuple[Area, ...]
    queued: tuple[tuple[int, float, float], ...]
    waiting: tuple[tuple[float, int], ...]
    cpu_limit_s: float | None

    @property
    def most_waiting(self) -> int:
        return max((count for _, count in self.waiting), default=0)


class GanttBars(msgspec.Struct, frozen=True):
    """One picture: runs above each other on one time axis, which ends at end_s. title: the result in words."""

    title: str
    subtitle: str
    end_s: float
    tracks: tuple[GanttTrack, ...]

    @property
    def statuses(self) -> tuple[Status | None, ...]:
        """Those that occur, in Status's order, work without a verdict last."""
        drawn = {bar.status for track in self.tracks for bar in track.bars}
        drawn |= {area.status for track in self.tracks for area in track.areas}
        return tuple(status for status in (*Status, None) if status in drawn)


def gantt_bars(profiles: Profile | Sequence[Profile], resolution: int = RESOLUTION) -> GanttBars:
    """Turn one run, or runs of the same work, into the data of one picture.

    profiles: a Profile, or a sequence of them, drawn from the top. resolution: parts of the time axis; work shorter
    than one is drawn as wide as one, or, where a lane has more of it than half the parts, as density.
    Raises InputError where there is no profile.
    """
    runs = [profiles] if isinstance(profiles, Profile) else list(profiles)
    if not runs:
        raise InputError("gantt got no profile; hand it a run's profile or two of them")
    end_s = max(max(run.wall_s, metrics.cpu_limit_s(run), *(span.ended_s for span in run), 0.0) for run in runs) or 1.0
    tracks = [_track(run, label, end_s, resolution) for run, label in zip(runs, run_labels(runs), strict=True)]
    names = list(dict.fromkeys(run.run for run in runs))
    return GanttBars(headline(runs), ", ".join(names), end_s, tuple(tracks))


def _track(profile: Profile, label: str, end_s: float, parts: int) -> GanttTrack:
    by_lane: dict[int, list[Span]] = {lane: [] for lane in range(profile.workers)}
    for span in metrics.work_spans(profile):
        assert span.lane is not None
        by_lane.setdefault(span.lane, []).append(span)
    bars: list[Bar] = []
    areas: list[Area] = []
    for lane, spans in sorted(by_lane.items()):
        narrow = [span for span in spans if span.wall_s < end_s / parts]
        dense = narrow if len(narrow) > parts // 2 else []
        bars += _bars(lane, [span for span in spans if not dense or span.wall_s >= end_s / parts], end_s / parts)
        areas += _areas(lane, dense, end_s, parts)
    return GanttTrack(
        label=label,
        words=run_words(profile),
        wall_s=profile.wall_s,
        lanes=tuple(sorted(by_lane)),
        phases=phase_bars(metrics.phase_spans(profile)),
        bars=tuple(bars),
        areas=tuple(areas),
        queued=_queued(profile),
        waiting=_waiting(profile, end_s, parts),
        cpu_limit_s=metrics.cpu_limit_s(profile) or None,
    )


def _bars(lane: int, spans: Sequence[Span], least_s: float) -> list[Bar]:
    """Bars at least least_s wide, wide ones first, so that they do not hide narrow ones."""
    ordered = sorted(spans, key=lambda span: span.wall_s < least_s)
    return [
        Bar(lane, span.status, span.started_s, max(span.ended_s, span.started_s + least_s), span.name)
        for span in ordered
    ]


def _areas(lane: int, spans: Sequence[Span], end_s: float, parts: int) -> list[Area]:
    areas = stacked(density(spans, end_s, parts)).items()
    return [Area(lane, status, end_s / parts, tuple(bottoms), tuple(tops)) for status, (bottoms, tops) in areas]


def phase_bars(spans: Sequence[Span]) -> tuple[PhaseBar, ...]:
    """Phases in order of start, those around others first. One that another overlaps is shown until that begins."""
    ordered = sorted(spans, key=lambda span: (span.started_s, -span.ended_s))
    leaves = [span for span in ordered if span.phase not in metrics.AROUND]
    shown_until_s = {id(a): min(a.ended_s, b.started_s) for a, b in pairwise(leaves)}
    return tuple(
        [
            PhaseBar(phase_words(span.phase), span.started_s, shown_until_s.get(id(span), span.ended_s), span in leaves)
            for span in ordered
        ]
    )


def _queued(profile: Profile) -> tuple[tuple[int, float, float], ...]:
    waits: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for span in metrics.work_spans(profile):
        if span.lane is not None and span.queued_s is not None:
            waits[span.lane].append((span.queued_s, span.started_s))
    return tuple((lane, start_s, stop_s) for lane in sorted(waits) for start_s, stop_s in union(waits[lane]))


def _waiting(profile: Profile, end_s: float, parts: int) -> tuple[tuple[float, int], ...]:
    waits = ((span.queued_s, span.started_s) for span in profile if span.queued_s is not None)
    return tuple(thinned(levels(waits), end_s, parts))
