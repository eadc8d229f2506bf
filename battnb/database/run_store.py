"""The run store as users see it: its tables as frames, and the folders made from it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from battnb.database import store_frames
from battnb.database.connection import NAME, Database
from battnb.database.folders import Shelf
from battnb.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd


class TaskHistory(msgspec.Struct, frozen=True):
    """What earlier runs say about a task.

    share: the part of its demo pairs that the best candidate gets right. cpu_s: of a validation, on average.
    """

    share: float
    cpu_s: float


class RunStore:
    """All that was ever reached in one output folder: runs, verdicts, spans, programs.

    open_store makes one. Close it, or use it as a context manager.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = database.path

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        runs, verdicts = self.count("runs"), self.count("verdicts")
        return f"<RunStore {self.path}: {runs:,} runs, {verdicts:,} verdicts>"

    def close(self) -> None:
        """Close the file. Closing it twice does no harm."""
        self.database.close()

    def count(self, table: str) -> int:
        """How many rows a table has (database.schema lists the tables)."""
        return int(self.database.rows(f"SELECT count(*) FROM {table}")[0][0])

    def runs(self) -> pd.DataFrame:
        """One row per run, in the order in which they began (database.store_frames says what the columns are)."""
        return store_frames.runs_frame(self.database)

    def results(self, run_id: int | None = None) -> pd.DataFrame:
        """One row per candidate of a run that has ended, duplicates too; of one run, or of all."""
        return store_frames.results_frame(self.database, run_id)

    def verdicts(self, task_id: str | None = None, outputs: bool = False) -> pd.DataFrame:
        """One row per validation, also in runs that were cut off; of one task, or of all.

        outputs: add the grids that were given, by sample.
        """
        return store_frames.validations_frame(self.database, task_id, outputs)

    def spans(self, run_id: int | None = None) -> pd.DataFrame:
        """One row per span of a run that has ended; of one run, or of all."""
        return store_frames.spans_frame(self.database, run_id)

    def programs(self) -> pd.DataFrame:
        """One row per program that was judged: its md5 and its source."""
        return store_frames.programs_frame(self.database)

    def known_tasks(self) -> dict[str, TaskHistory]:
        """What all validations so far say about each task, by its id."""
        best = "SELECT task_id, max(demo_correct), avg(cpu_s) FROM verdicts GROUP BY task_id"
        pairs = dict(self.database.rows("SELECT task_id, max(demo_pairs) FROM runs GROUP BY task_id"))
        return {
            task_id: TaskHistory(demo_correct / max(pairs.get(task_id, 1), 1), cpu_s)
            for task_id, demo_correct, cpu_s in self.database.rows(best)
        }

    def make_folders(self, out_dir: str | os.PathLike[str] | None = None) -> int:
        """Make the folders solver_md5, solver_dir, differ_md5 and differ_dir again from the store.

        out_dir: their place; None for the store's own folder. Returns how many links there are. Raises StoreError.
        """
        return Shelf(self.database).make_folders(Path(out_dir) if out_dir is not None else self.path.parent)


def open_store(path: str | os.PathLike[str]) -> RunStore:
    """Open the store of an output folder, or a store's file, to look at it. If it cannot be written, it is only read.

    Raises StoreError if there is no store, or if it is damaged or newer than this battnb.
    """
    place = Path(path)
    file = place / NAME if place.is_dir() else place
    if not file.exists():
        raise StoreError(f"there is no store {file}; battnb run and bn.run_tasks make one in their output folder")
    return RunStore(Database(file, read_only=not _is_writable(file)))


def store_in(out_dir: str | os.PathLike[str]) -> RunStore:
    """The store of an output folder, which is made if there is none. Raises StoreError."""
    return RunStore(Database(Path(out_dir) / NAME))


def _is_writable(file: Path) -> bool:
    is_mounted_so = bool(os.statvfs(file).f_flag & os.ST_RDONLY)
    modes: Any = (file, file.parent)
    return not is_mounted_so and all([os.access(place, os.W_OK) for place in modes])
