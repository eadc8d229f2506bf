"""The same work twice, sequentially and in parallel."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from battnb.awaiting import says_when_not_awaited
from battnb.dsl.generate import generate_battery
from battnb.executor import Executor
from battnb.loops import in_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict, as_task
from battnb.phases.filter import KEEP
from battnb.phases.values import Tools
from battnb.result.views import Comparison, Run
from battnb.running.one_run import start
from battnb.running.options import Options, of_one_task
from battnb.running.own_tasks import for_one_task
from battnb.running.run_in_progress import run_in_progress
from battnb.sandbox.parent.pool import DEFAULT_DSL

WARM_UP_CANDIDATES = 12
WARM_UP_S = 1.0
"""What is done before the first run takes a twentieth of a second; it gives up after this long, if a DSL sleeps."""


@says_when_not_awaited("bn.compare(...)", ", or call bn.compare_sync(...)")
async def compare(
    task: Task,
    battery: Battery | Sequence[Candidate],
    *,
    timeout_s: float | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    out_dir: str | Path | None = ".",
    dsl: Sequence[str] = DEFAULT_DSL,
    deadline_s: float | None = None,
    pool: Executor | None = None,
    say: Callable[[str], None] | None = None,
    on_verdicts: Callable[[list[Verdict]], None] | None = None,
    live: str | None = "auto",
    leave_one_out: bool = False,
    keep: int | None = KEEP,
    any_task: bool = False,
) -> Comparison:
    """Run the same work twice in one pool: sequentially, then in parallel. Options are those of run_batt.

    Neither run has an advantage: what is made once for both, such as forks, is made before the first, and each stores
    into an empty folder. What the second stored is then put in out_dir. If the first is stopped, the second does
    not begin, and nothing is stored. The store is not asked: what is known already would say nothing about speed.
    """
    options = Options.of(locals() | {"say": of_one_task(say)})
    task = as_task(task)
    return await _in_one_pool(task, for_one_task(battery, task, options), options)


compare_sync = in_sync(compare)
"""compare for code that is not async."""


async def _in_one_pool(task: Task, battery: Battery, options: Options) -> Comparison:
    executor = options.executor(battery)
    try:
        return await _both(task, battery, options, executor)
    finally:
        if options.pool is None:
            executor.close()


async def _both(task: Task, battery: Battery, options: Options, executor: Executor) -> Comparison:
    runs: list[Run] = []
    was_stopped = False
    await executor.ready()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WARM_UP_S):
            await _warm_up(task, executor, options.limits_in_force())
    limits = options.limits_in_force()
    with _empty_folders(options.folder) as folders:
        for mode in ("sequential", "parallel"):
            chosen = msgspec.structs.replace(
                options,
                timeout_s=None,
                limits=limits,
                workers=None,
                pool=executor,
                dsl=executor.dsl,
                mode=mode,
                out_dir=folders[mode],
                live=None if was_stopped else options.live,
            )
            handle = start(task, battery, chosen)
            if was_stopped:
                handle.cancel()
            try:
                runs.append(await handle)
            finally:
                was_stopped = handle.was_stopped
                handle.cancel()
        if options.folder is not None and all([run.is_complete for run in runs]):
            await handle.store_again(options.folder)
    return Comparison(*runs)


async def _warm_up(task: Task, executor: Executor, limits: Limits) -> None:
    """A small run that is not shown: what is made once, such as forks, is not part of a later run's time."""
    battery = generate_battery(count=WARM_UP_CANDIDATES)
    going = run_in_progress(task, battery, Options(limits=limits, pool=executor, out_dir=None), executor)
    await going.work(Tools(executor=executor, progress=going.progress, say=lambda line: None))


@contextlib.contextmanager
def _empty_folders(out_dir: Path | None) -> Iterator[dict[str, Path | None]]:
    """A folder within out_dir, which is not made yet, for each mode. In the end they are gone."""
    token = secrets.token_hex(4)
    modes = ("sequential", "parallel")
    folders = {mode: None if out_dir is None else out_dir / f".{mode}_{token}" for mode in modes}
    try:
        yield folders
    finally:
        for folder in filter(None, folders.values()):
            shutil.rmtree(folder, ignore_errors=True)
