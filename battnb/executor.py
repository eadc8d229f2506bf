"""What phases see of where candidate code runs: the local pool, or any other thing with these methods."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import Protocol

from battnb.model import Arg, Candidate, Inputs, Limits, Step, StepValue, Task, Verdict


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
        """Run a graph of steps on samples: a list per sample of a StepValue per value."""


class Executor(StepRunner, Protocol):
    """Runs steps and candidates somewhere. Every method gives results in input order but stream."""

    @property
    def workers(self) -> int:
        """How many candidates run at once."""

    @property
    def names(self) -> frozenset[str]:
        """The names that programs find in their globals: the DSL's. Known once it is ready."""

    @property
    def layers(self) -> dict[str, str | None]:
        """Every layer of the sandbox: None where it is active, else why it is missing. Known once it is ready."""

    async def ready(self) -> None:
        """Wait until it has started. Raises SandboxError where it cannot."""

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
        """Judge candidates on a task, each as if it ran alone."""

    def stream(
        self,
        pairs: Iterable[tuple[Candidate, Task]] | AsyncIterable[tuple[Candidate, Task]],
        *,
        limits: Limits | None = None,
        isolation: str | None = None,
    ) -> AsyncIterator[Verdict]:
        """Judge (candidate, task) pairs, verdicts as they end."""
