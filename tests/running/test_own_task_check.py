"""Programs, each on its own task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from alone import run_alone
from making import MIRROR, STRAIGHT, body, make_task

import battnb as bn
from battnb.errors import BatteryError, InputError, TaskError, TaskWarning

GRIDS = ([[1, 2], [3, 4]], [[5, 6, 7]], [[0, 8], [9, 0], [1, 2]], [[3, 1, 4]])
FLIP = body("return I[::-1]")


def rows_reversed(grid: Any) -> Any:
    return tuple([row[::-1] for row in grid])


def rows_upside_down(grid: Any) -> Any:
    return grid[::-1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of two tasks: mirror reverses each row, flip the order of the rows."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    for name, function in {"mirror": rows_reversed, "flip": rows_upside_down}.items():
        task = make_task(function, GRIDS, task_id=name)
        pairs = {
            part: [{"input": pair.input, "output": pair.output} for pair in pairs]
            for part, pairs in {"train": task.demo, "test": task.test}.items()
        }
        (folder / f"{name}.json").write_text(json.dumps(pairs))
    return folder


def own(name: str, source: str, *claims: str, **fields: Any) -> bn.Candidate:
    return bn.Candidate(name, source, claims=claims, **fields)


async def check(pool: bn.Pool, data: Path, *programs: bn.Candidate, **options: Any) -> bn.Checked:
    return await bn.check(programs, data=data, pool=pool, live=None, **options)


async def test_each_program_runs_on_its_own_task_alone_in_the_programs_order(pool: bn.Pool, data: Path) -> None:
    names = [("a", MIRROR, "mirror"), ("b", FLIP, "flip"), ("c", STRAIGHT, "nothing", "mirror"), ("d", FLIP, "mirror")]
    programs = [own(*name) for name in names]
    heard: list[bn.Verdict] = []
    checked = await check(pool, data, *programs, on_verdicts=heard.extend)
    found = [(v.candidate_id, v.task_id, v.status.value) for v in checked.verdicts]
    assert found == [("a", "mirror", "correct"), ("b", "flip", "correct"), ("c", "mirror", "correct"),
                     ("d", "mirror", "wrong")]  # fmt: skip
    assert sorted(v.candidate_id for v in heard) == ["a", "b", "c", "d"]
    assert checked.lines() == [
        "-- Checked 4 programs on their own tasks: 3 correct, 1 wrong",
        "d on mirror: wrong, demo 0/3; 4 of 4 cells differ on demo pair 1",
    ]
    assert not checked.is_right


async def test_a_task_named_by_hand_counts_like_one_named_by_a_file(pool: bn.Pool, data: Path) -> None:
    checked = await check(pool, data, bn.Candidate("a", FLIP, task_id="flip"), own("b", MIRROR, "mirror"))
    assert checked.is_right
    assert str(checked) == "-- Checked 2 programs on their own tasks: 2 correct"


async def test_programs_without_a_task_are_named_and_do_not_run(pool: bn.Pool, data: Path) -> None:
    lost = [own(f"lost{n}", "raise SystemExit") for n in range(7)]
    checked = await check(pool, data, own("a", MIRROR, "mirror"), *lost, own("far", MIRROR, "elsewhere"))
    assert checked.is_right
    assert len(checked.verdicts) == 1
    assert checked.lines()[1:] == [
        "-- 8 programs have no task of their own and were not checked: lost0, lost1, lost2, lost3, lost4 and 3 more"
    ]


async def test_if_no_program_has_a_task_nothing_is_right(pool: bn.Pool, data: Path) -> None:
    checked = await check(pool, data, own("lost", MIRROR, "elsewhere"))
    assert not checked.is_right
    assert checked.lines() == [
        "-- Checked no program: none of 1 names a task of the data by its function (solve_<task>), its file, its "
        "folder or its record",
        "-- 1 program has no task of its own and was not checked: lost",
    ]


async def test_if_there_is_one_task_programs_that_name_none_are_for_it(pool: bn.Pool, data: Path) -> None:
    checked = await check(pool, data / "flip.json", own("any", FLIP), own("other", FLIP, "mirror.json"))
    assert [v.task_id for v in checked.verdicts] == ["flip", "flip"]
    assert checked.is_right


async def test_a_task_that_cannot_be_read_costs_only_its_own_programs(pool: bn.Pool, data: Path) -> None:
    (data / "bad.json").write_text('{"train": [{"input": [[1, 2], [3]], "output": [[1]]}], "test": []}')
    with pytest.warns(TaskWarning, match="bad"):
        checked = await check(pool, data, own("a", MIRROR, "mirror"), own("b", FLIP, "bad"))
    assert checked.counts() == {"correct": 1}
    assert checked.taskless == ("b",)


async def test_right_on_the_demo_pairs_alone_is_not_right(pool: bn.Pool, data: Path) -> None:
    by_heart = body("return tuple([row[::-1] for row in I]) if I[0][0] != 3 else I")
    fails = body("return tuple([row[::-1] for row in I]) if I[0][0] != 3 else I[7]")
    checked = await check(pool, data, own("wrong", by_heart, "mirror"), own("fails", fails, "mirror"))
    assert not checked.is_right
    assert checked.lines() == [
        "-- Checked 2 programs on their own tasks: 2 wrong on the test",
        "wrong on mirror: wrong on the test, demo 3/3, test 0/1; 2 of 3 cells differ on test pair 1",
        "fails on mirror: wrong on the test, IndexError: tuple index out of range, line 2, on test pair 1",
    ]
    assert list(checked.to_frame()["came_to"]) == ["wrong on the test"] * 2


async def test_a_test_pair_whose_output_is_not_known_only_wants_a_grid(pool: bn.Pool, data: Path) -> None:
    task = json.loads((data / "mirror.json").read_text())
    del task["test"][0]["output"]
    (data / "mirror.json").write_text(json.dumps(task))
    fails = body("return tuple([row[::-1] for row in I]) if I[0][0] != 3 else I[7]")
    checked = await check(pool, data, own("a", MIRROR, "mirror"), own("b", fails, "mirror"))
    assert checked.counts() == {"correct": 1, "wrong on the test": 1}


async def test_every_way_of_not_being_right_is_one_line(pool: bn.Pool, data: Path) -> None:
    sources = {
        "size": body("return I + I"),
        "later": body("return tuple([row[::-1] for row in I]) if len(I[0]) < 3 else I"),
        "name": body("x = 1", "return np.array(I)"),
        "lines": body("raise ValueError('a\\nb\\x1b[31m' * 300)"),
        "bare": body("raise ValueError"),
        "number": body("return 7"),
        "spin": body("while True: pass"),
        "exit": body("import os", "os._exit(3)"),
        "crash": body("import os", "os.abort()"),
        "syntax": "def solve(I:\n",
        "entry": "def helper(grid, size): return grid\n",
    }
    checked = await check(pool, data, *[own(name, source, "mirror") for name, source in sources.items()])
    first, *lines, last = checked.lines()
    assert first == (
        "-- Checked 11 programs on their own tasks: 2 wrong, 1 invalid_output, 3 error, 1 timeout, 1 crashed, "
        "1 exited, 2 not_a_solver"
    )
    words = dict([line.split(" on mirror: ", 1) for line in lines])
    assert words.pop("lines").startswith("error, ValueError: a b\N{REPLACEMENT CHARACTER}[31ma b")
    assert words.pop("entry").startswith("not_a_solver, no entry point: it defines")
    assert words == {
        "size": "wrong, demo 0/3; demo pair 1 is 4 x 2, wanted 2 x 2",
        "later": "wrong, demo 2/3; 2 of 3 cells differ on demo pair 2",
        "name": "error, NameError: name 'np' is not defined, line 3, on demo pair 1",
        "bare": "error, ValueError, line 2, on demo pair 1",
        "number": "invalid_output, the grid is a int, not a list, tuple or array, on demo pair 1",
        "spin": "timeout, used more than 0.2 CPU seconds on one sample (timeout_s), on demo pair 1",
        "exit": "exited, exit code: 3, on demo pair 1",
        "crash": "crashed, ended by SIGABRT, on demo pair 1",
        "syntax": "not_a_solver, SyntaxError: '(' was never closed, line 1",
    }
    assert last.startswith("-- 9 of 11 candidates failed; one reason is")
    assert all([len(line) < 250 and line.isprintable() for line in checked.lines()])
    assert list(checked.to_frame()["reason"])[1] == "demo 2/3; 2 of 3 cells differ on demo pair 2"


async def test_what_is_stored_runs_by_itself(pool: bn.Pool, data: Path, tmp_path: Path) -> None:
    programs = [own("a", MIRROR, "mirror"), own("b", FLIP, "flip"), own("c", STRAIGHT, "mirror"), own("d", "x", "flip")]
    out = tmp_path / "out"
    await check(pool, data, *programs, out_dir=out)
    assert len(list((out / "solver_md5").glob("*.py"))) == 3
    links = [path.relative_to(out).parts[:3] for path in (out / "solver_dir").rglob("*.py")]
    assert sorted(links) == [("solver_dir", "solve_flip", "3"), *[("solver_dir", "solve_mirror", "3")] * 2]
    [flip] = (out / "solver_dir/solve_flip").rglob("*.py")
    assert run_alone(bn.load_task("flip", data), [flip], "solve")[str(flip)][0] == [[3, 4], [1, 2]]


async def test_names_that_are_taken_for_granted_are_not_supplied_even_to_a_record(pool: bn.Pool, data: Path) -> None:
    asked = own("asked", body("return np.array(I)[:, ::-1]"), "mirror", prelude=True)
    assert (await check(pool, data, asked)).counts() == {"error": 1}


async def test_entry_and_grids_are_for_all_programs_that_do_not_say_it(
    pool: bn.Pool, data: Path, tmp_path: Path
) -> None:
    source = "def other(grid):\n    return [row[::-1] for row in grid] if type(grid) is list else grid\n"
    programs = [own("a", source, "mirror"), own("b", source, "mirror", grids="tuple")]
    checked = await check(pool, data, *programs, entry="other", grids="list", out_dir=tmp_path / "out")
    assert [verdict.status.value for verdict in checked.verdicts] == ["correct", "wrong"]
    assert [verdict.entry for verdict in checked.verdicts] == ["other", "other"]
    for verdict in checked.verdicts:
        assert (tmp_path / f"out/solver_md5/{verdict.md5}.py").exists()


async def test_it_shows_itself_in_a_cell_and_as_a_page(pool: bn.Pool, data: Path, tmp_path: Path) -> None:
    hostile = "<script>x</script>"
    checked = await check(
        pool, data, own(hostile, body(f"raise ValueError({hostile!r})"), "mirror"), own("b", FLIP, "mirror")
    )
    page = checked.report(tmp_path / "check.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert repr(checked) == "<Checked candidates: 1 wrong, 1 error>"
    for made in (page, checked._repr_html_()):
        assert "Checked 2 programs on their own tasks: 1 wrong, 1 error" in made
        assert "4 of 4 cells differ on demo pair 1" in made
        assert "<svg" in made
        assert "<script>" not in made


def test_it_can_be_called_from_code_that_is_not_async_with_a_pool_of_its_own(data: Path) -> None:
    checked = bn.check_sync([own("a", body("while True: pass"), "mirror")], data=data, timeout_s=0.1, workers=1)
    assert checked.verdicts[0].status == "timeout"


async def test_bad_arguments_are_one_sentence(pool: bn.Pool, data: Path, tmp_path: Path) -> None:
    with pytest.raises(BatteryError, match="nowhere"):
        await bn.check(tmp_path / "nowhere", data=data)
    with pytest.raises(TaskError, match="nowhere"):
        await check(pool, tmp_path / "nowhere", own("a", MIRROR, "mirror"))
    with pytest.raises(InputError, match="both pool and workers"):
        await check(pool, data, own("a", MIRROR, "mirror"), workers=2)
    with pytest.raises(InputError, match="steps of a battery"):
        await bn.check(bn.generate_battery("007bbfb7", 3), data=data, pool=pool)
