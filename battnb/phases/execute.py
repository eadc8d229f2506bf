"""Phase execute: run a battery's steps on each sample, each shared step once."""

from __future__ import annotations

from collections.abc import Sequence

from battnb.executor import StepRunner
from battnb.loops import in_turns
from battnb.model import Battery, Failure, Inputs, Limits, Pair, Status, StepValue, Task, Verdict, status_of


async def execute(
    battery: Battery,
    task: Task,
    executor: StepRunner,
    *,
    limits: Limits | None = None,
    pairs: str = "demo",
    one_at_a_time: bool = False,
) -> list[list[StepValue]]:
    """Run the steps on the demo pairs of a task, its test pairs, or both at once ("demo", "test", "all").

    If a step fails, only the steps that depend on it fail too. Returns for each pair a list with a StepValue for each
    of battery.outputs, in their order. Wanted outputs are not sent to the executor.
    """
    chosen = {"demo": task.demo, "test": task.test, "all": task.samples}[pairs]
    samples = [Inputs(pair.input, task.demo) for pair in chosen]
    values = [output.value for output in battery.outputs]
    if not values:
        return [[] for _ in samples]
    return await executor.execute(battery.steps, values, samples, limits=limits, one_at_a_time=one_at_a_time)


def judge_values(battery: Battery, task: Task, values: Sequence[Sequence[StepValue]]) -> list[Verdict]:
    """A verdict, not validated, for each of battery.outputs.

    values: from execute, on all samples of the task, demo first.
    """
    return [_verdict(battery, number, task, values) for number in range(len(battery.outputs))]


async def judge_values_in_turns(battery: Battery, task: Task, values: Sequence[Sequence[StepValue]]) -> list[Verdict]:
    """judge_values, with turns for the loop between verdicts."""
    return [_verdict(battery, number, task, values) async for number in in_turns(range(len(battery.outputs)))]


def _verdict(battery: Battery, number: int, task: Task, on_pairs: Sequence[Sequence[StepValue]]) -> Verdict:
    values, demo = [on_pair[number] for on_pair in on_pairs], len(task.demo)
    statuses = tuple([_status(value, pair) for value, pair in zip(values, task.samples, strict=True)])
    cpu_s = tuple([value.cpu_s for value in values])
    return Verdict(
        candidate_id=battery.outputs[number].candidate_id,
        task_id=task.id,
        status=status_of(statuses[:demo]),
        sample_statuses=statuses,
        demo_correct=statuses[:demo].count(Status.CORRECT),
        test_correct=statuses[demo:].count(Status.CORRECT) if task.knows_tests else None,
        outputs=tuple([value.value if isinstance(value.value, tuple) else None for value in values]),
        error=_first_failure(values),
        sample_cpu_s=cpu_s,
        cpu_s=sum(cpu_s),
        validated=False,
        executed_cpu_s=sum([value.executed_cpu_s for value in values]),
        task=task,
    )


def _status(value: StepValue, pair: Pair) -> Status | None:
    if value.status is not None:
        return value.status
    if pair.output is None:
        return None
    return Status.CORRECT if value.value == pair.output else Status.WRONG


def _first_failure(values: Sequence[StepValue]) -> Failure | None:
    for sample, value in enumerate(values):
        if value.failure is not None:
            return Failure(value.failure.type, value.failure.message, value.failure.line, sample)
    return None
