"""What a candidate returned, as plain bytes: a grid, or the reason why it is not one.

This runs in the fork, on objects that the candidate made. What they do to this code harms only their own candidate,
because the parent checks every byte again.
"""

from __future__ import annotations

import sys
from itertools import chain, islice
from typing import Any

from battnb.sandbox import wire

_INT, _TUPLE, _COLOURS = {int}, {tuple}, bytes(range(10))


def encode_output(value: Any, bools: bool = False) -> bytes:
    """An outcome of kind GRID or INVALID for what a candidate returned. bools: take True and False as 1 and 0."""
    if type(value) is tuple and 0 < len(value) <= wire.MAX_SIDE and set(map(type, value)) == _TUPLE:
        cells = _plain_cells(value)
        if cells is not None:
            return bytes((wire.GRID, len(value), len(value[0]))) + cells
    try:
        rows = _rows(value, bools)
    except _NotAGridError as error:
        return wire.encode_text(wire.INVALID, "invalid_output", str(error), None)
    return bytes((wire.GRID, len(rows), len(rows[0]))) + b"".join(map(bytes, rows))


def bounded(outcome: bytes, most_bytes: int) -> bytes:
    """The outcome, or one that says that it is longer than Limits.output_bytes."""
    if len(outcome) <= most_bytes:
        return outcome
    message = f"its output takes {len(outcome)} bytes; Limits.output_bytes is {most_bytes}"
    return wire.encode_text(wire.INVALID, "output_bytes", message, None)


def encode_difference(value: Any) -> bytes:
    """An outcome of kind DIFFERENCE for what a differ returned: a tuple whose first item is an int."""
    if type(value) is tuple and value and type(value[0]) is int and abs(value[0]) < 2**63:
        return wire.COUNT.pack(wire.DIFFERENCE, value[0])
    message = f"a differ returned {_name(value)}, not a tuple whose first item is an int"
    return wire.encode_text(wire.INVALID, "invalid_output", message, None)


class _NotAGridError(Exception):
    """str(error) says why a value is not a grid."""


def _plain_cells(rows: tuple[tuple[Any, ...], ...]) -> bytes | None:
    """The cells of a grid that is already as it should be; None if that takes a closer look."""
    if not (0 < len(rows[0]) <= wire.MAX_SIDE and len(set(map(len, rows))) == 1):
        return None
    flat = tuple(chain.from_iterable(rows))
    if set(map(type, flat)) != _INT:
        return None
    try:
        cells = bytes(flat)
    except ValueError:  # below 0, or far above 9
        return None
    return None if cells.translate(None, _COLOURS) else cells


def _rows(value: Any, bools: bool) -> list[list[int]]:
    rows = [
        [_cell(cell, index, bools) for cell in _items(row, f"row {index}", "cells")]
        for index, row in enumerate(_items(value, "the grid", "rows"))
    ]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise _NotAGridError(f"row {index} has {len(row)} cells, row 0 has {len(rows[0])}")
    return rows


def _items(value: Any, what: str, parts: str) -> list[Any]:
    """The items of a list, tuple or array, at most 30 of them."""
    array = _is_of(value, (), "ndarray")
    if not array and not isinstance(value, list | tuple):
        raise _NotAGridError(f"{what} is {_name(value)}, not a list, tuple or array")
    if array and value.ndim == 0:
        raise _NotAGridError(f"{what} is an array without dimensions")
    items = list(islice(value, wire.MAX_SIDE + 1))
    if not items:
        raise _NotAGridError(f"{what} has no {parts}")
    if len(items) > wire.MAX_SIDE:
        raise _NotAGridError(f"{what} has more than {wire.MAX_SIDE} {parts}")
    return items


def _cell(cell: Any, row: int, bools: bool) -> int:
    if type(cell) is int:
        value = cell
    elif _is_of(cell, bool, "bool_"):
        if not bools:
            raise _NotAGridError(f"row {row} has a cell that is a bool")
        value = int(cell)
    elif _is_of(cell, int, "integer"):
        value = int.__int__(cell) if isinstance(cell, int) else int(cell)
    elif _is_of(cell, float, "floating") and cell == cell // 1:
        value = int(cell)
    else:
        raise _NotAGridError(f"row {row} has a cell of {_short(cell)}, {_name(cell)}; colours are whole numbers 0-9")
    if not 0 <= value <= 9:
        raise _NotAGridError(f"row {row} has a cell of {_short(value)}; colours are 0-9")
    return value


def _is_of(value: Any, kind: type | tuple[()], numpy_kind: str) -> bool:
    """Is it of a kind, or of one of numpy's, if that is loaded?"""
    numpy = sys.modules.get("numpy")
    return isinstance(value, kind) or (numpy is not None and isinstance(value, getattr(numpy, numpy_kind)))


def _name(value: Any) -> str:
    return f"a {type(value).__name__}" if value is not None else "None"


def _short(value: Any) -> str:
    """A number as text. No object that a candidate made is asked for its text."""
    if type(value) is int:
        return str(value) if abs(value) < 10**12 else "a huge number"
    return str(value)[:40] if type(value) is float else f"a {type(value).__name__}"
