"""Tasks in one pool, several at once, so that no worker waits while the last candidates of a task end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterator, Sequence

import msgspec

from battnb import last
from battnb.database.keeping import Keeping
from battnb.errors import InputError
from battnb.load.batteries import check_functions
from battnb.loops import HEARTBEAT_S
from battnb.model import Battery, Candidate, Task, Verdict
from battnb.phases.inline import Forms
from battnb.result.views import Run
from battnb.running.one_run import RunHandle, start, writable
from battnb.running.options import Options, checked_tasks
from battnb.running.own_tasks import OwnTasks
from battnb.running.run_in_progress import run_in_progress
from battnb.running.shortage import Shortage
from battnb.running.task_order import by_promise
from battnb.view.live.displays import show_tasks
from battnb.view.live.kinds import display_kind
from battnb.view.live.snapshot import TasksProgress

MORE_AT_ONCE, MOST_AT_ONCE = 4, 16
"""Tasks in hand beyond the number of workers, since some are always between phases; and the most tasks in hand."""
MARGIN = 0.01
"""The share of a budget, at most a second, that is kept for ending and saving."""


class TaskStream:
    """Runs tasks, several at once. cut_off: the runs that had begun when it was ended from outside, by index."""

    def __init__(self, tasks: Sequence[Task], battery: Battery | Sequence[Candidate], options: Options) -> None:
        self.tasks = checked_tasks(tasks, "run_tasks", "bn.load_tasks(ids) makes one")
        self.cut_off: dict[int, Run] = {}
        self._own = OwnTasks(battery, [task.id for task in self.tasks], options)
        self._forms = Forms(self._own.whole.steps)
        self._options = options
        self._until_s = _until(options.deadline_s)
        self._pool = options.executor(self._own.whole)
        # What each run gets: the pool and its limits are chosen once, and the budget is kept here.
        self._each = msgspec.structs.replace(
            options,
            timeout_s=None,
            limits=options.limits_in_force(),
            workers=None,
            pool=self._pool,
            dsl=self._pool.dsl,
            deadline_s=None,
            on_verdicts=self._reached,
            live=options.live if len(self.tasks) == 1 else None,
        )
        self._handles: dict[asyncio.Task[Run], tuple[int, RunHandle]] = {}
        lanes = options.lanes(self._pool)
        self._at_once = 1 if options.is_sequential else min(lanes + MORE_AT_ONCE, MOST_AT_ONCE)
        self.progress = TasksProgress(len(self.tasks), self._own.whole, options.mode, lanes)

    async def runs(self) -> AsyncGenerator[tuple[int, Run], None]:
        """Each task's index and its run, as it ends."""
        last.runs = []
        kind = display_kind(self._options.live) if len(self.tasks) > 1 else None
        close_display = show_tasks(kind, self.progress, self._pool.at_work, self._stop)
        try:
            await self._pool.ready()
            check_functions(self._own.whole, self._pool.names)
            self._own.tell()
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
        """The run of a task that was not begun."""
        task = self.tasks[index]
        return run_in_progress(task, self._own.battery(task.id), self._each, self._pool).run()

    # In turns

    async def _in_turns(self, keeping: Keeping | None, watch: Shortage) -> AsyncGenerator[tuple[int, Run], None]:
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
        """Begin tasks while there is room. A task that occurs twice waits for itself, so that nothing is done twice."""
        while len(self._handles) < self._at_once:
            busy = {self.tasks[index].id for index, _ in self._handles.values()}
            index = next((index for index in waiting if self.tasks[index].id not in busy), None)
            if index is None:
                return
            waiting.remove(index)
            task = self.tasks[index]
            handle = start(task, self._own.battery(task.id), self._each, keeping, self._forms)
            self.progress.began(index, task.id)
            self._handles[asyncio.ensure_future(_ended(handle))] = index, handle

    def _reached(self, verdicts: list[Verdict]) -> None:
        self.progress.reached(verdicts)
        self._options.hear(verdicts)

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
        """Begin nothing more, and end what runs. May be called from any thread."""
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
            last.runs = [self.cut_off[index] for index in sorted(self.cut_off)]

    # Around all

    @contextlib.contextmanager
    def _store(self) -> Iterator[Keeping | None]:
        if self._options.folder is None:
            yield None
            return
        with Keeping.opened(writable(self._options.folder), self._options.cache) as keeping:
            yield keeping

    @contextlib.contextmanager
    def _watch(self) -> Iterator[Shortage]:
        watch = Shortage(
            self._options.folder, self._pool.workers, self._pool.use_workers, lambda line: self._options.tell("", line)
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
