"""Modules beside a program travel with it as text. It alone can import them, and loads them afresh."""

from __future__ import annotations

import pytest
from making import MIRROR, candidate, make_task

import battnb as bn
from battnb.model import Task

COMMON = "def flip(grid):\n    return tuple([row[::-1] for row in grid])\n"
PROGRAM = "import common\n\ndef solve(I):\n    return common.flip(I)\n"
LATE = "def solve(I):\n    from common import flip\n    return flip(I)\n"


async def test_a_program_imports_the_modules_beside_it(pool: bn.Pool, mirror_task: Task, isolation: str) -> None:
    candidates = [
        candidate(PROGRAM, "direct", siblings={"common": COMMON}),
        candidate(PROGRAM, "through another", siblings={"common": "from shapes import flip\n", "shapes": COMMON}),
        candidate(LATE, "late", siblings={"common": COMMON}),
        candidate("from common import *\n" + MIRROR, "star", siblings={"common": "import math\n"}),
        candidate(
            PROGRAM, "arrays", siblings={"common": "import numpy\n\ndef flip(grid): return numpy.fliplr(grid)\n"}
        ),
    ]
    verdicts = await pool.validate(candidates, mirror_task, isolation=isolation)
    assert [(v.candidate_id, v.status, v.error) for v in verdicts] == [(c.id, "correct", None) for c in candidates]


async def test_no_other_program_sees_them(one_worker_pool: bn.Pool, mirror_task: Task, isolation: str) -> None:
    wrong = {"common": "def flip(grid):\n    return grid\n"}
    candidates = [
        candidate(PROGRAM, "own", siblings={"common": COMMON}),
        candidate(PROGRAM, "none"),
        candidate(PROGRAM, "other", siblings=wrong),
        candidate("import sys\nassert 'common' not in sys.modules\n" + MIRROR, "looks"),
        candidate(PROGRAM, "again", siblings={"common": COMMON}),
    ]
    verdicts = await one_worker_pool.validate(candidates, mirror_task, isolation=isolation)
    assert [v.status for v in verdicts] == ["correct", "error", "wrong", "correct", "correct"]
    assert verdicts[1].error is not None
    assert verdicts[1].error.message == "No module named 'common'"


async def test_a_straight_line_may_have_them(pool: bn.Pool, mirror_task: Task) -> None:
    source = "from common import *\ndef solve(I):\n    x1 = vmirror(I)\n    return x1\n"
    candidates = [
        candidate(source, "a", siblings={"common": "def vmirror(grid):\n    return grid\n"}),
        candidate(source),
    ]
    verdicts = await pool.validate(candidates, mirror_task)
    assert [v.status for v in verdicts] == ["wrong", "error"]


async def test_they_take_the_place_of_what_stands_in_for_arc_dsl(mirror_task: Task) -> None:
    own = candidate("from arc_types import *\n" + MIRROR + "assert Mine\n", "own", siblings={"arc_types": "Mine = 1\n"})
    usual = candidate("from arc_types import vmirror as solve\n", "usual")
    async with bn.Pool(1) as pool:
        verdicts = await pool.validate([own, usual, own, usual], mirror_task, isolation="worker")
    assert [v.status for v in verdicts] == ["correct"] * 4


@pytest.mark.parametrize(
    ("common", "error"),
    [
        ("def flip(grid):\n    return grid[99]\n", ("IndexError", "tuple index out of range", 4)),
        ("def flip(:\n", ("SyntaxError", "invalid syntax (common.py, line 1)", 1)),
        ("1 / 0\n", ("ZeroDivisionError", "division by zero", 1)),
        ("import elsewhere\n", ("ModuleNotFoundError", "No module named 'elsewhere'", 1)),
    ],
)
async def test_an_error_in_one_is_told_at_the_line_that_led_there(
    pool: bn.Pool, mirror_task: Task, common: str, error: tuple[str, str, int]
) -> None:
    (verdict,) = await pool.validate([candidate(PROGRAM, siblings={"common": common})], mirror_task)
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message, verdict.error.line) == error


async def test_many_programs_with_large_modules_beside_them() -> None:
    task = make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]]])
    text = COMMON + "#" * 900_000
    candidates = [candidate(f"# {n}\n{PROGRAM}", str(n), siblings={"common": text}) for n in range(100)]
    async with bn.Pool(1) as pool:
        for isolation in ("fork", "worker"):
            verdicts = await pool.validate(candidates, task, isolation=isolation)
            assert {v.status.value for v in verdicts} == {"correct"}
