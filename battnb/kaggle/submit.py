"""From tasks and a battery to a submission's file, which is complete and valid from the first moment on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from battnb.awaiting import as_parameters_of, says_when_not_awaited
from battnb.database.run_store import open_store
from battnb.executor import Executor
from battnb.kaggle.attempts import Attempts, answered, answers_of, attempts_for
from battnb.kaggle.stored import stored_verdicts
from battnb.kaggle.submission import Submission, submission_of
from battnb.load.competition import without_answers
from battnb.loops import in_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.result.views import Run
from battnb.running.options import Options, Say, checked_battery, checked_tasks
from battnb.running.task_stream import TaskStream
from battnb.sandbox.parent.pool import DEFAULT_DSL

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
) -> Submitting:
    """A submission that is ready to be made; submit says what the options mean."""
    options = Options(
        out_dir=out_dir,
        end_after_s=budget_s,
        timeout_s=timeout_s,
        limits=limits,
        workers=workers,
        mode=mode,
        dsl=dsl,
        pool=pool,
        store=True,
        cache=cache,
        say=say,
        on_verdicts=on_verdicts,
        live=live,
        leave_one_out=leave_one_out,
        keep=keep,
    )
    return Submitting(tasks, battery, path, options)


@says_when_not_awaited("bn.submit(...)", ", or call bn.submit_sync(...)")
@as_parameters_of(submitting)
async def submit(*args: Any, **kwargs: Any) -> Submission:
    """Run a battery on tasks and write the submission.

    Options are those of run_tasks, but keep is None unless it is given: no candidate is dropped before it is known
    what it gets right that it could not look up.
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
        self._battery = checked_battery(battery)
        self._path = Path(path)
        self._options = options
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
        stream = TaskStream(self.tasks, self._battery, self._with_reserve())
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

    def _with_reserve(self) -> Options:
        """The options with a budget that leaves time to write."""
        budget_s = self._options.end_after_s
        if not isinstance(budget_s, int | float):
            return self._options
        return msgspec.structs.replace(self._options, end_after_s=budget_s - min(RESERVE * budget_s, 5.0))

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
        out_dir = self._options.folder
        open_tasks = [task for task in self.tasks if task.id not in self._attempts]
        if out_dir is None or not open_tasks or not (out_dir / "battnb.db").is_file():
            return
        with open_store(out_dir) as store:
            self._partly |= stored_verdicts(store.database, self._battery, open_tasks)

    def _write(self) -> None:
        self.submission().write(self._path)
        self._written_s = time.monotonic()
