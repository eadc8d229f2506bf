import re
from pathlib import Path

import pytest

import battnb.dsl
from battnb.dsl import solvers
from battnb.load.tasks import load_task

SOLVERS = {name.removeprefix("solve_"): f for name, f in vars(solvers).items() if name.startswith("solve_")}
LINE = re.compile(r"    (?P<name>x\d+|O) = (?P<function>\w+)\((?P<args>\w+(?:, \w+)*)\)")


@pytest.mark.parametrize("task_id", SOLVERS)
def test_a_solver_is_right_on_every_pair_of_its_task(task_id):
    for sample in load_task(task_id).samples:
        assert SOLVERS[task_id](sample.input) == sample.output


def test_there_are_enough_of_them():
    assert len(SOLVERS) >= 36
    assert "007bbfb7" in SOLVERS


def test_each_is_a_block_that_a_line_pattern_reads():
    text = Path(solvers.__file__).read_text(encoding="utf-8")
    blocks = re.findall(r"^def solve_([0-9a-f]{8})\(I\):\n((?:    .+\n)+)", text, flags=re.MULTILINE)
    assert [task_id for task_id, _ in blocks] == sorted(SOLVERS)
    for _, body in blocks:
        *lines, end = body.splitlines()
        assert end == "    return O"
        known = {"I", *battnb.dsl.__all__}
        for step in map(LINE.fullmatch, lines):
            assert step is not None
            assert {step["function"], *step["args"].split(", ")} <= known
            known.add(step["name"])
