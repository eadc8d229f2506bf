"""The legend of a Gantt: the meaning of the colours and hatches that occur in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from battnb.view.gantt_bars import GanttBars
from battnb.view.labels import text_width_pt
from battnb.view.strokes import inks, root_figure
from battnb.view.style import HAIRLINE, LOOKS, WAITING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

ROW_PT = 17.0
BELOW_AXIS_PT = 38.0
WORDS_PT = 8.5
ENTRY_PT = 42.0
"""The width of an entry without its words."""


def draw_legend(ax: Axes, bars: GanttBars, width_pt: float) -> None:
    """Draw the legend below the axis, in as many columns as fit."""
    from matplotlib.transforms import ScaledTranslation

    handles = _handles(bars)
    if not handles:
        return
    below = ax.transAxes + ScaledTranslation(0, -BELOW_AXIS_PT / 72, root_figure(ax).dpi_scale_trans)
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        ncols=_columns(bars, width_pt),
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
    return -(-len(_words(bars)) // _columns(bars, width_pt))


def _words(bars: GanttBars) -> list[str]:
    waiting = ["waiting"] if any(track.waiting for track in bars.tracks) else []
    return [LOOKS[status].words for status in bars.statuses] + waiting


def _columns(bars: GanttBars, width_pt: float) -> int:
    widest = max((text_width_pt(words, WORDS_PT) for words in _words(bars)), default=0.0)
    return max(1, min(int(width_pt // (widest + ENTRY_PT)), len(_words(bars)) or 1))


def _handles(bars: GanttBars) -> list[Artist]:
    from matplotlib.patches import Patch

    looks = [LOOKS[status] for status in bars.statuses]
    handles: list[Artist] = [
        Patch(facecolor=look.fill, edgecolor=look.lines, hatch=look.hatch or None, linewidth=0, label=look.words)
        for look in looks
    ]
    waiting = [Patch(facecolor=WAITING, edgecolor=HAIRLINE, linewidth=0.5, label="waiting")]
    return handles + (waiting if "waiting" in _words(bars) else [])
