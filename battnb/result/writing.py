"""Runs as files: saved whole, as JSON with a version, or exported for other tools as tables, a trace and pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from battnb.errors import InputError, StoreError
from battnb.files import write_whole
from battnb.model import RunRecord, Task
from battnb.trace.chrome import write_chrome_trace
from battnb.trace.tables import need_pyarrow, spans_frame, verdicts_frame, write_table
from battnb.view.gantt import gantt
from battnb.view.words import run_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = "battnb run"
VERSION = 2
"""Version 1 had no programs, machine and layers; it is still read."""
R = TypeVar("R", bound=RunRecord)


def save_runs(path: str | os.PathLike[str], runs: Sequence[RunRecord]) -> Path:
    """Write one run, or two to compare, whole or not at all.

    Returns the path. Raises StoreError if it cannot be written.
    """
    saved = {"format": FORMAT, "version": VERSION, "runs": [with_task(run, None) for run in runs]}
    try:
        data = msgspec.json.encode(saved)
    except UnicodeEncodeError as error:
        what = f"{error.object[:40]!r} is not text; give it another name"
        raise StoreError(f"cannot write {path}: {what}") from error
    return write_whole(path, data)


def with_task(run: R, task: Task | None) -> R:
    """A run whose verdicts all have this task, or none: a file holds the task once."""
    verdicts = [msgspec.structs.replace(verdict, task=task) for verdict in run.verdicts]
    return msgspec.structs.replace(run, verdicts=verdicts)


SomeRuns = Sequence[RunRecord]

PLOTS: Mapping[str, Callable[[SomeRuns], Figure]] = {
    "gantt": lambda runs: gantt([run.profile for run in runs]),
}
"""The plots of one run, or of two, by the name of the file that an export writes."""


def _tables(runs: SomeRuns, folder: Path, kind: str) -> Iterator[Path]:
    """A row a candidate, and a row a span. The tables of two runs begin with the run's name."""
    heads = [""] if len(runs) == 1 else [f"{label.lower()}-" for label in run_labels([run.profile for run in runs])]
    for run, head in zip(runs, heads, strict=True):
        yield write_table(verdicts_frame(run.verdicts, run.programs.extra), folder / f"{head}candidates.{kind}")
        yield write_table(spans_frame(run.profile), folder / f"{head}spans.{kind}")


def _trace(runs: SomeRuns, folder: Path, _: str) -> Iterator[Path]:
    yield write_chrome_trace(folder / "trace.json", *[run.profile for run in runs])


def _pictures(runs: SomeRuns, folder: Path, kind: str) -> Iterator[Path]:
    from battnb.view.figure import save_figure

    for name, draw in PLOTS.items():
        yield save_figure(draw(runs), folder / f"{name}.{kind}")


EXPORTS: Mapping[str, Callable[[SomeRuns, Path, str], Iterator[Path]]] = {
    **dict.fromkeys(("csv", "parquet"), _tables),
    "trace": _trace,
    **dict.fromkeys(("png", "svg", "pdf"), _pictures),
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
