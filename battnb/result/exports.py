"""Everything about a run as files for other tools: tables, a trace, pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from battnb.errors import InputError
from battnb.model import RunRecord
from battnb.trace.chrome import write_chrome_trace
from battnb.trace.tables import need_pyarrow, spans_frame, verdicts_frame, write_table
from battnb.view.words import run_labels

SomeRuns = Sequence[RunRecord]


def _tables(runs: SomeRuns, folder: Path, kind: str) -> Iterator[Path]:
    """A row a candidate, and a row a span. The tables of two runs begin with the run's name."""
    heads = [""] if len(runs) == 1 else [f"{label.lower()}-" for label in run_labels([run.profile for run in runs])]
    for run, head in zip(runs, heads, strict=True):
        yield write_table(verdicts_frame(run.verdicts), folder / f"{head}candidates.{kind}")
        yield write_table(spans_frame(run.profile), folder / f"{head}spans.{kind}")


def _trace(runs: SomeRuns, folder: Path, _: str) -> Iterator[Path]:
    """Chrome Trace Event JSON."""
    yield write_chrome_trace(folder / "trace.json", *[run.profile for run in runs])


def _pictures(runs: SomeRuns, folder: Path, kind: str) -> Iterator[Path]:
    """Each of the plots of runs."""
    from battnb.view.figure import save_figure
    from battnb.view.plots import PLOTS

    for name, draw in PLOTS.items():
        yield save_figure(draw(runs), folder / f"{name}.{kind}")


EXPORTS: Mapping[str, Callable[[SomeRuns, Path, str], Iterator[Path]]] = {
    "csv": _tables,
    "parquet": _tables,
    "trace": _trace,
    "png": _pictures,
    "svg": _pictures,
    "pdf": _pictures,
}
"""The formats. Each function takes the runs, the folder and the format, writes files and yields their paths."""
FORMATS = tuple(EXPORTS)
USUAL_FORMATS = tuple([kind for kind in FORMATS if kind != "parquet"])


def export_runs(runs: SomeRuns, folder: str | os.PathLike[str], formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write one run, or two of the same work, in some formats.

    candidates.csv, spans.csv (and .parquet), trace.json, gantt.png (and .svg, .pdf).
    Returns the paths, in the order of the formats.
    Raises InputError for a format that does not exist, or whose library is missing; StoreError if a file cannot be
    written.
    """
    if isinstance(formats, str) or not all([kind in EXPORTS for kind in formats]):
        raise InputError(f"formats is {formats!r}; give a list of some of {', '.join(FORMATS)}")
    if "parquet" in formats:
        need_pyarrow(folder)
    return [path for kind in formats for path in EXPORTS[kind](runs, Path(folder), kind)]
