"""The run store as users see it: its tables as tidy pandas frames, and the folders of programs made from it again."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from battnb.database.bodies import BodyReader, wanted_outputs
from battnb.database.connection import NAME, Database
from battnb.database.journal import SPAN_COLUMNS
from battnb.errors import StoreError
from battnb.load.dsl_files import Package
from battnb.model import Grid, Status, Task
from battnb.phases.filter import KEEP
from battnb.phases.store import Entries, Place, put_in_place

if TYPE_CHECKING:
    import pandas as pd

_RUNS = {
    "id": "int64", "task_id": "string", "battery": "string", "mode": "string", "workers": "int64", "limits": "string",
    "state": "string", "started_at": "float64", "ended_at": "float64", "wall_s": "float64", "candidates": "int64",
    "validated": "int64", "cached": "int64", "best": "string", "demo_correct": "Int64", "demo_pairs": "int64",
    "test_correct": "Int64", "test_pairs": "int64",
}  # fmt: skip
_RESULTS = {
    "run_id": "int64", "position": "int64", "candidate_id": "string", "status": "status", "demo_correct": "int64",
    "test_correct": "Int64", "cpu_s": "float64", "md5": "string", "duplicate_of": "string", "validated": "bool",
    "cached": "bool",
}  # fmt: skip
_SPANS = dict.fromkeys(("run_id", *SPAN_COLUMNS), "float64") | {
    "run_id": "int64", "phase": "category", "name": "string", "lane": "Int64", "status": "status", "cached": "bool",
}  # fmt: skip
_VERDICTS = {
    "id": "int64", "run_id": "int64", "task_id": "string", "candidate_id": "string", "source_md5": "string",
    "status": "status", "demo_correct": "int64", "test_correct": "Int64", "cpu_s": "float64", "timeout_s": "float64",
    "memory_bytes": "int64", "kind": "string", "reached_at": "float64",
}  # fmt: skip


_PACKAGE = re.compile(rb"dsl_[0-9a-f]{32}")
_BEST = """
SELECT l.md5, f.text, l.score, l.t_log FROM links l JOIN files f ON f.folder = l.texts AND f.md5 = l.md5
WHERE l.folder = ? ORDER BY l.score DESC, l.t_log DESC, l.length, l.md5 LIMIT ?
"""


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
        """How many rows a table has (database.connection lists the tables)."""
        return int(self.database.rows(f"SELECT count(*) FROM {table}")[0][0])

    def runs(self) -> pd.DataFrame:
        """One row per run, in the order in which they began.

        id            int64    counts up
        task_id, battery, mode, workers, limits (JSON)
        state         string   running, complete or stopped; a run that was killed stays "running"
        started_at    float64  seconds since the epoch; ended_at likewise, NaN if it has not ended
        wall_s        float64  of its profile
        candidates    int64    of the battery; validated: unique ones with a verdict; cached: how many of these were
                               known
        best          string   the best candidate, NA if none gave a grid; demo_correct, test_correct: its score, out
                               of demo_pairs and test_pairs
        """
        return _frame(self.database, "runs", _RUNS, " ORDER BY id")

    def results(self, run_id: int | None = None) -> pd.DataFrame:
        """One row per candidate of a run that has ended, duplicates too; of one run, or of all.

        They are in the battery's order. The columns are those of Run.to_frame.
        """
        return _frame(self.database, "results", _RESULTS, *_of("run_id", run_id, "run_id, position"))

    def verdicts(self, task_id: str | None = None, outputs: bool = False) -> pd.DataFrame:
        """One row per validation, also in runs that were cut off; of one task, or of all.

        id, run_id (of the run that reached it), task_id, candidate_id (in that run), source_md5, status, demo_correct,
        test_correct, cpu_s, timeout_s and memory_bytes (that it ran under), reached_at (seconds since the epoch)
        kind             string  which limits it answers for: ended, timeout or memory; passing ones answer for none
        sample_statuses  object  a tuple: a status per sample, demo pairs first; None if no wanted output is known
        error_type, error_message  string
        outputs          object  if they are asked for, a tuple: a grid or None per sample
        If a newer battnb wrote a row in a way that this one cannot read, these last four are missing.
        """
        import pandas as pd

        # Verdicts on a task without one of its demo pairs are left out: they are not on the task of their run.
        own = "task_id = (SELECT task_id FROM runs WHERE runs.id = run_id)"
        rest, values = _of("task_id", task_id, "id", own)
        frame = _frame(self.database, "verdicts", _VERDICTS, rest, values)
        readers = {run: BodyReader(wanted) for run, wanted in self._wanted_in_runs().items()}
        packed = [body for (body,) in self.database.rows(f"SELECT body FROM verdicts{rest}", values)]
        read = [readers[run].read(body) for run, body in zip(frame["run_id"], packed, strict=True)]
        found = [None if one is None else one[1] for one in read]
        errors = [one.failures[0] if one is not None and one.failures else None for one in found]
        frame["sample_statuses"] = pd.Series([one and one.statuses for one in found], dtype="object")
        frame["error_type"] = pd.Series([error and error.type for error in errors], dtype="string")
        frame["error_message"] = pd.Series([error and error.message for error in errors], dtype="string")
        if outputs:
            frame["outputs"] = pd.Series([one and one.outputs for one in found], dtype="object")
        return frame

    def _wanted_in_runs(self) -> dict[int, tuple[Grid | None, ...]]:
        """The wanted outputs of each run's task, by the run's id."""
        of_task = {
            digest: wanted_outputs(msgspec.msgpack.decode(body, type=Task))
            for digest, body in self.database.rows("SELECT digest, body FROM tasks")
        }
        return {run_id: of_task[digest] for run_id, digest in self.database.rows("SELECT id, task FROM runs")}

    def spans(self, run_id: int | None = None) -> pd.DataFrame:
        """One row per span of a run that has ended: run_id, and the columns of Profile.to_frame. Of one run, or all."""
        return _frame(self.database, "spans", _SPANS, *_of("run_id", run_id, "rowid"))

    def programs(self) -> pd.DataFrame:
        """One row per program that was judged: md5 (of the source's bytes) and source, as text."""
        import pandas as pd

        rows = self.database.rows("SELECT md5, source FROM programs ORDER BY md5")
        texts = [source.decode("utf-8", "replace") for _, source in rows]
        return pd.DataFrame({"md5": [md5 for md5, _ in rows], "source": texts}, dtype="string")

    def known_tasks(self) -> dict[str, TaskHistory]:
        """What all validations so far say about each task, by its id."""
        best = "SELECT task_id, max(demo_correct), avg(cpu_s) FROM verdicts GROUP BY task_id"
        pairs = dict(self.database.rows("SELECT task_id, max(demo_pairs) FROM runs GROUP BY task_id"))
        return {
            task_id: TaskHistory(demo_correct / max(pairs.get(task_id, 1), 1), cpu_s)
            for task_id, demo_correct, cpu_s in self.database.rows(best)
        }

    def make_folders(self, out_dir: str | os.PathLike[str] | None = None) -> int:
        """Make the folders solver_md5, solver_dir, differ_md5 and differ_dir agree with the store's rows, which count.

        out_dir: their place; None for the store's own folder. Returns how many links there are. Raises StoreError.
        """
        out = Path(out_dir) if out_dir is not None else self.path.parent
        places = self.database.rows("SELECT DISTINCT folder, texts FROM links ORDER BY folder")
        stored = [put_in_place(Place(out, texts, links), *self._best(links, KEEP), KEEP) for links, texts in places]
        return sum([one.linked for one in stored])

    def register(
        self, place: Place, entries: Entries, package: Package | None, keep: int
    ) -> tuple[Entries, Sequence[Package]]:
        """Note a task's new programs. A program that was noted before gets its new score and speed.

        Returns the best of all that were ever noted for the task, which belong in its folder, and the packages that
        these import.
        """
        files = [(place.texts, md5, text) for md5, (text, *_) in entries.items()]
        links = [
            (place.links, place.texts, md5, score, speed, len(text)) for md5, (text, score, speed) in entries.items()
        ]
        with self.database.writing() as connection:
            if package is not None:
                body = msgspec.msgpack.encode(package)
                connection.execute("INSERT OR IGNORE INTO packages VALUES (?, ?)", (package.name, body))
            connection.executemany("INSERT OR IGNORE INTO files VALUES (?, ?, ?)", files)
            connection.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?)", links)
        return self._best(place.links, keep)

    def _best(self, folder: str, keep: int) -> tuple[Entries, Sequence[Package]]:
        rows = self.database.rows(_BEST, (folder, keep))
        imported = {name.decode() for _, text, *_ in rows for name in _PACKAGE.findall(text)}
        packages = [self._package(name) for name in sorted(imported)]
        return {md5: (text, score, speed) for md5, text, score, speed in rows}, [p for p in packages if p is not None]

    def _package(self, name: str) -> Package | None:
        for (body,) in self.database.rows("SELECT body FROM packages WHERE name = ?", (name,)):
            return msgspec.msgpack.decode(body, type=Package)
        return None  # the program itself has a word that looks like a package's name


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
    return not is_mounted_so and all([os.access(place, os.W_OK) for place in (file, file.parent)])


# Frames


def _of(column: str, value: int | str | None, order: str, condition: str = "") -> tuple[str, tuple[Any, ...]]:
    conditions = [*([condition] if condition else []), *([f"{column} = ?"] if value is not None else [])]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{where} ORDER BY {order}", (value,) if value is not None else ()


def _frame(
    database: Database, table: str, columns: dict[str, str], rest: str, values: Sequence[Any] = ()
) -> pd.DataFrame:
    import pandas as pd

    rows = database.rows(f"SELECT {', '.join(columns)} FROM {table}{rest}", values)
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(list(found), dtype=_statuses(found) if dtype == "status" else dtype)
            for (name, dtype), found in zip(columns.items(), by_column, strict=True)
        }
    )


def _statuses(found: Sequence[str | None]) -> pd.CategoricalDtype:
    """All statuses, and those that a newer battnb wrote."""
    import pandas as pd

    return pd.CategoricalDtype(list(dict.fromkeys([*[status.value for status in Status], *filter(None, found)])))
