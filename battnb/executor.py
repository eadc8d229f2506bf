"""What a run asks of the place where candidates run: the local pool, or anything else with these methods.

Users pass one as pool=. EXECUTORS in tests/conftest.py lists those that the shared tests run over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from battnb.load.dsl_files import Dsl
from battnb.model import Arg, AtWork, Candidate, Inputs, Limits, Step, StepValue, Task, Verdict


class StepRunner(Protocol):
    """Runs the steps of batteries somewhere."""

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
        """Run a graph of steps on samples. Returns for each sample a list with a StepValue for each value."""


class Validator(Protocol):
    """Judges candidates somewhere."""

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
        """Judge candidates on a task, each as if it ran alone. Verdicts come in input order."""


class Executor(StepRunner, Validator, Protocol):
    """Runs steps and candidates somewhere, under limits, until it is closed."""

    @property
    def workers(self) -> int:
        """How many candidates run at once."""

    @property
    def limits(self) -> Limits:
        """The limits of calls that give none."""

    @property
    def isolation(self) -> str:
        """How candidates are isolated in calls that do not say: "auto", "worker" or "fork"."""

    @property
    def dsl(self) -> Dsl:
        """The modules whose names programs find in their globals."""

    @property
    def packages(self) -> Sequence[str]:
        """What programs may import in addition to the standard library."""

    @property
    def made_at(self) -> float:
        """When it was made, in seconds of Unix time. A file that changed later is not what it has loaded."""

    @property
    def names(self) -> frozenset[str]:
        """The names that programs find in their globals: the DSL's. Known once it is ready."""

    @property
    def layers(self) -> dict[str, str | None]:
        """Every layer of the sandbox: None if it is active, else why it is missing. Known once it is ready."""

    async def ready(self) -> None:
        """Wait until it has started. Raises SandboxError if it cannot."""

    def at_work(self) -> list[AtWork]:
        """What each busy worker is doing now. It can be called from any thread."""

    def use_workers(self, count: int) -> None:
        """From now on, give work to only this many of the workers."""

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        """Call a function if a loop is closed before the executor is. Returns a function that ends the watch."""

    def close(self) -> None:
        """End everything. Calls that wait get PoolClosed."""


class ExecutorAround:
    """An executor around another one, to which it leaves everything that it does not do itself."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    @property
    def workers(self) -> int:
        return self._executor.workers

    @property
    def limits(self) -> Limits:
        return self._executor.limits

    @property
    def isolation(self) -> str:
        return self._executor.isolation

    @property
    def dsl(self) -> Dsl:
        return self._executor.dsl

    @property
    def packages(self) -> Sequence[str]:
        return self._executor.packages

    @property
    def made_at(self) -> float:
        return self._executor.made_at

    @property
    def names(self) -> frozenset[str]:
        return self._executor.names

    @property
    def layers(self) -> dict[str, str | None]:
        return self._executor.layers

    async def ready(self) -> None:
        await self._executor.ready()

    def at_work(self) -> list[AtWork]:
        return self._executor.at_work()

    def use_workers(self, count: int) -> None:
        self._executor.use_workers(count)

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        return self._executor.watch(loop, closed)

    def close(self) -> None:
        self._executor.close()
