"""Phase validate: judge each candidate as if it ran alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from battnb.executor import Executor
from battnb.model import Candidate, Limits, Task, Verdict


async def validate(
    candidates: Sequence[Candidate],
    task: Task,
    executor: Executor,
    *,
    limits: Limits | None = None,
    one_at_a_time: bool = False,
    on_verdicts: Callable[[list[Verdict]], None] | None = None,
) -> list[Verdict]:
    """Run each candidate on every sample of a task and judge its outputs.

    candidates: n Candidate. Grids are tuples of rows, height x width, values 0-9.
    limits: CPU seconds and bytes for one candidate on one sample; None for the executor's.
    Returns n Verdict, in input order. A candidate that fails is a Verdict too; none is dropped.
    Raises PoolClosed if the executor is closed before all have ended.
    """
    return await executor.validate(
        candidates, task, limits=limits, one_at_a_time=one_at_a_time, on_verdicts=on_verdicts
    )
