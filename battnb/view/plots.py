"""The plots: one list. A plot is a function from runs to a matplotlib Figure, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from battnb.model import RunRecord
from battnb.trace.overview import overview
from battnb.view.gantt import gantt
from battnb.view.overview_plot import overview_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plot(msgspec.Struct, frozen=True):
    """name: of its files. about: what it shows. is_of_tasks: it is for runs of many tasks, not for one or two runs."""

    name: str
    about: str
    draw: Callable[[Sequence[RunRecord]], Figure]
    is_of_tasks: bool = False


PLOTS = (
    Plot("gantt", "where the time of one run or two went", lambda runs: gantt([run.profile for run in runs])),
    Plot("overview", "when tasks ended and were solved", lambda runs: overview_plot(overview(runs)), is_of_tasks=True),
)
RUN_PLOTS = [plot for plot in PLOTS if not plot.is_of_tasks]
"""Those that an export of one run, or of two, writes."""
