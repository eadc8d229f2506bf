"""Phase validate hands candidates to an executor."""

from __future__ import annotations

from typing import Any

from making import MIRROR, STRAIGHT, body, candidate

from battnb import phases
from battnb.executor import Executor
from battnb.model import Limits, Task


async def test_verdicts_come_in_input_order_and_none_is_missing(executor: Executor, mirror_task: Task) -> None:
    sources = [MIRROR, body("while True: pass"), STRAIGHT, "def", body("return I"), MIRROR]
    candidates = [candidate(source, str(n)) for n, source in enumerate(sources)]
    seen: list[str] = []
    verdicts = await phases.validate(
        candidates, mirror_task, executor, on_verdicts=lambda vs: seen.extend(v.candidate_id for v in vs)
    )
    assert [v.candidate_id for v in verdicts] == ["0", "1", "2", "3", "4", "5"] == sorted(seen)
    assert [v.status for v in verdicts] == ["correct", "timeout", "correct", "not_a_solver", "wrong", "correct"]


async def test_the_executor_gets_what_the_phase_is_given(mirror_task: Task) -> None:
    class Told:
        async def validate(self, _: Any, task: Task, **options: Any) -> list[Any]:
            self.options = options
            return [task]

    told: Any = Told()
    assert await phases.validate([], mirror_task, told, limits=Limits(3.0), one_at_a_time=True) == [mirror_task]
    assert told.options == {"limits": Limits(3.0), "one_at_a_time": True, "on_verdicts": None}
