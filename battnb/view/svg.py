"""A Gantt as SVG text: quick enough to be made several times a second, and needing nothing to be shown.

Words and hairlines take the colour of what is around them. The data is that of the matplotlib picture (bars.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape

from battnb.model import Status
from battnb.view.gantt_bars import Area, GanttBars, GanttTrack
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

WIDTH_PX, LEFT_PX, RIGHT_PX = 900.0, 66.0, 12.0
PLOT_PX = WIDTH_PX - LEFT_PX - RIGHT_PX
HEADER_PX, BAND_PX, WAITING_PX, AXIS_PX, GAP_PX = 20.0, 16.0, 16.0, 20.0, 4.0
LANE_PX, LANES_PX = (5.0, 20.0), 240.0
"""The least and the usual height of a lane, and of all lanes of a run where that gives them less."""
CHARACTER_PX = 6.2
"""About what a character takes at the size of labels: words that may not fit are left out."""

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
    parts: list[str] = []
    scale = PLOT_PX / end_s
    if has_header:
        parts.append(
            _text(0, top + 12, track.label, weight="bold") + _text(LEFT_PX + 14, top + 12, track.words, faint=True)
        )
        top += HEADER_PX
    if track.phases:
        parts += _band(track, scale, top)
        top += BAND_PX + GAP_PX
    if track.most_waiting > 0:
        parts += _waiting(track, scale, top, end_s)
        top += WAITING_PX + GAP_PX
    pitch = min(LANE_PX[1], max(LANE_PX[0], LANES_PX / max(len(track.lanes), 1)))
    tops = {lane: top + index * pitch for index, lane in enumerate(track.lanes)}
    parts += _lanes(track, scale, tops, pitch, running, end_s)
    top += pitch * len(track.lanes) + GAP_PX
    if track.cpu_limit_s is not None and not running:
        parts.append(_limit(track.cpu_limit_s, scale, min(tops.values(), default=top), top))
        top += 12
    return parts, top + (10 if has_header else 0)


def _band(track: GanttTrack, scale: float, top: float) -> list[str]:
    parts = [_text(LEFT_PX - 6, top + 12, "phases", anchor="end", faint=True)]
    for number, phase in enumerate([phase for phase in track.phases if phase.is_leaf]):
        left, width = LEFT_PX + phase.started_s * scale, (phase.ended_s - phase.started_s) * scale
        parts.append(_rect(left, top, width, BAND_PX, "currentColor", 0.2 if number % 2 else 0.12))
        words = f"{phase.words} {seconds_words(phase.ended_s - phase.started_s)}"
        fitting = next((w for w in (words, phase.words) if len(w) * CHARACTER_PX + 6 <= width), None)
        if fitting:
            parts.append(_text(left + width / 2, top + 12, fitting, anchor="middle"))
    return parts


def _waiting(track: GanttTrack, scale: float, top: float, end_s: float) -> list[str]:
    """How many wait, over time, as a stepped area."""
    bottom, rise = top + WAITING_PX, WAITING_PX / track.most_waiting
    path = f"M{LEFT_PX + track.waiting[0][0] * scale:.1f} {bottom:.1f}"
    for second, count in track.waiting:
        path += f"H{LEFT_PX + min(second, end_s) * scale:.1f}V{bottom - count * rise:.1f}"
    path += f"V{bottom:.1f}z"
    words = f"at most {track.most_waiting:,}"
    return [
        _text(LEFT_PX - 6, top + 12, "waiting", anchor="end", faint=True),
        f'<path d="{path}" fill="#5b8fd0" fill-opacity="0.38"><title>{words} candidates waiting</title></path>',
    ]


def _lanes(
    track: GanttTrack, scale: float, tops: dict[int, float], pitch: float, running: Running, end_s: float
) -> list[str]:
    high = pitch * 0.86
    every = max(1, -(-12 // max(int(pitch), 1)))
    parts = [
        _text(LEFT_PX - 6, tops[lane] + high / 2 + 4, f"worker {lane}", anchor="end", faint=True)
        for lane in track.lanes[::every]
    ]
    ground = max(track.wall_s, 0.0) * scale
    parts += [_rect(LEFT_PX, at, ground, high, "currentColor", 0.07) for at in tops.values()]
    paths: dict[Status | None, list[str]] = defaultdict(list)
    for area in track.areas:
        paths[area.status].append(_steps(area, scale, tops[area.lane], high))
    for bar in track.bars:
        width = max((bar.ended_s - bar.started_s) * scale, 0.6)
        width -= min(0.8, 0.15 * width)  # a gap, not an edge, which would hide a narrow one
        at = tops[bar.lane]
        paths[bar.status].append(
            f"M{LEFT_PX + bar.started_s * scale:.1f} {at:.1f}h{width:.1f}v{high:.1f}h-{width:.1f}z"
        )
    for status, drawn in paths.items():
        look = LOOKS[status]
        edge = ' stroke="currentColor" stroke-opacity="0.5" stroke-width="0.6"' if _is_grey(look.fill) else ""
        parts.append(f'<path d="{"".join(drawn)}" fill="{look.fill}"{edge}><title>{look.words}</title></path>')
    for lane, since_s in running:
        if lane in tops:
            left = min(since_s, end_s) * scale
            parts.append(
                f'<rect x="{LEFT_PX + left:.1f}" y="{tops[lane] + 0.5:.1f}" width="{max(PLOT_PX - left, 1.5):.1f}" '
                f'height="{high - 1:.1f}" fill="currentColor" fill-opacity="0.22" stroke="currentColor" '
                'stroke-opacity="0.6" stroke-dasharray="3 2"><title>running now</title></rect>'
            )
    return parts


def _steps(area: Area, scale: float, top: float, high: float) -> str:
    """The outline of an area, a piece for each stretch in which it is not empty."""
    width = area.part_s * scale
    found: list[str] = []
    over: list[str] = []
    under: list[str] = []
    for part, (low, up) in enumerate(zip((*area.bottoms, 0.0), (*area.tops, 0.0), strict=True)):
        if up > low:
            left = LEFT_PX + part * width
            over.append(f"{left:.1f} {top + high * (1 - up):.1f}H{left + width:.1f}")
            under.append(f"L{left + width:.1f} {top + high * (1 - low):.1f}H{left:.1f}")
        elif over:
            found.append("M" + "L".join(over) + "".join(reversed(under)) + "z")
            over, under = [], []
    return "".join(found)


def _limit(limit_s: float, scale: float, top: float, bottom: float) -> str:
    at = LEFT_PX + limit_s * scale
    is_right = limit_s * scale > PLOT_PX / 2
    words = f"CPU limit {seconds_words(limit_s)}: CPU seconds / workers"
    return (
        f'<path d="M{at:.1f} {top - 2:.1f}V{bottom:.1f}" stroke="#d1495b" stroke-width="1.4" stroke-dasharray="4 2"/>'
        + _text(at + (3 if is_right else -3), bottom + 10, words, anchor="end" if is_right else "start", faint=True)
    )


def _axis(end_s: float, top: float) -> str:
    """Vertical hairlines at round seconds, and what they are."""
    step = _round_step(end_s / 8)
    parts = []
    count = int(end_s / step + 1e-9)
    for number in range(count + 1):
        at = LEFT_PX + number * step / end_s * PLOT_PX
        parts.append(f'<path d="M{at:.1f} 0V{top:.1f}" stroke="currentColor" stroke-opacity="0.14"/>')
        words = f"{number * step:g}" + (" s" if number == 0 else "")
        parts.append(_text(at, top + 13, words, anchor="middle", faint=True))
    return "".join(parts)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 x 10^n that is no less."""
    power = 10.0**-9
    while power * 10 <= least:
        power *= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _is_grey(fill: str) -> bool:
    """Black and white need an outline to be seen on dark and on light paper."""
    return fill in ("#000000", "#ffffff")


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
