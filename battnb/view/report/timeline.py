"""The interactive timeline as data: a bar a span, density if there are too many for bars, phases, waiting, limits. Then
the plot that Bokeh draws; its sources are empty, and timeline.js fills them from the page's data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from battnb.model import Profile, Span
from battnb.model.phase_table import RUN_BATT
from battnb.trace import metrics
from battnb.view.gantt_bars import axis_end_s, density, phase_bars, stacked, waiting_steps
from battnb.view.layout import Heights, PlacedRows, place_rows
from battnb.view.report.report_parts import NAME_CHARACTERS, shown
from battnb.view.style import LOOKS
from battnb.view.words import count_words, limit_words, phase_words, run_labels

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure

PARTS, MOST_AREAS = 600, 40_000
"""How many parts density divides the time axis into; fewer if many lanes would make more pieces than MOST_AREAS."""
HEIGHTS_PX = Heights(
    header=24.0, band=20.0, waiting=24.0, limit=16.0, gap=6.0, lane=(7.0, 24.0), lanes=300.0, label=13.0
)
BETWEEN_PX = 14.0

Columns = dict[str, list[Any]]

COLUMNS: dict[str, tuple[str, ...]] = {
    "bars": (
        "run", "row", "name", "phase", "status", "lane", "left", "right", "top", "bottom", "fill",
        "queued_s", "started_s", "ended_s", "wait_s", "wall_s", "cpu_s", "cached",
    ),
    "areas": ("run", "status", "lane", "left", "right", "top", "bottom", "fill", "words"),
    "phases": ("left", "right", "top", "bottom", "tint", "name", "words"),
    "waiting": ("left", "right", "top", "bottom", "words"),
    "limits": ("at", "top", "bottom", "words", "align", "offset"),
}  # fmt: skip
"""The columns of each of the plot's sources."""
AROUND_TINT = 2
"""The tint of phases that contain others; the rest have 0 and 1 in turn."""


class TimelineTrack(msgspec.Struct, frozen=True):
    """One run: its name, its seconds, and its rows in pixels from the top of the plot."""

    label: str
    wall_s: float
    rows: PlacedRows


class TimelineData(msgspec.Struct, frozen=True):
    """Everything that the timeline shows. Times are in seconds of the run, heights in pixels from the top.

    end_s: of the time axis. sources: columns by name for each of COLUMNS. left_out: spans that are shown as density,
    not as bars.
    """

    tracks: list[TimelineTrack]
    end_s: float
    sources: dict[str, Columns]
    left_out: int


def timeline_data(profiles: Sequence[Profile], rows: Mapping[str, int], most: int) -> TimelineData:
    """Turn one run, or two above each other, into bars.

    rows: the row of the table that a candidate is in, by id. most: bars. If there are more spans, the longest have
    bars, and the rest is density, in parts of the time axis.
    """
    end_s, tracks, left_out = axis_end_s(profiles), _tracks(profiles), 0
    parts = min(PARTS, max(MOST_AREAS // sum([len(track.rows.lanes) or 1 for track in tracks]), 1))
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for number, (run, track) in enumerate(zip(profiles, tracks, strict=True)):
        barred, dense = _divided(run, most // len(profiles))
        left_out += len(dense)
        found["bars"] += [_bar(span, number, run, track.rows, rows) for span in barred]
        found["areas"] += _areas(dense, number, track.rows, end_s, parts)
        found["phases"] += _phases(run, track.rows)
        found["waiting"] += _waiting(run, track.rows, end_s, parts)
        found["limits"] += _limit(run, track.rows, end_s)
    return TimelineData(tracks, end_s, {name: _columns(COLUMNS[name], found[name]) for name in found}, left_out)


def _tracks(profiles: Sequence[Profile]) -> list[TimelineTrack]:
    """Lay out runs, the first at the top. A single run has no header: the page says the same."""
    placed: list[TimelineTrack] = []
    top = 2.0
    for profile, label in zip(profiles, run_labels(profiles), strict=True):
        rows = place_rows(HEIGHTS_PX, list(metrics.spans_by_lane(profile)), top, has_header=len(profiles) > 1)
        placed.append(TimelineTrack(label, profile.wall_s, rows))
        top = rows.bottom + BETWEEN_PX
    return placed


def _divided(profile: Profile, most: int) -> tuple[list[Span], list[Span]]:
    """The spans that have bars of their own, and the rest; both in order of time."""
    spans = metrics.work_spans(profile)
    if len(spans) <= most:
        return spans, []
    longest = {id(span) for span in sorted(spans, key=lambda span: -span.wall_s)[:most]}
    return [span for span in spans if id(span) in longest], [span for span in spans if id(span) not in longest]


def _bar(span: Span, number: int, run: Profile, own: PlacedRows, rows: Mapping[str, int]) -> tuple[Any, ...]:
    assert span.lane is not None
    top, height = own.lanes[span.lane]
    look = LOOKS[span.status]
    row = rows.get(span.name, -1) if span.status is not None else -1
    times = (span.queued_s, span.started_s, span.ended_s, span.wait_s, span.wall_s, span.cpu_s)
    names = (shown(span.name, NAME_CHARACTERS), phase_words(span.phase, run.phases), look.words)
    place = (span.started_s, span.ended_s, top, top + height)
    return (number, row, *names, span.lane, *place, look.fill, *times, span.cached)


def _areas(spans: Sequence[Span], number: int, own: PlacedRows, end_s: float, parts: int) -> Iterator[tuple[Any, ...]]:
    """Density in each lane, by status from the bottom up."""
    by_lane: dict[int | None, list[Span]] = defaultdict(list)
    for span in spans:
        by_lane[span.lane].append(span)
    width_s = end_s / parts
    for lane, work in by_lane.items():
        assert lane is not None
        top, height = own.lanes[lane]
        bottom = top + height
        for area in stacked(density(work, end_s, parts), lane, width_s):
            look, count = LOOKS[area.status], sum([span.status == area.status for span in work])
            words = f"{count:,} {look.words} without bars of their own in worker {lane}"
            for part, (low, high) in enumerate(zip(area.bottoms, area.tops, strict=True)):
                if high > low:
                    place = (part * width_s, (part + 1) * width_s, bottom - high * height, bottom - low * height)
                    yield number, look.words, lane, *place, look.fill, words


def _phases(profile: Profile, own: PlacedRows) -> Iterator[tuple[Any, ...]]:
    """The band of phases. Those that contain others come first, paler and without a name."""
    assert own.band is not None
    top, height = own.band
    spans = [span for span in metrics.phase_spans(profile) if span.phase != RUN_BATT]
    phases = phase_bars(spans, profile.phases)
    leaves = [phase for phase in phases if phase.is_leaf]
    for phase in sorted(phases, key=lambda phase: phase.is_leaf):
        tint = leaves.index(phase) % 2 if phase.is_leaf else AROUND_TINT
        place = (phase.started_s, phase.ended_s, top, top + height)
        yield *place, tint, phase.words if phase.is_leaf else "", phase.timed_words


def _waiting(profile: Profile, own: PlacedRows, end_s: float, parts: int) -> Iterator[tuple[Any, ...]]:
    """How many wait, over time. The most that wait are as high as the row."""
    assert own.waiting is not None
    top, height = own.waiting
    steps = waiting_steps(profile, end_s, parts)
    most = max([count for _, count in steps], default=0)
    for (start_s, count), (stop_s, _) in pairwise(steps):
        if count:
            words = f"{count_words(count, 'candidate')} waiting"
            yield start_s, stop_s, top + height - height * count / most, top + height, words


def _limit(profile: Profile, own: PlacedRows, end_s: float) -> Iterator[tuple[Any, ...]]:
    """Where a run would end that computes all the time, with words on the side that has more room."""
    at_s = metrics.cpu_limit_s(profile)
    if at_s and own.lanes and own.limit is not None:
        align = ("right", -3) if at_s > end_s / 2 else ("left", 3)
        yield at_s, own.lanes_top - 2, own.limit[0] + 4, limit_words(at_s), *align


def _columns(names: Sequence[str], records: Iterable[tuple[Any, ...]]) -> Columns:
    values = list(zip(*records, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, values, strict=True)}


HATCHED_BARS = 2_000
"""Up to this many bars show their status by hatching too. More are drawn without it, to stay fluid."""
TEXT_COLUMNS = ("queued", "started", "ended", "waited", "wall", "cpu", "from_cache", "run_label")
"""Columns that timeline.js adds to the bars: what a tooltip says about them."""

_TOOLTIPS = [
    ("what", "@name"), ("run", "@run_label"), ("phase", "@phase"), ("status", "@status"), ("worker", "@lane"),
    ("queued", "@queued"), ("waited", "@waited"), ("started", "@started"), ("ended", "@ended"), ("wall", "@wall"),
    ("CPU", "@cpu"), ("from the cache", "@from_cache"),
]  # fmt: skip


def plot_item(data: TimelineData) -> dict[str, Any]:
    """The timeline as what Bokeh.embed.embed_item takes."""
    from bokeh.embed import json_item

    plot = _figure(data)
    _draw_rows(plot, data)
    _draw_bars(plot, hatched=len(data.sources["bars"]["left"]) <= HATCHED_BARS, runs=len(data.tracks))
    item: dict[str, Any] = json_item(plot, "plot")
    return item


def bokeh_scripts() -> list[str]:
    """Bokeh's own code, to be written into the page."""
    from bokeh.resources import Resources

    return list(Resources(mode="inline", components=["bokeh"], log_level="error").js_raw)


def _figure(data: TimelineData) -> figure:
    from bokeh.models import BoxZoomTool, FixedTicker, PanTool, Range1d, ResetTool, SaveTool, WheelZoomTool
    from bokeh.plotting import figure

    end_s, height_px = data.end_s, data.tracks[-1].rows.bottom
    plot = figure(
        name="plot",
        height=int(height_px) + 84,
        sizing_mode="stretch_width",
        x_range=Range1d(-0.005 * end_s, 1.015 * end_s, bounds=(-0.02 * end_s, 1.05 * end_s), name="time"),
        y_range=Range1d(height_px, 0, bounds=(0, height_px)),
        toolbar_location="above",
        tools=[],
        x_axis_label="seconds from the start of the run",
    )
    pan = PanTool(dimensions="width")
    wheel = WheelZoomTool(dimensions="width", modifiers={"ctrl": True})
    plot.add_tools(pan, wheel, BoxZoomTool(dimensions="width"), ResetTool(), SaveTool())
    plot.toolbar.active_drag, plot.toolbar.active_scroll, plot.toolbar.logo = pan, wheel, None
    ticks = [label for track in data.tracks for label in track.rows.labels]
    plot.yaxis.ticker = FixedTicker(ticks=[at for at, _ in ticks])
    plot.yaxis.major_label_overrides = dict(ticks)
    plot.ygrid.visible = False
    plot.xaxis.axis_label_text_font_style = "normal"
    plot.yaxis.axis_line_color = plot.yaxis.major_tick_line_color = plot.outline_line_color = None
    plot.xaxis.minor_tick_line_color = None
    plot.background_fill_color = plot.border_fill_color = None
    return plot


def _source(name: str, *more: str) -> ColumnDataSource:
    """An empty source. more: columns that timeline.js adds."""
    from bokeh.models import ColumnDataSource

    return ColumnDataSource({column: [] for column in (*COLUMNS[name], *more)}, name=name)


def _draw_rows(plot: figure, data: TimelineData) -> None:
    """What lies behind the bars: backgrounds of lanes, phases, waiting, limits, density, names of runs."""
    from bokeh.models import BooleanFilter, CDSView, HoverTool

    for track in data.tracks:
        if track.rows.header is not None:
            plot.text(
                x=[0], y=[track.rows.header[0] + 12], text=[track.label], text_baseline="middle", text_font_size="13px",
                text_font_style="bold", name="words",
            )  # fmt: skip
        tops = [top for top, _ in track.rows.lanes.values()]
        bottoms = [top + height for top, height in track.rows.lanes.values()]
        plot.quad(left=0, right=track.wall_s, top=tops, bottom=bottoms, line_color=None, name="ground")
    edges = {"left": "left", "right": "right", "top": "top", "bottom": "bottom", "line_width": 0}
    phases = _source("phases", "label", "label_at", "colour")
    bands = plot.quad(**edges, source=phases, name="band")
    plot.text(
        x="label_at", y="top", text="label", source=phases, text_font_size="11px", text_baseline="top", x_offset=4,
        y_offset=3, name="words",
    )  # fmt: skip
    waiting = plot.quad(**edges | {"line_width": 0.6}, source=_source("waiting"), name="waiting_steps")
    view = CDSView(filter=BooleanFilter(name="shown_areas"))
    areas = plot.quad(**edges, fill_color="fill", source=_source("areas"), view=view, name="density")
    limits = _source("limits")
    plot.segment(
        x0="at", x1="at", y0="top", y1="bottom", source=limits, line_dash="dashed", line_width=1.5, name="limit"
    )
    plot.text(
        x="at", y="bottom", text="words", source=limits, text_font_size="11px", text_baseline="top", y_offset=1,
        text_align="align", x_offset="offset", name="limit_words",
    )  # fmt: skip
    plot.add_tools(HoverTool(renderers=[bands, waiting, areas], tooltips=[("", "@words")], attachment="vertical"))


def _draw_bars(plot: figure, hatched: bool, runs: int) -> None:
    from bokeh.models import BooleanFilter, CDSView, HoverTool, TapTool

    source = _source("bars", *TEXT_COLUMNS, "hatch", "hatch_colour", "edge")
    look: dict[str, Any] = (
        {"hatch_pattern": "hatch", "hatch_color": "hatch_colour", "hatch_scale": 7} if hatched else {}
    )
    bars = plot.quad(
        left="left", right="right", top="top", bottom="bottom", source=source, name="work",
        view=CDSView(filter=BooleanFilter(name="shown")), fill_color="fill", line_color="edge", line_width=0.8,
        fill_alpha=0.9, nonselection_fill_alpha=0.3, nonselection_line_alpha=0.3, selection_line_color="black", **look,
    )  # fmt: skip
    bars.selection_glyph.line_width = 2.5
    said = [about for about in _TOOLTIPS if about[0] != "run" or runs > 1]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=said), TapTool(renderers=[bars]))
