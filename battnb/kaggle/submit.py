"""From tasks and a battery to a submission's file, which is complete and valid from the first moment on."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from battnb.awaiting import as_parameters_of, says_when_not_awaited
from battnb.database.bodies import VERDICT_COLUMNS, VerdictReader
from battnb.database.connection import Database
from battnb.database.keys import digest
from battnb.database.run_store import open_store
from battnb.executor import Executor
from battnb.kaggle.submission import Choice, Submission, choice, of_choices
from battnb.load.streamed import changed
from battnb.load.tasks import Data, without_answers
from battnb.load.written import ProgramTexts
from battnb.loops import in_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.phases.left_out import WITHOUT
from battnb.result.views import Run
from battnb.running.options import Options, Say, checked_battery, checked_tasks
from battnb.running.own_tasks import OwnTasks
from battnb.running.task_stream import TaskStream
from battnb.sandbox.parent.pool import DEFAULT_DSL
from battnb.trace.failures import Failures
from battnb.view.reasons import common_words

WRITE_S = 10.0
"""The file is written again this often while tasks end."""
RESERVE = 0.02
"""The part of a budget, at most five seconds, that is left for the last choice and the last writing."""


def submitting(
    tasks: Sequence[Task],
    battery: Battery | Sequence[Candidate],
    path: str | Path = "submission.json",
    *,
    out_dir: str | Path | None = ".",
    budget_s: float | None = None,
    timeout_s: float | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    mode: str = "parallel",
    dsl: Sequence[str] = DEFAULT_DSL,
    pool: Executor | None = None,
    cache: bool = True,
    say: Say | None = None,
    on_verdicts: Callable[[list[Verdict]], None] | None = None,
    live: str | None = "auto",
    leave_one_out: bool = True,
    keep: int | None = None,
    any_task: bool = False,
    siblings: bool = False,
    data: Data = None,
) -> Submitting:
    """A submission that is ready to be made; submit says what the options mean."""
    options = Options.of(locals() | {"deadline_s": budget_s, "store": True})
    return Submitting(tasks, battery if siblings else _without_siblings(checked_battery(battery)), path, options)


def _without_siblings(battery: Battery) -> Battery:
    """The same battery, whose programs cannot import the modules beside them."""
    return changed(battery, lambda one: msgspec.structs.replace(one, siblings={}) if one.siblings else one)


@says_when_not_awaited("bn.submit(...)", ", or call bn.submit_sync(...)")
@as_parameters_of(submitting)
async def submit(*args: Any, **kwargs: Any) -> Submission:
    """Run a battery on tasks and write the submission.

    Options are those of run_tasks, but keep is None unless it is given: no candidate is dropped before it is known
    what it gets right that it could not look up. siblings: whether programs may import the modules beside them.
    data: where the tasks come from, as for load_competition: programs that belong to its other tasks are left out then.
    Test outputs are taken off the tasks first, so that nothing can depend on them. The file is written before the
    first task is run, from what the store of out_dir holds, then again and again, and at the end: it is complete and
    valid whenever this is cut off, and a call that is made again goes on from there.
    Returns the submission. Raises as run_tasks does, and StoreError if the file cannot be written.
    """
    work = submitting(*args, **kwargs)
    async with contextlib.aclosing(work.runs()) as runs:
        async for _ in runs:
            pass
    return work.submission()


submit_sync = in_sync(submit)
"""submit for code that is not async."""


class Submitting:
    """A submission that grows while its runs end."""

    def __init__(
        self, tasks: Sequence[Task], battery: Battery | Sequence[Candidate], path: str | Path, options: Options
    ) -> None:
        given = checked_tasks(tasks, "submit", "bn.load_competition() has them")
        self.tasks = [without_answers(task) for task in given]
        self._own = OwnTasks(battery, [task.id for task in self.tasks], options)
        self._path = Path(path)
        self._options = options
        self._partly: dict[str, list[Verdict]] = {}
        self._chosen: dict[str, Choice] = {}
        self._written_s = 0.0
        self._failures = Failures()

    @property
    def is_complete(self) -> bool:
        """Did every task run to its end?"""
        return len(self._chosen) == len({task.id for task in self.tasks})

    async def runs(self) -> AsyncGenerator[Run, None]:
        """Yield each run as it ends. The file is written meanwhile, and when this is left, for whatever reason."""
        stream = TaskStream(self.tasks, self._own.whole, self._with_reserve())
        try:
            self._take_from_store()
            self._write()
            async with contextlib.aclosing(stream.runs()) as runs:
                async for _, run in runs:
                    self._take(run)
                    yield run
            self._say_why()
        finally:
            stream.close()
            for run in stream.cut_off.values():
                self._take(run)
            try:
                self._take_from_store()
            finally:
                self._write()

    def _with_reserve(self) -> Options:
        """The options with a budget that leaves time to write."""
        budget_s = self._options.deadline_s
        if not isinstance(budget_s, int | float):
            return self._options
        return msgspec.structs.replace(self._options, deadline_s=budget_s - min(RESERVE * budget_s, 5.0))

    def submission(self) -> Submission:
        """The submission so far. Tasks whose run has not ended have what the store holds of them."""
        rest = {task.id: choice(task, self._partly.get(task.id, ())) for task in self._open_tasks()}
        return of_choices({task.id: (self._chosen | rest)[task.id] for task in self.tasks})

    def _open_tasks(self) -> list[Task]:
        return [task for task in self.tasks if task.id not in self._chosen]

    def _say_why(self) -> None:
        """Say why most validations failed, if most did."""
        reason = self._failures.dominant()
        if reason is not None:
            self._options.tell("", f"-- {common_words(reason, 'validations')}")

    def _take(self, run: Run) -> None:
        self._failures.add(run.verdicts)
        if not run.is_complete:
            self._partly.setdefault(run.task.id, []).extend(run.verdicts)
            return
        self._chosen[run.task.id] = choice(run.task, run.verdicts)
        self._partly.pop(run.task.id, None)
        if time.monotonic() - self._written_s > WRITE_S:
            self._write()

    def _take_from_store(self) -> None:
        """Take what the store holds of tasks whose run has not ended."""
        out_dir = self._options.folder
        open_tasks = self._open_tasks()
        if out_dir is None or not open_tasks or not (out_dir / "battnb.db").is_file():
            return
        with open_store(out_dir) as store:
            self._partly |= stored_verdicts(store.database, self._own, open_tasks)

    def _write(self) -> None:
        self.submission().write(self._path)
        self._written_s = time.monotonic()


# Verdicts that the run store holds, to choose attempts from without running anything


def stored_verdicts(database: Database, own: OwnTasks, tasks: Sequence[Task]) -> dict[str, list[Verdict]]:
    """The newest verdict on each of a battery's programs on each of these tasks that it is for, by task id.

    Only verdicts on exactly the same task count. For a program that uses S, unseen_correct is what it gets right
    without looking it up, as far as that was judged on a task with the same demo pairs.
    """
    if not database.rows("SELECT 1 FROM verdicts LIMIT 1"):
        return {}
    programs = _by_md5(own)
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
        for_tasks = programs.get(verdict.md5, {}) if verdict is not None else {}
        candidate = for_tasks.get(task_id) or for_tasks.get(None)
        if verdict is not None and candidate is not None:
            unseen = right[task_id, verdict.md5] if verdict.may_be_looked_up else verdict.demo_correct
            found[task_id][verdict.md5] = msgspec.structs.replace(
                verdict, size_bytes=len(candidate.source), unseen_correct=unseen
            )
    return {task_id: list(verdicts.values()) for task_id, verdicts in found.items()}


def _by_md5(own: OwnTasks) -> dict[str, dict[str | None, Candidate]]:
    """A battery's candidates as programs of their own, by the md5 of their source and the task that they are for."""
    texts = ProgramTexts(own.whole.steps)
    cut_out = [Candidate(output.candidate_id, texts.source(output.value)) for output in own.whole.outputs]
    found: defaultdict[str, dict[str | None, Candidate]] = defaultdict(dict)
    for candidate, task_id in chain([(program, None) for program in cut_out], own.pairs()):
        found[candidate.source_md5][task_id] = candidate
    return found


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
