"""What a candidate's row opens to, packed small: source, inlined form, error, output, grids.

A few hundred rows are packed together and compressed; the browser unpacks them when one is opened. They are base64,
so nothing in them is HTML, whatever candidates wrote.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from battnb.load.inlining import ProgramText
from battnb.model import Grid, RunRecord, Task, Verdict, by_id
from battnb.view.grid_pictures import grid_text
from battnb.view.markup import score_words, status_words
from battnb.view.report.rows import note
from battnb.view.report.text import LINE_CHARACTERS, TEXT_CHARACTERS, cut_words, shown
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

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
    """Source and inlined form."""
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
    yield "waited", seconds_words(max(verdict.started_s - verdict.queued_s, 0.0))
    yield "started", f"{verdict.started_s:.4f} s"
    yield "worker", "none" if verdict.worker is None else str(verdict.worker)
    yield "t_log", str(verdict.t_log)
    if verdict.entry:
        yield "entry", shown(verdict.entry, LINE_CHARACTERS)
    if verdict.md5:
        yield "md5", shown(verdict.md5, LINE_CHARACTERS)


def _rows(grid: Grid | None) -> list[str] | None:
    """A grid as rows of digits."""
    return None if grid is None else grid_text(grid).split("\n")
