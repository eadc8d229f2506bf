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

Value = Callable[[Verdict | None, Verdict | None], object]
"""Takes a candidate's verdict in the first and in the second run; they are the same one if there is only one run."""


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


def rows_of(runs: Sequence[RunRecord], most: int) -> TableRows:
    """The table of one run, or of two side by side, in the order of the last run's battery. most: rows."""
    before, after = by_id(runs[0].verdicts), by_id(runs[-1].verdicts)
    every = list(dict.fromkeys([*after, *before]))
    ids = _chosen(every, after, runs[-1], most)
    pairs = [(before.get(name), after.get(name)) for name in ids]
    shown_here = {column: value for column, value, where in COLUMNS if len(runs) in where}
    values = {column.key: [value(was, now) for was, now in pairs] for column, value in shown_here.items()}
    return TableRows(ids, list(shown_here), values, len(every) - len(ids))


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


def _of(value: Callable[[Verdict], object]) -> Value:
    """A value of the last run that has the candidate."""

    def of_last(was: Verdict | None, now: Verdict | None) -> object:
        verdict = now or was
        assert verdict is not None
        return value(verdict)

    return of_last


def _status_words(was: Verdict | None, now: Verdict | None) -> str:
    """The status; both if it changed."""
    before, after = [LOOKS[verdict.status].words if verdict else None for verdict in (was, now)]
    if before is None or after is None:
        return f"{before or after} (only in {'the first' if after is None else 'the second'})"
    return after if before == after else f"{before} \N{RIGHTWARDS ARROW} {after}"


def _wait_s(verdict: Verdict) -> float:
    return max(verdict.started_s - verdict.queued_s, 0.0)


def _name(verdict: Verdict) -> str:
    return shown(verdict.candidate_id, NAME_CHARACTERS)


def _before_s(was: Verdict | None, _: Verdict | None) -> float | None:
    return was.cpu_s if was else None


def _after_s(_: Verdict | None, now: Verdict | None) -> float | None:
    return now.cpu_s if now else None


def _factor(was: Verdict | None, now: Verdict | None) -> float | None:
    return now.cpu_s / was.cpu_s if was and was.cpu_s and now else None


ALWAYS, OF_ONE, OF_TWO = (1, 2), (1,), (2,)
"""Whether a column is in reports of one run, of two, or of both kinds."""

COLUMNS: tuple[tuple[Column, Value, tuple[int, ...]], ...] = (
    (Column("name", "candidate", "name", "Its id in the battery"), _of(_name), ALWAYS),
    (Column("status", "status", "status", "What became of it"), _status_words, ALWAYS),
    (Column("demo", "demo", "count", "Demo pairs exactly right"), _of(attrgetter("demo_correct")), ALWAYS),
    (Column("test", "test", "count", "Test pairs exactly right"), _of(attrgetter("test_correct")), ALWAYS),
    (Column("cpu_s", "CPU s", "seconds", "CPU seconds over all samples (check time)"), _after_s, OF_ONE),
    (Column("wall_s", "wall s", "seconds", "Seconds from started to ended"), _of(attrgetter("wall_s")), OF_ONE),
    (Column("wait_s", "waited s", "seconds", "Seconds from queued to started"), _of(_wait_s), OF_ONE),
    (Column("cpu_before_s", "CPU s before", "seconds", "CPU seconds in the first run"), _before_s, OF_TWO),
    (Column("cpu_s", "CPU s after", "seconds", "CPU seconds in the second run"), _after_s, OF_TWO),
    (Column("factor", "after / before", "factor", "Above 1 it became slower"), _factor, OF_TWO),
    (Column("worker", "worker", "count", "Number of the worker that ran it"), _of(attrgetter("worker")), ALWAYS),
    (Column("note", "note", "text", "Why it failed, or what it is a duplicate of"), _of(note), ALWAYS),
)
"""The columns in order: how each writes a cell, and in which reports it is."""
