"""Runs and comparisons as users hold them: the records of battnb.model with their views.

Views are imported by the methods that need them: a run that nobody looks at loads none.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from battnb.errors import InputError
from battnb.files import write_whole
from battnb.model import ComparisonRecord, RunRecord, Runs, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Views:
    """What a run and a comparison have in common: pictures, reports and files, made from one run or two."""

    __slots__ = ()

    def gantt(self, ax: Axes | None = None) -> Figure:
        """The timeline as a picture. Two runs are above each other on one time axis."""
        from battnb.view.gantt import gantt

        return gantt([run.profile for run in _record(self).runs], ax)

    def report(self, path: str | os.PathLike[str] = "report.html") -> Path:
        """Write the performance report, whole or not at all: one HTML file that needs no network.

        Returns the path. Raises StoreError if it cannot be written.
        """
        from battnb.view.report.page import report_html

        return write_whole(path, report_html(_record(self)).encode("utf-8"))

    def export(self, folder: str | os.PathLike[str], formats: Sequence[str] | None = None) -> list[Path]:
        """Write tables, a trace and pictures for other tools (result.writing.export_runs says which).

        formats: some of "csv", "parquet", "trace", "png", "svg", "pdf"; None for all except parquet, which needs
            pyarrow.
        """
        from battnb.result.writing import USUAL_FORMATS, export_runs

        return export_runs(_record(self).runs, folder, USUAL_FORMATS if formats is None else formats)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything that a view needs as JSON, whole or not at all. Raises StoreError."""
        from battnb.result.writing import save_runs

        return save_runs(path, _record(self).runs)


def _record(views: Views) -> Runs:
    assert isinstance(views, RunRecord | ComparisonRecord)
    return views


class Run(RunRecord, Views, frozen=True):
    """One battery on one task: what RunRecord holds, and its views."""

    def _repr_html_(self) -> str:
        from battnb.view.cells import run_html

        return run_html(self)

    def show(self, *which: Verdict | str) -> None:
        """Show candidates, by verdict or id, with what was wanted beside what they gave; without any, the best one.

        Raises InputError for an id that the run does not have.
        """
        from battnb.view.cells import show

        verdicts = [self.verdict(one) if isinstance(one, str) else one for one in which] or self.best[:1]
        if not verdicts:
            raise InputError("the run has no verdict to show: no candidate was validated")
        show(*verdicts)

    def to_frame(self) -> pd.DataFrame:
        """A row a candidate, in the battery's order (help(battnb.trace.tables.verdicts_frame) explains the columns)."""
        from battnb.trace.tables import verdicts_frame

        return verdicts_frame(self.verdicts, self.programs.extra)

    def timing_summary(self) -> str:
        """The metrics of the run as text, in seconds. Sums of parallel work are labelled as sums."""
        from battnb.trace.metrics import timing_summary

        return timing_summary(self.profile)


class Comparison(ComparisonRecord, Views, frozen=True):
    """The same work twice. Candidates are matched by their ids."""

    before: Run
    after: Run

    def __repr__(self) -> str:
        return f"<Comparison {self.before!r} {self.after!r}>"

    def _repr_html_(self) -> str:
        from battnb.view.cells import comparison_html

        return comparison_html(self)

    @property
    def sequential(self) -> Run:
        return self.before

    @property
    def parallel(self) -> Run:
        return self.after

    @property
    def speedup(self) -> float | None:
        """Wall time of the first / wall time of the second; None unless both did all of the same work."""
        from battnb.trace.overview import comparable_speedup

        return comparable_speedup(self)

    def cached_words(self) -> list[str]:
        """Which of the runs took verdicts from the store, and how many."""
        from battnb.view.words import known_words

        return known_words(self)

    def avoided_words(self) -> list[str]:
        """How much of its work each run did only once."""
        from battnb.view.words import avoided_words

        return avoided_words(self)

    def timing_summary(self) -> str:
        """Both summaries, and wall time against wall time."""
        from battnb.view.words import comparison_summary

        return comparison_summary(self)
