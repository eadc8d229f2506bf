"""Stored programs of the user's own DSL run by themselves, with the DSL that they were judged with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alone import run_alone
from making import candidate, make_task
from making_batteries import battery

import battnb as bn
from battnb.load.dsl_files import Dsl
from battnb.model import Battery, Limits, Task
from battnb.phases.store import write_package

MINE = """
from shapes import flip_rows
import shapes as sh, json
FIVE = 5
def turned(grid):
    return flip_rows(grid)
def count_iz(S, grid, C):
    return (sh.count(grid, C),)
"""
SHAPES = """
def flip_rows(grid):
    return tuple(row[::-1] for row in grid)
def count(grid, C):
    return sum(a != b for row, other in zip(grid, C) for a, b in zip(row, other))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a DSL, my_dsl.py, and what it needs beside it."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "my_dsl.py").write_text(MINE)
    (folder / "shapes.py").write_text(SHAPES)
    (folder / "unused.py").write_text("1 / 0\n")
    return folder


@pytest.fixture
def task() -> Task:
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4], [5, 6]], [[7, 8]]], 1, "turn")


async def run_with(dsl: list[Path], made: Battery, task: Task, out: Path, monkeypatch: pytest.MonkeyPatch) -> bn.Run:
    """A run whose sandbox finds what lies beside the DSL, as it does if battnb is started in that folder."""
    monkeypatch.syspath_prepend(str(dsl[0].parent))
    return await bn.run_batt(task, made, workers=1, limits=Limits(), dsl=[str(path) for path in dsl], out_dir=out)


def stored(out: Path, folder: str = "solver_dir") -> list[Path]:
    return sorted((out / folder).rglob("solve_*/*/*/*.py"))


async def test_stored_steps_and_differs_run_after_the_dsl_was_deleted(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = battery(
        ["turned(I)", "turned(t1)", "count_iz(S, I, C)", "count_iz(S, t1, C)"],
        {"a": "t1", "b": "t2"},
        [("d_iz", None, "t3"), ("d_iz", "a", "t4")],
    )
    run = await run_with([home / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    assert [v.status for v in run.verdicts] == ["correct", "wrong"]
    shutil.rmtree(home)
    (tmp_path / "out").rename(tmp_path / "moved")
    links = stored(tmp_path / "moved")
    outputs = {v.md5: [[list(row) for row in grid or ()] for grid in v.outputs] for v in run.verdicts}
    assert {Path(link).stem: gave for link, gave in run_alone(task, links, "solve").items()} == outputs
    (differ,) = stored(tmp_path / "moved", "differ_dir")
    assert run_alone(task, [differ], "differ")[str(differ)][:2] == [[0], [0]]
    assert [rating.md5 for rating in run.ratings] == [differ.stem]
    for path in [*links, differ]:  # as scripts too
        assert subprocess.run([sys.executable, str(path)], cwd="/", check=True, capture_output=True).stderr == b""


async def test_two_dsls_of_one_file_name_are_kept_apart_in_one_store(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = battery(["turned(I)"], {"a": "t1"})
    first = await run_with([home / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    other = tmp_path / "other"
    other.mkdir()
    (other / "my_dsl.py").write_text("def turned(grid):\n    return grid\n")
    second = await run_with([other / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    runs = [run.verdicts[0] for run in (first, second)]
    assert [v.status for v in runs] == ["correct", "wrong"]
    links = stored(tmp_path / "out")
    assert {link.stem for link in links} == {v.md5 for v in runs}
    for order in (links, links[::-1]):
        found = {Path(link).stem: gave for link, gave in run_alone(task, order, "solve").items()}
        assert found == {v.md5: [[list(row) for row in grid or ()] for grid in v.outputs] for v in runs}


async def test_a_dsl_is_stored_once_whole_and_with_what_it_needs(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = battery(["turned(I)"], {"a": "t1"})
    for _ in range(2):
        await run_with([home / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    copy = tmp_path / "copy/deeper"
    shutil.copytree(home, copy)  # the same files are the same DSL, wherever they lie
    await run_with([copy / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    (package,) = [path for path in (tmp_path / "out/solver_md5").iterdir() if path.is_dir()]
    assert {str(p.relative_to(package)) for p in package.rglob("*.py")} == {"__init__.py", "0/my_dsl.py", "0/shapes.py"}
    assert len(list((tmp_path / "out/solver_md5").glob("*.py"))) == 1
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")]


async def test_programs_that_import_the_dsl_themselves_run_alone(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = "    return turned(I)\n"
    sources = {
        "star": "from my_dsl import *\ndef solve(I):\n" + right,
        "name": "from my_dsl import turned as f\ndef solve(I):\n    return f(I)\n",
        "module": "import my_dsl as d\ndef solve(I):\n    return d.turned(I) if FIVE == 5 else None\n",
        "inside": "def solve(I):\n    from my_dsl import turned\n" + right,
        "beside": "from shapes import flip_rows\ndef solve(I):\n    return flip_rows(I)\n",
        "future": '"""Mine."""\nfrom __future__ import annotations\ndef solve(I):\n' + right,
        "lines": "def solve(S, I, C):\n    t1 = turned(I)\n    return t1\n",
    }
    made = Battery("programs", programs=tuple([candidate(source, name) for name, source in sources.items()]))
    run = await run_with([home / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    assert {v.candidate_id: str(v.status) for v in run.verdicts} == dict.fromkeys(sources, "correct")
    shutil.rmtree(home)
    found = run_alone(task, stored(tmp_path / "out"), "solve")
    assert len(found) == len(sources)
    right_answers = [[list(row) for row in pair.output or ()] for pair in task.samples]
    assert {name: gave for name, gave in found.items() if gave != right_answers} == {}


async def test_what_is_stored_can_be_judged_again_with_the_same_dsl(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from my_dsl import turned\ndef solve(I):\n    return turned(I)\n"
    lines = "def solve(S, I, C):\n    t1 = turned(I)\n    return t1\n"
    made = Battery("programs", programs=(candidate(source, "a"), candidate(lines, "b")))
    await run_with([home / "my_dsl.py"], made, task, tmp_path / "out", monkeypatch)
    again = bn.load_battery(tmp_path / "out/solver_md5")
    run = await run_with([home / "my_dsl.py"], again, task, tmp_path / "again", monkeypatch)
    assert [v.status for v in run.verdicts] == ["correct", "correct"]


async def test_several_modules_and_two_of_one_name_give_their_names_together(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "my_dsl.py").write_text("def same(grid):\n    return grid\n")
    made = battery(["turned(I)", "same(t1)", "vmirror(t2)", "vmirror(t3)"], {"a": "t4"})
    monkeypatch.syspath_prepend(str(home))
    dsl: list[str | Path] = ["battnb.dsl", home / "my_dsl.py", other / "my_dsl.py"]
    async with bn.Pool(1, dsl=dsl) as pool:
        run = await bn.run_batt(task, made, pool=pool, out_dir=tmp_path / "out")
    assert run.verdicts[0].status == "correct"
    (link,) = stored(tmp_path / "out")
    assert "import same, turned, vmirror\n" in link.read_text()
    assert run_alone(task, [link], "solve")[str(link)][0] == [[2, 1]]


async def test_a_dsl_that_is_edited_while_its_pool_is_open_is_stored_as_the_pool_found_it(
    home: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(home))
    async with bn.Pool(1, dsl=str(home / "my_dsl.py")) as pool:
        await pool.ready()
        (home / "my_dsl.py").write_text("def turned(grid):\n    return grid\n")
        run = await bn.run_batt(task, battery(["turned(I)"], {"a": "t1"}), pool=pool, out_dir=tmp_path / "out")
    assert run.verdicts[0].status == "correct"
    (link,) = stored(tmp_path / "out")
    assert run_alone(task, [link], "solve")[str(link)][0] == [[2, 1]]


def test_a_stored_program_leaves_the_modules_of_its_user_as_they_are(home: Path, tmp_path: Path) -> None:
    package = Dsl([home / "my_dsl.py"]).package
    assert package is not None
    write_package(tmp_path, package)
    (tmp_path / "shapes.py").write_text("def flip_rows(grid): return 'the user\\'s own'\n")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import shapes
path = sys.path[:]
import {package.name} as stored
import shapes as again
assert again is shapes and shapes.flip_rows(0) == "the user's own"
assert "my_dsl" not in sys.modules and sys.path == path
assert stored.turned(((1, 2),)) == ((2, 1),) and stored.FIVE == 5
"""
    subprocess.run([sys.executable, "-c", code], cwd="/", check=True)


def test_runs_that_store_one_dsl_at_once_all_find_it_whole(home: Path, tmp_path: Path) -> None:
    package = Dsl([str(home / "my_dsl.py")]).package
    assert package is not None
    threads = [threading.Thread(target=write_package, args=(tmp_path / "out", package)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [package.name]
    for name, data in package.files:
        assert (tmp_path / "out" / package.name / name).read_bytes() == data


def test_a_program_for_the_public_dsl_runs_alone_with_the_package_s_own(tmp_path: Path) -> None:
    """Solvers for arc-dsl begin like this. It runs in its own process: these tests have a folder dsl on the path."""
    pair = {"input": [[1, 2]], "output": [[2, 1]]}
    (tmp_path / "t.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    source = "from dsl import *\nfrom constants import *\ndef solve(I):\n    return vmirror(I) if ZERO == 0 else None\n"
    (tmp_path / "batt.jsonl").write_text(json.dumps({"id": "a", "source": source}))
    command = [sys.executable, "-m", "battnb", "run", "-i", "t", "--data", "t.json", "-b", "batt.jsonl", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "best candidate a, demo 1/1" in done.stdout
    (link,) = stored(tmp_path / "out")
    task = make_task(lambda grid: grid, [[[1, 2]], [[3, 4]]])
    assert run_alone(task, [link], "solve")[str(link)] == [[[2, 1]], [[4, 3]]]
