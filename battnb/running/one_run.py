"""Starting one run: awaited, in the background, and from code that is not async."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from battnb import last
from battnb.awaiting import as_parameters_of, says_when_not_awaited
from battnb.errors import InputError, StoreError
from battnb.executor import Executor
from battnb.load.batteries import check_functions
from battnb.loops import HEARTBEAT_S, call_in, in_sync
from battnb.model import Battery, Candidate, Limits, RunRecord, Task, Verdict, as_task
from battnb.phases.filter import KEEP
from battnb.phases.inline import Forms
from battnb.phases.values import Tools
from battnb.result.views import Run
from battnb.running.options import Options, of_one_task
from battnb.running.own_tasks import for_one_task
from battnb.running.run_in_progress import RunInProgress, run_in_progress
from battnb.sandbox.parent.pool import DEFAULT_DSL
from battnb.view.live.kinds import display_kind
from battnb.view.reasons import why_words

if TYPE_CHECKING:
    from battnb.database.keeping import Keeping

OnEnd = Callable[[RunRecord, BaseException | None], None]


class RunHandle:
    """A run that has been started in the running loop. Await it for the Run, in that loop or in another.

    verdicts: those reached so far, at any time. cancel(), from any thread, ends it within a moment; awaiting it then
    gives the Run so far, whose is_complete is False. If the awaiting itself is cancelled, for example by an interrupt,
    the run ends too. However it ends, and whether or not it is awaited, the Run is then in bn.last_run.
    """

    def __init__(
        self,
        going: RunInProgress,
        work: Callable[[], Coroutine[Any, Any, None]],
        close: Callable[[object], None],
    ) -> None:
        self._going = going
        self._is_cancelled = False
        self._run: Run | None = None
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(work())
        self._task.add_done_callback(close)  # work that is cancelled before it has begun closes nothing
        self._task.add_done_callback(lambda _: self.ended())
        self._on_end: list[OnEnd] = []

    @property
    def verdicts(self) -> list[Verdict]:
        return list(self._going.progress.validated.values())

    def on_end(self, hear: OnEnd) -> None:
        """Have a function called when the run has ended, with the Run and the error that ended it, if any."""
        self._on_end.append(hear)

    def cancel(self) -> None:
        self._is_cancelled = True
        self._stop()

    async def store_again(self, out_dir: Path) -> None:
        """Store what a finished run has found in another folder too. Raises StoreError if it cannot be written."""
        await self._going.store_again(out_dir)

    @property
    def was_stopped(self) -> bool:
        """Was it cancelled before its end?"""
        return self._is_cancelled and self._task.cancelled()

    def done(self) -> bool:
        return self._task.done() or self._loop.is_closed()

    def ended(self) -> Run:
        """The run, once it has ended: the same each time. The first call makes it the last run."""
        if self._run is None:
            self._run = last.run = self._going.run()
            failed = self._task.done() and not self._task.cancelled() and self._task.exception()
            for hear in self._on_end:
                hear(self._run, failed or None)
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
        """Wait until it has ended, even if the waiting is cancelled again: it has been told to end."""
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


def start(
    task: Task, battery: Battery, options: Options, keeping: Keeping | None = None, forms: Forms | None = None
) -> RunHandle:
    """Start a battery on a task in the running loop. keeping, forms: what several runs share.

    Returns at once. Nothing has been started if there is no running loop: that raises RuntimeError.
    """
    loop = asyncio.get_running_loop()
    executor = options.executor(battery)
    going = run_in_progress(task, battery, options, executor, forms)
    say = functools.partial(options.tell, task.id)

    async def work() -> None:
        try:
            await executor.ready()
            check_functions(battery, executor.names)
            if options.folder is not None:
                writable(options.folder)
            going.begin(executor)
            with _with_store(going, executor, options, keeping, say) as tools:
                await _within(options.deadline_s, going, tools)
        finally:
            close()

    def close(*_: object) -> None:
        unwatch()
        if options.pool is None:
            executor.close()

    def left_behind() -> None:
        """The loop was closed under the run: its work goes no further."""
        close()
        handle.ended()

    unwatch = executor.watch(loop, left_behind)
    handle = RunHandle(going, work, close)
    _show(handle, going, options, executor)
    if options.say is not None:
        handle.on_end(lambda run, error: _say_why(run, say) if error is None else None)
    return handle


def _say_why(run: RunRecord, say: Callable[[str], None]) -> None:
    """Say why most candidates failed, if most did."""
    if why := why_words(run):
        say(f"-- {why}")


def _show(handle: RunHandle, going: RunInProgress, options: Options, executor: Executor) -> None:
    """Show the run while it goes on, in the way that the options ask for."""
    kind = display_kind(options.live)
    if kind is not None:
        from battnb.view.live.displays import show_live

        handle.on_end(show_live(kind, going.progress, executor.at_work, handle.cancel))


@contextlib.contextmanager
def _with_store(
    going: RunInProgress, executor: Executor, options: Options, keeping: Keeping | None, say: Callable[[str], None]
) -> Iterator[Tools]:
    """What the run works with: with the store of the output folder, if one is asked for."""
    progress, folder = going.progress, going.given.out_dir
    with contextlib.ExitStack() as stack:
        if keeping is None and options.store and folder is not None:
            from battnb.database.keeping import Keeping

            keeping = stack.enter_context(Keeping.opened(folder, options.cache))
        if keeping is None or folder is None:
            yield Tools(executor=executor, progress=progress, say=say)
        else:
            executor, register = stack.enter_context(keeping.run(going.run, executor))
            yield Tools(executor=executor, progress=progress, say=say, register=register)


async def _within(deadline_s: float | None, going: RunInProgress, tools: Tools) -> None:
    """Run the phases; if the deadline comes first, the run has what was reached."""
    deadline = asyncio.timeout(deadline_s)
    try:
        async with deadline:
            await going.work(tools)
    except TimeoutError:
        if not deadline.expired():
            raise
        tools.say(f"-- Stopped at the deadline of {deadline_s:g} s")


def start_batt(
    task: Task,
    battery: Battery | Sequence[Candidate],
    *,
    timeout_s: float | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    mode: str = "parallel",
    out_dir: str | Path | None = ".",
    dsl: Sequence[str] = DEFAULT_DSL,
    deadline_s: float | None = None,
    pool: Executor | None = None,
    say: Callable[[str], None] | None = None,
    on_verdicts: Callable[[list[Verdict]], None] | None = None,
    live: str | None = "auto",
    store: bool = False,
    cache: bool = True,
    leave_one_out: bool = True,
    keep: int | None = KEEP,
    any_task: bool = False,
) -> RunHandle:
    """Start a battery on a task in the running loop; run_batt says what the options mean. Returns at once."""
    options = Options.of(locals() | {"say": of_one_task(say)})
    task = as_task(task)
    return start(task, for_one_task(battery, task, options), options)


@says_when_not_awaited("bn.run_batt(...)", ", or call bn.run_batt_sync(...)")
@as_parameters_of(start_batt)
async def run_batt(*args: Any, **kwargs: Any) -> Run:
    """Run a battery on a task, through all phases.

    timeout_s: CPU seconds for one candidate on one sample; limits: all limits, instead.
    workers: None for one per core. mode: "parallel", or "sequential": one candidate at a time in the same sandbox.
    out_dir: where programs are stored; None stores nothing. dsl: modules whose names programs see.
    deadline_s: wall seconds after which the run ends with what it has. pool: a Pool to use; it stays open.
    say: gets log lines. on_verdicts: gets verdicts as they are reached.
    live: "panel" (a notebook with ipywidgets), "bar" (tqdm), "log" (lines) or None; "auto" chooses what suits the
    place: a panel in a notebook, a bar on a terminal, lines in a Kaggle batch run, else nothing.
    store: True saves each verdict in battnb.db of out_dir as soon as it is reached, and takes from there what was
    reached before; cache: False does all work again, and only saves it.
    leave_one_out: also judge programs that use S on each demo pair that they get right with that pair left out of S
    (verdict.unseen_correct), as a submission needs it.
    keep: how many of the best scores of a battery's steps are validated, 32 by default; None for all, as a submission
    needs it: only then is it known of every candidate what it gets right without looking it up in S.
    any_task: also run candidates that belong to other tasks (Candidate.task_id, .claims); otherwise these are left out,
    which a line says.
    Returns the Run. Interrupted, what was reached is in bn.last_run.
    Raises InputError for bad arguments, BatteryError if a step calls what the DSL does not have, StoreError if out_dir
    cannot be written, SandboxError if the sandbox cannot start.
    """
    handle = start_batt(*args, **kwargs)
    try:
        return await handle
    finally:
        handle.cancel()


run_batt_sync = in_sync(run_batt)
"""run_batt for code that is not async."""


def writable(folder: Path) -> Path:
    """The folder, made if it is not there. Raises StoreError if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
