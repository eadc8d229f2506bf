"""The kinds of values that the DSL's functions take and return.

Annotations in the other modules are text, and that text is exactly one of these names: functions whose annotations
are the same text can replace each other. Each name also resolves through typing.get_type_hints.
"""

from __future__ import annotations

from collections.abc import Callable as _Callable

TYPE_CHECKING = False  # typing itself is not loaded: the process that imports the DSL stays small
if TYPE_CHECKING:
    from typing import Any as Any
else:
    Any = object

Boolean = bool
Integer = int
IntegerTuple = tuple[int, int]
"""A place (row, column), a size (height, width) or a direction (down, right)."""
Numerical = int | tuple[int, int]
MaybeInteger = int | None
IntegerSet = frozenset[int]

Grid = tuple[tuple[int, ...], ...]
"""Rows of colours 0-9."""
Cell = tuple[int, tuple[int, int]]
"""A colour and its place."""
Object = frozenset[tuple[int, tuple[int, int]]]
Objects = frozenset[frozenset[tuple[int, tuple[int, int]]]]
Indices = frozenset[tuple[int, int]]
IndicesSet = frozenset[frozenset[tuple[int, int]]]
Patch = Object | Indices
"""Places, coloured or not."""
Element = Object | Grid
"""What has colours."""
Piece = Grid | Object | Indices
"""What has a height and a width."""

Tuple = tuple[Any, ...]
FrozenSet = frozenset[Any]
Container = tuple[Any, ...] | frozenset[Any]
ContainerContainer = tuple[tuple[Any, ...] | frozenset[Any], ...] | frozenset[tuple[Any, ...] | frozenset[Any]]
Grids = tuple[Grid, ...]
Difference = tuple[Any, ...]
"""What a differ gives: how many things differ, then the things, sorted."""
Callable = _Callable[..., Any]
