"""Which tasks come first when time is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from battnb.database.run_store import TaskHistory
from battnb.model import Task

UNKNOWN_SHARE = 0.1
"""The share of demo pairs that a task is expected to yield when nothing is known about it."""


def by_promise(tasks: Sequence[Task], known: Mapping[str, TaskHistory]) -> list[int]:
    """The indexes of tasks, the most promising first: those that are expected to yield most for the time they take.

    The yield is the share of demo pairs that is known to be within reach. The time is that of earlier validations; if
    there were none, it is estimated from the cells of the task's inputs, at what a cell took elsewhere.
    """
    cells = [sum([len(pair.input) * len(pair.input[0]) for pair in task.samples]) for task in tasks]
    measured = [known[t.id].cpu_s / c for t, c in zip(tasks, cells, strict=True) if t.id in known and known[t.id].cpu_s]
    cell_s = median(measured) if measured else 1.0

    def promise(index: int) -> float:
        seen = known.get(tasks[index].id)
        cost_s = seen.cpu_s if seen is not None and seen.cpu_s else cells[index] * cell_s
        return (UNKNOWN_SHARE + (seen.share if seen is not None else 0.0)) / cost_s

    return sorted(range(len(tasks)), key=lambda index: (-promise(index), index))
