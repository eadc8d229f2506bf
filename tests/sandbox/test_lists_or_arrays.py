"""Programs get lists or arrays as their authors meant: by annotation, by use, by numpy, and by trying."""

from __future__ import annotations

import pytest

import battnb as bn

DEMO = (bn.Pair(((1, 2), (3, 4)), ((2, 1), (4, 3))), bn.Pair(((5, 0, 0),), ((0, 0, 5),)))
TASK = bn.Task("mirror", DEMO, ())
ROWS = "    return [row[::-1] for row in grid]\n"
LATER = "from __future__ import annotations\n"
NUMPY = "import numpy as np\n"
FLIPPED = "    return np.fliplr(np.array(grid)).tolist()\n"

MEANT = {
    "annotated": (
        f"{NUMPY}def transform(grid: list[list[int]]):\n    if not grid:\n        return []\n{FLIPPED}",
        "list",
    ),
    "typing": (f"{NUMPY}from typing import List\ndef transform(grid: List[List[int]]):\n{FLIPPED}", "list"),
    "postponed": (
        f"from __future__ import annotations\n{NUMPY}def transform(grid: list[list[int]]):\n{FLIPPED}",
        "list",
    ),
    "text": (f"{NUMPY}def transform(grid: 'np.ndarray'):\n    return grid[:, ::-1]\n", "ndarray"),
    "alias": (f"{NUMPY}Grid = list[list[int]]\ndef transform(grid: 'Grid'):\n{FLIPPED}", "list"),
    "optional": (f"from typing import Optional\n{NUMPY}def transform(grid: Optional[list] = None):\n{FLIPPED}", "list"),
    "array type": (f"{NUMPY}import numpy.typing as npt\ndef transform(grid: npt.NDArray):\n{ROWS}", "ndarray"),
    "tuple": (f"def transform(grid: tuple):\n    hash(grid)\n{ROWS}", "tuple"),
    "equals nothing": (f"{NUMPY}def transform(grid):\n    if grid == []:\n        return []\n{FLIPPED}", "list"),
    "count": (f"{NUMPY}def transform(grid):\n    n = [row.count(0) for row in grid]\n{FLIPPED}", "list"),
    "rows added": (
        f"{NUMPY}def transform(grid):\n    return [(row + row)[-len(row):][::-1] for row in grid]\n",
        "list",
    ),
    "rows from the end added": (
        f"{NUMPY}def transform(grid):\n    n = len(grid)\n"
        "    return [(grid[i] + grid[i - n])[len(grid[i]) :][::-1] for i in range(n)]\n",
        "list",
    ),
    "equals a long list": (
        f"{NUMPY}def transform(grid):\n    return [[0, 0, 5] if row == [5, 0, 0] else row[::-1] for row in grid]\n",
        "list",
    ),
    "negative": (f"{NUMPY}def transform(grid):\n    return -(-grid)[:, ::-1]\n", "ndarray"),
    "no numpy": ("def transform(grid):\n    return grid[:, ::-1]\n", "ndarray"),
    "number": ("def transform(grid):\n    grid[grid == 7] = 1\n    return grid[:, ::-1]\n", "ndarray"),
    "submodule": ("import numpy.linalg as la\ndef transform(grid):\n    return grid[:, ::-1]\n", "ndarray"),
    "inside": ("def transform(grid):\n    import numpy as np\n    return np.fliplr(grid)\n", "ndarray"),
    "from": ("from numpy import fliplr\ndef transform(grid):\n    return fliplr(grid)\n", "ndarray"),
    "nothing said": (f"def transform(grid):\n{ROWS}", "list"),
    "tried arrays": ("def flip(g):\n    return g[:, ::-1]\ndef transform(grid):\n    return flip(grid)\n", "ndarray"),
    "tried lists": (
        f"{NUMPY}def flip(grid):\n    grid[0].append(grid[0].pop())\n{ROWS}"
        "def transform(grid):\n    return flip(grid)\n",
        "list",
    ),
}


REVERSED = "    return [row[::-1] for row in grid]\n"
FIRST_CHANGED = "    grid[0].reverse()\n    return [grid[0], *[row[::-1] for row in grid[1:]]]\n"
SOLVERS = {
    "annotated": (f"def solve(grid: list[list[int]]):\n{FIRST_CHANGED}", "list"),
    "annotated array": (f"{NUMPY}def solve(grid: np.ndarray):\n    return (grid + 0)[:, ::-1]\n", "ndarray"),
    "used as an array": (f"{NUMPY}def solve(grid):\n    return np.where(grid == 9, 1, grid)[:, ::-1]\n", "ndarray"),
    "compared": (f"def solve(grid):\n    if grid == [[5, 0, 0]]:\n        return [[0, 0, 5]]\n{REVERSED}", "list"),
    "changed": ("def solve(grid):\n    for row in grid:\n        row.reverse()\n    return grid\n", "list"),
    "hashed": (f"def solve(grid):\n    hash(grid)\n{REVERSED}", "tuple"),
    "used as a list, and hashed": (f"def solve(grid):\n    hash(grid + grid)\n{REVERSED}", "tuple"),
    "of the DSL": ("def solve(I):\n    if not I:\n        return I\n    return vmirror(I)\n", "tuple"),
    "a name of the DSL for its own": (
        f"def vmirror(grid):\n{FIRST_CHANGED}def solve(grid):\n    return vmirror(grid)\n",
        "list",
    ),
}
"""Solvers under names as the DSL's solvers have, which get tuples if they use the DSL."""


@pytest.mark.parametrize("name", SOLVERS)
async def test_solvers_without_the_dsl_get_what_they_want(pool: bn.Pool, name: str) -> None:
    source, form = SOLVERS[name]
    other = source.replace("def solve", "def solve_puzzle")
    for verdict in await pool.validate([bn.Candidate("solve", source), bn.Candidate("other", other)], TASK):
        assert (verdict.status, verdict.grids, verdict.error) == ("correct", form, None)


async def test_solvers_with_the_dsl_are_not_tried_again(pool: bn.Pool) -> None:
    raises = "def solve(I):\n    print(type(I).__name__)\n    I[0].append(0)\n    return vmirror(I)\n"
    [verdict] = await pool.validate([bn.Candidate("a", raises)], TASK)
    assert (verdict.status, verdict.grids, verdict.stdout) == ("error", "tuple", "tuple\ntuple\n")


@pytest.mark.parametrize("name", MEANT)
async def test_grids_are_what_the_program_wants(pool: bn.Pool, name: str) -> None:
    source, form = MEANT[name]
    candidates = [bn.Candidate("here", source), bn.Candidate("main", source.replace("def transform", "def main"))]
    for verdict in await pool.validate(candidates, TASK):
        assert (verdict.status, verdict.grids, verdict.error) == ("correct", form, None)


async def test_if_both_raise_the_first_error_stands_with_what_was_printed(pool: bn.Pool) -> None:
    raises = "def transform(grid):\n    print(type(grid).__name__)\n    raise ValueError(type(grid).__name__)\n"
    [verdict] = await pool.validate([bn.Candidate("a", raises)], TASK)
    assert verdict.error is not None
    assert (verdict.error.message, verdict.grids, verdict.stdout) == ("list", "list", "list\nlist\n")


async def test_a_program_that_closes_its_output_gets_its_own_error(pool: bn.Pool) -> None:
    raises = "import os\ndef transform(grid):\n    os.close(1)\n    raise ValueError('mine')\n"
    [verdict] = await pool.validate([bn.Candidate("a", raises)], TASK, isolation="fork")
    assert verdict.error is not None
    assert (verdict.error.type, verdict.grids) == ("ValueError", "list")


async def test_what_is_kept_begins_anew(pool: bn.Pool) -> None:
    source = (
        "import random\ncalls = []\ndef flip(g):\n    print(len(calls), random.random())\n    calls.append(1)\n"
        "    return g[:, ::-1]\ndef transform(grid):\n    return flip(grid)\n"
    )
    tried, at_once = await pool.validate([bn.Candidate("a", source), bn.Candidate("b", source, grids="ndarray")], TASK)
    assert (tried.status, tried.grids) == ("correct", "ndarray")
    assert tried.stdout == at_once.stdout


@pytest.mark.parametrize(
    ("how", "status"), [("raise MemoryError", "memory"), ("raise SystemExit(3)", "exited"), ("raise KeyError", "error")]
)
async def test_what_is_not_tried_again(pool: bn.Pool, how: str, status: str) -> None:
    flip = "def flip(g):\n    return g[:, ::-1]\n"
    is_array = "    if type(grid) is not list:\n        return flip(grid)\n"
    given = bn.Candidate("given", f"{flip}def transform(grid):\n{is_array}    {how}\n", grids="list")
    said = bn.Candidate("said", f"{flip}def transform(grid: list):\n{is_array}    {how}\n")
    open_ = bn.Candidate("open", f"{flip}def transform(grid):\n{is_array}    {how}\n")
    verdicts = await pool.validate([given, said, open_], TASK)
    assert [verdict.status for verdict in verdicts] == [status, status, "correct" if status == "error" else status]


async def test_transposed_arrays_are_turned_back(pool: bn.Pool) -> None:
    x_first = "def main(grid):\n    assert grid.shape in ((2, 2), (3, 1))\n    return grid[::-1]\n"
    [verdict] = await pool.validate([bn.Candidate("a", x_first, grids="transposed")], TASK)
    assert (verdict.status, verdict.grids) == ("correct", "transposed")


def test_grids_of_another_kind_are_refused() -> None:
    with pytest.raises(bn.InputError, match="grids is 'lists'; choose tuple, list, ndarray, transposed or None"):
        bn.Candidate("a", "", grids="lists")
