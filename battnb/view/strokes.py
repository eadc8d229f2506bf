"""The parts of a Gantt and its legend, each drawn by one function from its data and its place. gantt.py calls them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from battnb.model import Status
from battnb.view.gantt_bars import GanttBars, GanttTrack, Point
from battnb.view.layout import LABEL_PT, PhaseLabel, PlacedRows, text_width_pt
from battnb.view.style import (
    AROUND,
    HAIRLINE,
    INK,
    INK_ON_DARK,
    LIMIT,
    LOOKS,
    MUTED,
    MUTED_ON_DARK,
    PAPER,
    PHASE_TINTS,
    WAITING,
)
from battnb.view.words import limit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Outline = list[Point]

HEADER_PT = 9.5
BACKING = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
"""Behind words on the paper, so that no line of the grid runs through them."""


def width_pt(ax: Axes) -> float:
    """The width of axes, in points."""
    return float(ax.get_window_extent().width) / root_figure(ax).dpi * 72


def root_figure(ax: Axes) -> Figure:
    """The figure that axes are in, even if they are in a subfigure of it."""
    # Not get_figure(root=True), which matplotlib has only from 3.10 on.
    return ax.figure.figure


def inks(ax: Axes) -> tuple[str, str]:
    """The colours of strong and of muted words outside the axes, since the figure may be a dark one of the user's."""
    from matplotlib.colors import to_rgba

    *rgb, opacity = to_rgba(root_figure(ax).get_facecolor())
    return (INK_ON_DARK, MUTED_ON_DARK) if opacity > 0.5 and sum(rgb) < 1.2 else (INK, MUTED)


def draw_header(ax: Axes, track: GanttTrack, rows: PlacedRows) -> None:
    """The run's name, and its numbers beside it."""
    if rows.header is None:
        return
    middle = rows.header[0] + rows.header[1] / 2
    beside_pt = text_width_pt(track.label, HEADER_PT, "bold") + 9
    write(ax, track.label, (0, middle), ha="left", fontsize=HEADER_PT, fontweight="bold", bbox=BACKING)
    write(ax, track.words, (0, middle), (beside_pt, 0), ha="left", fontsize=HEADER_PT - 0.5, color=MUTED, bbox=BACKING)


def draw_phases(ax: Axes, track: GanttTrack, rows: PlacedRows, labels: Iterable[PhaseLabel], s_per_pt: float) -> None:
    """The band of phases and their labels. Phases that contain others are paler."""
    if rows.band is None:
        return
    top, height = rows.band
    leaves = [phase for phase in track.phases if phase.is_leaf]
    around = [phase for phase in track.phases if not phase.is_leaf]
    _fill(ax, (_box(phase.started_s, phase.ended_s, top, height) for phase in around), AROUND)
    for first, tint in enumerate(PHASE_TINTS):
        boxes = (_box(phase.started_s, phase.ended_s, top, height) for phase in leaves[first :: len(PHASE_TINTS)])
        _fill(ax, boxes, tint)
    for label in labels:
        if label.is_inside:
            write(ax, label.words, (label.at_pt * s_per_pt, top + height / 2))
        else:
            bottom = sum(rows.notes)
            ax.plot([label.at_pt * s_per_pt, label.phase.middle_s], [bottom - 8, top], color=MUTED, linewidth=0.6)
            write(ax, label.words, (label.at_pt * s_per_pt, bottom - 14), bbox=BACKING)


def draw_waiting(ax: Axes, track: GanttTrack, rows: PlacedRows, s_per_pt: float) -> None:
    """How many candidates wait, over time, as a stepped area."""
    if rows.waiting is None:
        return
    top, height = rows.waiting
    scale = height / track.most_waiting
    times = [second for second, _ in track.waiting for _ in range(2)][1:]
    heights = [top + height - count * scale for _, count in track.waiting for _ in range(2)][:-1]
    outline = [(times[0], top + height), *zip(times, heights, strict=True), (times[-1], top + height)]
    _fill(ax, [outline], WAITING)
    words = f"at most {track.most_waiting:,}"
    words_s = (text_width_pt(words) + 10) * s_per_pt
    # A queue that empties evenly is half as high in its middle, so words that end before that stay within it.
    is_inside = times[-1] - times[0] > 2 * words_s or times[-1] + words_s > ax.get_xlim()[1]
    place = (times[0] if is_inside else times[-1], top + height - 7)
    write(ax, words, place, (5, 0), ha="left", color=MUTED, bbox=None if is_inside else BACKING)


def draw_lanes(ax: Axes, track: GanttTrack, rows: PlacedRows, s_per_pt: float) -> None:
    """The lanes: their background, the time in which their work was queued, and the work, one artist a status."""
    _fill(ax, (_box(0, track.wall_s or ax.get_xlim()[1], *row) for row in rows.lanes.values()), AROUND)
    _fill(ax, (_box(start_s, stop_s, *rows.lanes[lane]) for lane, start_s, stop_s in track.queued), WAITING)
    outlines: dict[Status | None, list[Outline]] = defaultdict(list)
    for area in track.areas:
        top, height = rows.lanes[area.lane]
        outlines[area.status] += [[(at, top + height * (1 - up)) for at, up in line] for line in area.outlines()]
    for bar in track.bars:
        # A gap instead of an edge: an edge would hide a narrow bar.
        gap_s = min(0.8 * s_per_pt, 0.15 * (bar.ended_s - bar.started_s))
        outlines[bar.status].append(_box(bar.started_s, bar.ended_s - gap_s, *rows.lanes[bar.lane]))
    for status, shapes in outlines.items():
        look = LOOKS[status]
        _fill(ax, shapes, look.fill, hatch=look.hatch or None, edgecolor=look.lines)


def draw_limit(ax: Axes, track: GanttTrack, rows: PlacedRows, s_per_pt: float) -> None:
    """The CPU limit as a line through the lanes, with its words below them."""
    if rows.limit is None or track.cpu_limit_s is None:
        return
    top, bottom = rows.lanes_top - 3, rows.lanes_bottom + 5
    at_s = track.cpu_limit_s
    ax.vlines(at_s, top, bottom, colors=PAPER, linewidth=3.0, zorder=4)
    ax.vlines(at_s, top, bottom, colors=LIMIT, linewidth=1.4, linestyles=(0, (4, 2)), zorder=5)
    end_s = ax.get_xlim()[1]
    is_right = at_s > end_s / 2
    words = limit_words(at_s)
    if (text_width_pt(words) + 6) * s_per_pt >= max(at_s, end_s - at_s):
        words = words.partition(":")[0]
    place = (at_s, rows.limit[0] + 10)
    write(ax, words, place, (-3 if is_right else 3, 0), ha="right" if is_right else "left", color=LIMIT, bbox=BACKING)


def _box(start_s: float, end_s: float, top: float, height: float) -> Outline:
    return [(start_s, top), (start_s, top + height), (end_s, top + height), (end_s, top)]


def _fill(ax: Axes, outlines: Iterable[Outline], color: str, **look: Any) -> None:
    from matplotlib.collections import PolyCollection

    shapes = list(outlines)
    if shapes:
        ax.add_collection(PolyCollection(shapes, facecolor=color, linewidth=0, **look), autolim=False)


def write(ax: Axes, words: str, place: Point, offset_pt: Point = (0, 0), **look: Any) -> None:
    """Write words at a place of the axes, moved by an offset."""
    usual: dict[str, Any] = {"fontsize": LABEL_PT, "color": INK, "ha": "center", "va": "center"}
    look = usual | {"annotation_clip": False} | look
    ax.annotate(words, place, xytext=offset_pt, textcoords="offset points", parse_math=False, **look)


ROW_PT = 17.0
BELOW_AXIS_PT = 38.0
WORDS_PT = 8.5
ENTRY_PT = 42.0
"""The width of an entry without its words."""


def draw_legend(ax: Axes, bars: GanttBars, width_pt: float) -> None:
    """Draw the legend below the axis, in as many columns as fit."""
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    entries = _entries(bars)
    if not entries:
        return
    below = ax.transAxes + ScaledTranslation(0, -BELOW_AXIS_PT / 72, root_figure(ax).dpi_scale_trans)
    ax.legend(
        handles=[Patch(label=words, **look) for words, look in entries.items()],
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        ncols=_columns(entries, width_pt),
        frameon=False,
        fontsize=WORDS_PT,
        labelcolor=inks(ax)[0],
        handlelength=2.2,
        handleheight=1.2,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.6,
        labelspacing=0.5,
    )


def legend_rows(bars: GanttBars, width_pt: float) -> int:
    """How many lines the legend takes."""
    entries = _entries(bars)
    return -(-len(entries) // _columns(entries, width_pt))


def _entries(bars: GanttBars) -> dict[str, dict[str, Any]]:
    """The words of each entry, and the look of its patch."""
    looks = [LOOKS[status] for status in bars.statuses]
    found: dict[str, dict[str, Any]] = {
        look.words: {"facecolor": look.fill, "edgecolor": look.lines, "hatch": look.hatch or None, "linewidth": 0}
        for look in looks
    }
    if any([track.waiting for track in bars.tracks]):
        found["waiting"] = {"facecolor": WAITING, "edgecolor": HAIRLINE, "linewidth": 0.5}
    return found


def _columns(entries: Iterable[str], width_pt: float) -> int:
    widths = [text_width_pt(words, WORDS_PT) for words in entries]
    return max(1, min(int(width_pt // (max(widths, default=0.0) + ENTRY_PT)), len(widths) or 1))
