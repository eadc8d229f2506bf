"""Straight-line programs give the same verdicts shared or alone. What only looks like one is run as Python."""

from __future__ import annotations

import pytest
from making import body, candidate, make_task

import battnb as bn
from battnb import phases
from battnb.model import Limits, Task


@pytest.mark.parametrize(("task_id", "seed"), [("007bbfb7", 5), ("67a3c6ac", 6)])
async def test_sharing_steps_changes_no_verdict(pool: bn.Pool, task_id: str, seed: int) -> None:
    task, battery = bn.load_task(task_id), bn.generate_battery(task_id, 60, seed)
    programs = await phases.inline(battery, {output.candidate_id for output in battery.outputs})
    candidates = [program.candidate for program in programs]
    shared = await pool.validate(candidates, task, limits=Limits())
    alone = await pool.validate(candidates, task, limits=Limits(), isolation="fork")
    for a, b in zip(shared, alone, strict=True):
        assert (a.sample_statuses, a.outputs, a.entry) == (b.sample_statuses, b.outputs, b.entry)
        assert (a.error and (a.error.type, a.error.line)) == (b.error and (b.error.type, b.error.line))


TRICKS = {
    "a space that Python does not know": ("    x1 = vmirror(I)\n\u00a0\n    return x1", "not_a_solver"),
    "a control character for a line": ("    x1 = vmirror(I)\n\x1f\n    return x1", "not_a_solver"),
    "a form feed for a line": ("    x1 = vmirror(I)\n\f\n    return x1", "correct"),
    "a name that cannot be bound": ("    __debug__ = vmirror(I)\n    return I", "not_a_solver"),
    "a name of the DSL bound again": ("    vmirror = hmirror(I)\n    x1 = vmirror(I)\n    return x1", "error"),
    "a step before its arguments": ("    x1 = vmirror(x2)\n    x2 = hmirror(I)\n    return x1", "error"),
    "a name that is not there": ("    x1 = vmiror(I)\n    return x1", "error"),
    "no return": ("    x1 = vmirror(I)", "invalid_output"),
    "two returns": ("    x1 = vmirror(I)\n    return x1\n    return I", "correct"),
    "a builtin": ("    x1 = list(I)\n    x2 = vmirror(I)\n    return x2", "correct"),
    "a name bound twice": ("    x1 = hmirror(I)\n    x1 = vmirror(I)\n    return x1", "correct"),
    "the input bound again": ("    I = vmirror(I)\n    return I", "correct"),
    "a tab for indentation": ("\tx1 = vmirror(I)\n\treturn x1", "correct"),
    "a return of the input": ("    return I", "wrong"),
    "an octal": ("    x1 = canvas(07, I)\n    return x1", "not_a_solver"),
    "a keyword for a name": ("    if = vmirror(I)\n    return if", "not_a_solver"),
    "an argument too many": ("    x1 = vmirror(I, I)\n    return x1", "error"),
    "a call of a number": ("    x1 = ONE(I)\n    return x1", "error"),
    "a fullwidth digit": ("    x1 = canvas(\uff11, I)\n    return x1", "not_a_solver"),
    "names that Python reads as one": ("    ﬁ = vmirror(I)\n    return fi", "correct"),
}


@pytest.mark.parametrize("trick", TRICKS)
async def test_every_isolation_reads_a_program_as_python_does(pool: bn.Pool, trick: str) -> None:
    lines, status = TRICKS[trick]
    task = make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2], [3, 4]], [[5, 6]], [[7, 8]]])
    for isolation in ("auto", "worker", "fork"):
        (verdict,) = await pool.validate([candidate(f"def solve(I):\n{lines}\n")], task, isolation=isolation)
        assert verdict.status == status, isolation


async def test_an_error_in_a_shared_step_has_the_line_that_it_has_alone(pool: bn.Pool, mirror_task: Task) -> None:
    source = "from battnb.dsl import *\n\n\n"
    source += "def solve(S, I, C):\n\n    x1 = vmirror(I)\n    x2 = crop(x1, x1)\n    return x2\n"
    (shared,) = await pool.validate([candidate(source)], mirror_task)
    (alone,) = await pool.validate([candidate(source)], mirror_task, isolation="fork")
    assert shared.error is not None
    assert alone.error is not None
    assert (shared.error.line, shared.error.type) == (alone.error.line, alone.error.type) == (7, shared.error.type)


async def test_a_program_may_not_change_what_a_neighbour_gets(pool: bn.Pool, mirror_task: Task) -> None:
    """Programs share values, so no program may get a value that it can change."""
    spoiled = body("x1 = vmirror(I)", "x1[0][0] = 9", "return x1")
    good = "def solve(I):\n    x1 = vmirror(I)\n    return x1\n"
    verdicts = await pool.validate([candidate(s) for s in (good, spoiled, good)], mirror_task, isolation="worker")
    assert [v.status for v in verdicts] == ["correct", "error", "correct"]


async def test_sets_that_are_equal_keep_their_own_order(pool: bn.Pool, mirror_task: Task) -> None:
    """Which of two equal sets comes first in a tuple depends on how it was made: one must not stand for the other."""
    first = body("a = initset(0)", "b = insert(8, a)", "c = first(b)", "return I")
    then = body(
        "a = initset(8)", "b = insert(0, a)", "t = astuple(1, 2)", "c = combine(t, b)", "d = astuple(c, c)", "return d"
    )
    both = await pool.validate([candidate(first, "first"), candidate(then, "then")], mirror_task)
    (alone,) = await pool.validate([candidate(then, "then")], mirror_task, isolation="fork")
    assert both[1].outputs == alone.outputs
    assert alone.outputs[0] == ((1, 2, 8, 0), (1, 2, 8, 0))


async def test_time_that_is_nobodys_own_makes_no_timeout(mirror_task: Task) -> None:
    """Reading programs with known steps takes more than the limit in total, but none of that time belongs to a step."""
    lines = [f"x{n} = {('rot90', 'rot180', 'hmirror')[n % 3]}({f'x{n - 1}' if n else 'I'})" for n in range(200)]
    source = body(*lines, "return x199")
    many = [candidate(source + "\n" * number, str(number)) for number in range(1000)]
    async with bn.Pool(1, Limits(timeout_s=0.02)) as own:
        verdicts = await own.validate(many, mirror_task)
    assert {v.status for v in verdicts} == {verdicts[0].status}
    assert verdicts[0].status in ("correct", "wrong")
