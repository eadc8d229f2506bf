"""From tasks and a battery to a submission's file, which is complete and valid from the first moment on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from battnb.awaiting import says_when_not_awaited
from battnb.datasets import task_stream
from battnb.errors import InputError
from battnb.kaggle.attempts import Attempts, answered, answers_of, attempts_for
from battnb.kaggle.submission import Submission, submission_of
from battnb.load.competition import without_answers
from battnb.loops import run_sync
from battnb.model import Battery, Candidate, Task, Verdict
from battnb.run import Run
from battnb.runs import checked_battery

WRITE_S = 10.0
"""The file is written again this often while tasks end."""
RESERVE = 0.02
"""The part of a budget, at most five seconds, that is left for the last choice and the last writing."""


@says_when_not_awaited("bn.submit(...)", ", or call bn.submit_sync(...)")
async def submit(
    tasks: Sequence[Task],
    battery: Battery | Sequence[Candidate],
    path: str | Path = "submission.json",
    **options: Any,
) -> Submission:
    """Run a battery on tasks and write the submission. Options are those of run_tasks.

    keep is None unless it is given: no candidate is dropped before it is known what it gets right without looking it
    up. Test outputs are taken off the tasks first, so that nothing can depend on them. The file is written before the
    first task runs, from what the store of out_dir holds, then every few seconds, and in the end. So it is complete
    and valid whenever this is cut off, and the next call goes on from there.
    Returns the submission. Raises what run_tasks raises, and StoreError if the file cannot be written.
    """
    work = Submitting(tasks, battery, path, options)
    async with contextlib.aclosing(work.runs()) as runs:
        async for _ in runs:
            pass
    return work.submission()


def submit_sync(
    tasks: Sequence[Task],
    battery: Battery | Sequence[Candidate],
    path: str | Path = "submission.json",
    **options: Any,
) -> Submission:
    """submit for code that is not async. It works anywhere, also inside a running loop."""
    return run_sync(lambda: submit(tasks, battery, path, **options))


class Submitting:
    """A submission that grows while its runs end."""

    def __init__(
        self, tasks: Sequence[Task], battery: Battery | Sequence[Candidate], path: str | Path, options: dict[str, Any]
    ) -> None:
        if isinstance(tasks, Task) or not tasks:
            raise InputError("submit takes a list of tasks with at least one in it; bn.load_competition() has them")
        self.tasks = [without_answers(task) for task in tasks]
        self._battery = checked_battery(battery)
        self._path = Path(path)
        self._options = {"keep": None} | options
        self._partly: dict[str, list[Verdict]] = {}
        self._attempts: dict[str, list[Attempts]] = {}
        self._answered: dict[str, int] = {}
        self._written_s = 0.0

    @property
    def is_complete(self) -> bool:
        """Did every task run to its end?"""
        return len(self._attempts) == len({task.id for task in self.tasks})

    async def runs(self) -> AsyncGenerator[Run, None]:
        """Yield each run as it ends. The file is written meanwhile, and when this is left, for whatever reason."""
        stream = task_stream(self.tasks, self._battery, self._options | self._shorter_budget())
        try:
            self._take_from_store()
            self._write()
            async with contextlib.aclosing(stream.runs()) as runs:
                async for _, run in runs:
                    self._take(run)
                    yield run
        finally:
            stream.close()
            for run in stream.cut_off.values():
                self._take(run)
            try:
                self._take_from_store()
            finally:
                self._write()

    def _shorter_budget(self) -> dict[str, Any]:
        budget_s = self._options.get("budget_s")
        if not isinstance(budget_s, int | float):
            return {}
        return {"budget_s": budget_s - min(RESERVE * budget_s, 5.0)}

    def submission(self) -> Submission:
        """The submission so far. Tasks whose run has not ended have what the store holds of them."""
        open_tasks = [task for task in self.tasks if task.id not in self._attempts]
        rest = submission_of(open_tasks, self._partly)
        found = Submission(self._attempts, sum(self._answered.values()) + rest.answered)
        found.update(rest)
        return found.in_order([task.id for task in self.tasks])

    def _take(self, run: Run) -> None:
        if not run.is_complete:
            self._partly.setdefault(run.task.id, []).extend(run.verdicts)
            return
        answers = answers_of(run.task, run.verdicts)
        self._attempts[run.task.id] = attempts_for(run.task, answers)
        self._answered[run.task.id] = answered(run.task, answers)
        self._partly.pop(run.task.id, None)
        if time.monotonic() - self._written_s > WRITE_S:
            self._write()

    def _take_from_store(self) -> None:
        """Take what the store holds of tasks whose run has not ended."""
        out_dir = self._options.get("out_dir", ".")
        open_tasks = [task for task in self.tasks if task.id not in self._attempts]
        if out_dir is None or not open_tasks or not (Path(out_dir) / "battnb.db").is_file():
            return
        from battnb.database.run_store import open_store
        from battnb.kaggle.stored import stored_verdicts

        with open_store(out_dir) as store:
            self._partly |= stored_verdicts(store.database, self._battery, open_tasks)

    def _write(self) -> None:
        self.submission().write(self._path)
        self._written_s = time.monotonic()
