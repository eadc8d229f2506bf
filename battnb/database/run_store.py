"""The run store as users have it: frames of all that is in it, and the folders made of it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from battnb.database.connection import NAME, Database
from battnb.database.folders import Shelf
from battnb.errors import StoreError
from battnb.running.task_order import Known

if TYPE_CHECKING:
    import pandas as pd


class RunStore:
    """All that was ever reached in one output folder: runs, verdicts, spans, programs.

    Made by open_store. To be closed, or used as a context manager.
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
        """Twice is as good as once."""
        self.database.close()

    def count(self, table: str) -> int:
        """How many rows a table has (database.schema says which there are)."""
        return int(self.database.rows(f"SELECT count(*) FROM {table}")[0][0])

    def runs(self) -> pd.DataFrame:
        """A row a run, in the order in which they began (database.store_frames says what the columns are)."""
        from battnb.database.store_frames import runs_frame

        return runs_frame(self.database)

    def results(self, run_id: int | None = None) -> pd.DataFrame:
        """A row a candidate of a run that has ended, duplicates too; of one run, or of all."""
        from battnb.database.store_frames import results_frame

        return results_frame(self.database, run_id)

    def verdicts(self, task_id: str | None = None, outputs: bool = False) -> pd.DataFrame:
        """A row a validation, those of runs that were cut off too; of one task, or of all.

        outputs: with the grids that were given, by sample.
        """
        from battnb.database.store_frames import validations_frame

        return validations_frame(self.database, task_id, outputs)

    def spans(self, run_id: int | None = None) -> pd.DataFrame:
        """A row a span of a run that has ended; of one run, or of all."""
        from battnb.database.store_frames import spans_frame

        return spans_frame(self.database, run_id)

    def programs(self) -> pd.DataFrame:
        """A row a program that was judged: its md5 and its source."""
        from battnb.database.store_frames import programs_frame

        return programs_frame(self.database)

    def known_tasks(self) -> dict[str, Known]:
        """What all validations so far say of each task, by its id."""
        best = "SELECT task_id, max(demo_correct), avg(cpu_s) FROM verdicts GROUP BY task_id"
        pairs = dict(self.database.rows("SELECT task_id, max(demo_pairs) FROM runs GROUP BY task_id"))
        return {
            task_id: Known(demo_correct / max(pairs.get(task_id, 1), 1), cpu_s)
            for task_id, demo_correct, cpu_s in self.database.rows(best)
        }

    def make_folders(self, out_dir: str | os.PathLike[str] | None = None) -> int:
        """Make the folders solver_md5, solver_dir, differ_md5 and differ_dir of what is here: the same again.

        out_dir: where; None for the store's own folder. Returns how many links there are. Raises StoreError.
        """
        return Shelf(self.database).make_folders(Path(out_dir) if out_dir is not None else self.path.parent)


def open_store(path: str | os.PathLike[str]) -> RunStore:
    """Open the store of an output folder, or a store's file, to look at it. Where it cannot be written, to read only.

    Raises StoreError where there is none, or where it is damaged or newer than this battnb.
    """
    place = Path(path)
    file = place / NAME if place.is_dir() else place
    if not file.exists():
        raise StoreError(f"there is no store {file}; battnb run and bn.run_tasks make one in their output folder")
    return RunStore(Database(file, read_only=not _is_writable(file)))


def store_in(out_dir: str | os.PathLike[str]) -> RunStore:
    """The store of an output folder, made where there is none. Raises StoreError."""
    return RunStore(Database(Path(out_dir) / NAME))


def _is_writable(file: Path) -> bool:
    is_mounted_so = bool(os.statvfs(file).f_flag & os.ST_RDONLY)
    modes: Any = (file, file.parent)
    return not is_mounted_so and all([os.access(place, os.W_OK) for place in modes])
