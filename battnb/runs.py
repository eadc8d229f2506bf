"""Starting runs: awaited, in the background, from code that is not async, and twice to compare."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import battnb
from battnb.awaiting import says_when_not_awaited
from battnb.errors import InputError, StoreError
from battnb.executor import Executor
from battnb.live import display_kind, show_live
from battnb.load.batteries import check_functions
from battnb.loops import HEARTBEAT_S, call_in, run_sync
from battnb.model import Battery, Candidate, Limits, Task, Verdict
from battnb.phases.filter import KEEP, candidate_ids
from battnb.pipeline import DSL, Draft, run_phases, store_again, warm_up
from battnb.run import Comparison, Run
from battnb.sandbox.pool import Pool
from battnb.trace.recorder import Recorder

if TYPE_CHECKING:
    from battnb.database.keeping import Keeping

MODES = ("parallel", "sequential")
WARM_UP_S = 1.0
"""What compare does before its first run takes a twentieth of a second; a DSL that sleeps holds it up no longer."""


class RunHandle:
    """A run that has been started in the running loop. Await it for the Run, in that loop or in another.

    verdicts: those reached so far, at any time. cancel(), from any thread, ends it within a moment; awaiting it then
    gives the Run so far, whose is_complete is False. Where the awaiting itself is cancelled, as by an interrupt, the
    run ends too. However it ends, and whether or not it is awaited, the Run is then in bn.last_run.
    """

    def __init__(
        self, draft: Draft, work: Callable[[], Coroutine[Any, Any, None]], close: Callable[[object], None]
    ) -> None:
        self._draft = draft
        self._is_cancelled = False
        self._run: Run | None = None
        self.on_end: Callable[[Run, BaseException | None], None] = lambda run, error: None
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(work())
        self._task.add_done_callback(close)  # work that is cancelled before it has begun closes nothing
        self._task.add_done_callback(lambda _: self.ended())

    @property
    def verdicts(self) -> list[Verdict]:
        return list(self._draft.validated.values())

    def cancel(self) -> None:
        self._is_cancelled = True
        self._stop()

    async def store_again(self, out_dir: Path) -> None:
        """Store what a finished run has found in another folder too. Raises StoreError where it cannot be written."""
        await store_again(self._draft, out_dir)

    @property
    def was_stopped(self) -> bool:
        """Was it cancelled before its end?"""
        return self._is_cancelled and self._task.cancelled()

    def done(self) -> bool:
        return self._task.done() or self._loop.is_closed()

    def ended(self) -> Run:
        """The run, once it has ended: the same each time, and the last run when it is asked for first."""
        if self._run is None:
            self._run = battnb.last_run = self._draft.run()
            failed = self._task.done() and not self._task.cancelled() and self._task.exception()
            self.on_end(self._run, failed or None)
        return self._run

    def _stop(self) -> None:
        if self._is_here():
            self._task.cancel()
        else:
            call_in(self._loop, self._task.cancel)

    def _is_here(self) -> bool:
        return asyncio._get_running_loop() is self._loop

    async def _result(self) -> Run:
        try:
            while not self._task.done():
                await self._moment()
        except asyncio.CancelledError:
            self._stop()
            await self._end()
            raise
        run = self.ended()
        if not self._task.cancelled():
            self._task.result()
        elif not self._is_cancelled:
            raise asyncio.CancelledError
        return run

    async def _end(self) -> None:
        """Wait until it has ended, whoever cancels the waiting again: it has been told to, and takes only a moment."""
        while not self.done():
            with contextlib.suppress(asyncio.CancelledError):
                await self._moment()

    async def _moment(self) -> None:
        """Wait for the end, but not longer than a heartbeat: the loop must turn to notice an interrupt."""
        if self._is_here():
            await asyncio.wait([self._task], timeout=HEARTBEAT_S)
        elif self._loop.is_running():
            await asyncio.sleep(HEARTBEAT_S)
        else:
            raise InputError(
                "the loop in which this run was started has stopped, and the run with it; await it in that loop, "
                "or see bn.last_run"
            )

    def __await__(self) -> Generator[Any, None, Run]:
        return self._result().__await__()


def start_batt(
    task: Task,
    battery: Battery | Sequence[Candidate],
    *,
    timeout_s: float | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    mode: str = "parallel",
    out_dir: str | Path | None = ".",
    dsl: Sequence[str] = DSL,
    deadline_s: float | None = None,
    pool: Pool | None = None,
    say: Callable[[str], None] = lambda line: None,
    on_verdicts: Callable[[list[Verdict]], None] = lambda verdicts: None,
    live: str | None = "auto",
    store: bool | Keeping = False,
    cache: bool = True,
    leave_one_out: bool = True,
    keep: int | None = KEEP,
) -> RunHandle:
    """Start a battery on a task in the running loop; see run_batt. Returns at once."""
    mode = checked_mode(mode, pool, workers)
    task, battery = checked_task(task), checked_battery(battery)
    keep = checked_keep(keep)
    kind = display_kind(live)
    asyncio.get_running_loop()  # Where there is none, nothing has been started yet.
    limits = checked_limits(timeout_s, limits, pool)
    executor = Pool(workers, limits, dsl=dsl) if pool is None else pool
    lanes = 1 if mode == "sequential" else executor.workers
    draft = Draft(task, battery, executor, Recorder(mode.capitalize(), mode, lanes), limits, None, executor.dsl, say)
    draft.on_verdicts = on_verdicts
    draft.leave_one_out, draft.keep = leave_one_out, keep

    async def work() -> None:
        try:
            await executor.ready()
            check_functions(battery, executor.names)
            draft.out_dir = None if out_dir is None else writable(Path(out_dir))
            draft.layers, draft.started_unix_s = executor.layers, time.time()
            draft.recorder = Recorder(mode.capitalize(), mode, lanes)
            with _kept(draft, executor, store, cache):
                await _within(deadline_s, draft)
        finally:
            close()

    def close(*_: object) -> None:
        unwatch()
        if pool is None:
            executor.close()

    def left_behind() -> None:
        """The loop was closed under the run: its work goes no further."""
        close()
        handle.ended()

    handle = RunHandle(draft, work, close)
    unwatch = executor.watch(asyncio.get_running_loop(), left_behind)
    if kind is not None:
        handle.on_end = show_live(kind, draft, executor.at_work, handle.cancel)
    return handle


@contextlib.contextmanager
def _kept(draft: Draft, pool: Pool, store: bool | Keeping, use_cache: bool) -> Iterator[None]:
    """Around the phases: with the store of the output folder, where one is asked for."""
    if store is False or draft.out_dir is None:
        yield
    elif store is True:
        from battnb.database.keeping import Keeping
        from battnb.database.run_store import store_in

        with store_in(draft.out_dir) as opened, Keeping(opened, use_cache).run(draft, pool):
            yield
    else:
        with store.run(draft, pool):
            yield


async def _within(deadline_s: float | None, draft: Draft) -> None:
    """Run the phases; where the deadline comes first, the draft has what was reached."""
    deadline = asyncio.timeout(deadline_s)
    try:
        async with deadline:
            await run_phases(draft)
    except TimeoutError:
        if not deadline.expired():
            raise
        draft.say(f"-- Stopped at the deadline of {deadline_s:g} s")


@says_when_not_awaited("bn.run_batt(...)", ", or call bn.run_batt_sync(...)")
async def run_batt(task: Task, battery: Battery | Sequence[Candidate], **options: Any) -> Run:
    """Run a battery on a task, through all phases.

    timeout_s: CPU seconds for one candidate on one sample; limits: all limits, instead.
    workers: None for one per core. mode: "parallel", or "sequential": one candidate at a time in the same sandbox.
    out_dir: where programs are stored; None stores nothing. dsl: modules whose names programs see.
    deadline_s: wall seconds after which the run ends with what it has. pool: a Pool to use; it stays open.
    say: gets log lines. on_verdicts: gets verdicts as they are reached.
    live: "panel" (a notebook with ipywidgets), "bar" (tqdm), "log" (lines) or None; "auto" is what suits the place:
    a panel in a notebook, a bar on a terminal, lines in a Kaggle batch run, else nothing.
    store: True keeps all that is reached in battnb.db of out_dir, as soon as it is, and takes from there what was
    reached before; cache: False does all work anew, and only keeps it.
    leave_one_out: judge programs that use S on each demo pair that they get right with that pair left out of S too
    (verdict.unseen_correct), as a submission needs it.
    keep: how many of the best scores of a battery's steps are validated, 32 unless said otherwise; None for all, as a
    submission needs it: only then is every candidate's score known without what it looks up in S.
    Returns the Run. Interrupted, what was reached is in bn.last_run.
    Raises InputError for bad arguments, BatteryError where a step calls what the DSL does not have, StoreError
    where out_dir cannot be written, SandboxError where the sandbox cannot start.
    """
    handle = _started(task, battery, options)
    try:
        return await handle
    finally:
        handle.cancel()


def _started(task: Task, battery: Battery | Sequence[Candidate], options: dict[str, Any]) -> RunHandle:
    _check_names(options)
    return start_batt(task, battery, **options)


def _check_names(options: dict[str, Any]) -> None:
    """Raise InputError for an option that there is not: Python says so only in words of its own."""
    unknown = sorted(options.keys() - start_batt.__annotations__.keys())
    if unknown:
        close = difflib.get_close_matches(unknown[0], start_batt.__annotations__, 1)
        raise InputError(f"run_batt has no option {unknown[0]}" + (f"; did you mean {close[0]}?" if close else ""))


@says_when_not_awaited("bn.compare(...)", ", or call bn.compare_sync(...)")
async def compare(task: Task, battery: Battery | Sequence[Candidate], **options: Any) -> Comparison:
    """Run the same work twice in one pool: sequentially, then in parallel. Options as for run_batt, but mode.

    Neither run has an advantage: what is made once for both, as forks are, is made before the first, and each stores
    into an empty folder. What the second stored is then put in out_dir. Where the first is stopped, the second does
    not begin, and nothing is stored. It goes past the store: what is known already would say nothing of speed.
    """
    _check_names(options)
    if "mode" in options:
        raise InputError(f"compare runs both modes, so it takes no mode={options['mode']!r}; leave it out")
    checked_mode("parallel", options.get("pool"), options.get("workers"))
    task, battery = checked_task(task), checked_battery(battery)
    options.setdefault("leave_one_out", False)
    limits = checked_limits(options.pop("timeout_s", None), options.pop("limits", None), options.get("pool"))
    pool, workers = options.pop("pool", None), options.pop("workers", None)
    executor = Pool(workers, limits, dsl=options.get("dsl", DSL)) if pool is None else pool
    options |= {"limits": limits, "pool": executor}
    try:
        return await _both(task, battery, options.pop("out_dir", "."), options | {"store": False})
    finally:
        if pool is None:
            executor.close()


async def _both(
    task: Task, battery: Battery | Sequence[Candidate], out_dir: str | Path | None, options: dict[str, Any]
) -> Comparison:
    runs: list[Run] = []
    was_stopped = False
    await options["pool"].ready()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WARM_UP_S):
            await warm_up(task, options["pool"], options["limits"], options["pool"].dsl)
    with _empty_folders(out_dir) as folders:
        for mode in ("sequential", "parallel"):
            unseen = {"live": None} if was_stopped else {}
            handle = _started(task, battery, options | {"mode": mode, "out_dir": folders[mode]} | unseen)
            if was_stopped:
                handle.cancel()
            try:
                runs.append(await handle)
            finally:
                was_stopped = handle.was_stopped
                handle.cancel()
        if out_dir is not None and all([run.is_complete for run in runs]):
            await handle.store_again(Path(out_dir))
    return Comparison(*runs)


@contextlib.contextmanager
def _empty_folders(out_dir: str | Path | None) -> Iterator[dict[str, Path | None]]:
    """A folder within out_dir, which is not made yet, for each mode. In the end they are gone."""
    token = secrets.token_hex(4)
    folders = {mode: None if out_dir is None else Path(out_dir) / f".{mode}_{token}" for mode in MODES}
    try:
        yield folders
    finally:
        for folder in filter(None, folders.values()):
            shutil.rmtree(folder, ignore_errors=True)


def run_batt_sync(task: Task, battery: Battery | Sequence[Candidate], **options: Any) -> Run:
    """run_batt for code that is not async. It works anywhere, in a running loop too: it has a loop of its own."""
    return run_sync(lambda: run_batt(task, battery, **options))


def compare_sync(task: Task, battery: Battery | Sequence[Candidate], **options: Any) -> Comparison:
    """compare for code that is not async."""
    return run_sync(lambda: compare(task, battery, **options))


def checked_mode(mode: str, pool: Pool | None, workers: int | None) -> str:
    if mode not in MODES:
        raise InputError(f"mode is {mode!r}; choose one of {', '.join(MODES)}")
    if pool is not None and workers is not None:
        raise InputError("both pool and workers are given; the pool has its own workers, so leave one out")
    return mode


def checked_keep(keep: int | None) -> int | None:
    if keep is not None and (not isinstance(keep, int) or isinstance(keep, bool) or keep < 1):
        raise InputError(f"keep is {keep!r}; give how many of the best scores are validated, from 1, or None for all")
    return keep


def checked_task(task: Task) -> Task:
    if not isinstance(task, Task):
        raise InputError(f"the task is of type {type(task).__name__}; give a Task, such as load_task(id) makes")
    return task


def checked_battery(battery: Battery | Sequence[Candidate]) -> Battery:
    """A battery, or one of some candidates, no two of which have one id."""
    if isinstance(battery, list | tuple) and battery and all([isinstance(c, Candidate) for c in battery]):
        battery = Battery("candidates", programs=tuple(battery))
    if isinstance(battery, Battery):
        [(most_used, count)] = Counter(candidate_ids(battery)).most_common(1) or [("", 0)]
        if count > 1:
            raise InputError(
                f"{count} candidates of {battery.name} have the id {most_used!r}; give each an id of its own"
            )
        return battery
    raise InputError(
        f"the battery is of type {type(battery).__name__}; give a Battery, such as load_battery(path) makes, "
        "or a list of Candidate(id, source)"
    )


def checked_limits(timeout_s: float | None, limits: Limits | None, pool: Executor | None) -> Limits:
    if timeout_s is not None and limits is not None:
        raise InputError("both timeout_s and limits are given; give one, as limits=Limits(timeout_s=...)")
    if timeout_s is not None:
        return Limits(timeout_s=timeout_s)
    return limits or (pool.limits if isinstance(pool, Pool) else Limits())


def writable(folder: Path) -> Path:
    """The folder, made where it is not there. Raises StoreError where nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
