"""A Gantt as SVG text, which is quick enough to be made several times a second and needs nothing to be shown.

Words and hairlines take the colour of what is around them. The data is that of the matplotlib picture (gantt_bars).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from battnb.model import Status
from battnb.view.gantt_bars import GanttBars, GanttTrack, Point
from battnb.view.layout import Heights, PlacedRows, place_rows
from battnb.view.style import LOOKS
from battnb.view.words import limit_words

WIDTH_PX, LEFT_PX, RIGHT_PX = 900.0, 66.0, 12.0
PLOT_PX = WIDTH_PX - LEFT_PX - RIGHT_PX
AXIS_PX, BETWEEN_PX = 20.0, 10.0
HEIGHTS_PX = Heights(
    header=20.0, band=16.0, waiting=16.0, limit=12.0, gap=4.0, below_lanes=4.0, lane=(5.0, 20.0), lanes=240.0,
    label=12.0,
)  # fmt: skip
CHARACTER_PX = 6.2
"""About the width of a character at the size of labels. Words that may not fit are left out."""

Running = Sequence[tuple[int, float]]
"""Lanes that have something in hand now, and since when."""


def gantt_svg(bars: GanttBars, running: Running = ()) -> str:
    """Draw runs above each other on one time axis. running: of the last run, drawn up to the axis's end."""
    parts: list[str] = []
    top = 2.0
    for number, track in enumerate(bars.tracks):
        is_last = number == len(bars.tracks) - 1
        drawn, top = _track(track, bars.end_s, top, len(bars.tracks) > 1, running if is_last else ())
        parts += drawn
    height = top + AXIS_PX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(bars.title)}" width="{WIDTH_PX:g}" '
        f'height="{height:g}" viewBox="0 0 {WIDTH_PX:g} {height:g}" fill="currentColor" '
        f"style=\"max-width:100%;height:auto;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\" "
        f'font-size="11">{_axis(bars.end_s, top)}{"".join(parts)}</svg>'
    )


def _track(track: GanttTrack, end_s: float, top: float, has_header: bool, running: Running) -> tuple[list[str], float]:
    """A run's rows from the top down, and where the next run begins."""
    scale = PLOT_PX / end_s
    rows = place_rows(HEIGHTS_PX, track.lanes, top, has_header=has_header, track=track, has_limit=not running)
    parts = [_text(LEFT_PX - 6, at + 4, words, anchor="end", faint=True) for at, words in rows.labels]
    if has_header:
        parts.append(_text(0, top + 12, track.label, weight="bold"))
        parts.append(_text(LEFT_PX + 14, top + 12, track.words, faint=True))
    parts += [*_band(track, rows, scale), *_waiting(track, rows, scale, end_s), *_lanes(track, rows, scale)]
    parts += _running(running, rows, scale, end_s)
    parts += _limit(track, rows, scale)
    return parts, rows.bottom + (BETWEEN_PX if has_header else 0)


def _band(track: GanttTrack, rows: PlacedRows, scale: float) -> list[str]:
    """The phases, each with its words if they fit."""
    if rows.band is None:
        return []
    parts = []
    top, high = rows.band
    for number, phase in enumerate([phase for phase in track.phases if phase.is_leaf]):
        left, width = LEFT_PX + phase.started_s * scale, phase.wall_s * scale
        parts.append(_rect(left, top, width, high, "currentColor", 0.2 if number % 2 else 0.12))
        fitting = [words for words in (phase.timed_words, phase.words) if len(words) * CHARACTER_PX + 6 <= width]
        parts += [_text(left + width / 2, top + 12, words, anchor="middle") for words in fitting[:1]]
    return parts


def _waiting(track: GanttTrack, rows: PlacedRows, scale: float, end_s: float) -> list[str]:
    """How many wait, over time, as a stepped area."""
    if rows.waiting is None:
        return []
    top, high = rows.waiting
    bottom, rise = top + high, high / track.most_waiting
    path = f"M{LEFT_PX + track.waiting[0][0] * scale:.1f} {bottom:.1f}"
    for second, count in track.waiting:
        path += f"H{LEFT_PX + min(second, end_s) * scale:.1f}V{bottom - count * rise:.1f}"
    title = f"<title>at most {track.most_waiting:,} candidates waiting</title>"
    return [f'<path d="{path}V{bottom:.1f}z" fill="#5b8fd0" fill-opacity="0.38">{title}</path>']


def _lanes(track: GanttTrack, rows: PlacedRows, scale: float) -> list[str]:
    """The background of each lane, and the work, one path a status."""
    ground = max(track.wall_s, 0.0) * scale
    parts = [_rect(LEFT_PX, top, ground, high, "currentColor", 0.07) for top, high in rows.lanes.values()]
    paths: dict[Status | None, list[str]] = defaultdict(list)
    for area in track.areas:
        top, high = rows.lanes[area.lane]
        for outline in area.outlines():
            points = [(LEFT_PX + at_s * scale, top + high * (1 - up)) for at_s, up in outline]
            paths[area.status].append(_path(points))
    for bar in track.bars:
        width = max((bar.ended_s - bar.started_s) * scale, 0.6)
        width -= min(0.8, 0.15 * width)  # a gap instead of an edge, which would hide a narrow bar
        top, high = rows.lanes[bar.lane]
        left = LEFT_PX + bar.started_s * scale
        paths[bar.status].append(f"M{left:.1f} {top:.1f}h{width:.1f}v{high:.1f}h-{width:.1f}z")
    for status, drawn in paths.items():
        look = LOOKS[status]
        # Black and white need an outline to be seen on dark and on light paper.
        is_grey = look.fill in ("#000000", "#ffffff")
        edge = ' stroke="currentColor" stroke-opacity="0.5" stroke-width="0.6"' if is_grey else ""
        parts.append(f'<path d="{"".join(drawn)}" fill="{look.fill}"{edge}><title>{look.words}</title></path>')
    return parts


def _running(running: Running, rows: PlacedRows, scale: float, end_s: float) -> list[str]:
    parts = []
    for lane, since_s in running:
        if lane in rows.lanes:
            top, high = rows.lanes[lane]
            left = min(since_s, end_s) * scale
            parts.append(
                f'<rect x="{LEFT_PX + left:.1f}" y="{top + 0.5:.1f}" width="{max(PLOT_PX - left, 1.5):.1f}" '
                f'height="{high - 1:.1f}" fill="currentColor" fill-opacity="0.22" stroke="currentColor" '
                'stroke-opacity="0.6" stroke-dasharray="3 2"><title>running now</title></rect>'
            )
    return parts


def _path(points: Sequence[Point]) -> str:
    """A closed outline. Its lines are level or upright."""
    steps = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (_, y_before), (x, y) in pairwise(points):
        steps.append(f"H{x:.1f}" if y == y_before else f"V{y:.1f}")
    return "".join([*steps, "z"])


def _limit(track: GanttTrack, rows: PlacedRows, scale: float) -> list[str]:
    if rows.limit is None or track.cpu_limit_s is None:
        return []
    at = LEFT_PX + track.cpu_limit_s * scale
    top, bottom = min(rows.lanes_top, rows.limit[0]) - 2, rows.limit[0]
    anchor, beside = ("end", 3) if track.cpu_limit_s * scale > PLOT_PX / 2 else ("start", -3)
    return [
        f'<path d="M{at:.1f} {top:.1f}V{bottom:.1f}" stroke="#d1495b" stroke-width="1.4" stroke-dasharray="4 2"/>',
        _text(at + beside, bottom + 10, limit_words(track.cpu_limit_s), anchor=anchor, faint=True),
    ]


def _axis(end_s: float, top: float) -> str:
    """Vertical hairlines at round seconds, with their numbers."""
    step = _round_step(end_s / 8)
    parts = []
    for number in range(int(end_s / step + 1e-9) + 1):
        at = LEFT_PX + number * step / end_s * PLOT_PX
        parts.append(f'<path d="M{at:.1f} 0V{top:.1f}" stroke="currentColor" stroke-opacity="0.14"/>')
        parts.append(_text(at, top + 13, f"{number * step:g}" + ("" if number else " s"), anchor="middle", faint=True))
    return "".join(parts)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 x 10^n that is at least this."""
    power = 10.0**-9
    while power * 10 <= least:
        power *= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _rect(left: float, top: float, width: float, height: float, fill: str, opacity: float) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def _text(
    left: float, baseline: float, words: str, anchor: str = "start", faint: bool = False, weight: str = "normal"
) -> str:
    look = ' fill-opacity="0.72"' if faint else ""
    look += f' font-weight="{weight}"' if weight != "normal" else ""
    return f'<text x="{left:.1f}" y="{baseline:.1f}" text-anchor="{anchor}"{look}>{escape(words)}</text>'
