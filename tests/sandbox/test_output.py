"""What a candidate returned becomes a grid, or the reason why it is not a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from battnb.sandbox import wire
from battnb.sandbox.inside.output import encode_difference, encode_output


def grid_of(value: Any, bools: bool = False) -> tuple[tuple[int, ...], ...] | str:
    """The grid that a value is, or the message that says why it is not one."""
    (outcome,) = wire.read_outcomes(encode_output(value, bools), 1)
    return wire.decode_grid(outcome.grid) if outcome.kind == wire.GRID else outcome.message


@pytest.mark.parametrize(
    "value",
    [
        ((1, 2), (3, 4)),
        [[1, 2], [3, 4]],
        [(1, 2), [3, 4]],
        np.array([[1, 2], [3, 4]]),
        [[1.0, 2], [3, np.int8(4)]],
        np.array([[1, 2], [3, 4]], dtype=np.float32),
        np.array([[1, 2], [3, 4]], dtype=np.uint8),
        [np.array([1, 2]), (3, 4)],
        np.array([[1, 2], [3, 4]], dtype=object),
    ],
    ids=repr,
)
def test_rows_of_whole_numbers_are_a_grid(value: Any) -> None:
    assert grid_of(value) == ((1, 2), (3, 4))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "None"),
        (5, "int"),
        ("12", "str"),
        ((), "no rows"),
        (((),), "no cells"),
        (((1,), (1, 2)), "row 1 has 2 cells"),
        (((10,),), "10"),
        (((-1,),), "-1"),
        (((1.5,),), "1.5"),
        (((float("nan"),),), "nan"),
        (((float("inf"),),), "inf"),
        (((True,),), "bool"),
        (((np.bool_(True),),), "bool"),
        (((None,),), "NoneType"),
        ((("1",),), "str"),
        (((1j,),), "complex"),
        (((0,),) * 31, "more than 30 rows"),
        (((0,) * 31,), "more than 30 cells"),
        (np.array(5), "dimensions"),
        (np.array([1, 2]), "row 0"),
        (np.zeros((2, 2, 2), int), "cell"),
        ({1: 2}, "dict"),
        (iter([[1]]), "list_iterator"),
        (((10**400,),), "huge"),
        ([[[1]]], "list"),
        (np.array([["1"]]), "str"),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_anything_else_is_none_and_says_why(value: Any, why: str) -> None:
    found = grid_of(value)
    assert isinstance(found, str), found
    assert why in found


def test_bools_are_cells_only_where_they_may_be() -> None:
    assert grid_of([[True, False, 3]], bools=True) == ((1, 0, 3),)
    assert grid_of(np.array([[True, False]]), bools=True) == ((1, 0),)
    assert isinstance(grid_of([[True]]), str)


def test_subclasses_of_int_are_taken_for_what_they_are() -> None:
    class Odd(int):
        def __int__(self) -> int:
            return 7

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert grid_of([[Odd(3)]]) == ((3,),)


def test_a_list_that_contains_itself_is_not_a_grid() -> None:
    rows: list[Any] = []
    rows.append(rows)
    assert isinstance(grid_of(rows), str)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=1), inner, max_size=2)
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.booleans())
def test_whatever_is_returned_becomes_one_sound_outcome(value: Any, bools: bool) -> None:
    found = grid_of(value, bools)
    if not isinstance(found, str):
        assert [[float(c) for c in row] for row in value] == [[float(c) for c in row] for row in found]


@pytest.mark.parametrize(("value", "count"), [((3, "x"), 3), ((0,), 0), ((-1,), -1)])
def test_a_differ_gives_a_count(value: Any, count: int) -> None:
    (outcome,) = wire.read_outcomes(encode_difference(value), 1)
    assert (outcome.kind, outcome.difference) == (wire.DIFFERENCE, count)


@pytest.mark.parametrize("value", [None, (), 3, [3], (True,), (1.0,), (2**63,), ("a",)])
def test_what_is_not_a_count_says_so(value: Any) -> None:
    (outcome,) = wire.read_outcomes(encode_difference(value), 1)
    assert outcome.kind == wire.INVALID
    assert "tuple" in outcome.message
