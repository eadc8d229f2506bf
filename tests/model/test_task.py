"""Grids and tasks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from battnb.model import MAX_SIDE, Pair, Task, is_grid


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
