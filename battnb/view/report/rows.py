"""The table of candidates as data: its columns, its rows, and which candidates are in it if there are very many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from battnb.model import RunRecord, Status, Verdict, by_id
from battnb.view.report.text import LINE_CHARACTERS, NAME_CHARACTERS, shown
from battnb.view.style import LOOKS

BEST_ROWS = 1_000
"""If there are more candidates than the table holds, it has this many of the best, and those that took most CPU."""


class Column(msgspec.Struct, frozen=True):
    """A column of the table.

    kind: "name", "status", "seconds", "factor", "count" or "text". about: what it is, in a sentence.
    """

    key: str
    title: str
    kind: str
    about: str


class TableRows(msgspec.Struct, frozen=True):
    """The table of candidates.

    ids: of the rows. values: for each column a list with a value a row. left_out: candidates that are not in it.
    """

    ids: list[str]
    columns: list[Column]
    values: dict[str, list[Any]]
    left_out: int


Value = Callable[[Verdict], object]
VERDICT: dict[str, tuple[Column, Value]] = {
    column.key: (column, value)
    for column, value in (
        (Column("status", "status", "status", "What became of it"), lambda v: LOOKS[v.status].words),
        (Column("demo", "demo", "count", "Demo pairs exactly right"), attrgetter("demo_correct")),
        (Column("test", "test", "count", "Test pairs exactly right"), attrgetter("test_correct")),
        (Column("cpu_s", "CPU s", "seconds", "CPU seconds over all samples (check time)"), attrgetter("cpu_s")),
        (Column("wall_s", "wall s", "seconds", "Seconds from started to ended"), attrgetter("wall_s")),
        (
            Column("wait_s", "waited s", "seconds", "Seconds from queued to started"),
            lambda v: max(v.started_s - v.queued_s, 0.0),
        ),
        (Column("worker", "worker", "count", "Number of the worker that ran it"), attrgetter("worker")),
        (Column("note", "note", "text", "Why it failed, or what it is a duplicate of"), lambda v: note(v)),
    )
}
NAME = Column("name", "candidate", "name", "Its id in the battery")


def rows_of(runs: Sequence[RunRecord], most: int) -> TableRows:
    """The table of one run, or of two side by side, in the order of the last run's battery. most: rows."""
    by_run = [by_id(run.verdicts) for run in runs]
    every = list(dict.fromkeys([name for verdicts in reversed(by_run) for name in verdicts]))
    ids = _chosen(every, by_run[-1], runs[-1], most)
    found = [[verdicts.get(name) for name in ids] for verdicts in by_run]
    columns = _of_one(found[0]) if len(runs) == 1 else _of_two(found[0], found[1])
    values = {NAME.key: [shown(name, NAME_CHARACTERS) for name in ids]} | {c.key: cells for c, cells in columns}
    return TableRows(ids, [NAME, *[column for column, _ in columns]], values, len(every) - len(ids))


def note(verdict: Verdict) -> str:
    """Why it failed, or why it was not run by itself, in a line."""
    if verdict.duplicate_of is not None:
        return f"the same program as {shown(verdict.duplicate_of, NAME_CHARACTERS)}"
    if verdict.error is not None:
        place = f" (line {verdict.error.line})" if verdict.error.line is not None else ""
        return shown(f"{verdict.error.type}{place}: {verdict.error.message}", LINE_CHARACTERS)
    if not verdict.validated and verdict.status != Status.CANCELLED:
        return "not validated: the store could not keep it for its score"
    return "from the cache" if verdict.cached else ""


def _chosen(every: list[str], verdicts: dict[str, Verdict], run: RunRecord, most: int) -> list[str]:
    if len(every) <= most:
        return every
    kept = {verdict.candidate_id for verdict in run.best[: min(BEST_ROWS, most)]}
    costly = sorted(every, key=lambda name: -verdicts[name].cpu_s if name in verdicts else 0.0)
    for name in costly:
        if len(kept) >= most:
            break
        kept.add(name)
    return [name for name in every if name in kept]


def _of_one(verdicts: Sequence[Verdict | None]) -> list[tuple[Column, list[Any]]]:
    return [(column, _cells(verdicts, value)) for column, value in VERDICT.values()]


def _of_two(before: Sequence[Verdict | None], after: Sequence[Verdict | None]) -> list[tuple[Column, list[Any]]]:
    """CPU seconds of both runs beside each other. A status that changed shows both."""
    statuses = [_status_words(was, now) for was, now in zip(before, after, strict=True)]
    either = [now or was for was, now in zip(before, after, strict=True)]
    was_s, now_s = _cells(before, attrgetter("cpu_s")), _cells(after, attrgetter("cpu_s"))
    plain = {key: (column, _cells(either, value)) for key, (column, value) in VERDICT.items()}
    return [
        (plain["status"][0], statuses),
        plain["demo"],
        plain["test"],
        (Column("cpu_before_s", "CPU s before", "seconds", "CPU seconds in the first run"), was_s),
        (Column("cpu_s", "CPU s after", "seconds", "CPU seconds in the second run"), now_s),
        (Column("factor", "after / before", "factor", "Above 1 it became slower"), _factors(was_s, now_s)),
        plain["worker"],
        plain["note"],
    ]


def _status_words(before: Verdict | None, after: Verdict | None) -> str:
    if before is None or after is None:
        only = before or after
        assert only is not None
        return f"{LOOKS[only.status].words} (only in {'the first' if after is None else 'the second'})"
    was, now = LOOKS[before.status].words, LOOKS[after.status].words
    return now if was == now else f"{was} \N{RIGHTWARDS ARROW} {now}"


def _factors(before: Sequence[Any], after: Sequence[Any]) -> list[float | None]:
    return [now / was if was and now is not None else None for was, now in zip(before, after, strict=True)]


def _cells(verdicts: Sequence[Verdict | None], value: Value) -> list[Any]:
    return [None if verdict is None else value(verdict) for verdict in verdicts]
