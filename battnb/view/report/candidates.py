"""The table of candidates as data: its columns, its rows, and what a row opens to.

The details of a few hundred rows are packed together and compressed; the browser unpacks them when one is opened. They
are base64, so nothing in them is HTML, whatever candidates wrote.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec

from battnb.load.inlining import ProgramText
from battnb.model import Grid, RunRecord, Status, Task, Verdict, by_id
from battnb.view.markup import grid_text, score_words, status_words
from battnb.view.report.report_parts import LINE_CHARACTERS, NAME_CHARACTERS, TEXT_CHARACTERS, cut_words, shown
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

BEST_ROWS = 1_000
"""If there are more candidates than the table holds, it has this many of the best, and those that took most CPU."""

Value = Callable[[Any, Any], object]
"""Takes a candidate's verdict in the first and in the second run, if any; of one run it is the same twice."""


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
    return lambda was, now: value(now or was)


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


TOGETHER = 200
"""How many rows are in a pack."""
MOST_BYTES = 16 * 2**20
"""The size of all packs in the page. The texts of rows that come after it are left out."""


def packed(data: object) -> str:
    """Data as compressed JSON in base64. scripts/basics.js unpacks it."""
    return base64.b64encode(gzip.compress(msgspec.json.encode(data), 6, mtime=0)).decode()


def packs(
    runs: Sequence[RunRecord], ids: Sequence[str], labels: Sequence[str], most_bytes: int = MOST_BYTES
) -> Iterator[str]:
    """The details of candidates, in packs of TOGETHER, in their order."""
    by_run = [by_id(run.verdicts) for run in runs]
    programs = _programs(runs, ids)
    used = 0
    rows = iter(ids)
    while some := list(islice(rows, TOGETHER)):
        texts = {name: _texts(programs[name]) for name in some if name in programs} if used < most_bytes else {}
        pack = packed([_detail(name, by_run, labels, texts.get(name)) for name in some])
        used += len(pack)
        yield pack


def task_data(task: Task) -> list[dict[str, Any]]:
    """The pairs of a task: name, input, wanted output (None if unknown)."""
    names = [f"demo {n}" for n in range(1, len(task.demo) + 1)] + [f"test {n}" for n in range(1, len(task.test) + 1)]
    return [
        {"name": name, "input": _rows(pair.input), "output": _rows(pair.output)}
        for name, pair in zip(names, task.samples, strict=True)
    ]


def text_data(title: str, text: str, most: int = TEXT_CHARACTERS) -> dict[str, str]:
    """A text under a title, and a notice if it is cut."""
    return {"title": title, "text": shown(text, most), "cut": cut_words(text, most)}


def _programs(runs: Sequence[RunRecord], ids: Sequence[str]) -> dict[str, ProgramText]:
    """What candidates were, by id, in the last run that has them. All are made together: they share the inlining."""
    found: dict[str, ProgramText] = {}
    for run in reversed(runs):
        found |= run.programs.texts({name for name in ids if name not in found})
    return found


def _texts(program: ProgramText) -> list[dict[str, str]]:
    found = [text_data("source", program.source)]
    if program.inlined is not None:
        found.append(text_data("inlined form", program.inlined))
    elif program.inlined_bytes:
        notice = f"{program.inlined_bytes:,} bytes, too long to be read; the steps above say the same"
        found.append({"title": "inlined form", "text": "", "cut": notice})
    return found


def _detail(
    name: str, by_run: Sequence[dict[str, Verdict]], labels: Sequence[str], texts: list[dict[str, str]] | None
) -> dict[str, Any]:
    there = [(label, verdicts[name]) for label, verdicts in zip(labels, by_run, strict=True) if name in verdicts]
    return {"texts": texts, "runs": [_of_run(label, verdict) for label, verdict in there]}


def _of_run(label: str, verdict: Verdict) -> dict[str, Any]:
    error = verdict.error
    texts = [text_data(f"error: {error.type}", error.message)] if error and len(error.message) > LINE_CHARACTERS else []
    texts += [text_data("printed", verdict.stdout)] if verdict.stdout else []
    return {
        "label": label,
        "status": LOOKS[verdict.status].words,
        "facts": [*_facts(verdict)],
        "note": note(verdict),
        "texts": texts,
        "samples": [
            {"status": status_words(status), "output": _rows(output)}
            for status, output in zip(verdict.sample_statuses, verdict.outputs, strict=True)
        ],
    }


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "score", score_words(verdict)
    yield "CPU", seconds_words(verdict.cpu_s)
    if verdict.executed_cpu_s < verdict.cpu_s * 0.99:
        yield "of that really spent", seconds_words(verdict.executed_cpu_s)
    yield "wall", seconds_words(verdict.wall_s)
    yield "waited", seconds_words(_wait_s(verdict))
    yield "started", f"{verdict.started_s:.4f} s"
    yield "worker", "none" if verdict.worker is None else str(verdict.worker)
    yield "t_log", str(verdict.t_log)
    if verdict.entry:
        yield "entry", shown(verdict.entry, LINE_CHARACTERS)
    if verdict.md5:
        yield "md5", shown(verdict.md5, LINE_CHARACTERS)


def _rows(grid: Grid | None) -> list[str] | None:
    return None if grid is None else grid_text(grid).split("\n")
