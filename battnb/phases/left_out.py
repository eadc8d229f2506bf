"""Phase left_out: how many demo pairs a program gets right that it could not look up.

A program that takes S sees the demo outputs, so a right answer on a demo pair may mean nothing. The program is run
again on each pair that it got right, with that pair left out of S. Verdicts say whether S was in sight (saw_s).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec

from battnb.executor import Executor
from battnb.model import Candidate, Limits, Task, Verdict

WITHOUT = " without demo pair "


class TaskWithout(Task, frozen=True):
    """A task that lacks one of its demo pairs, so that none may be left. Its parts have been checked in the whole."""

    def __post_init__(self) -> None:
        pass


def task_without(task: Task, pair: int) -> TaskWithout:
    """The task without a demo pair, which becomes its only test pair. It has an id of its own."""
    demo = task.demo[:pair] + task.demo[pair + 1 :]
    return TaskWithout(id_without(task.id, pair), demo, (task.demo[pair],))


def id_without(task_id: str, pair: int) -> str:
    """The id of a task without a demo pair. pair: counted from 0."""
    return f"{task_id}{WITHOUT}{pair + 1}"


async def left_out(
    candidates: Sequence[Candidate],
    verdicts: Sequence[Verdict],
    task: Task,
    executor: Executor,
    *,
    limits: Limits | None = None,
    one_at_a_time: bool = False,
) -> dict[str, list[Verdict]]:
    """Run candidates that S was in sight of on each demo pair that they get right, with that pair left out of S.

    candidates, verdicts: n each, validated on the task.
    Returns for each such candidate, by id, a verdict for each such pair. Its test_correct is 1 if the candidate
    is right again. Raises PoolClosed if the executor is closed before all have ended.
    """
    judged = [(c, v) for c, v in zip(candidates, verdicts, strict=True) if v.may_be_looked_up]
    found: dict[str, list[Verdict]] = {candidate.id: [] for candidate, _ in judged}

    async def without(pair: int) -> None:
        chosen = [(c, v) for c, v in judged if v.sample_statuses[pair] == "correct"]
        again = [_renamed(c, v, pair) for c, v in chosen]
        if not again:
            return
        on_pair = await executor.validate(again, task_without(task, pair), limits=limits, one_at_a_time=one_at_a_time)
        for (candidate, _), verdict in zip(chosen, on_pair, strict=True):
            found[candidate.id].append(verdict)

    if one_at_a_time:
        for pair in range(len(task.demo)):
            await without(pair)
    elif judged:
        await _together([without(pair) for pair in range(len(task.demo))])
    return found


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All at once. If one fails, the others are ended and its own error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


def _renamed(candidate: Candidate, verdict: Verdict, pair: int) -> Candidate:
    """The candidate under another id, with the entry point and the form of grids that the task's own run found."""
    grids = candidate.grids or (verdict.grids if verdict.grids != "tuple" else None)  # only lines that say none share
    name = id_without(candidate.id, pair)
    return msgspec.structs.replace(candidate, id=name, entry=candidate.entry or verdict.entry, grids=grids)
