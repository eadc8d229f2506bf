"""Patches put on grids. What would lie outside a grid is left out."""

from __future__ import annotations

from battnb.dsl.objects import mostcolor, recolor
from battnb.dsl.patches import shift
from battnb.dsl.pieces import shape, toindices
from battnb.dsl.types import Boolean, Grid, Integer, IntegerTuple, Object, Patch


def paint(grid: Grid, obj: Object) -> Grid:
    """The grid with an object's cells on it."""
    rows, columns = shape(grid)
    painted = [list(row) for row in grid]
    for value, (i, j) in obj:
        if 0 <= i < rows and 0 <= j < columns:
            painted[i][j] = value
    return tuple(map(tuple, painted))


def underpaint(grid: Grid, obj: Object) -> Grid:
    """The grid with an object's cells on it, but only on cells of its most common colour."""
    ground = mostcolor(grid)
    rows, columns = shape(grid)
    free = frozenset(
        [(value, (i, j)) for value, (i, j) in obj if 0 <= i < rows and 0 <= j < columns and grid[i][j] == ground]
    )
    return paint(grid, free)


def fill(grid: Grid, value: Integer, patch: Patch) -> Grid:
    """The grid with a colour at all places of a patch."""
    return paint(grid, recolor(value, patch))


def underfill(grid: Grid, value: Integer, patch: Patch) -> Grid:
    """The grid with a colour at those places of a patch that have the grid's most common colour."""
    return underpaint(grid, recolor(value, patch))


def cover(grid: Grid, patch: Patch) -> Grid:
    """The grid with its most common colour at all places of a patch."""
    return fill(grid, mostcolor(grid), patch)


def move(grid: Grid, obj: Object, offset: IntegerTuple) -> Grid:
    """The grid with an object covered and painted again, moved by so many rows down and columns to the right."""
    return paint(cover(grid, obj), shift(obj, offset))  # type: ignore[arg-type]


def bordering(patch: Patch, grid: Grid) -> Boolean:
    """Whether a place of the patch is in the first or last row or column of the grid."""
    rows, columns = shape(grid)
    return any(i in (0, rows - 1) or j in (0, columns - 1) for i, j in toindices(patch))
