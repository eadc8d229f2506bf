"""What a Gantt shows, as plain data: bars, density, phases, waiting, lines and words. gantt.py and svg.py draw it.

What is too much for a screen is made less: narrow bars become stacked density, and long step curves short ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from battnb.errors import InputError
from battnb.model import Phase, Profile, Span, Status
from battnb.trace import metrics
from battnb.trace.intervals import levels, union
from battnb.view.words import headline, phase_words, run_labels, run_words, seconds_words

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


RESOLUTION = 500
"""How many parts the time axis is divided into. A bar narrower than one part cannot be seen by itself."""


class Bar(msgspec.Struct, frozen=True):
    """One piece of work in a lane. Times are in seconds of the run; the name is the span's."""

    lane: int
    status: Status | None
    started_s: float
    ended_s: float
    name: str


class PhaseBar(msgspec.Struct, frozen=True):
    """A phase in the band above the lanes. is_leaf: it does not contain other phases."""

    words: str
    started_s: float
    ended_s: float
    is_leaf: bool

    @property
    def wall_s(self) -> float:
        return self.ended_s - self.started_s

    @property
    def middle_s(self) -> float:
        return (self.started_s + self.ended_s) / 2

    @property
    def timed_words(self) -> str:
        """ "validate 2.0 s"."""
        return f"{self.words} {seconds_words(self.wall_s)}"


class GanttTrack(msgspec.Struct, frozen=True, kw_only=True):
    """One run: its words, its band of phases and its lanes.

    lanes: numbers of the workers, with those that had nothing to do.
    queued: (lane, start, end) of the time in which work of this lane was waiting; bars lie over it.
    waiting: (second, how many wait from then on).
    cpu_limit_s: where a run that computes all the time would end; None if no CPU was measured.
    """

    label: str = ""
    words: str = ""
    wall_s: float
    lanes: tuple[int, ...]
    phases: tuple[PhaseBar, ...]
    bars: tuple[Bar, ...]
    areas: tuple[Area, ...]
    queued: tuple[tuple[int, float, float], ...] = ()
    waiting: tuple[tuple[float, int], ...] = ()
    cpu_limit_s: float | None = None

    @property
    def most_waiting(self) -> int:
        return max([count for _, count in self.waiting], default=0)


class GanttBars(msgspec.Struct, frozen=True):
    """One picture: runs above each other on one time axis that ends at end_s. title: the result in words."""

    title: str
    subtitle: str
    end_s: float
    tracks: tuple[GanttTrack, ...]

    @property
    def statuses(self) -> tuple[Status | None, ...]:
        """The statuses that occur, in Status's order; work without a verdict comes last."""
        drawn = {bar.status for track in self.tracks for bar in track.bars}
        drawn |= {area.status for track in self.tracks for area in track.areas}
        return tuple([status for status in (*Status, None) if status in drawn])


def gantt_bars(profiles: Profile | Sequence[Profile], resolution: int = RESOLUTION) -> GanttBars:
    """Turn one run, or runs of the same work, into the data of one picture.

    profiles: a Profile, or a sequence of them, drawn from the top. resolution: parts of the time axis. Work shorter
    than a part is drawn as wide as one; if a lane has more such work than half the parts, it is drawn as density.
    Raises InputError if there is no profile.
    """
    runs = [profiles] if isinstance(profiles, Profile) else list(profiles)
    if not runs:
        raise InputError("gantt got no profile; hand it a run's profile or two of them")
    end_s = axis_end_s(runs)
    tracks = [_track(run, label, end_s, resolution) for run, label in zip(runs, run_labels(runs), strict=True)]
    names = list(dict.fromkeys([run.run for run in runs]))
    return GanttBars(headline(runs), ", ".join(names), end_s, tuple(tracks))


def axis_end_s(profiles: Iterable[Profile]) -> float:
    """Where a time axis ends that holds all of some runs and their CPU limits; 1 s if nothing took time."""
    ends_s = [
        end for run in profiles for end in (run.wall_s, metrics.cpu_limit_s(run), *[span.ended_s for span in run])
    ]
    return max([*ends_s, 0.0]) or 1.0


def phase_bars(spans: Iterable[Span], phases: Sequence[Phase]) -> tuple[PhaseBar, ...]:
    """Phases in order of start, those that contain others first. One that another overlaps is shown until that begins.

    phases: those of the run, which give the words.
    """
    containing = {phase.metric for phase in phases if phase.is_around}
    ordered = sorted(spans, key=lambda span: (span.started_s, -span.ended_s))
    leaves = [span for span in ordered if span.phase not in containing]
    shown_until_s = {id(a): min(a.ended_s, b.started_s) for a, b in pairwise(leaves)}
    bars = []
    for span in ordered:
        ended_s, is_leaf = shown_until_s.get(id(span), span.ended_s), span.phase not in containing
        bars.append(PhaseBar(phase_words(span.phase, phases), span.started_s, ended_s, is_leaf))
    return tuple(bars)


def waiting_steps(profile: Profile, end_s: float, parts: int) -> list[tuple[float, int]]:
    """How many pieces of work wait, over time: (second, how many from then on)."""
    return thinned(levels(metrics.waited(profile)), end_s, parts)


def _track(profile: Profile, label: str, end_s: float, parts: int) -> GanttTrack:
    by_lane = metrics.spans_by_lane(profile)
    bars: list[Bar] = []
    areas: list[Area] = []
    for lane, spans in by_lane.items():
        narrow = [span for span in spans if span.wall_s < end_s / parts]
        dense = narrow if len(narrow) > parts // 2 else []
        bars += _bars(lane, [span for span in spans if not dense or span.wall_s >= end_s / parts], end_s / parts)
        areas += stacked(density(dense, end_s, parts), lane, end_s / parts)
    return GanttTrack(
        label=label,
        words=run_words(profile),
        wall_s=profile.wall_s,
        lanes=tuple(by_lane),
        phases=phase_bars(metrics.phase_spans(profile), profile.phases),
        bars=tuple(bars),
        areas=tuple(areas),
        queued=tuple([(lane, *wait) for lane, spans in by_lane.items() for wait in union(metrics.waited(spans))]),
        waiting=tuple(waiting_steps(profile, end_s, parts)),
        cpu_limit_s=metrics.cpu_limit_s(profile) or None,
    )


def _bars(lane: int, spans: Sequence[Span], least_s: float) -> list[Bar]:
    """Bars at least least_s wide. Wide ones come first, so that they do not hide narrow ones."""
    bars = []
    for span in sorted(spans, key=lambda span: span.wall_s < least_s):
        started_s, ended_s = span.started_s, max(span.ended_s, span.started_s + least_s)
        bars.append(Bar(lane=lane, status=span.status, started_s=started_s, ended_s=ended_s, name=span.name))
    return bars
