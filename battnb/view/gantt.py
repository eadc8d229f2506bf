"""Gantt pictures: one run, or two on one time axis. gantt_bars gives the data, draw_gantt draws it.

matplotlib is loaded when something is drawn, not before. Its object interface is used, never pyplot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from battnb.model import Profile
from battnb.view import strokes
from battnb.view.gantt_bars import GanttBars, gantt_bars
from battnb.view.layout import Heights, PhaseLabel, PlacedRows, phase_labels, place_rows, text_width_pt
from battnb.view.strokes import ROW_PT, draw_legend, legend_rows
from battnb.view.style import HAIRLINE, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 10.5
LEFT_IN, RIGHT_IN = 0.95, 0.35
TITLE_IN, AXIS_IN = 0.72, 0.62
TITLE_PT, SMALLEST_TITLE_PT = 12.5, 8.0
HEIGHTS_PT = Heights(
    header=20.0, band=16.0, waiting=20.0, limit=19.0, gap=5.0, lane=(5.0, 21.0), lanes=330.0, label=11.0
)
NOTES_PT, NO_NOTES_PT, BETWEEN_TRACKS_PT = 21.0, 2.0, 16.0


def gantt(profiles: Profile | Sequence[Profile], ax: Axes | None = None) -> Figure:
    """Draw one run, or two of the same work above each other on one time axis.

    profiles: a Profile, or a pair such as (sequential, parallel). ax: axes to draw in; None makes a figure as high
    as the lanes need.
    Returns the matplotlib Figure, which shows itself as the last expression of a cell.
    Raises InputError if there is no profile.
    """
    bars = gantt_bars(profiles)
    if ax is None:
        ax = _new_axes(bars)
    draw_gantt(bars, ax)
    return strokes.root_figure(ax)


def draw_gantt(bars: GanttBars, ax: Axes) -> None:
    """Draw the data of a Gantt in axes. Every colour is set here, so that the user's style changes nothing."""
    width_pt = strokes.width_pt(ax)
    s_per_pt = bars.end_s / width_pt
    placed = lay_out(bars, width_pt)
    _prepare(ax, bars, placed[-1][0].bottom)
    for track, (rows, labels) in zip(bars.tracks, placed, strict=True):
        strokes.draw_header(ax, track, rows)
        strokes.draw_phases(ax, track, rows, labels, s_per_pt)
        strokes.draw_waiting(ax, track, rows, s_per_pt)
        strokes.draw_lanes(ax, track, rows, s_per_pt)
        strokes.draw_limit(ax, track, rows, s_per_pt)
    ticks = [tick for rows, _ in placed for tick in rows.labels]
    at, words = [at for at, _ in ticks], [words for _, words in ticks]
    ax.set_yticks(at, labels=words, color=strokes.inks(ax)[0], fontsize=8.5)
    _draw_title(ax, bars, width_pt)
    draw_legend(ax, bars, width_pt)


def lay_out(bars: GanttBars, width_pt: float) -> list[tuple[PlacedRows, list[PhaseLabel]]]:
    """Place the rows of every run, the first at the top, and the words for its phases. width_pt: of the time axis."""
    placed = []
    top = 0.0
    for track in bars.tracks:
        labels = phase_labels(track.phases, bars.end_s, width_pt)
        notes = NO_NOTES_PT if all([label.is_inside for label in labels]) else NOTES_PT
        has_header = len(bars.tracks) > 1
        rows = place_rows(HEIGHTS_PT, track.lanes, top, has_header=has_header, track=track, notes=notes)
        placed.append((rows, labels))
        top = rows.bottom + BETWEEN_TRACKS_PT
    return placed


def _new_axes(bars: GanttBars) -> Axes:
    from battnb.view.figure import new_figure

    width_pt = (WIDTH_IN - LEFT_IN - RIGHT_IN) * 72
    legend_in = legend_rows(bars, width_pt) * ROW_PT / 72
    rows_in = lay_out(bars, width_pt)[-1][0].bottom / 72
    height_in = TITLE_IN + rows_in + AXIS_IN + legend_in
    left, bottom = LEFT_IN / WIDTH_IN, (AXIS_IN + legend_in) / height_in
    return new_figure(WIDTH_IN, height_in).add_axes((left, bottom, 1 - left - RIGHT_IN / WIDTH_IN, rows_in / height_in))


def _prepare(ax: Axes, bars: GanttBars, bottom_pt: float) -> None:
    ax.set_facecolor(PAPER)
    ax.set_xlim(0, bars.end_s)
    ax.set_ylim(bottom_pt, 0)
    ax.set_axisbelow(True)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=HAIRLINE, linewidth=0.6, linestyle="-", alpha=0.7)
    for side, spine in ax.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(HAIRLINE)
    muted = strokes.inks(ax)[1]
    ax.tick_params(axis="x", colors=muted, labelsize=8.5, length=3, direction="out")
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_xlabel("seconds from the start of the run", fontsize=8.5, color=muted, loc="left")


def _draw_title(ax: Axes, bars: GanttBars, width_pt: float) -> None:
    ink, muted = strokes.inks(ax)
    fitting_pt = TITLE_PT * width_pt / max(text_width_pt(bars.title, TITLE_PT, "bold"), 1.0)
    size_pt = min(TITLE_PT, max(fitting_pt, SMALLEST_TITLE_PT))
    # Axes that someone else made may be too narrow for one line.
    title = bars.title if fitting_pt >= SMALLEST_TITLE_PT else bars.title.replace(": ", ":\n", 1)
    ax.set_title(title, loc="left", fontsize=size_pt, fontweight="bold", color=ink, pad=22, parse_math=False)
    strokes.write(ax, bars.subtitle, (0, 1), (0, 8), xycoords="axes fraction", fontsize=8.5, color=muted,
                  ha="left", va="baseline", annotation_clip=None)  # fmt: skip
