"""How all peers run a program in a process of theirs, and how its outcome is told here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from battnb.model import Grid, Task
from battnb.sandbox.inside.warm import load
from benchmarks.workloads import Job

DSL = load(["battnb.dsl"])
TIMEOUT = "timeout"
Outputs = list[Any] | None
"""What a program returned on each sample; None for a sample if it raised. None altogether if it did not end in time."""


def run_program(source: str, inputs: Sequence[Grid]) -> Outputs:
    """Exec a program's text with the DSL's names, and call its solver on each input."""
    namespace = dict(DSL)
    exec(source, namespace)
    solve = next(namespace[name] for name in reversed(namespace) if name.startswith("solve"))
    return [_call(solve, grid) for grid in inputs]


def run_programs(works: Sequence[tuple[str, Sequence[Grid]]]) -> list[Outputs]:
    """Several, one after the other."""
    return [run_program(source, inputs) for source, inputs in works]


def _call(solve: Any, grid: Grid) -> Any:
    try:
        return solve(grid)
    except Exception:
        return None


def work_of(job: Job) -> tuple[str, tuple[Grid, ...]]:
    return job.source, tuple([pair.input for pair in job.task.samples])


def outcome(task: Task, outputs: Outputs) -> str:
    """The part of a verdict that all peers can give: how many demo and test pairs are right, or timeout."""
    if outputs is None:
        return TIMEOUT
    right = [output == pair.output for output, pair in zip(outputs, task.samples, strict=True)]
    demo = len(task.demo)
    return f"{sum(right[:demo])} demo, {sum(right[demo:])} test"
