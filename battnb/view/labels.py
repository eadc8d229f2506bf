"""Where words go in a picture, so that none overlap and none are cut. Lengths are in points, 1/72 of an inch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from battnb.view.gantt_bars import PhaseBar

LABEL_PT = 8.0
LEAST_SHARE = 0.004
"""A phase that takes less of the time axis than this has no label. The phase itself cannot be seen either."""

PADDING_PT = 4.0
BETWEEN_PT = 9.0


class PhaseLabel(msgspec.Struct, frozen=True):
    """Words for a phase. at_pt: their centre, from the left end of the axis.

    is_inside: they stand within the phase's bar, not above the band with a line to the bar.
    """

    phase: PhaseBar
    words: str
    at_pt: float
    is_inside: bool


@lru_cache(maxsize=4096)
def text_width_pt(text: str, size_pt: float = LABEL_PT, weight: str = "normal") -> float:
    """How wide a line of text is in matplotlib's default font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    # A dollar would start a formula.
    shown = text.replace("$", "S")
    return float(TextPath((0, 0), shown, size=size_pt, prop=FontProperties(weight=weight)).get_extents().width)


def phase_labels(phases: Sequence[PhaseBar], end_s: float, width_pt: float) -> list[PhaseLabel]:
    """Place the words of the phases that are wide enough to be seen, on an axis of end_s seconds and width_pt.

    Words stand in the bar if they fit, else in one line above the band, pushed apart. If that line does not have room
    for all of them, the shortest phases get none.
    """
    leaves = [phase for phase in phases if phase.is_leaf and phase.wall_s >= end_s * LEAST_SHARE]
    scale = width_pt / end_s
    inside = [label for phase in leaves if (label := _inside(phase, scale))]
    labelled = {id(label.phase) for label in inside}
    return inside + _above([phase for phase in leaves if id(phase) not in labelled], scale, width_pt)


def spread(centres: Sequence[float], widths: Sequence[float], end: float) -> list[float]:
    """Move labels on a line apart, as little as a sweep there and back can, so that none overlap.

    centres: where they would be, in order. end: the line goes from 0 to there and is long enough for all.
    Returns their new centres.
    """
    placed: list[float] = []
    left = 0.0
    for centre, width in zip(centres, widths, strict=True):
        placed.append(max(centre, left + width / 2))
        left = placed[-1] + width / 2 + BETWEEN_PT
    right = end
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], right - widths[index] / 2)
        right = placed[index] - widths[index] / 2 - BETWEEN_PT
    return placed


def _inside(phase: PhaseBar, scale: float) -> PhaseLabel | None:
    for words in (phase.timed_words, phase.words):
        if text_width_pt(words) + 2 * PADDING_PT <= phase.wall_s * scale:
            return PhaseLabel(phase, words, phase.middle_s * scale, is_inside=True)
    return None


def _above(phases: Sequence[PhaseBar], scale: float, width_pt: float) -> list[PhaseLabel]:
    kept = list(phases)
    while kept and sum(text_width_pt(phase.timed_words) + BETWEEN_PT for phase in kept) > width_pt:
        kept.remove(min(kept, key=lambda phase: phase.wall_s))
    widths = [text_width_pt(phase.timed_words) for phase in kept]
    centres = spread([phase.middle_s * scale for phase in kept], widths, width_pt)
    return [
        PhaseLabel(phase, phase.timed_words, at_pt, is_inside=False) for phase, at_pt in zip(kept, centres, strict=True)
    ]
