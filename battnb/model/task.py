"""Grids, pairs of grids, and tasks."""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

from battnb.provided import is_provided, provided


class Shown(msgspec.Struct, frozen=True):
    """A record that a cell shows as HTML. A view makes the HTML; the root package says which view."""

    def _repr_html_(self) -> str:
        known = next(kind for kind in type(self).__mro__ if is_provided(f"{kind.__name__}._repr_html_"))
        html: str = provided(f"{known.__name__}._repr_html_")(self)
        return html


Grid = tuple[tuple[int, ...], ...]
"""Rows of colours 0-9, 1 to 30 rows of 1 to 30 cells, all rows of one length."""

MAX_SIDE = 30
"""The most rows of a grid, and the most cells of a row."""


def is_grid(value: Any) -> TypeGuard[Grid]:
    """Is this a grid: a tuple of rows, each a tuple of ints from 0 to 9?"""
    return (
        type(value) is tuple
        and 1 <= len(value) <= MAX_SIDE
        and all([type(row) is tuple for row in value])
        and 1 <= len(value[0]) <= MAX_SIDE
        and all([len(row) == len(value[0]) and set(map(type, row)) == {int} for row in value])
        and all([min(row) >= 0 and max(row) <= 9 for row in value])
    )


class Pair(Shown, frozen=True, gc=False):
    """One input grid and its wanted output, None if that is not known."""

    input: Grid
    output: Grid | None


class Task(Shown, frozen=True):
    """An ARC puzzle: demo pairs, whose outputs are known, and test pairs, whose outputs may be."""

    id: str
    demo: tuple[Pair, ...]
    test: tuple[Pair, ...]

    @property
    def samples(self) -> tuple[Pair, ...]:
        """The pairs in the order in which candidates run on them: demo, then test."""
        return self.demo + self.test

    @property
    def knows_tests(self) -> bool:
        """Is the output of any test pair known?"""
        return any([pair.output is not None for pair in self.test])

    def __repr__(self) -> str:
        return f"<Task {self.id}: {len(self.demo)} demo pairs, {len(self.test)} test pairs>"
