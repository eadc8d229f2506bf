"""Phase execute runs each step once per sample, and a step that fails affects only its dependents."""

from __future__ import annotations

import pytest
from making_batteries import battery

from battnb import phases
from battnb.executor import Executor
from battnb.model import Limits, Pair, Task
from battnb.phases.execute import judge_values

FAILING = {
    "raises": ("crop(I, 5)", "error"),
    "hangs": ("(lambda x: x ** 10**9)(10)", "timeout"),
    "exhausts memory": ("(lambda x: (x,) * 10**10)(0)", "memory"),
    "unknown value": ("canvas(never_heard_of, I)", "error"),
}
LIMITS = Limits(timeout_s=0.2, memory_bytes=128 * 2**20)


async def test_every_output_has_a_value_on_every_pair(executor: Executor, mirror_task: Task) -> None:
    made = battery(["vmirror(I)", "vmirror(t1)", "rot90(t2)"], {"a": "t1", "b": "t2", "c": "t3", "d": "I"})
    values = await phases.execute(made, mirror_task, executor)
    assert [[v.value for v in on_pair][:2] for on_pair in values] == [[p.output, p.input] for p in mirror_task.demo]
    assert [on_pair[3].value for on_pair in values] == [pair.input for pair in mirror_task.demo]
    tests = await phases.execute(made, mirror_task, executor, pairs="test")
    both = await phases.execute(made, mirror_task, executor, pairs="all")
    assert [[v.value for v in on_pair] for on_pair in both] == [[v.value for v in on] for on in values + tests]
    assert [on_pair[0].value for on_pair in tests] == [pair.output for pair in mirror_task.test]
    verdicts = judge_values(made, mirror_task, values + tests)
    assert [v.candidate_id for v in verdicts] == ["a", "b", "c", "d"]
    assert verdicts[0].status == "correct"
    assert (verdicts[0].demo_correct, verdicts[0].test_correct, verdicts[0].validated) == (3, 1, False)
    assert verdicts[3].status == "wrong"


@pytest.mark.parametrize("failing", FAILING)
async def test_a_step_that_fails_takes_only_its_dependents(executor: Executor, mirror_task: Task, failing: str) -> None:
    line, status = FAILING[failing]
    lines = ["vmirror(I)", line, "rot90(t1)", "hconcat(t1, t2)", "vmirror(t4)", "rot270(t3)"]
    outputs = {"before": "t1", "itself": "t2", "beside": "t3", "after": "t4", "later": "t5", "far": "t6"}
    made = battery(lines, outputs)
    values = await phases.execute(made, mirror_task, executor, limits=LIMITS)
    verdicts = judge_values(
        made, mirror_task, values + await phases.execute(made, mirror_task, executor, pairs="test", limits=LIMITS)
    )
    found = {v.candidate_id: v for v in verdicts}
    assert {found[c].status for c in ("itself", "after", "later")} == {status}
    assert [found[c].status for c in ("before", "far")] == ["correct", "correct"]
    assert found["beside"].status == "wrong"
    assert all(found["beside"].outputs)
    assert found["after"].error is not None
    assert found["after"].outputs == (None,) * 4


async def test_a_step_may_fail_on_one_sample_only(executor: Executor, mirror_task: Task) -> None:
    made = battery(["(lambda g: g[1])(I)", "(lambda g, r: g)(I, t1)"], {"a": "t2"})
    values = await phases.execute(made, mirror_task, executor)
    assert [on_pair[0].status for on_pair in values] == [None, "error", None]


async def test_a_constant_that_hangs_costs_only_what_uses_it(executor: Executor, mirror_task: Task) -> None:
    lines = ["vmirror(I)", "canvas((lambda x: x ** 10**9)(10), I)", "rot90(t1)"]
    made = battery(lines, {"good": "t1", "bad": "t2", "other": "t3"})
    values = await phases.execute(made, mirror_task, executor, limits=LIMITS)
    for on_pair, pair in zip(values, mirror_task.demo, strict=True):
        assert on_pair[0].value == pair.output
        assert on_pair[1].value is None
        assert on_pair[2].value


async def test_equal_steps_run_once_a_sample(executor: Executor) -> None:
    """The time shows it: forty outputs use a step of 50 ms."""
    grid = ((1, 2),)
    task = Task("t", (Pair(grid, grid),), (Pair(grid, grid),))
    slow = "(lambda g, n: apply(lambda x: x + 1, interval(n, 200000, 1)) and g)"
    lines = [f"{slow}(I, 0)"] + [f"{name}(t1)" for name in ("vmirror", "hmirror", "rot90", "rot180") * 10]
    made = battery(lines, {str(n): f"t{n}" for n in range(1, 42)})
    values = await phases.execute(made, task, executor, limits=Limits(timeout_s=2))
    first, *rest = sorted([v.executed_cpu_s for v in values[0]], reverse=True)
    assert first > 0.005
    assert sum(rest) < first
    assert all([v.cpu_s >= first for v in values[0]])  # each is charged in full for what it uses


async def test_keyword_arguments_and_functions_that_are_steps_work(executor: Executor, mirror_task: Task) -> None:
    lines = ["compose(vmirror, hmirror)", "t1(I)", "hmirror(t2)", "(lambda a, b: b)(I, b=t3)"]
    values = await phases.execute(battery(lines, {"a": "t3", "b": "t4"}), mirror_task, executor)
    for on_pair, pair in zip(values, mirror_task.demo, strict=True):
        assert [v.value for v in on_pair] == [pair.output, pair.output]


async def test_s_is_the_demo_pairs_and_c_is_nothing(executor: Executor, mirror_task: Task) -> None:
    lines = ["(lambda s, c: s[0][1] if c is None else None)(S, C)"]
    (*_, last) = await phases.execute(battery(lines, {"a": "t1"}), mirror_task, executor)
    assert last[0].value == mirror_task.demo[0].output


async def test_a_battery_of_programs_has_nothing_to_execute(executor: Executor, mirror_task: Task) -> None:
    assert await phases.execute(battery([], {}), mirror_task, executor) == [[], [], []]


async def test_test_pairs_without_outputs_are_executed_and_not_scored(executor: Executor, mirror_task: Task) -> None:
    hidden = Task("h", mirror_task.demo, (Pair(((1, 2),), None),))
    made = battery(["vmirror(I)"], {"a": "t1"})
    values = await phases.execute(made, hidden, executor) + await phases.execute(made, hidden, executor, pairs="test")
    (verdict,) = judge_values(made, hidden, values)
    assert verdict.sample_statuses == ("correct",) * 3 + (None,)
    assert (verdict.status, verdict.test_correct, verdict.outputs[3]) == ("correct", None, ((2, 1),))
