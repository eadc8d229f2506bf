"""Competition data is found where Kaggle mounts it, by part, with and without solutions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import battnb as bn
from battnb.cli import main as cli
from battnb.errors import TaskError
from battnb.kaggle.rehearsal import LAYOUTS, write_part
from battnb.load.task_files import mounted_competitions
from battnb.load.tasks import without_answers
from battnb.model import Pair, Task

TASKS = [Task(f"{n:08x}", (Pair(((n,),), ((n, n),)),), (Pair(((n,),), ((n, n),)),)) for n in range(6)]


@pytest.fixture(params=LAYOUTS, ids=["competitions", "plain"])
def mounted(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A competition's folder as Kaggle mounts it."""
    monkeypatch.setenv("BATTNB_KAGGLE_ROOT", str(tmp_path))
    return write(tmp_path / "input" / str(request.param).format("arc-prize-2025"))


def write(folder: Path) -> Path:
    write_part(folder, "training", TASKS[:3])
    write_part(folder, "evaluation", TASKS[3:5])
    write_part(folder, "test", [TASKS[1], TASKS[5]], solutions=False)
    return folder


def ids(tasks: tuple[Task, ...]) -> list[str]:
    return [task.id for task in tasks]


def test_a_mounted_competition_is_found_in_both_layouts(mounted: Path) -> None:
    competition = bn.load_competition()
    assert competition.folder == mounted
    assert [*competition.parts] == ["training", "evaluation", "test"]
    assert competition.training == tuple(TASKS[:3])
    assert competition.submitted == competition.test
    assert {pair.output for task in competition.test for pair in task.test} == {None}


def test_it_is_found_by_its_slug_and_by_its_folder(mounted: Path) -> None:
    assert bn.load_competition("arc-prize-2025") == bn.load_competition(mounted) == bn.load_competition()
    assert set(ids(bn.load_tasks(data="arc-prize-2025"))) == set(ids(tuple(TASKS)))


def test_a_task_that_is_in_two_parts_is_loaded_with_its_solutions(mounted: Path) -> None:
    assert bn.load_task(TASKS[1].id, mounted).test[0].output == ((1, 1),)


def test_without_a_hidden_part_the_evaluation_part_is_submitted(mounted: Path) -> None:
    (mounted / "arc-agi_test_challenges.json").unlink()
    assert bn.load_competition().submitted == tuple(TASKS[3:5])
    with pytest.raises(TaskError, match="has no test part; it has training, evaluation"):
        bn.load_competition().part("test")


def test_one_challenges_file_and_a_folder_of_tasks_are_data_too(mounted: Path, tmp_path: Path) -> None:
    only = bn.load_competition(mounted / "arc-agi_evaluation_challenges.json")
    assert only.submitted == only.evaluation == tuple(TASKS[3:5])
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "abc.json").write_text(json.dumps({"train": [{"input": [[1]], "output": [[2]]}], "test": []}))
    assert ids(bn.load_competition(folder).submitted) == ["abc"]


def test_an_error_says_that_nothing_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATTNB_KAGGLE_ROOT", str(tmp_path))
    with pytest.raises(TaskError, match="no competition with ARC tasks is mounted in"):
        bn.load_competition()


def test_one_of_several_competitions_with_a_hidden_part_must_be_named(mounted: Path) -> None:
    write(mounted.parent / "arc-prize-2024")
    assert [*mounted_competitions()] == ["arc-prize-2024", "arc-prize-2025"]
    with pytest.raises(TaskError, match=r"several competitions are mounted .*arc-prize-2024, arc-prize-2025"):
        bn.load_competition()


@pytest.mark.usefixtures("mounted")
def test_a_dataset_that_is_mounted_beside_it_is_not_a_competition(tmp_path: Path) -> None:
    (tmp_path / "input" / "datasets" / "someone" / "wheels").mkdir(parents=True)
    assert [*mounted_competitions()] == ["arc-prize-2025"]


def test_arckits_sets_have_the_same_parts() -> None:
    second = bn.load_competition("arc-agi-2")
    assert [len(second.training), len(second.evaluation), len(second.test)] == [1000, 120, 0]
    assert second.submitted == second.evaluation


def test_a_rehearsal_has_arc_agi_1_in_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.main(["kaggle", "rehearse", "--out", str(tmp_path)]) == 0
    monkeypatch.setenv("BATTNB_KAGGLE_ROOT", str(tmp_path))
    found = bn.load_competition()
    assert (*found.training, *found.evaluation) == bn.load_tasks(data="arc-agi-1")
    assert found.test == tuple([without_answers(task) for task in found.evaluation])
    assert (tmp_path / "working").is_dir()


# Code Golf


def test_code_golfs_generated_pairs_are_test_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATTNB_KAGGLE_ROOT", str(tmp_path))
    folder = tmp_path / "input" / "google-code-golf-2025"
    folder.mkdir(parents=True)
    pair, large = {"input": [[1]], "output": [[2]]}, {"input": [[1] * 31], "output": [[1]]}
    (folder / "task001.json").write_text(json.dumps({"train": [pair], "test": [pair], "arc-gen": [pair, large, pair]}))
    [task] = bn.load_competition().submitted
    assert (task.id, len(task.demo), len(task.test)) == ("task001", 1, 3)
    assert {one.output for one in task.test} == {((2,),)}


def test_malformed_generated_pairs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "task001.json"
    path.write_text(json.dumps({"train": [{"input": [[1]], "output": [[2]]}], "test": [], "arc-gen": 3}))
    with pytest.raises(TaskError, match='task001 has 3 as "arc-gen"'):
        bn.load_task("task001", path)


def test_a_task_without_its_answers_is_a_hidden_one() -> None:
    hidden = without_answers(TASKS[0])
    assert hidden.demo == TASKS[0].demo
    assert hidden.test == (Pair(((0,),), None),)
    assert without_answers(hidden) is hidden


def test_a_part_that_holds_no_task_is_refused(mounted: Path) -> None:
    (mounted / "arc-agi_test_challenges.json").write_text("{}")
    with pytest.raises(TaskError, match=r"the test part of .* holds no task"):
        bn.load_competition(mounted)
