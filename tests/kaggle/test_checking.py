"""What is said about a submission that is not valid, and what a valid one scores."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from battnb.errors import InputError
from battnb.kaggle.checking import problems, read_submission, score
from battnb.model import Pair, Task

DEMO = (Pair(((1,),), ((2,),)),)
ONE = Task("aaaaaaaa", DEMO, (Pair(((1,),), ((2,),)),))
TWO = Task("bbbbbbbb", DEMO, (Pair(((1,),), ((2,),)), Pair(((3, 3),), ((4, 4),))))
TASKS = (ONE, TWO)
VALID: dict[str, Any] = {
    "aaaaaaaa": [{"attempt_1": [[2]], "attempt_2": [[0]]}],
    "bbbbbbbb": [{"attempt_1": [[0]], "attempt_2": [[2]]}, {"attempt_1": [[4]], "attempt_2": [[4], [4]]}],
}


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """The valid submission with one thing in it changed."""
    made = copy.deepcopy(VALID)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def without(*path: Any) -> dict[str, Any]:
    made = copy.deepcopy(VALID)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return made


def test_a_valid_one_has_no_problem() -> None:
    assert problems(VALID, TASKS) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (without("aaaaaaaa"), "aaaaaaaa: is missing"),
        (VALID | {"cccccccc": []}, "cccccccc: is not a task of the competition"),
        (changed("aaaaaaaa", value={}), "aaaaaaaa: is an object; it must be a list with an entry for each test input"),
        (without("bbbbbbbb", 1), "bbbbbbbb: has 1 entries for 2 test inputs"),
        (changed("bbbbbbbb", 1, value=[[1]]), "bbbbbbbb, index 1: is a list; it must be an object with attempt_1"),
        (without("bbbbbbbb", 1, "attempt_2"), "bbbbbbbb, index 1: attempt_2 is missing"),
        (changed("aaaaaaaa", 0, "attempt_3", value=[[1]]), "aaaaaaaa, index 0: 'attempt_3' is neither attempt_1 nor"),
        (changed("aaaaaaaa", 0, "attempt_1", value=None), "aaaaaaaa, index 0, attempt_1: grid is None; give a list"),
        (changed("aaaaaaaa", 0, "attempt_1", value=[]), "aaaaaaaa, index 0, attempt_1: grid has 0 rows"),
        (changed("aaaaaaaa", 0, "attempt_1", value=[[1] * 31]), "attempt_1: grid, row 1 has 31 cells"),
        (
            changed("aaaaaaaa", 0, "attempt_1", value=[[1], [1, 2]]),
            "attempt_1: grid, row 2 has 2 cells and row 1 has 1",
        ),
        (changed("aaaaaaaa", 0, "attempt_1", value=[[10]]), "attempt_1: grid, row 1, cell 1 is 10"),
        (changed("aaaaaaaa", 0, "attempt_1", value=[[1.0]]), "attempt_1: grid, row 1, cell 1 is 1.0"),
        (changed("aaaaaaaa", 0, "attempt_1", value=[[True]]), "attempt_1: grid, row 1, cell 1 is True"),
        ([], "the file holds a list; it must be an object of task ids"),
    ],
)
def test_what_is_wrong_is_said_by_id_and_index(value: Any, said: str) -> None:
    [problem] = problems(value, TASKS)
    assert said in problem


def test_a_key_that_occurs_twice_is_found_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "submission.json"
    path.write_text('{"aaaaaaaa": [], "aaaaaaaa": []}')
    assert problems(read_submission(path), TASKS) == ["aaaaaaaa: occurs more than once"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(problems({"bbbbbbbb": [{}, {}]}, TASKS)) == 5


@pytest.mark.parametrize("text", ["{", '{"a": ', "\xff"])
def test_a_file_that_is_not_json_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "submission.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"submission\.json"):
        read_submission(path)


def test_the_score_counts_test_outputs_of_all_tasks() -> None:
    found = score(VALID, TASKS)
    assert (found.correct, found.total, found.solved) == (2, 3, 1)
    assert found.share == 2 / 3
    assert [task.attempts for task in found.tasks] == [(1,), (2, 0)]


def test_what_is_missing_or_malformed_scores_nothing() -> None:
    broken = {"aaaaaaaa": "2", "bbbbbbbb": [{"attempt_1": [[2.0]]}, None]}
    assert score(json.loads(json.dumps(broken)), TASKS).correct == 0
    assert score({}, TASKS).correct == 0
