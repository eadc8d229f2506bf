"""The legend of a Gantt: the meaning of the colours and hatches that occur in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from battnb.view.gantt_bars import GanttBars
from battnb.view.labels import text_width_pt
from battnb.view.strokes import inks, root_figure
from battnb.view.style import HAIRLINE, LOOKS, WAITING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
