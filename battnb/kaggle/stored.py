"""Verdicts on a battery's programs that the run store holds, to choose attempts from without running anything."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from battnb.database.bodies import VERDICT_COLUMNS, VerdictReader
from battnb.database.connection import Database
from battnb.database.keys import digest
from battnb.load.written import ProgramTexts
from battnb.model import Battery, Candidate, Task, Verdict
from battnb.phases.left_out import WITHOUT, uses_s


def stored_verdicts(database: Database, battery: Battery, tasks: Sequence[Task]) -> dict[str, list[Verdict]]:
    """The newest verdict on each of a battery's programs on each of these tasks, by task id.

    Only verdicts on exactly the same task count. For a program that uses S, unseen_correct is what it gets right
    without looking it up, as far as that was judged on a task with the same demo pairs.
    """
    if not database.rows("SELECT 1 FROM verdicts LIMIT 1"):
        return {}
    programs = _by_md5(battery)
    of_runs = _runs_of(database, tasks)
    right = _right_without(database, _runs_of_demo(database, tasks))
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


def _runs_of(database: Database, tasks: Sequence[Task]) -> dict[int, str]:
    """The task id of each run of exactly one of these tasks, by the run's id."""
    by_digest = {digest(task): task.id for task in tasks}
    rows = database.rows("SELECT id, task FROM runs")
    return {run_id: by_digest[task] for run_id, task in rows if task in by_digest}


def _runs_of_demo(database: Database, tasks: Sequence[Task]) -> dict[int, str]:
    """The same for tasks with the same id and demo pairs, whatever is known about their tests."""
    by_demo = {digest(task.id, task.demo): task.id for task in tasks}
    bodies = database.rows("SELECT digest, body FROM tasks")
    kept = {key: msgspec.msgpack.decode(body, type=Task) for key, body in bodies}
    same = {key: by_demo.get(digest(task.id, task.demo)) for key, task in kept.items()}
    rows = database.rows("SELECT id, task FROM runs")
    return {run_id: task_id for run_id, task in rows if (task_id := same.get(task)) is not None}


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
