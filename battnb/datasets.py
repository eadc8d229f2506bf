"""Many tasks on one battery: all at once as a list, or one by one as they end. streaming.py does the work."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import battnb
from battnb.awaiting import says_when_not_awaited
from battnb.errors import InputError
from battnb.loops import run_sync
from battnb.model import Battery, Candidate, Task
from battnb.run import Run
from battnb.streaming import Options, TaskStream


async def stream_tasks(
    tasks: Sequence[Task], battery: Battery | Sequence[Candidate], **options: Any
) -> AsyncIterator[Run]:
    """Run a battery on many tasks and yield each Run as it ends, in flat memory. Options are those of run_tasks.

    Tasks that had not begun when the budget ended are left out. Interrupted, the runs that were cut off are in
    bn.last_runs.
    """
    stream = task_stream(tasks, battery, options)
    async with contextlib.aclosing(stream.runs()) as runs:
        async for _, run in runs:
            yield run


@says_when_not_awaited("bn.run_tasks(...)", ", or call bn.run_tasks_sync(...)")
async def run_tasks(tasks: Sequence[Task], battery: Battery | Sequence[Candidate], **options: Any) -> list[Run]:
    """Run a battery, or a list of candidates, on many tasks in one pool.

    out_dir: where programs are stored, and in battnb.db all that is reached, as soon as it is: a call that was cut off
    and is made again does only what is missing. None stores nothing. cache: False does all work anew.
    budget_s: wall seconds after which all ends with what was reached; tasks that promise most come first then.
    say: gets a task's id and a log line. on_verdicts: gets verdicts as they are reached, which are kept by then.
    timeout_s, limits, workers, mode, dsl, pool, live, leave_one_out, keep: as for run_batt.
    Returns a Run for each task, in their order; one that was not reached, or not to its end, has is_complete False.
    Interrupted, what was reached is in bn.last_runs.
    Raises as run_batt does, and StoreError where the store is damaged or newer, or the disk is full.
    """
    stream = task_stream(tasks, battery, options)
    found: dict[int, Run] = {}
    try:
        async with contextlib.aclosing(stream.runs()) as runs:
            async for index, run in runs:
                found[index] = run
    finally:
        found |= stream.cut_off
        battnb.last_runs = [found[index] for index in sorted(found)]
    battnb.last_runs = [found.get(index) or stream.unreached(index) for index in range(len(stream.tasks))]
    return battnb.last_runs


def run_tasks_sync(tasks: Sequence[Task], battery: Battery | Sequence[Candidate], **options: Any) -> list[Run]:
    """run_tasks for code that is not async. It works anywhere, in a running loop too."""
    return run_sync(lambda: run_tasks(tasks, battery, **options))


def task_stream(tasks: Sequence[Task], battery: Battery | Sequence[Candidate], given: dict[str, Any]) -> TaskStream:
    """The stream, with its options checked: Python asks about them only in words of its own."""
    names = Options.__struct_fields__
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            raise InputError(f"run_tasks has no option {name}" + (f"; did you mean {close[0]}?" if close else ""))
    return TaskStream(tasks, battery, Options(**given))
