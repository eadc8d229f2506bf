"""Programs, each on its own task: whether a collection of solvers is right."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from battnb import phases
from battnb.awaiting import as_parameters_of, says_when_not_awaited
from battnb.database.run_store import store_in
from battnb.errors import InputError, TaskError
from battnb.load.batteries import load_battery, run_as
from battnb.load.streamed import programs_at
from battnb.load.tasks import Data, ids_of, load_tasks
from battnb.loops import in_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.running.one_run import writable
from battnb.running.options import Options, of_one_task
from battnb.running.own_tasks import OwnTasks
from battnb.sandbox.parent.pool import DEFAULT_DSL, Pool
from battnb.trace.checked import Checked
from battnb.view.live.displays import show_check
from battnb.view.live.kinds import display_kind
from battnb.view.live.snapshot import CheckSnapshot


def checking(
    programs: object,
    *,
    data: Data = None,
    timeout_s: float | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    out_dir: str | Path | None = None,
    dsl: Sequence[str] = DEFAULT_DSL,
    pool: Pool | None = None,
    entry: str | None = None,
    grids: str | None = None,
    prelude: bool = False,
    say: Callable[[str], None] | None = None,
    on_verdicts: Callable[[list[Verdict]], None] | None = None,
    live: str | None = "auto",
) -> OwnTaskCheck:
    """A check that is ready to run; check says what the options mean."""
    options = Options.of(locals() | {"say": of_one_task(say)})
    return OwnTaskCheck(run_as(load_battery(programs, prelude=prelude), entry, grids), options)


@says_when_not_awaited("bn.check(...)", ", or call bn.check_sync(...)")
@as_parameters_of(checking)
async def check(*args: Any, **kwargs: Any) -> Checked:
    """Run each program on its own task only: the one that it names by its function (solve_<task>, verify_<task>), its
    file, its folder or its record.

    programs: whatever load_battery reads: a file, a folder, records, a battery of programs, candidates.
    data: where tasks come from, as for load_tasks. If there is just one, programs that name none are for it.
    entry, grids: as for Candidate, for all programs that do not say it. prelude: supply names that programs take for
    granted, such as np.
    out_dir: where programs that gave grids are stored; None stores nothing. say: gets lines about what lies beside the
    programs, such as their DSL. timeout_s, limits, workers, dsl, pool, on_verdicts: as for run_batt.
    live: "bar", "log" or None; "auto" chooses what suits the place.
    Returns what came of them: verdicts, counts, a table, a page, and as text a line for each that is not right.
    Raises InputError for bad arguments, BatteryError and TaskError for files that cannot be read.
    """
    work = checking(*args, **kwargs)
    await work.run()
    return work.checked()


check_sync = in_sync(check)
"""check for code that is not async."""


class OwnTaskCheck:
    """Programs on their way through their own tasks. checked() gives what has come of them, at any time."""

    def __init__(self, battery: Battery, options: Options) -> None:
        if battery.outputs:
            raise InputError(
                f"the candidates of {battery.name} are steps of a battery, which name no task; run it on one instead"
            )
        self._battery, self._options = battery, options
        ids = _known_ids(options.data)
        pairs = OwnTasks(battery, ids, options).pairs()
        named = [(program.id, _own(task_id, ids)) for program, task_id in pairs]
        self._tasks = _read({task_id for _, task_id in named if task_id is not None}, options.data)
        self._task_ids = [task_id if task_id in self._tasks else None for _, task_id in named]
        self._places = {pair: place for place, pair in enumerate(named)}
        self._found: list[Verdict] = []
        self._began_s = time.monotonic()

    async def run(self) -> None:
        """Run them all, and store what was asked for."""
        options = self._options
        if options.folder is not None:
            writable(options.folder)
        pool = options.executor(self._battery)
        assert isinstance(pool, Pool)
        end_display = show_check(display_kind(options.live), self._snapshot)
        try:
            await pool.ready()
            async with contextlib.aclosing(pool.stream(self._pairs(), limits=options.limits_in_force())) as verdicts:
                async for verdict in verdicts:
                    self._found.append(verdict)
                    options.hear([verdict])
            if options.folder is not None:
                await self._store(pool, options.folder)
        finally:
            end_display()
            if options.pool is None:
                pool.close()

    def checked(self) -> Checked:
        """What has come of the programs so far, in their order."""
        found = sorted(self._found, key=lambda verdict: self._places[verdict.candidate_id, verdict.task_id])
        pairs = zip(self._battery.programs, self._task_ids, strict=True)
        taskless = tuple([program.id for program, task_id in pairs if task_id is None])
        return Checked(self._battery.name, tuple(found), taskless, len(self._task_ids) - len(taskless))

    def _pairs(self) -> Iterator[tuple[Candidate, Task]]:
        for program, task_id in zip(self._battery.programs, self._task_ids, strict=True):
            if task_id is not None:
                yield program, self._tasks[task_id]

    async def _store(self, pool: Pool, out_dir: Path) -> None:
        """Store the programs, task by task."""
        by_task: defaultdict[str, list[Verdict]] = defaultdict(list)
        for verdict in self.checked().verdicts:
            by_task[verdict.task_id].append(verdict)
        with store_in(out_dir) as store:
            for task_id, verdicts in by_task.items():
                places = [self._places[verdict.candidate_id, task_id] for verdict in verdicts]
                programs = programs_at(self._battery.programs, places)
                own = msgspec.structs.replace(self._battery, programs=programs)
                inlined = await phases.inline(own, own.candidate_ids, dsl=pool.dsl)
                await phases.store(inlined, verdicts, out_dir, dsl=pool.dsl, names=pool.names, register=store.register)

    def _snapshot(self, state: str) -> CheckSnapshot:
        return CheckSnapshot(
            state=state,
            checked=len(self._found),
            total=len(self._task_ids) - self._task_ids.count(None),
            elapsed_s=time.monotonic() - self._began_s,
        )


def _known_ids(data: Data) -> Collection[str]:
    """The ids of the tasks of the data. Raises TaskError if there is none."""
    return ids_of(data) or [task.id for task in load_tasks(data=data)]


def _read(wanted: Collection[str], data: Data) -> dict[str, Task]:
    """These tasks, by id. If one cannot be read, a warning names it, and it is left out."""
    try:
        tasks = load_tasks(sorted(wanted), data) if wanted else ()
    except TaskError:
        tasks = load_tasks(data=data)
    return {task.id: task for task in tasks if task.id in wanted}


def _own(task_id: str | None, ids: Collection[str]) -> str | None:
    """The task of a program that names this one, among those of the data; the only task for one that names none."""
    if task_id is None and len(ids) == 1:
        return next(iter(ids))
    return task_id if task_id in ids else None
