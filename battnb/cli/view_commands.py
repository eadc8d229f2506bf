"""The commands that make something of saved runs, with nothing run: battnb report, battnb export."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import InputError
from battnb.result.loading import load_run
from battnb.result.views import Comparison, Run


def add_report(commands: Any) -> None:
    """battnb report."""
    report = commands.add_parser("report", help="write the report of a saved run, or of two")
    _add_saved(report)
    report.add_argument("-o", "--output", default="report.html", metavar="FILE", help="the page to write (report.html)")
    report.set_defaults(command=_report)


def add_export(commands: Any) -> None:
    """battnb export."""
    from battnb.result.writing import FORMATS, USUAL_FORMATS

    export = commands.add_parser("export", help="write tables, a trace and pictures of a saved run, or of two")
    _add_saved(export)
    export.add_argument("-o", "--output", default="export", metavar="DIR", help="where they go (export)")
    export.add_argument(
        "-f", "--formats", nargs="+", choices=FORMATS, default=USUAL_FORMATS, metavar="KIND",
        help=f"some of {', '.join(FORMATS)} (all but parquet, which needs pyarrow)",
    )  # fmt: skip
    export.set_defaults(command=_export)


def saved_runs(paths: list[str]) -> Run | Comparison:
    """The run or comparison in one file, or a comparison of the runs in two.

    Raises ProfileError for a file that is not a saved run, InputError for runs that cannot be compared.
    """
    if len(paths) > 2:
        raise InputError(f"{len(paths)} files are given; give one, or two to compare")
    loaded = [load_run(path) for path in paths]
    if len(loaded) == 1:
        return loaded[0]
    before, after = [_named(saved, path) for path, saved in zip(paths, loaded, strict=True)]
    if before.task.id != after.task.id:
        raise InputError(
            f"{paths[0]} is of task {before.task.id} and {paths[1]} of {after.task.id}; compare runs of one task"
        )
    if before.task != after.task:
        raise InputError(
            f"task {before.task.id} has other pairs in {paths[0]} than in {paths[1]}; run both on the same data"
        )
    return Comparison(before, after)


def _named(run: Run | Comparison, path: str) -> Run:
    """The run of a file, named after it: its mode may not tell it from the other."""
    if not isinstance(run, Run):
        raise InputError(f"{path} holds two runs already; give it alone, or two files of one run each")
    name = Path(path).stem
    return msgspec.structs.replace(run, profile=msgspec.structs.replace(run.profile, run=name))


def _add_saved(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="+", metavar="RUN.json", help="a saved run; two are compared, the one before first"
    )


def _report(options: argparse.Namespace) -> int:
    print(f"-- Wrote {saved_runs(options.runs).report(options.output)}")
    return 0


def _export(options: argparse.Namespace) -> int:
    for path in saved_runs(options.runs).export(options.output, options.formats):
        print(f"-- Wrote {path}")
    return 0
