"""Writes runs to files: everything that a view needs, as JSON with a version."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from battnb.errors import StoreError
from battnb.files import write_whole
from battnb.model import RunRecord, Task

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
        what = f"{error.object[:40]!r} is not text; give candidates other ids"
        raise StoreError(f"cannot write {path}: {what}") from error
    return write_whole(path, data)


def with_task(run: R, task: Task | None) -> R:
    """A run whose verdicts all have this task, or none: a file holds the task once."""
    verdicts = [msgspec.structs.replace(verdict, task=task) for verdict in run.verdicts]
    return msgspec.structs.replace(run, verdicts=verdicts)
