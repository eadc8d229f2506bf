"""The timeline as data: a bar a span, density where there are too many for bars, phases, waiting, limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from battnb.model import Profile, Span
from battnb.trace import metrics
from battnb.trace.intervals import levels
from battnb.view.density import density, stacked, thinned
from battnb.view.gantt_bars import phase_bars
from battnb.view.report.text import NAME_CHARACTERS, shown
from battnb.view.report.tracks import BAND_PX, LIMIT_PX, WAITING_PX, Track, tracks_of
from battnb.view.style import LOOKS
from battnb.view.words import count_words, phase_words, seconds_words

PARTS, MOST_AREAS = 600, 40_000
"""Into how many parts density divides the time axis; fewer, where many lanes would make more pieces than that."""

Columns = dict[str, list[Any]]

BAR_COLUMNS = (
    "run", "row", "name", "phase", "status", "lane", "left", "right", "top", "bottom", "fill",
    "queued_s", "started_s", "ended_s", "wait_s", "wall_s", "cpu_s", "cached",
)  # fmt: skip
AREA_COLUMNS = ("run", "status", "lane", "left", "right", "top", "bottom", "fill", "words")
PHASE_COLUMNS = ("left", "right", "top", "bottom", "tint", "name", "words")
WAITING_COLUMNS = ("left", "right", "top", "bottom", "words")
AROUND_TINT = 2
"""The tint of phases around others; others have 0 and 1 in turn."""
LIMIT_COLUMNS = ("at", "top", "bottom", "words", "align", "offset")


class TimelineData(msgspec.Struct, frozen=True):
    """Everything that the timeline shows, as columns. Times in seconds of the run, heights in pixels from the top.

    bars: a row a span of a worker. areas: a row a piece of density. end_s: of the time axis. left_out: spans that
    are shown as density, not as bars.
    """

    tracks: list[Track]
    end_s: float
    bars: Columns
    areas: Columns
    phases: Columns
    waiting: Columns
    limits: Columns
    left_out: int

    @property
    def height_px(self) -> float:
        return self.tracks[-1].bottom


def timeline_data(profiles: Sequence[Profile], rows: Mapping[str, int], most: int, parts: int = PARTS) -> TimelineData:
    """Turn one run, or two above each other, into bars.

    rows: the row of the table that a candidate is in, by id. most: bars; of more spans the longest have bars, and the
    rest is density, in parts of the time axis.
    """
    ends_s = [max(run.wall_s, metrics.cpu_limit_s(run), *[span.ended_s for span in run], 1e-6) for run in profiles]
    end_s = max(ends_s)
    tracks = tracks_of(profiles)
    parts = min(parts, max(MOST_AREAS // sum([len(track.lanes) or 1 for track in tracks]), 1))
    divided = [_divided(run, most // len(profiles)) for run in profiles]
    both = list(zip(profiles, tracks, divided, strict=True))
    return TimelineData(
        tracks=tracks,
        end_s=end_s,
        bars=_columns(BAR_COLUMNS, [_bar(s, n, t, rows) for n, (_, t, (spans, _)) in enumerate(both) for s in spans]),
        areas=_columns(
            AREA_COLUMNS, [a for n, (_, t, (_, rest)) in enumerate(both) for a in _areas(rest, n, t, end_s, parts)]
        ),
        phases=_columns(PHASE_COLUMNS, [phase for run, t, _ in both for phase in _phases(run, t)]),
        waiting=_columns(WAITING_COLUMNS, [step for run, t, _ in both for step in _waiting(run, t, end_s, parts)]),
        limits=_columns(LIMIT_COLUMNS, [limit for run, t, _ in both for limit in _limit(run, t, end_s)]),
        left_out=sum([len(rest) for _, rest in divided]),
    )


def _divided(profile: Profile, most: int) -> tuple[list[Span], list[Span]]:
    """The spans that have bars of their own, and the rest; both in order of time."""
    spans = metrics.work_spans(profile)
    if len(spans) <= most:
        return spans, []
    longest = {id(span) for span in sorted(spans, key=lambda span: -span.wall_s)[:most]}
    return [span for span in spans if id(span) in longest], [span for span in spans if id(span) not in longest]


def _bar(span: Span, run: int, track: Track, rows: Mapping[str, int]) -> tuple[Any, ...]:
    assert span.lane is not None
    top = track.lanes[span.lane]
    look = LOOKS[span.status]
    row = rows.get(span.name, -1) if span.status is not None else -1
    times = (span.queued_s, span.started_s, span.ended_s, span.wait_s, span.wall_s, span.cpu_s)
    name = shown(span.name, NAME_CHARACTERS)
    place = (span.started_s, span.ended_s, top, top + track.lane_px * 0.86)
    return (run, row, name, phase_words(span.phase), look.words, span.lane, *place, look.fill, *times, span.cached)


def _areas(spans: Sequence[Span], run: int, track: Track, end_s: float, parts: int) -> Iterator[tuple[Any, ...]]:
    """Density in each lane, by status from the bottom up."""
    by_lane: dict[int | None, list[Span]] = defaultdict(list)
    for span in spans:
        by_lane[span.lane].append(span)
    width_s, height = end_s / parts, track.lane_px * 0.86
    for lane, own in by_lane.items():
        assert lane is not None
        bottom = track.lanes[lane] + height
        for status, (lows, highs) in stacked(density(own, end_s, parts)).items():
            look, count = LOOKS[status], sum([span.status == status for span in own])
            words = f"{count:,} {look.words} without bars of their own in worker {lane}"
            for part, (low, high) in enumerate(zip(lows, highs, strict=True)):
                if high > low:
                    place = (part * width_s, (part + 1) * width_s, bottom - high * height, bottom - low * height)
                    yield run, look.words, lane, *place, look.fill, words


def _phases(profile: Profile, track: Track) -> Iterator[tuple[Any, ...]]:
    """The band of phases, those around others first, paler and without a name."""
    phases = phase_bars([span for span in metrics.phase_spans(profile) if span.phase != metrics.RUN_BATT])
    leaves = [phase for phase in phases if phase.is_leaf]
    for phase in sorted(phases, key=lambda phase: phase.is_leaf):
        words = f"{phase.words} {seconds_words(phase.ended_s - phase.started_s)}"
        tint = leaves.index(phase) % 2 if phase.is_leaf else AROUND_TINT
        place = (phase.started_s, phase.ended_s, track.band, track.band + BAND_PX)
        yield *place, tint, phase.words if phase.is_leaf else "", words


def _waiting(profile: Profile, track: Track, end_s: float, parts: int) -> Iterator[tuple[Any, ...]]:
    """How many wait, over time; the most of them are as high as the row."""
    waits = levels((span.queued_s, span.started_s) for span in profile if span.queued_s is not None)
    steps = thinned(waits, end_s, parts)
    most = max([count for _, count in steps], default=0)
    bottom = track.waiting + WAITING_PX
    for (start_s, count), (stop_s, _) in pairwise(steps):
        if count:
            words = f"{count_words(count, 'candidate')} waiting"
            yield start_s, stop_s, bottom - WAITING_PX * count / most, bottom, words


def _limit(profile: Profile, track: Track, end_s: float) -> Iterator[tuple[Any, ...]]:
    """Where a run ends that computes all the time, and words on that side where there is more room."""
    at_s = metrics.cpu_limit_s(profile)
    if at_s and track.lanes:
        words = f"CPU limit {seconds_words(at_s)}: CPU seconds / workers"
        align = ("right", -3) if at_s > end_s / 2 else ("left", 3)
        yield at_s, min(track.lanes.values()) - 2, track.bottom - LIMIT_PX + 4, words, *align


def _columns(names: Sequence[str], records: Iterable[tuple[Any, ...]]) -> Columns:
    values = list(zip(*records, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, values, strict=True)}
