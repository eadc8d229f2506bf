"""How much a store holds, and clearing what it knows by task, age or program."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from battnb.database.connection import Database
from battnb.phases.left_out import WITHOUT

_OWN_TASK = f"substr(task_id, 1, instr(task_id || '{WITHOUT}', '{WITHOUT}') - 1)"
"""The id of a task, without the mark of a demo pair that was left out (phases.left_out)."""


class Size(msgspec.Struct, frozen=True):
    """What a store holds.

    bytes: of its file. verdicts: validations; `served` of them answer for other runs. values: of batteries' steps.
    hits: verdicts that runs took from it, of `asked` that they needed.
    """

    bytes: int
    runs: int
    tasks: int
    programs: int
    verdicts: int
    served: int
    values: int
    hits: int
    asked: int


def size_of(database: Database) -> Size:
    def count(question: str) -> int:
        return int(database.rows(f"SELECT {question}")[0][0] or 0)

    log = database.path.with_name(f"{database.path.name}-wal")
    return Size(
        bytes=database.path.stat().st_size + (log.stat().st_size if log.exists() else 0),
        runs=count("count(*) FROM runs"),
        tasks=count("count(*) FROM tasks"),
        programs=count("count(*) FROM programs"),
        verdicts=count("count(*) FROM verdicts"),
        served=count("count(*) FROM verdicts WHERE kind != 'passing'"),
        values=count("count(*) FROM steps"),
        hits=count("sum(cached) FROM runs"),
        asked=count("sum(validated) FROM runs"),
    )


def clear(
    database: Database, tasks: Sequence[str] = (), older_s: float | None = None, programs: Sequence[str] = ()
) -> tuple[int, int]:
    """Forget what is known, so that it is computed again. If nothing is named, forget all of it.

    tasks: forget only these, by id. older_s: forget only what was reached longer ago. programs: forget only these, by
    the md5 of their source or of the stored program, or the beginning of either. Runs and stored programs stay.
    Returns how many verdicts and how many values of steps were removed.
    """
    where, values = _chosen(tasks, older_s)
    with database.writing() as connection:
        of_programs, md5s = _of_programs(programs)
        verdicts = connection.execute(f"DELETE FROM verdicts WHERE {where}{of_programs}", (*values, *md5s)).rowcount
        steps = 0 if programs else connection.execute(f"DELETE FROM steps WHERE {where}", values).rowcount
    database.shrink()
    return verdicts, steps


def _chosen(tasks: Sequence[str], older_s: float | None) -> tuple[str, list[object]]:
    conditions = ["1"]
    values: list[object] = []
    if tasks:
        conditions.append(f"{_OWN_TASK} IN ({','.join('?' * len(tasks))})")
        values += tasks
    if older_s is not None:
        conditions.append("reached_at < ?")
        values.append(time.time() - older_s)
    return " AND ".join(conditions), values


def _of_programs(programs: Sequence[str]) -> tuple[str, list[str]]:
    if not programs:
        return "", []
    one = "(source_md5 LIKE ? OR key IN (SELECT key FROM results WHERE md5 LIKE ?))"
    return f" AND ({' OR '.join([one] * len(programs))})", [f"{md5}%" for md5 in programs for _ in range(2)]
