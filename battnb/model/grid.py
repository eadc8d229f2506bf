"""Grids: what is one, and what can be made into one."""

from __future__ import annotations

from itertools import chain
from typing import Any, TypeGuard

from battnb.errors import TaskError

Grid = tuple[tuple[int, ...], ...]
"""Rows of colours 0-9, 1 to 30 rows of 1 to 30 cells, all rows of one length."""

MAX_SIDE = 30
"""The most rows of a grid, and the most cells of a row."""
_COLOURS = frozenset(range(10))


def is_grid(value: Any) -> TypeGuard[Grid]:
    """Is this a grid: a tuple of rows, each a tuple of ints from 0 to 9?"""
    if type(value) is not tuple or not 1 <= len(value) <= MAX_SIDE or set(map(type, value)) != {tuple}:
        return False
    width = len(value[0])
    if not 1 <= width <= MAX_SIDE or set(map(len, value)) != {width}:
        return False
    cells = [*chain.from_iterable(value)]
    return set(map(type, cells)) == {int} and _COLOURS.issuperset(cells)


def read_grid(value: Any, where: str) -> Grid:
    """A grid as plain tuples, from rows of integers: tuples, lists, or whatever has tolist(), such as an array.

    where: what the grid is, for the error: "a.json: task 007bbfb7, demo pair 2 output".
    Raises TaskError naming it and the row, counted from 1.
    """
    grid = as_grid(value)
    if grid is None:
        raise TaskError(f"{where}{_fault(_as_tuples(value))}")
    return grid


def as_grid(value: Any) -> Grid | None:
    """A grid as plain tuples, from whatever read_grid takes; None if it is not a grid."""
    if is_grid(value):
        return value
    if type(value) is list and all([type(row) is list for row in value]):
        made = tuple(map(tuple, value))
        if is_grid(made):
            return made
    made = _as_tuples(value)
    return made if is_grid(made) else None


def _as_tuples(value: Any) -> Any:
    """Rows as tuples of plain cells; what is not rows, or not a row, stays as it is."""
    rows = _plain(value)
    if not isinstance(rows, list | tuple):
        return rows
    plain = [_plain(row) for row in rows]
    return tuple([tuple(map(_plain, row)) if isinstance(row, list | tuple) else row for row in plain])


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _fault(rows: Any) -> str:
    """What is wrong with what is not a grid."""
    if not isinstance(rows, tuple):
        return f" is {rows!r:.40}; give a list of rows"
    if not 1 <= len(rows) <= MAX_SIDE:
        return f" has {len(rows)} rows; give 1 to {MAX_SIDE}"
    faults = [(number, _row_fault(row, rows[0])) for number, row in enumerate(rows, 1)]
    return next(f", row {number}{fault}" for number, fault in faults if fault)


def _row_fault(row: Any, first: Any) -> str:
    if not isinstance(row, tuple):
        return f" is {row!r:.40}; give a list of integers"
    if not 1 <= len(row) <= MAX_SIDE:
        return f" has {len(row)} cells; give 1 to {MAX_SIDE}"
    if len(row) != len(first):
        return f" has {len(row)} cells and row 1 has {len(first)}; make all rows of one length"
    wrong = [(number, c) for number, c in enumerate(row, 1) if type(c) is not int or not 0 <= c <= 9]
    return f", cell {wrong[0][0]} is {wrong[0][1]!r:.40}; give an integer from 0 to 9" if wrong else ""
