"""Straight-line programs share a fork, and none is judged by what another one does or is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from making import body, candidate

import battnb as bn
from battnb.model import Candidate, Limits, Pair, Task

DSL = """
import time

def burn(grid, n):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return grid

def hangs(grid, n):
    while True:
        pass

def fails(grid):
    raise ValueError("no")

def as_list(grid):
    return [list(row) for row in grid]

def as_iterator(grid):
    return iter(grid)

def bumped(rows):
    rows[0][0] += 1
    return rows

def leaves(grid):
    raise SystemExit(3)

def is_odd(grid):
    class Odd:
        __class__ = property(lambda self: 1 / 0)
    return Odd()
"""
GRIDS = (((1, 2), (3, 4)), ((5, 6, 7),))
SAME = Task("same", tuple([Pair(grid, grid) for grid in GRIDS]), ())


@pytest.fixture
def slow_pool(tmp_path: Path) -> Iterator[bn.Pool]:
    """One worker, with steps that take 0.1 CPU seconds under a limit of 0.4."""
    (tmp_path / "slow.py").write_text(DSL)
    with bn.Pool(1, Limits(timeout_s=0.4), dsl=["battnb.dsl", str(tmp_path / "slow.py")]) as made:
        yield made


def burning(*numbers: int, first: str = "x = identity(I)") -> Candidate:
    """A program with a step of 0.1 CPU seconds for each number."""
    return candidate(body(first, *[f"x{number} = burn(I, {number})" for number in numbers], "return I"))


async def test_a_step_that_a_program_never_comes_to_takes_none_of_its_time(slow_pool: bn.Pool) -> None:
    others = [burning(number) for number in range(6)]
    verdicts = await slow_pool.validate([*others, burning(*range(6), first="x = fails(I)")], SAME)
    assert [v.status for v in verdicts] == ["correct"] * 6 + ["error"]
    assert verdicts[-1].cpu_s < 0.1


async def test_a_step_that_hangs_behind_one_that_fails_is_not_a_timeout(slow_pool: bn.Pool) -> None:
    hangs = candidate(body("x1 = hangs(I, 1)", "return I"))
    fails = candidate(body("x0 = fails(I)", "x1 = hangs(I, 1)", "return I"))
    verdicts = await slow_pool.validate([hangs, fails], SAME)
    assert [v.status for v in verdicts] == ["timeout", "error"]


async def test_the_step_at_which_a_slow_program_is_stopped_is_not_to_blame(slow_pool: bn.Pool) -> None:
    """Each of its steps alone is well within the limit."""
    verdicts = await slow_pool.validate([burning(*range(8)), *[burning(number) for number in range(8)]], SAME)
    assert [v.status for v in verdicts] == ["timeout"] + ["correct"] * 8


async def test_a_step_that_hangs_is_waited_for_once(slow_pool: bn.Pool) -> None:
    """This holds even if another step ran before it."""
    lines = ["x1 = burn(I, 1)", "x2 = hangs(I, 1)", "x3 = hmirror(I)"]
    programs = [candidate(body(*some, "return I")) for some in (lines, lines[1:2], lines[1:])]
    verdicts = await slow_pool.validate(programs * 5, SAME)
    assert {v.status for v in verdicts} == {"timeout"}
    assert len([v for v in verdicts if v.executed_cpu_s > 0.2]) == 1


CHANGING = {
    "a list": ["x1 = as_list(I)", "return x1"],
    "a list that is changed": ["x1 = as_list(I)", "x2 = bumped(x1)", "return x2"],
    "an iterator": ["x1 = as_iterator(I)", "x2 = as_list(x1)", "return x2"],
    "an iterator again": ["x1 = as_iterator(I)", "x3 = as_list(x1)", "x4 = identity(x3)", "return x4"],
    "an end": ["x1 = leaves(I)", "return I"],
    "no honest value": ["x1 = is_odd(I)", "return x1"],
}


async def test_what_steps_can_change_or_end_is_judged_as_if_each_program_ran_alone(slow_pool: bn.Pool) -> None:
    programs = [candidate(body(*lines), name) for name, lines in CHANGING.items()] * 2
    shared = await slow_pool.validate(programs, SAME)
    alone = await slow_pool.validate(programs, SAME, isolation="fork")
    for one, other in zip(shared, alone, strict=True):
        assert (one.status, one.outputs, one.error) == (other.status, other.outputs, other.error), one.candidate_id
    assert [v.status for v in shared[:6]] == ["correct", "wrong", "correct", "correct", "exited", "error"]
