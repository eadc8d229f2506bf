"""A program is a real module, as far as it can tell, and is not the one that was started."""

from __future__ import annotations

import pytest
from making import candidate

import battnb as bn
from battnb.model import Task

MIRROR = "def transform(grid):\n    return [row[::-1] for row in grid]\n"
USES = {
    "dataclass": "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    "@dataclass\nclass Cell:\n    row: int\n",
    "dataclass with a default": "from __future__ import annotations\nimport dataclasses\nfrom typing import ClassVar\n"
    "@dataclasses.dataclass(frozen=True)\nclass Cell:\n    row: int\n    seen: ClassVar[int] = 0\n"
    "    cells: list[int] = dataclasses.field(default_factory=list)\nassert Cell(1).cells == []\n",
    "pickle": "import pickle\nclass Cell:\n    def __init__(self): self.row = 1\n"
    "assert pickle.loads(pickle.dumps(Cell())).row == 1\n",
    "enum": "import pickle\nfrom enum import Enum\nclass Color(Enum):\n    RED = 2\n"
    "assert pickle.loads(pickle.dumps(Color.RED)) is Color.RED\n",
    "hints": "from __future__ import annotations\nfrom typing import NamedTuple, get_type_hints\n"
    "class Cell(NamedTuple):\n    row: int\nassert get_type_hints(Cell) == {'row': int}\n",
    "itself": "import sys\nN = 7\nmine = sys.modules[__name__]\nassert mine.N == 7 and vars(mine) is globals()\n",
    "not started": "if __name__ == '__main__':\n    raise SystemExit\n",
}


@pytest.mark.parametrize("use", USES)
async def test_a_program_is_a_real_module(pool: bn.Pool, mirror_task: Task, use: str, isolation: str) -> None:
    (verdict,) = await pool.validate([candidate(USES[use] + MIRROR)], mirror_task, isolation=isolation)
    assert (verdict.status, verdict.error) == ("correct", None)


async def test_each_program_is_one_of_its_own(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    sources = [f"import sys\nassert not hasattr(sys.modules[__name__], 'X')\nX = {n}\n{MIRROR}" for n in range(3)]
    candidates = [candidate(source, str(n)) for n, source in enumerate(sources)]
    verdicts = await one_worker_pool.validate(candidates, mirror_task, isolation="worker")
    assert [(v.status, v.error) for v in verdicts] == [("correct", None)] * 3
