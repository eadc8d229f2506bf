"""A DSL may be a file, as the public arc-dsl is. It has modules beside it, and programs import it by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from making import candidate, make_task

import battnb as bn
from battnb.model import Task

FILES = {
    "arc_types.py": "from typing import Any\nGrid = tuple\n",
    "constants.py": "FIVE = 5\n",
    "arc.py": "from arc_types import *\nfrom constants import *\nimport helpers\n\n"
    "def turned(grid: Grid) -> Any:\n    return helpers.each(grid, lambda row: row[::-1])\n",
    "helpers.py": "def each(grid, f):\n    return tuple([f(row) for row in grid])\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a DSL, and a file of solutions beside them."""
    made = tmp_path / "arc"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text)
    (made / "solutions.py").write_text("ANSWER = 42\n")
    return made


@pytest.fixture
def task() -> Task:
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]]])


async def test_a_dsl_file_imports_what_lies_beside_it(folder: Path, task: Task) -> None:
    sources = [
        "def solve(I):\n    x1 = turned(I)\n    return x1\n",
        "from arc import *\nfrom constants import *\ndef solve(I):\n    return turned(I) if FIVE == 5 else None\n",
        "import arc\ndef solve(I):\n    return arc.turned(I)\n",
    ]
    async with bn.Pool(1, dsl=[folder / "arc.py"]) as pool:
        verdicts = await pool.validate([candidate(source, str(n)) for n, source in enumerate(sources)], task)
        assert pool.names == {"turned", "FIVE", "Any", "Grid"}
    assert [(v.status, v.error) for v in verdicts] == [("correct", None)] * 3


CLASSES = """
import math
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from math import floor
from typing import Callable, List, NewType, Optional, Union

Grid = tuple[tuple[int, ...], ...]
Rows = List[List[int]]
Number = Union[int, float]
Maybe = int | None
Place = NewType("Place", int)

class Color(IntEnum):
    RED = 2

@dataclass(frozen=True)
class Cell:
    color: int

def of(cell):
    return ((cell.color,),)

@lru_cache
def half(n):
    return floor(n / 2)

SEEN = []
_hidden = 1
"""
TYPED = """
def solve(I: Grid) -> Optional[Rows]:
    counts: Counter = Counter([cell for row in I for cell in row])
    kept: Callable = lambda n: Place(half(n * Color.RED)) if isinstance(n, Maybe | Number) else n
    return tuple([tuple([kept(cell) for cell in row[::-1]]) for row in I]) if counts else None
"""


async def test_types_and_classes_of_a_dsl_are_there_like_its_functions(tmp_path: Path, task: Task) -> None:
    (tmp_path / "mine.py").write_text(CLASSES)
    made = "def solve(I):\n    x1 = Cell({n})\n    x2 = of(x1)\n    return x2\n"
    async with bn.Pool(1, dsl=[tmp_path / "mine.py"]) as pool:
        assert {"Grid", "Rows", "Number", "Maybe", "Place", "Color", "Cell", "Counter", "floor", "half"} < pool.names
        assert not {"math", "SEEN", "_hidden"} & pool.names
        (typed,) = await pool.validate([candidate(TYPED)], task)
        cells = await pool.validate([candidate(made.format(n=n), str(n)) for n in (1, 2, 1)], task)
    assert (typed.status, typed.error) == ("correct", None)
    assert [v.outputs[0] for v in cells] == [((1,),), ((2,),), ((1,),)]


@pytest.mark.parametrize("head", ["", "from dsl import *\n", "from arc_types import *\nfrom dsl import vmirror\n"])
async def test_programs_find_the_types_of_arc_dsl_beside_battnbs_own_dsl(
    task: Task, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not Path(entry, "dsl").exists()])  # tests/dsl
    source = head + "def solve(I: Grid) -> Union[Grid, List[List[Integer]]]:\n    return vmirror(I)\n"
    async with bn.Pool(1) as pool:
        (verdict,) = await pool.validate([candidate(source)], task)
        assert {"Grid", "TupleTuple", "vmirror"} < pool.names
    assert (verdict.status, verdict.error) == ("correct", None)


async def test_modules_of_a_dsl_share_their_classes(tmp_path: Path, task: Task) -> None:
    (tmp_path / "arc_types.py").write_text("class Cell:\n    pass\n")
    (tmp_path / "dsl.py").write_text("from arc_types import *\ndef is_cell(x): return isinstance(x, Cell)\n")
    source = "from arc_types import Cell as Same\nassert is_cell(Cell()) and is_cell(Same())\ndef solve(I): return I\n"
    for order in (("dsl.py", "arc_types.py"), ("arc_types.py", "dsl.py")):
        async with bn.Pool(1, dsl=[tmp_path / name for name in order]) as pool:
            (verdict,) = await pool.validate([candidate(source)], task)
        assert (verdict.status, verdict.error) == ("wrong", None)


async def test_its_folder_is_closed_once_it_is_loaded(folder: Path, task: Task) -> None:
    reads = f"def solve(I):\n    return open({str(folder / 'solutions.py')!r}).read()\n"
    lists = f"import os\ndef solve(I):\n    return os.listdir({str(folder)!r})\n"
    imports = "def solve(I):\n    import solutions\n    return ((solutions.ANSWER,),)\n"
    async with bn.Pool(1, dsl=[folder / "arc.py"]) as pool:
        await pool.ready()
        if pool.layers["files (Landlock)"] is not None:
            pytest.skip("nothing closes folders here")
        verdicts = await pool.validate([candidate(s, str(n)) for n, s in enumerate((reads, lists, imports))], task)
    assert [v.error and v.error.type for v in verdicts] == ["PermissionError", "PermissionError", "ModuleNotFoundError"]


async def test_a_dsl_file_named_dsl_is_not_replaced_by_battnbs_own(tmp_path: Path, task: Task) -> None:
    (tmp_path / "arc_types.py").write_text(FILES["arc_types.py"])
    (tmp_path / "dsl.py").write_text("from arc_types import *\ndef turned(grid: Grid) -> Any:\n    return grid\n")
    async with bn.Pool(1, dsl=[tmp_path / "dsl.py"]) as pool:
        source = "from dsl import *\ndef solve(I):\n    x1 = turned(I)\n    return x1\n"
        (verdict,) = await pool.validate([candidate(source)], task)
    assert verdict.status == "wrong"


async def test_programs_for_arc_dsl_share_their_steps(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not Path(entry, "dsl").exists()])  # tests/dsl
    source = "from dsl import *\nfrom constants import *\ndef solve(I):\n    x1 = vmirror(I)\n    return x1\n"
    async with bn.Pool(1) as pool:
        verdicts = await pool.validate([candidate(source, str(n)) for n in range(8)], task)
    assert [v.status for v in verdicts] == ["correct"] * 8
    assert 0 in [v.executed_cpu_s for v in verdicts]


async def test_what_it_draws_is_the_same_for_every_candidate(tmp_path: Path, task: Task) -> None:
    (tmp_path / "lots.py").write_text(
        "import random\ndef drawn(grid, number):\n    return tuple([(random.randrange(10),) for _ in range(8)])\n"
    )
    lots = [candidate(f"def solve(I):\n    x1 = drawn(I, {n})\n    return x1\n", str(n)) for n in range(6)]
    async with bn.Pool(1, dsl=[tmp_path / "lots.py"]) as pool:
        shared = await pool.validate(lots, task)
        alone = await pool.validate(lots, task, isolation="fork")
    assert len({verdict.outputs for verdict in shared + alone}) == 1
