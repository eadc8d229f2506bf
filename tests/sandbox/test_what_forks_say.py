"""What the parent believes of what a fork says: nothing that would make a program look better than it is."""

from __future__ import annotations

import pytest
from making import QUICK, candidate

import battnb as bn
from battnb.model import Task

INSIDE = (
    "import sys\n\ndef solve(I):\n    frame = sys._getframe(1).f_locals\n"
    "    board, index, task = frame['board'], 0, frame['attempt'].made_of[2]\n"
)
WRITES = "    from battnb.sandbox import wire\n"
LOOKS_UP_THEN_RUNS_ALONE = (
    INSIDE + WRITES + "    if task.demo is None:\n        return ((0,),)\n"
    "    for sample, (_, output) in enumerate(task.demo[:-1]):\n"
    "        grid = bytes((wire.GRID,)) + output\n"
    "        board.write(wire.encode_result(index, sample, (0.001,), grid, False, 'solve'))\n"
    "    board.stand(index, len(task.inputs), 0)\n    while True: pass\n"
)
SAYS_NAMES_WERE_SUPPLIED = (
    INSIDE + WRITES + "    for sample, grid in enumerate(task.inputs):\n"
    "        is_last = sample == len(task.inputs) - 1\n"
    "        outcome = wire.encode_text(wire.ERROR, 'x', 'y', None)\n"
    "        board.write(wire.encode_result(index, sample, (0.001,), outcome, is_last, 'solve', supplied=b'\\0\\1'))\n"
    "    import os\n    os._exit(99)\n"
)


async def test_what_was_looked_up_before_a_program_ran_alone_counts_as_looked_up(mirror_task: Task) -> None:
    async with bn.Pool(1, QUICK) as pool:
        (verdict,) = await pool.validate([candidate(LOOKS_UP_THEN_RUNS_ALONE)], mirror_task, isolation="worker")
    assert verdict.demo_correct == len(mirror_task.demo) - 1
    assert verdict.may_be_looked_up


@pytest.mark.parametrize("isolation", ["fork", "worker"])
async def test_names_are_supplied_only_where_that_was_asked_for(mirror_task: Task, isolation: str) -> None:
    async with bn.Pool(1, QUICK) as pool:
        (verdict,) = await pool.validate([candidate(SAYS_NAMES_WERE_SUPPLIED)], mirror_task, isolation=isolation)
    assert (verdict.status, verdict.error and verdict.error.message, verdict.supplied) == ("error", "y", ())
