"""Runs that are killed and resumed, two runs at once on one store, and folders made from the store again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from database.keeping import Counting, facts, kept, named
from making import MIRROR, body, patience

import battnb as bn
from battnb.model import Task
from benchmarks.killing import kill_and_resume, two_at_once


@pytest.fixture(autouse=True)
def within_patience():  # type: ignore[no-untyped-def]
    """Many processes one after the other, on a machine that may be busy."""
    with patience(240):
        yield


def test_a_run_that_is_killed_at_random_moments_ends_like_one_that_was_not(tmp_path: Path) -> None:
    killed = kill_and_resume(tmp_path, kills=6, tasks=6)
    assert killed.kills == 6
    assert killed.verdicts > 0
    assert (killed.again, killed.different, killed.folders) == (0, 0, 0)


def test_two_processes_on_one_store_come_to_the_same(tmp_path: Path) -> None:
    together = two_at_once(tmp_path, tasks=4)
    assert (together.different, together.errors) == (0, 0)


def programs_in(folder: Path) -> dict[str, str | bytes]:
    """Every program and link below a folder."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for name in ("solver_md5", "solver_dir", "differ_md5", "differ_dir")
        for path in sorted((folder / name).rglob("*.py"))
    }


async def test_the_folders_are_made_from_the_store_again(counting: Counting, tmp_path: Path) -> None:
    for task_id in ("007bbfb7", "67a3c6ac"):
        await kept(bn.load_task(task_id), bn.generate_battery(task_id, 60), tmp_path, counting)
    before = programs_in(tmp_path)
    assert len([name for name in before if name.startswith("differ_dir/")]) > 10
    for name in ("solver_md5", "solver_dir", "differ_md5", "differ_dir"):
        shutil.rmtree(tmp_path / name)
    with bn.open_store(tmp_path) as store:
        assert store.make_folders() == len([name for name in before if "_dir/" in name])
        assert store.make_folders(tmp_path / "elsewhere") > 0
    assert programs_in(tmp_path) == programs_in(tmp_path / "elsewhere") == before


async def test_folders_that_a_kill_left_half_made_are_completed_by_the_next_run(
    counting: Counting, tmp_path: Path
) -> None:
    task, battery = bn.load_task("007bbfb7"), bn.generate_battery("007bbfb7", 40)
    await kept(task, battery, tmp_path, counting)
    before = programs_in(tmp_path)
    links = sorted((tmp_path / "solver_dir").rglob("*.py"))
    texts = sorted((tmp_path / "solver_md5").glob("*.py"))
    for path in (*links[::2], *texts[1::3]):
        path.unlink()
    counting.forget()
    await kept(task, battery, tmp_path, counting)
    assert counting.validated == []
    assert programs_in(tmp_path) == before


async def test_the_dsl_of_stored_programs_is_made_again_too(mirror_task: Task, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def turned(grid): return tuple([row[::-1] for row in grid])\n")
    source = "def solve(I):\n    x1 = turned(I)\n    return x1\n"
    with bn.Pool(1, dsl=[tmp_path / "mine.py"]) as pool:
        await kept(mirror_task, named(source), tmp_path / "out", pool, dsl=[tmp_path / "mine.py"])
    (package,) = (tmp_path / "out/solver_md5").glob("dsl_*")
    files = {path.name: path.read_bytes() for path in package.rglob("*.py")}
    shutil.rmtree(tmp_path / "out/solver_md5")
    with bn.open_store(tmp_path / "out") as store:
        assert store.make_folders() == 1
    assert {path.name: path.read_bytes() for path in package.rglob("*.py")} == files


async def test_a_task_file_that_changes_between_runs_is_another_task(counting: Counting, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    text = '{"train": [{"input": [[1, 2]], "output": [[2, 1]]}], "test": []}'
    for changed, is_right in ((text, True), (text.replace("[[2, 1]]", "[[1, 2]]"), False), (text, True)):
        file.write_text(changed)
        (run,) = await bn.run_tasks(
            bn.load_tasks(["mine"], file), named(MIRROR), out_dir=tmp_path, pool=counting, live=None
        )
        assert (run.verdicts[0].status == "correct") == is_right
    assert run.verdicts[0].cached
    assert counting.validated == ["c", "c"]


async def test_frames_show_all_that_is_in_the_store(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    candidates = [*named(MIRROR, "right"), *named(body("return I"), "wrong"), *named(MIRROR, "again")]
    runs = [await kept(mirror_task, candidates, tmp_path, counting) for _ in range(2)]
    with bn.open_store(tmp_path / "battnb.db") as store:
        assert repr(store).endswith("2 runs, 2 verdicts>")
        frame = store.runs()
        assert list(frame["state"]) == ["complete", "complete"]
        assert list(frame["cached"]) == [0, 2]
        assert list(frame["best"]) == ["right", "right"]
        results = store.results(2)
        assert list(results["candidate_id"]) == ["right", "wrong", "again"]
        assert results["duplicate_of"][2] == "right"
        assert list(store.results()["run_id"]) == [1, 1, 1, 2, 2, 2]
        verdicts = store.verdicts("mirror", outputs=True)
        outputs = dict(zip(verdicts["candidate_id"], verdicts["outputs"], strict=True))
        assert outputs == {v.candidate_id: v.outputs for v in runs[0].verdicts[:2]}
        assert store.verdicts("other").empty
        assert len(store.spans(1)) == len(runs[0].profile.spans)
        assert store.spans(2)["cached"].any()
        assert set(store.programs()["source"]) == {MIRROR, body("return I")}
    assert facts(runs[0].verdicts) == facts(runs[1].verdicts)
