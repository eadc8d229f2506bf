"""Records to test with, with nothing in them but what a test is about."""

from __future__ import annotations

from typing import Any

from battnb.model import Grid, Limits, Pair, Profile, RunRecord, Status, Task, Verdict

GRID: Grid = ((1, 2),)
TASK = Task("one", (Pair(GRID, GRID), Pair(GRID, GRID)), (Pair(GRID, None),))


def verdict(name: str, status: Status = Status.CORRECT, **fields: Any) -> Verdict:
    """A verdict on TASK; its grids are right if it is correct, else missing."""
    is_right = status is Status.CORRECT
    usual: dict[str, Any] = {
        "candidate_id": name,
        "task_id": TASK.id,
        "status": status,
        "sample_statuses": (status, status, None if is_right else status),
        "demo_correct": 2 if is_right else 0,
        "test_correct": None,
        "outputs": (GRID if is_right else None,) * 3,
    }
    return Verdict(**usual | fields)


def record(*verdicts: Verdict, **fields: Any) -> RunRecord:
    usual: dict[str, Any] = {
        "task": TASK,
        "battery": "made",
        "mode": "parallel",
        "workers": 2,
        "limits": Limits(),
        "verdicts": list(verdicts),
        "profile": Profile(run=TASK.id, mode="parallel", workers=2, wall_s=1.5, spans=()),
    }
    return RunRecord(**usual | fields)
