"""Many tasks on one battery: all at once as a list, or one by one as they end. task_stream.py does the work."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from battnb import last
from battnb.awaiting import as_parameters_of, says_when_not_awaited
from battnb.executor import Executor
from battnb.loops import in_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.phases.filter import KEEP
from battnb.result.views import Run
from battnb.running.options import Options, Say
from battnb.running.task_stream import TaskStream
from battnb.sandbox.parent.pool import DEFAULT_DSL


def prepared_stream(
    tasks: Sequence[Task],
    battery: Battery | Sequence[Candidate],
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
    keep: int | None = KEEP,
    any_task: bool = False,
) -> TaskStream:
    """Tasks that are ready to run on a battery; run_tasks says what the options mean."""
    return TaskStream(tasks, battery, Options.of(locals() | {"deadline_s": budget_s, "store": True}))


@as_parameters_of(prepared_stream)
async def stream_tasks(*args: Any, **kwargs: Any) -> AsyncIterator[Run]:
    """Run a battery on many tasks and yield each Run as it ends, in flat memory. Options are those of run_tasks.

    Tasks that had not begun when the budget ended are left out. Interrupted, the runs that were cut off are in
    bn.last_runs.
    """
    stream = prepared_stream(*args, **kwargs)
    async with contextlib.aclosing(stream.runs()) as runs:
        async for _, run in runs:
            yield run


@says_when_not_awaited("bn.run_tasks(...)", ", or call bn.run_tasks_sync(...)")
@as_parameters_of(prepared_stream)
async def run_tasks(*args: Any, **kwargs: Any) -> list[Run]:
    """Run a battery, or a list of candidates, on many tasks in one pool.

    out_dir: where programs are stored, and in battnb.db all that is reached, as soon as it is: a call that was cut off
    and is made again does only what is missing. None stores nothing. cache: False does all work again.
    budget_s: wall seconds after which all ends with what was reached; the tasks that promise most come first then.
    say: gets a task's id and a log line. on_verdicts: gets verdicts as they are reached, which are kept by then.
    any_task: run every candidate on every task; otherwise one that belongs to a task (Candidate.task_id, .claims) runs
    on that task only.
    timeout_s, limits, workers, mode, dsl, pool, live, leave_one_out, keep: as for run_batt.
    Returns a Run for each task, in their order; one that was not reached, or not to its end, has is_complete False.
    Interrupted, what was reached is in bn.last_runs.
    Raises as run_batt does, and StoreError if the store is damaged or newer, or the disk is full.
    """
    stream = prepared_stream(*args, **kwargs)
    found: dict[int, Run] = {}
    try:
        async with contextlib.aclosing(stream.runs()) as runs:
            async for index, run in runs:
                found[index] = run
    finally:
        found |= stream.cut_off
        last.runs = [found[index] for index in sorted(found)]
    last.runs = [found.get(index) or stream.unreached(index) for index in range(len(stream.tasks))]
    return last.runs


run_tasks_sync = in_sync(run_tasks)
"""run_tasks for code that is not async."""
