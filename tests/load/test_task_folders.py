"""Folders of tasks are read whole: nothing that is no task disturbs, and no task is lost without a word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from battnb.errors import TaskError, TaskWarning
from battnb.load.task_folders import folder_tasks
from battnb.load.tasks import ids_of, load_competition, load_task, load_tasks
from battnb.model import Task


def pair(cell: int) -> dict[str, Any]:
    return {"input": [[cell]], "output": [[cell]]}


def task(cell: int = 1, solved: bool = True) -> dict[str, Any]:
    """A task that is told by a cell."""
    return {"train": [pair(cell)], "test": [pair(cell) if solved else {"input": [[cell]]}]}


WIDE = {"train": [{"input": [[0] * 31], "output": [[1]]}], "test": []}


def lay_out(folder: Path, files: dict[str, Any]) -> Path:
    """Write files: JSON, or text as it is."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
    return folder


def ids(tasks: tuple[Task, ...]) -> list[str]:
    return [found.id for found in tasks]


def cells(tasks: tuple[Task, ...]) -> dict[str, int]:
    return {found.id: found.demo[0].input[0][0] for found in tasks}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"mini/q.json": task(), "corpus/a/p.json": task()}, ["p", "q"]),
        ({"x.json": task(), "deep/er/y.json": task()}, ["y", "x"]),
        ({"x.json": task(), "._x.json": "junk", ".hidden.json": task(), ".git/y.json": task()}, ["x"]),
        ({"x.json": task(), ".ipynb_checkpoints/x-checkpoint.json": task()}, ["x"]),
        ({"x.json": task(), "dataset-metadata.json": {"id": 1}, "sub/kernel-metadata.json": task()}, ["x"]),
        ({"x.json": task(), "index.json": {"x": 1}, "list.json": [1], "n.json": "3", "e.json": "[]"}, ["x"]),
        ({"x.json": task(), "README.md": "text", "Y.JSON": task()}, ["Y", "x"]),
        ({"training/x.json": task(), "evaluation/y.json": task(2)}, ["y", "x"]),
    ],
    ids=["depths", "above", "hidden", "checkpoints", "metadata", "other JSON", "endings", "splits"],
)
@pytest.mark.filterwarnings("error")
def test_a_folder_is_read_whole_and_only_its_tasks(tmp_path: Path, files: dict[str, Any], found: list[str]) -> None:
    folder = lay_out(tmp_path / "t", files)
    assert sorted(ids(load_tasks(data=folder, strict=True))) == sorted(found)
    assert set(found) <= set(ids_of(folder))


@pytest.mark.filterwarnings("error")
def test_links_are_followed_and_lead_into_no_circle(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "t", {"a/x.json": task(1), "b/y.json": task(2)})
    lay_out(tmp_path / "elsewhere", {"z.json": task(3)})
    os.symlink(folder, folder / "a" / "up")
    os.symlink(folder / "b", folder / "again")
    os.symlink(tmp_path / "elsewhere", folder / "more")
    os.symlink(folder / "nothing.json", folder / "gone.json")
    assert cells(load_tasks(data=folder)) == {"x": 1, "y": 2, "z": 3}


def test_files_that_are_no_tasks_are_counted(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"._x.json": "", ".y": "", "dataset-metadata.json": {}})
    assert folder_tasks(folder).left_out == {"hidden": 2, "metadata": 1}
    with pytest.raises(TaskError, match=r"holds no task \(left out: 2 hidden, 1 metadata\); give <id>.json"):
        load_tasks(data=folder)
    lay_out(folder, {"notes.json": {"a": 1}})
    with pytest.raises(TaskError, match='task notes has no "train"'):
        load_tasks(data=folder)


# One id in two places


def test_different_tasks_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"training/x.json": task(1), "evaluation/x.json": task(2), "training/y.json": task(3)})
    assert cells(load_tasks(data=folder)) == {"evaluation/x": 2, "training/x": 1, "y": 3}
    assert load_task("training/x", folder).demo[0].input == ((1,),)
    with pytest.raises(TaskError, match=r"task x is not among the 3 of .*; did you mean evaluation/x or training/x"):
        load_task("x", folder)
    competition = load_competition(folder)
    assert {part: cells(tasks) for part, tasks in competition.parts.items()} == {
        "training": {"x": 1, "y": 3},
        "evaluation": {"x": 2},
    }


def test_the_same_task_in_two_places_counts_once_with_its_test_outputs(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"a/x.json": task(1), "b/x.json": task(1, solved=False), "x.json": task(1)})
    (found,) = load_tasks(data=folder)
    assert (found.id, found.knows_tests) == ("x", True)
    lay_out(tmp_path, {"b/x.json": {**task(1), "test": [{"input": [[1]], "output": [[9]]}]}})
    assert sorted(ids(load_tasks(data=folder))) == ["a/x", "b/x", "x"]


def test_other_layouts_with_one_name_twice(tmp_path: Path) -> None:
    depths = lay_out(tmp_path / "depths", {"training/a/x.json": task(1), "training/b/x.json": task(2)})
    assert cells(load_tasks(data=depths)) == {"training/a/x": 1, "training/b/x": 2}
    above = lay_out(tmp_path / "above", {"x.json": task(1), "sub/x.json": task(2), "x.JSON": task(3)})
    assert cells(load_tasks(data=above)) == {"x": 3, "x.json": 1, "sub/x": 2}
    files = {"a_test_challenges.json": {"x": task(1)}, "b_test_challenges.json": {"x": task(2)}}
    assert sorted(ids(load_tasks(data=lay_out(tmp_path / "kaggle", files)))) == [
        "a_test_challenges/x",
        "b_test_challenges/x",
    ]


# A list of pairs


def test_a_list_of_pairs_is_a_task(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"q.json": [pair(1), pair(2), {"input": [[3]]}, {"input": [[4]], "output": None}]})
    for data in (folder, folder / "q.json"):
        (found,) = load_tasks(data=data)
        assert (found.id, len(found.demo), [p.input for p in found.test]) == ("q", 2, [((3,),), ((4,),)])
    lay_out(tmp_path, {"bad.json": [pair(1), pair(10)]})
    with pytest.raises(TaskError, match=r"bad.json: task bad, demo pair 2 input, row 1, cell 1 is 10"):
        load_task("bad", folder)


# One bad task among good ones


def test_a_bad_task_among_good_ones_is_named_in_a_warning_and_left_out(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"a.json": task(), "bad.json": WIDE, "c.json": task()})
    with pytest.warns(TaskWarning) as warned:
        found = load_tasks(data=folder)
    assert ids(found) == ["a", "c"]
    (warning,) = warned
    assert str(warning.message) == (
        f"1 task is left out, bad: {folder}/bad.json: task bad, demo pair 1 input, row 1 has 31 cells; give 1 to 30"
    )
    assert warning.filename == __file__
    for refused in (lambda: load_tasks(data=folder, strict=True), lambda: load_tasks(["a", "bad"], folder)):
        with pytest.raises(TaskError, match=r"bad.json: task bad, demo pair 1 input"):
            refused()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ids(load_tasks(["a", "c"], folder)) == ["a", "c"]


def test_several_bad_tasks_are_one_warning_and_only_bad_ones_an_error(tmp_path: Path) -> None:
    bad = {f"bad{n}.json": "{broken" for n in range(12)}
    folder = lay_out(tmp_path / "t", {"a.json": task(), **bad})
    with pytest.warns(TaskWarning, match=r"12 of 13 tasks are left out, bad0, bad1, .* and 2 more: .*broken JSON"):
        assert ids(load_tasks(data=folder)) == ["a"]
    with pytest.raises(TaskError, match=r"bad0.json, line 1, column 2: broken JSON"):
        load_tasks(data=lay_out(tmp_path / "only", bad))
    file = lay_out(tmp_path, {"many.json": {"one": task(), "two": 3, "three": WIDE}}) / "many.json"
    with pytest.warns(TaskWarning, match="2 of 3 tasks are left out, two, three: "):
        assert ids(load_tasks(data=file)) == ["one"]


def test_on_the_command_line_a_bad_task_is_one_line_of_its_own(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "t", {"a.json": task(), "bad.json": WIDE})
    lay_out(tmp_path, {"s.py": "def solve(I):\n    return I\n"})
    command = [sys.executable, "-m", "battnb", "run", "--data", str(folder), "-b", "s.py", "--out", "out", "--all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.startswith(f"battnb: 1 task is left out, bad: {folder}/bad.json: task bad, demo pair 1 input")
    assert done.stderr.count("\n") == 1
    assert "a: best candidate s, demo 1/1" in done.stdout
