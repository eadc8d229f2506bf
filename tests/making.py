"""Small tasks, candidates and executors to test with."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from battnb.executor import Executor, ExecutorAround
from battnb.model import Arg, Candidate, Inputs, Limits, Pair, Step, StepValue, Task, Verdict

QUICK = Limits(timeout_s=0.2, idle_s=0.5, wall_s=20.0, memory_bytes=192 * 2**20)
"""Limits that hanging candidates reach soon."""

MIRROR = "def solve(I):\n    return tuple([row[::-1] for row in I])\n"
"""Right on mirror_task, and not a straight-line program."""

STRAIGHT = "def solve(I):\n    x1 = vmirror(I)\n    return x1\n"
"""Right on mirror_task, and a straight-line program."""


def make_task(
    function: Callable[[Any], Any], inputs: Sequence[Sequence[Sequence[int]]], tests: int = 1, task_id: str = "made"
) -> Task:
    """A task whose outputs a function computes. The last `tests` pairs are its test pairs."""
    grids = [tuple([tuple(row) for row in grid]) for grid in inputs]
    pairs = tuple([Pair(grid, function(grid)) for grid in grids])
    return Task(task_id, pairs[:-tests], pairs[-tests:])


def candidate(source: str | bytes, name: str = "c", **options: Any) -> Candidate:
    return Candidate(name, source, **options)


def body(*lines: str, head: str = "def solve(I):") -> str:
    """A solver made of these lines."""
    return "\n".join([head, *[f"    {line}" for line in lines], ""])


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """A test that hangs fails, and says where it hung."""

    def give_up(*_: object) -> None:
        pytest.fail(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Mode(ExecutorAround):
    """An executor that hands everything on to another one, one at a time or not."""

    def __init__(self, executor: Executor, one_at_a_time: bool) -> None:
        super().__init__(executor)
        self._one_at_a_time = one_at_a_time

    @property
    def workers(self) -> int:
        return 1 if self._one_at_a_time else self._executor.workers

    async def execute(
        self, steps: Sequence[Step], values: Sequence[Arg], samples: Sequence[Inputs], **options: Any
    ) -> list[list[StepValue]]:
        return await self._executor.execute(steps, values, samples, **self._own(options))

    async def validate(self, candidates: Sequence[Candidate], task: Task, **options: Any) -> list[Verdict]:
        return await self._executor.validate(candidates, task, **self._own(options))

    def _own(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "one_at_a_time": self._one_at_a_time}
