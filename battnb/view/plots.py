"""The plots of one run, or of two: one list. A plot is a function that draws, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from battnb.model import RunRecord
from battnb.view.gantt import gantt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOTS: Mapping[str, Callable[[Sequence[RunRecord]], Figure]] = {
    "gantt": lambda runs: gantt([run.profile for run in runs]),
}
"""By the name of the file that an export writes."""
