"""The run store's tables as tidy pandas frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from battnb.database import bodies
from battnb.database.connection import Database
from battnb.database.journal import SPAN_COLUMNS
from battnb.model import Grid, Status, Task

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
_SPANS = dict.fromkeys(SPAN_COLUMNS, "float64") | {
    "phase": "category", "name": "string", "lane": "Int64", "status": "status", "cached": "bool",
}  # fmt: skip
_VERDICTS = {
    "id": "int64", "run_id": "int64", "task_id": "string", "candidate_id": "string", "source_md5": "string",
    "status": "status", "demo_correct": "int64", "test_correct": "Int64", "cpu_s": "float64", "timeout_s": "float64",
    "memory_bytes": "int64", "kind": "string", "reached_at": "float64",
}  # fmt: skip


def runs_frame(database: Database) -> pd.DataFrame:
    """One row per run.

    id            int64    counts up
    task_id, battery, mode, workers, limits (JSON)
    state         string   running, complete or stopped; a run that was killed stays "running"
    started_at    float64  seconds since the epoch; ended_at likewise, NaN if it has not ended
    wall_s        float64  of its profile
    candidates    int64    of the battery; validated: unique ones with a verdict; cached: how many of these were known
    best          string   the best candidate; demo_correct, test_correct: its score, out of demo_pairs and test_pairs
    """
    return _frame(database, "runs", _RUNS, " ORDER BY id")


def results_frame(database: Database, run_id: int | None) -> pd.DataFrame:
    """One row per candidate of a run, in the battery's order; the columns are those of Run.to_frame."""
    return _frame(database, "results", _RESULTS, *_of("run_id", run_id, "run_id, position"))


def spans_frame(database: Database, run_id: int | None) -> pd.DataFrame:
    """One row per span: run_id, and the columns of Profile.to_frame."""
    return _frame(database, "spans", {"run_id": "int64", **_SPANS}, *_of("run_id", run_id, "rowid"))


def programs_frame(database: Database) -> pd.DataFrame:
    """md5 (of the source's bytes) and source, as text."""
    import pandas as pd

    rows = database.rows("SELECT md5, source FROM programs ORDER BY md5")
    texts = [source.decode("utf-8", "replace") for _, source in rows]
    return pd.DataFrame({"md5": [md5 for md5, _ in rows], "source": texts}, dtype="string")


def validations_frame(database: Database, task_id: str | None, outputs: bool) -> pd.DataFrame:
    """One row per validation.

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
    frame = _frame(database, "verdicts", _VERDICTS, rest, values)
    readers = {run: bodies.BodyReader(wanted) for run, wanted in _wanted_in_runs(database).items()}
    packed = [body for (body,) in database.rows(f"SELECT body FROM verdicts{rest}", values)]
    read = [readers[run].read(body) for run, body in zip(frame["run_id"], packed, strict=True)]
    found = [None if one is None else one[1] for one in read]
    errors = [one.failures[0] if one is not None and one.failures else None for one in found]
    frame["sample_statuses"] = pd.Series([one and one.statuses for one in found], dtype="object")
    frame["error_type"] = pd.Series([error and error.type for error in errors], dtype="string")
    frame["error_message"] = pd.Series([error and error.message for error in errors], dtype="string")
    if outputs:
        frame["outputs"] = pd.Series([one and one.outputs for one in found], dtype="object")
    return frame


def _wanted_in_runs(database: Database) -> dict[int, tuple[Grid | None, ...]]:
    """The wanted outputs of each run's task, by the run's id."""
    of_task = {
        digest: bodies.wanted_outputs(msgspec.msgpack.decode(body, type=Task))
        for digest, body in database.rows("SELECT digest, body FROM tasks")
    }
    return {run_id: of_task[digest] for run_id, digest in database.rows("SELECT id, task FROM runs")}


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
