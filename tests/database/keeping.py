"""What tests of the store share: a pool that counts its work, and runs on a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import battnb as bn
from battnb.model import Candidate, Task, Verdict


class Counting(bn.Pool):
    """A pool that notes which candidates and how many values of steps it was asked to run."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.validated: list[str] = []
        self.values = 0

    async def validate(self, candidates: Any, task: Any, **options: Any) -> Any:  # type: ignore[override]
        self.validated += [candidate.id for candidate in candidates]
        return await super().validate(candidates, task, **options)

    async def execute(self, steps: Any, values: Any, samples: Any, **options: Any) -> Any:
        self.values += len(values)
        return await super().execute(steps, values, samples, **options)

    def forget(self) -> None:
        self.validated, self.values = [], 0


async def kept(task: Task, candidates: Any, out: Path, pool: bn.Pool, **options: Any) -> bn.Run:
    """A run that takes from the store in `out` what is known, and keeps there what it reaches."""
    return await bn.run_batt(task, candidates, out_dir=out, pool=pool, store=True, live=None, **options)


def facts(verdicts: list[Verdict]) -> list[tuple[Any, ...]]:
    """Everything about verdicts except when, where and how fast."""
    return [
        (v.candidate_id, v.task_id, v.status, v.sample_statuses, v.demo_correct, v.test_correct, v.outputs, v.error,
         v.md5, v.entry, v.duplicate_of, v.validated, v.stdout)
        for v in verdicts
    ]  # fmt: skip


def named(source: str | bytes, name: str = "c", **options: Any) -> list[Candidate]:
    return [Candidate(name, source, **options)]
