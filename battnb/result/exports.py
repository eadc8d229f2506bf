"""Everything about a run as files for other tools: tables, a trace, pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from battnb.errors import InputError
from battnb.model import RunRecord
from battnb.trace.chrome import write_chrome_trace
from battnb.trace.frames import spans_frame, verdicts_frame
from battnb.trace.tables import TABLE_FORMATS, need_pyarrow, write_table
from battnb.view.words import run_labels

PICTURE_FORMATS = ("png", "svg", "pdf")
USUAL_FORMATS = ("csv", "trace", *PICTURE_FORMATS)
FORMATS = (*TABLE_FORMATS, "trace", *PICTURE_FORMATS)
"""csv, parquet: a row a candidate, and a row a span. trace: Chrome Trace Event JSON. png, svg, pdf: the Gantt."""


def export_runs(
    runs: Sequence[RunRecord], folder: str | os.PathLike[str], formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write one run, or two of the same work, in some formats.

    candidates.csv, spans.csv (and .parquet), trace.json, gantt.png (and .svg, .pdf); the tables of two runs begin
    with the run's name. Returns the paths, in the order of the formats.
    Raises InputError for a format that there is not, or whose library is missing; StoreError where a file cannot be
    written.
    """
    unknown = [kind for kind in formats if kind not in FORMATS]
    if isinstance(formats, str) or unknown:
        raise InputError(f"formats is {formats!r}; give a list of some of {', '.join(FORMATS)}")
    if "parquet" in formats:
        need_pyarrow(folder)
    return [path for kind in formats for path in _written(runs, Path(folder), kind)]


def _written(runs: Sequence[RunRecord], folder: Path, kind: str) -> list[Path]:
    profiles = [run.profile for run in runs]
    if kind == "trace":
        return [write_chrome_trace(folder / "trace.json", *profiles)]
    if kind in TABLE_FORMATS:
        heads = [""] if len(runs) == 1 else [f"{label.lower()}-" for label in run_labels(profiles)]
        return [path for run, head in zip(runs, heads, strict=True) for path in _tables(run, folder, head, kind)]
    from battnb.view.figure import save_figure
    from battnb.view.gantt import gantt

    return [save_figure(gantt(profiles), folder / f"gantt.{kind}")]


def _tables(run: RunRecord, folder: Path, head: str, kind: str) -> list[Path]:
    return [
        write_table(verdicts_frame(run.verdicts), folder / f"{head}candidates.{kind}"),
        write_table(spans_frame(run.profile), folder / f"{head}spans.{kind}"),
    ]
