"""Batteries with more steps, values and samples than one fork or one answer holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import battnb as bn
from battnb.model import Code, Grid, Inputs, Limits, Ref, Step, StepValue

DSL = """
import time

def shift(grid, by):
    return tuple([tuple([(cell + by) % 10 for cell in row]) for row in grid])

def burn(grid, n):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return grid

def same(grid):
    return grid

def leaves(grid):
    raise SystemExit("out")

def is_odd(grid):
    class Odd:
        __class__ = property(lambda self: 1 / 0)
    return Odd()

def hangs(grid):
    while True:
        pass

def scribbles(grid):
    # Writes nonsense where results go, and takes a while.
    import sys
    from battnb.sandbox.wire import encode_result
    sys._getframe(1).f_locals["board"].write(encode_result(0, 0, (0.0, 0.0), b"nonsense", True, ""))
    return burn(grid, 0)
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
    """An answer of 16 MiB holds 18,000 grids. Here are 14 samples of 1,500 grids each."""
    found = await run(one_lane, fan(1_500), list(range(1_500)), 14)
    assert {value.status for values in found for value in values} == {None}


async def test_values_of_one_sample_take_no_memory_from_the_next(one_lane: bn.Pool) -> None:
    """Together they would take twice the memory that a candidate may have."""
    found = await run(one_lane, fan(1_000), list(range(990, 1_000)), 28, Limits(memory_bytes=128 * 2**20))
    assert {value.status for values in found for value in values} == {None}


async def test_each_step_has_the_time_of_a_sample_for_itself(one_lane: bn.Pool) -> None:
    steps = [Step(Code("burn"), (Ref(n - 1) if n else Code("I"), Code(str(n)))) for n in range(8)]
    (values,) = await run(one_lane, steps, [7, 4, 2], 1)
    assert [value.status for value in values] == [None] * 3
    assert values[0].cpu_s > 0.8


@pytest.mark.parametrize("known", [{0: WIDE}, {}])
async def test_a_value_is_known_only_if_it_is_known_for_all_samples(
    one_lane: bn.Pool, known: dict[int, Grid | None]
) -> None:
    """Otherwise it would run on some samples only, and a known value could be taken for that of another sample."""
    other = ((9, 9),)
    steps = [Step(Code("same"), (Code("I"),)), Step(Code("same"), (Ref(0),))]
    samples = [Inputs(WIDE, (), None, known), Inputs(other, (), None, {} if known else {0: other})]
    values = await one_lane.execute(steps, [Ref(1)], samples)
    assert [value.value for (value,) in values] == [WIDE, other]


async def test_equal_steps_that_hang_are_waited_for_once(one_lane: bn.Pool) -> None:
    """One takes 0.4 CPU seconds, and sixty take 24."""
    known: dict[int, Grid | None] = dict.fromkeys(range(60), WIDE)
    steps = [Step(Code("same"), (Code("I"),))] * 60 + [Step(Code("hangs"), (Ref(n),)) for n in range(60)]
    await one_lane.ready()
    call = one_lane.execute(steps, [Ref(n) for n in range(60, 120)], [Inputs(WIDE, (), WIDE, known)], differs=True)
    (values,) = await asyncio.wait_for(call, 10)
    assert [value.status for value in values] == ["timeout"] * 60


async def test_an_answer_that_makes_no_sense_costs_only_its_own_work(one_lane: bn.Pool) -> None:
    (values,) = await one_lane.execute([Step(Code("scribbles"), (Code("I"),))], [Ref(0)], [Inputs(WIDE, ())])
    assert [value.status for value in values] == ["crashed"]
    (values,) = await one_lane.execute([Step(Code("same"), (Code("I"),))], [Ref(0)], [Inputs(WIDE, ())])
    assert [value.value for value in values] == [WIDE]


async def test_a_step_that_would_end_its_process_is_an_error(one_lane: bn.Pool) -> None:
    steps = [Step(Code(name), (Code("I"),)) for name in ("leaves", "is_odd", "same")]
    (values,) = await one_lane.execute(steps, [Ref(0), Ref(1), Ref(2)], [Inputs(WIDE, ())])
    assert [value.failure and value.failure.type for value in values] == ["SystemExit", "ZeroDivisionError", None]
