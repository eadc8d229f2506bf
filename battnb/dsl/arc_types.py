"""The types that programs for the public arc-dsl find by its import of everything, for the annotations that they have.

They are in the globals of programs, as the DSL's functions are. They are no part of its vocabulary, and nothing here
loads them: the process that imports the DSL stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, Container, FrozenSet, List, Tuple, Union  # noqa: UP035 - the names that they have

from battnb.dsl.types import (
    Boolean,
    Cell,
    Element,
    Grid,
    Indices,
    IndicesSet,
    Integer,
    IntegerSet,
    IntegerTuple,
    Numerical,
    Object,
    Objects,
    Patch,
    Piece,
)

TupleTuple = tuple[tuple[Any, ...], ...]
ContainerContainer = Container[Container[Any]]

__all__ = [
    "Any", "Boolean", "Callable", "Cell", "Container", "ContainerContainer", "Element", "FrozenSet", "Grid", "Indices",
    "IndicesSet", "Integer", "IntegerSet", "IntegerTuple", "Iterable", "List", "Numerical", "Object", "Objects",
    "Patch", "Piece", "Tuple", "TupleTuple", "Union",
]  # fmt: skip
