"""The interactive timeline, drawn by Bokeh. Its sources are empty; timeline.js fills them from the page's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from battnb.view.report.timeline_bars import (
    AREA_COLUMNS,
    BAR_COLUMNS,
    LIMIT_COLUMNS,
    PHASE_COLUMNS,
    WAITING_COLUMNS,
    TimelineData,
)

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure

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
    _draw_bars(plot, hatched=len(data.bars["left"]) <= HATCHED_BARS, runs=len(data.tracks))
    item: dict[str, Any] = json_item(plot, "plot")
    return item


def bokeh_scripts() -> list[str]:
    """Bokeh's own code, to be written into the page."""
    from bokeh.resources import Resources

    return list(Resources(mode="inline", components=["bokeh"], log_level="error").js_raw)


def _figure(data: TimelineData) -> figure:
    from bokeh.models import BoxZoomTool, FixedTicker, PanTool, Range1d, ResetTool, SaveTool, WheelZoomTool
    from bokeh.plotting import figure

    end_s = data.end_s
    plot = figure(
        name="plot",
        height=int(data.height_px) + 84,
        sizing_mode="stretch_width",
        x_range=Range1d(-0.005 * end_s, 1.015 * end_s, bounds=(-0.02 * end_s, 1.05 * end_s), name="time"),
        y_range=Range1d(data.height_px, 0, bounds=(0, data.height_px)),
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


def _source(name: str, columns: tuple[str, ...]) -> ColumnDataSource:
    from bokeh.models import ColumnDataSource

    return ColumnDataSource({column: [] for column in columns}, name=name)


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
    phases = _source("phases", (*PHASE_COLUMNS, "label", "label_at", "colour"))
    bands = plot.quad(**edges, source=phases, name="band")
    plot.text(
        x="label_at", y="top", text="label", source=phases, text_font_size="11px", text_baseline="top", x_offset=4,
        y_offset=3, name="words",
    )  # fmt: skip
    waiting = plot.quad(**edges | {"line_width": 0.6}, source=_source("waiting", WAITING_COLUMNS), name="waiting_steps")
    view = CDSView(filter=BooleanFilter(name="shown_areas"))
    source = _source("areas", AREA_COLUMNS)
    areas = plot.quad(**edges, fill_color="fill", source=source, view=view, name="density")
    limits = _source("limits", LIMIT_COLUMNS)
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

    source = _source("bars", (*BAR_COLUMNS, *TEXT_COLUMNS, "hatch", "hatch_colour", "edge"))
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
