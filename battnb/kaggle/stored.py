"""Verdicts on a battery's programs that the run store holds, to choose attempts from without running anything."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from battnb.database.bodies import VERDICT_COLUMNS, VerdictReader
from battnb.database.connection import Database
from battnb.database.keys import digest
from battnb.load.takes_s import uses_s
from battnb.load.written import ProgramTexts
from battnb.model import Battery, Candidate, Task, Verdict
from battnb.phases.left_out import WITHOUT


def stored_verdicts(database: Database, battery: Battery, tasks: Sequence[Task]) -> dict[str, list[Verdict]]:
    """The newest verdict on each of a battery's programs on each of these tasks, by task id.

    Only verdicts on exactly the same task count. For a program that uses S, unseen_correct is what it gets right
    without looking it up, as far as that was judged on a task with the same demo pairs.
    """
    if not database.rows("SELECT 1 FROM verdicts LIMIT 1"):
        return {}
    programs = _by_md5(battery)
    of_runs, with_demo = _runs_of(database, tasks)
    right = _right_without(database, with_demo)
    readers = {task.id: VerdictReader(task) for task in tasks}
    found: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for run_id, task_id, kind, *row in database.rows(
        f"SELECT run_id, task_id, kind, {VERDICT_COLUMNS} FROM verdicts ORDER BY id"
    ):
        if of_runs.get(run_id) != task_id:
            continue
        verdict = readers[task_id].read(kind, row)
        candidate = programs.get(verdict.md5) if verdict is not None else None
        if verdict is not None and candidate is not None:
            unseen = right[task_id, verdict.md5] if _may_look_up(candidate, verdict) else verdict.demo_correct
            found[task_id][verdict.md5] = msgspec.structs.replace(
                verdict, size_bytes=len(candidate.source), unseen_correct=unseen
            )
    return {task_id: list(verdicts.values()) for task_id, verdicts in found.items()}


def _by_md5(battery: Battery) -> dict[str, Candidate]:
    """A battery's candidates as programs of their own, by the md5 of their source."""
    texts = ProgramTexts(battery.steps)
    cut_out = [Candidate(output.candidate_id, texts.source(output.value)) for output in battery.outputs]
    return {hashlib.md5(program.source_bytes).hexdigest(): program for program in [*cut_out, *battery.programs]}


def _may_look_up(candidate: Candidate, verdict: Verdict) -> bool:
    return verdict.demo_correct > 0 and uses_s(candidate, verdict.entry)


def _runs_of(database: Database, tasks: Sequence[Task]) -> tuple[dict[int, str], dict[int, str]]:
    """Task ids by run: of the runs of exactly these tasks, and of all runs with the same task id and demo pairs."""
    exactly = {digest(task): task.id for task in tasks}
    demos = {digest(task.id, task.demo) for task in tasks}
    rows = database.rows("SELECT digest, body FROM tasks")
    kept = {key: msgspec.msgpack.decode(body, type=Task) for key, body in rows}
    with_demo = {key: task.id for key, task in kept.items() if digest(task.id, task.demo) in demos}
    runs = database.rows("SELECT id, task FROM runs")
    return (
        {run: exactly[task] for run, task in runs if task in exactly},
        {run: with_demo[task] for run, task in runs if task in with_demo},
    )


def _right_without(database: Database, of_runs: dict[int, str]) -> defaultdict[tuple[str, str], int]:
    """How many demo pairs a program gets right with that pair left out of S, by task id and source md5."""
    rows = database.rows(
        "SELECT DISTINCT run_id, task_id, source_md5 FROM verdicts WHERE instr(task_id, ?) AND test_correct = 1",
        (WITHOUT,),
    )
    pairs = {(of_runs[run_id], md5, without) for run_id, without, md5 in rows if run_id in of_runs}
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for task_id, md5, _ in pairs:
        counts[task_id, md5] += 1
    return counts
