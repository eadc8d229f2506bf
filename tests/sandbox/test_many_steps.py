"""Batteries with more steps, values and samples than one fork or one answer holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import battnb as bn
from battnb.model import Code, Inputs, Limits, Ref, Step, StepValue

DSL = """
import time

def shift(grid, by):
    return tuple([tuple([(cell + by) % 10 for cell in row]) for row in grid])

def burn(grid, n):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return grid
"""
WIDE = tuple([tuple([(row * column) % 10 for column in range(30)]) for row in range(30)])


@pytest.fixture
def one_lane(tmp_path: Path) -> Iterator[bn.Pool]:
    (tmp_path / "steps.py").write_text(DSL)
    with bn.Pool(1, Limits(timeout_s=0.4), dsl=[str(tmp_path / "steps.py")]) as made:
        yield made


def fan(count: int) -> list[Step]:
    """Steps that each look at one of the ten before it."""
    return [Step(Code("shift"), (Code("I") if n < 10 else Ref(n - 10), Code(str(n)))) for n in range(count)]


async def run(
    pool: bn.Pool, steps: list[Step], wanted: list[int], samples: int, limits: Limits | None = None
) -> list[list[StepValue]]:
    return await pool.execute(steps, [Ref(step) for step in wanted], [Inputs(WIDE, ())] * samples, limits=limits)


async def test_values_that_fill_an_answer_several_times_all_arrive(one_lane: bn.Pool) -> None:
    """16 MiB are 18,000 grids; here a sample has 1,500 and there are 14."""
    found = await run(one_lane, fan(1_500), list(range(1_500)), 14)
    assert {value.status for values in found for value in values} == {None}


async def test_values_of_one_sample_take_no_memory_from_the_next(one_lane: bn.Pool) -> None:
    """In all they would take twice what a candidate may have."""
    found = await run(one_lane, fan(1_000), list(range(990, 1_000)), 28, Limits(memory_bytes=128 * 2**20))
    assert {value.status for values in found for value in values} == {None}


async def test_each_step_has_the_time_of_a_sample_for_itself(one_lane: bn.Pool) -> None:
    steps = [Step(Code("burn"), (Ref(n - 1) if n else Code("I"), Code(str(n)))) for n in range(8)]
    (values,) = await run(one_lane, steps, [7, 4, 2], 1)
    assert [value.status for value in values] == [None] * 3
    assert values[0].cpu_s > 0.8
