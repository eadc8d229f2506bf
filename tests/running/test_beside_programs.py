"""Runs of programs that have a DSL, or modules of their own, beside them in their folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from alone import run_alone
from making import make_task
from making_dsl_folder import make_dsl_folder

import battnb as bn
from battnb.load.beside import dsl_beside, siblings_of
from battnb.model import Battery, Candidate, Task

TURNED = "from dsl import *\n\ndef solve(I):\n    x1 = turned(I)\n    return x1\n"
COMMON = "from shapes import flip\nFIVE = 5\n"
SHAPES = "def flip(grid):\n    return tuple([row[::-1] for row in grid])\n"
PROGRAM = (
    '"""Turned."""\nfrom __future__ import annotations\nimport common\n\ndef solve(I):\n    return common.flip(I)\n'
)


@pytest.fixture
def task() -> Task:
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]], [[5, 6]]])


def folder_of_turned(folder: Path) -> Battery:
    (folder / "dsl.py").write_text("def turned(grid):\n    return tuple([row[::-1] for row in grid])\n")
    return Battery("mine", programs=(Candidate("a", TURNED),), beside=dsl_beside(folder))


def run(task: Task, battery: Battery, **options: Any) -> tuple[bn.Run, list[str]]:
    said: list[str] = []
    return bn.run_batt_sync(task, battery, workers=None, say=said.append, live=None, **options), said


def test_solvers_and_verifiers_run_with_the_dsl_of_their_folder(tmp_path: Path) -> None:
    ids = make_dsl_folder(tmp_path)
    solvers, verifiers = [(tmp_path / name).read_text() for name in ("solvers.py", "verifiers.py")]
    for task_id in ids[:3]:
        programs = (
            Candidate("solver", solvers, f"solve_{task_id}"),
            Candidate("verifier", verifiers, f"verify_{task_id}"),
        )
        battery = Battery("folder", programs=programs, beside=dsl_beside(tmp_path))
        ran, said = run(bn.load_task(task_id), battery, out_dir=None)
        assert [(v.status, v.error) for v in ran.verdicts] == [("correct", None)] * 2
        assert "-- The DSL is that of the folder: dsl.py, constants.py, arc_types.py" in said


def test_the_dsl_that_the_caller_names_counts(tmp_path: Path, task: Task) -> None:
    ran, said = run(task, folder_of_turned(tmp_path), dsl=["battnb.dsl"], out_dir=None)
    assert [v.status for v in ran.verdicts] == ["error"]
    assert not [line for line in said if "DSL" in line]


async def test_the_dsl_of_the_callers_pool_counts_and_that_is_said(tmp_path: Path, task: Task) -> None:
    said: list[str] = []
    battery = folder_of_turned(tmp_path)
    async with bn.Pool(1) as pool:
        ran = await bn.run_batt(task, battery, pool=pool, say=said.append, out_dir=None, live=None)
    assert [v.status for v in ran.verdicts] == ["error"]
    assert "-- The DSL is the pool's, battnb.dsl: not dsl.py of the folder" in said
    async with bn.Pool(1, dsl=battery.beside) as pool:
        ran = await bn.run_batt(task, battery, pool=pool, say=said.append, out_dir=None, live=None)
    assert [v.status for v in ran.verdicts] == ["correct"]
    assert "-- The DSL is that of the folder: dsl.py" in said


async def test_several_runs_say_it_once(tmp_path: Path, task: Task) -> None:
    said: list[str] = []
    tasks = [task, msgspec.structs.replace(task, id="other")]
    battery = folder_of_turned(tmp_path)
    runs = await bn.run_tasks(tasks, battery, say=lambda _, line: said.append(line), out_dir=None, live=None)
    assert [v.status for one in runs for v in one.verdicts] == ["correct"] * 2
    assert [line for line in said if "DSL" in line] == ["-- The DSL is that of the folder: dsl.py"]


def test_that_battnbs_dsl_stands_in_is_said(task: Task) -> None:
    battery = Battery("mine", programs=(Candidate("a", "from constants import *\ndef solve(I): return vmirror(I)\n"),))
    ran, said = run(task, battery, out_dir=None)
    assert [v.status for v in ran.verdicts] == ["correct"]
    assert "-- battnb.dsl stands in for constants: no such file lies beside the programs" in said


# Modules of their own


def with_common(folder: Path, shapes: str = SHAPES) -> Candidate:
    folder.mkdir(exist_ok=True)
    for name, text in {"common": COMMON, "shapes": shapes, "program": PROGRAM}.items():
        (folder / f"{name}.py").write_text(text)
    return Candidate(folder.name, PROGRAM, siblings=siblings_of(folder / "program.py", PROGRAM))


def test_a_stored_program_has_the_modules_beside_it_in_it(tmp_path: Path, task: Task) -> None:
    ran, said = run(task, Battery("mine", programs=(with_common(tmp_path / "a"),)), out_dir=tmp_path / "out")
    assert [(v.status, v.error) for v in ran.verdicts] == [("correct", None)]
    assert "-- Modules beside the programs: common.py, shapes.py" in said
    (link,) = (tmp_path / "out" / "solver_dir").rglob("solve_*/*/*/*.py")
    (outputs,) = run_alone(task, [link], "solve").values()
    assert outputs == [[list(row) for row in grid or ()] for grid in ran.verdicts[0].outputs]
    again, _ = run(task, Battery("stored", programs=(Candidate("stored", link.read_text()),)), out_dir=None)
    assert [(v.status, v.error) for v in again.verdicts] == [("correct", None)]


def test_a_stored_program_has_the_types_that_it_annotates_with(tmp_path: Path, task: Task) -> None:
    program = Candidate("typed", "def solve(I: Grid) -> Union[Grid, List]:\n    return vmirror(I)\n")
    ran, _ = run(task, Battery("mine", programs=(program,)), out_dir=tmp_path / "out")
    (link,) = (tmp_path / "out" / "solver_dir").rglob("solve_*/*/*/*.py")
    (outputs,) = run_alone(task, [link], "solve").values()
    assert outputs == [[list(row) for row in grid or ()] for grid in ran.verdicts[0].outputs]


def test_programs_that_differ_only_in_what_lies_beside_them_are_two(tmp_path: Path, task: Task) -> None:
    wrong = "def flip(grid):\n    return grid\n"
    programs = (with_common(tmp_path / "a"), with_common(tmp_path / "b", wrong), with_common(tmp_path / "c"))
    ran, _ = run(task, Battery("mine", programs=programs), out_dir=tmp_path / "out")
    assert [v.status for v in ran.verdicts] == ["correct", "wrong", "correct"]
    assert [v.duplicate_of for v in ran.verdicts] == [None, None, "a"]
    assert ran.verdicts[0].md5 != ran.verdicts[1].md5


def test_what_lies_beside_a_program_is_part_of_what_is_kept(tmp_path: Path, task: Task) -> None:
    def judged(candidate: Candidate) -> tuple[str, bool]:
        ran, _ = run(task, Battery("mine", programs=(candidate,)), out_dir=tmp_path / "out", store=True)
        (verdict,) = ran.verdicts
        return verdict.status, verdict.cached

    assert judged(with_common(tmp_path / "a")) == ("correct", False)
    assert judged(with_common(tmp_path / "a")) == ("correct", True)
    assert judged(with_common(tmp_path / "a", "def flip(grid):\n    return grid\n")) == ("wrong", False)


async def test_a_submission_takes_them_only_if_asked(tmp_path: Path, task: Task) -> None:
    battery = Battery("mine", programs=(with_common(tmp_path / "a"),))
    path = tmp_path / "submission.json"
    without = await bn.submit([task], battery, path, out_dir=None, live=None)
    asked = await bn.submit([task], battery, path, out_dir=None, live=None, siblings=True)
    assert (without.answered, asked.answered) == (0, 1)
