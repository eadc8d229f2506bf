"""Tasks in one pool, several at once, so that no worker waits while the last candidates of a task end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path

import msgspec

import battnb
from battnb.database.keeping import Keeping
from battnb.database.run_store import store_in
from battnb.errors import InputError
from battnb.live import display_kind, show_tasks
from battnb.load.batteries import check_functions
from battnb.loops import HEARTBEAT_S
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.phases.filter import KEEP
from battnb.pipeline import DSL, Draft
from battnb.progress import TasksProgress
from battnb.promise import by_promise
from battnb.run import Run
from battnb.runs import (
    RunHandle,
    checked_battery,
    checked_keep,
    checked_limits,
    checked_mode,
    checked_task,
    start_batt,
    writable,
)
from battnb.sandbox.pool import Pool
from battnb.trace.recorder import Recorder
from battnb.watching import Watch

MORE_AT_ONCE, MOST_AT_ONCE = 4, 16
"""Tasks in hand beyond the workers: some are always between phases, or being stored. And in all."""
MARGIN = 0.01
"""Of a budget, and at most a second: what it takes to end and to save."""


class Options(msgspec.Struct, frozen=True):
    """The options of run_tasks and stream_tasks, which say what they are."""

    out_dir: str | Path | None = "."
    budget_s: float | None = None
    timeout_s: float | None = None
    limits: Limits | None = None
    workers: int | None = None
    mode: str = "parallel"
    dsl: Sequence[str] = DSL
    pool: Pool | None = None
    cache: bool = True
    say: Callable[[str, str], None] = lambda task_id, line: None
    on_verdicts: Callable[[list[Verdict]], None] = lambda verdicts: None
    live: str | None = "auto"
    leave_one_out: bool = True
    keep: int | None = KEEP


class TaskStream:
    """Runs tasks, several at once. cut_off: the runs that had begun when it was ended from outside, by index."""

    def __init__(self, tasks: Sequence[Task], battery: Battery | Sequence[Candidate], options: Options) -> None:
        self.tasks = [checked_task(task) for task in _several(tasks)]
        self.cut_off: dict[int, Run] = {}
        self._battery = checked_battery(battery)
        self._mode = checked_mode(options.mode, options.pool, options.workers)
        self._limits = checked_limits(options.timeout_s, options.limits, options.pool)
        self._keep = checked_keep(options.keep)
        self._kind = display_kind(options.live)
        self._until_s = _until(options.budget_s)
        self._out_dir = None if options.out_dir is None else Path(options.out_dir)
        self._options = options
        self._pool = options.pool or Pool(options.workers, self._limits, dsl=options.dsl)
        self._handles: dict[asyncio.Task[Run], tuple[int, RunHandle]] = {}
        is_sequential = self._mode == "sequential"
        lanes = 1 if is_sequential else self._pool.workers
        self._at_once = 1 if is_sequential else min(lanes + MORE_AT_ONCE, MOST_AT_ONCE)
        self.progress = TasksProgress(len(self.tasks), self._battery, self._mode, lanes)

    async def runs(self) -> AsyncGenerator[tuple[int, Run], None]:
        """Each task's index and its run, as it ends."""
        battnb.last_runs = []
        close_display = show_tasks(
            self._kind if len(self.tasks) > 1 else None, self.progress, self._pool.at_work, self._stop
        )
        try:
            await self._pool.ready()
            check_functions(self._battery, self._pool.names)
            with self._store() as keeping, self._watch() as watch:
                async for index, run in self._in_turns(keeping, watch):
                    yield index, run
            self.progress.end(self._is_whole())
        finally:
            try:
                await self._cancel_all()
            finally:
                close_display()
                self.close()

    def close(self) -> None:
        """End the pool, unless it is the caller's; runs() does so in the end."""
        if self._options.pool is None:
            self._pool.close()

    def unreached(self, index: int) -> Run:
        """A run of which nothing was begun."""
        recorder = Recorder(self._mode.capitalize(), self._mode, self.progress.workers)
        return Draft(self.tasks[index], self._battery, self._pool, recorder, self._limits, None).run()

    # In turns

    async def _in_turns(self, keeping: Keeping | None, watch: Watch) -> AsyncGenerator[tuple[int, Run], None]:
        waiting, is_ending = self._order(keeping), False
        while waiting or self._handles:
            watch.look()
            if self._is_over() and not is_ending:
                is_ending = True
                waiting.clear()
                for _, handle in self._handles.values():
                    handle.cancel()
            self._begin(waiting, keeping)
            if self._handles:
                await asyncio.wait(self._handles, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
            for ended in [task for task in self._handles if task.done()]:
                index, _ = self._handles.pop(ended)
                run = ended.result()
                self.progress.ended(index, run)
                yield index, run

    def _begin(self, waiting: list[int], keeping: Keeping | None) -> None:
        """Begin tasks while there is room; one that is there twice waits, so that nothing is done twice."""
        while len(self._handles) < self._at_once:
            busy = {self.tasks[index].id for index, _ in self._handles.values()}
            index = next((index for index in waiting if self.tasks[index].id not in busy), None)
            if index is None:
                return
            waiting.remove(index)
            task = self.tasks[index]
            handle = start_batt(
                task,
                self._battery,
                limits=self._limits,
                mode=self._mode,
                out_dir=self._out_dir,
                pool=self._pool,
                say=lambda line, task_id=task.id: self._options.say(task_id, line),  # type: ignore[misc]
                on_verdicts=self._reached,
                live=self._kind if len(self.tasks) == 1 else None,
                store=keeping if keeping is not None else False,
                leave_one_out=self._options.leave_one_out,
                keep=self._keep,
            )
            self.progress.began(index, task.id)
            self._handles[asyncio.ensure_future(_ended(handle))] = index, handle

    def _reached(self, verdicts: list[Verdict]) -> None:
        self.progress.reached(verdicts)
        self._options.on_verdicts(verdicts)

    def _order(self, keeping: Keeping | None) -> list[int]:
        if self._until_s is None:
            return list(range(len(self.tasks)))
        return by_promise(self.tasks, keeping.store.known_tasks() if keeping is not None else {})

    # Ending

    def _is_over(self) -> bool:
        return self.progress.is_stopped or (self._until_s is not None and time.monotonic() >= self._until_s)

    def _is_whole(self) -> bool:
        return len(self.progress.complete) == len(self.tasks)

    def _stop(self) -> None:
        """From any thread: begin nothing more, and end what runs."""
        self.progress.is_stopped = True

    async def _cancel_all(self) -> None:
        for _, handle in self._handles.values():
            handle.cancel()
        while self._handles:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait(self._handles, timeout=HEARTBEAT_S)
            for task in [task for task in self._handles if task.done()]:
                index, handle = self._handles.pop(task)
                if not task.cancelled():
                    task.exception()  # the one that ended all has been raised already
                self.cut_off[index] = handle.ended()
        if self.cut_off:
            battnb.last_runs = [self.cut_off[index] for index in sorted(self.cut_off)]

    # Around all

    @contextlib.contextmanager
    def _store(self) -> Iterator[Keeping | None]:
        if self._out_dir is None:
            yield None
            return
        with store_in(writable(self._out_dir)) as store:
            yield Keeping(store, self._options.cache)

    @contextlib.contextmanager
    def _watch(self) -> Iterator[Watch]:
        watch = Watch(
            self._out_dir, self._pool.workers, self._pool.use_workers, lambda line: self._options.say("", line)
        )
        try:
            yield watch
        finally:
            watch.end()


async def _ended(handle: RunHandle) -> Run:
    try:
        return await handle
    finally:
        handle.cancel()


def _until(budget_s: float | None) -> float | None:
    """When to stop, on the monotonic clock, so that all has ended within the budget."""
    if budget_s is None:
        return None
    if not isinstance(budget_s, int | float) or not 0 < budget_s < float("inf"):
        raise InputError(f"budget_s is {budget_s!r}; give seconds above 0, or None for no budget")
    return time.monotonic() + budget_s - min(MARGIN * budget_s, 1.0)


def _several(tasks: Sequence[Task]) -> Sequence[Task]:
    if isinstance(tasks, Task) or not tasks:
        raise InputError("run_tasks wants a list of tasks, with at least one in it; bn.load_tasks(ids) makes one")
    return list(tasks)
