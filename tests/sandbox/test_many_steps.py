"""Batteries with more steps, values and samples than one fork or one answer holds."""

from __future__ import annotations

import time
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
    # Writes what makes no sense where results go, and takes a while.
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


@pytest.mark.parametrize("known", [{0: WIDE}, {}])
async def test_a_value_is_known_only_where_it_is_known_for_all_samples(
    one_lane: bn.Pool, known: dict[int, Grid | None]
) -> None:
    """Else it would be run on some, and what is known be taken for another sample's."""
    other = ((9, 9),)
    steps = [Step(Code("same"), (Code("I"),)), Step(Code("same"), (Ref(0),))]
    samples = [Inputs(WIDE, (), None, known), Inputs(other, (), None, {} if known else {0: other})]
    values = await one_lane.execute(steps, [Ref(1)], samples)
    assert [value.value for (value,) in values] == [WIDE, other]


async def test_a_step_that_hangs_is_waited_for_once_for_all_that_are_given_the_same(one_lane: bn.Pool) -> None:
    known: dict[int, Grid | None] = dict.fromkeys(range(12), WIDE)
    steps = [Step(Code("same"), (Code("I"),))] * 12 + [Step(Code("hangs"), (Ref(n),)) for n in range(12)]
    await one_lane.ready()
    began_s = time.monotonic()
    sample = Inputs(WIDE, (), WIDE, known)
    (values,) = await one_lane.execute(steps, [Ref(n) for n in range(12, 24)], [sample], differs=True)
    assert [value.status for value in values] == ["timeout"] * 12
    assert time.monotonic() - began_s < 8 * 0.4


async def test_an_answer_that_makes_no_sense_costs_its_work_alone(one_lane: bn.Pool) -> None:
    (values,) = await one_lane.execute([Step(Code("scribbles"), (Code("I"),))], [Ref(0)], [Inputs(WIDE, ())])
    assert [value.status for value in values] == ["crashed"]
    (values,) = await one_lane.execute([Step(Code("same"), (Code("I"),))], [Ref(0)], [Inputs(WIDE, ())])
    assert [value.value for value in values] == [WIDE]


async def test_a_step_that_would_end_its_process_is_an_error(one_lane: bn.Pool) -> None:
    steps = [Step(Code(name), (Code("I"),)) for name in ("leaves", "is_odd", "same")]
    (values,) = await one_lane.execute(steps, [Ref(0), Ref(1), Ref(2)], [Inputs(WIDE, ())])
    assert [value.failure and value.failure.type for value in values] == ["SystemExit", "ZeroDivisionError", None]
