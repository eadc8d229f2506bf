"""Grids: turned, joined, cut, scaled and recoloured. A grid is a tuple of rows of colours 0-9."""

from __future__ import annotations

from battnb.dsl.types import Grid, Grids, Integer, IntegerTuple, MaybeInteger


def canvas(value: Integer, dimensions: IntegerTuple) -> Grid:
    """A grid of one colour, of the given height and width."""
    rows, columns = dimensions
    return ((value,) * columns,) * rows


def rot90(grid: Grid) -> Grid:
    """The grid turned a quarter clockwise."""
    return tuple(zip(*grid[::-1], strict=False))


def rot180(grid: Grid) -> Grid:
    """The grid turned by half."""
    return tuple([row[::-1] for row in grid[::-1]])


def rot270(grid: Grid) -> Grid:
    """The grid turned a quarter counter-clockwise."""
    return tuple(zip(*grid, strict=False))[::-1]


def hconcat(a: Grid, b: Grid) -> Grid:
    """b to the right of a, as high as the lower of the two."""
    return tuple([left + right for left, right in zip(a, b, strict=False)])


def vconcat(a: Grid, b: Grid) -> Grid:
    """b below a."""
    return a + b


def crop(grid: Grid, start: IntegerTuple, dims: IntegerTuple) -> Grid:
    """The part of a grid whose upper left place is start and whose height and width are dims."""
    (i, j), (rows, columns) = start, dims
    return tuple([row[j : j + columns] for row in grid[i : i + rows]])


def index(grid: Grid, loc: IntegerTuple) -> MaybeInteger:
    """The colour at a place, None if that is outside the grid."""
    i, j = loc
    return grid[i][j] if 0 <= i < len(grid) and 0 <= j < len(grid[0]) else None


def trim(grid: Grid) -> Grid:
    """The grid without its outermost rows and columns."""
    return tuple([row[1:-1] for row in grid[1:-1]])


def tophalf(grid: Grid) -> Grid:
    """The upper half, without the middle row if there is one."""
    return grid[: len(grid) // 2]


def bottomhalf(grid: Grid) -> Grid:
    """The lower half, without the middle row if there is one."""
    return grid[(len(grid) + 1) // 2 :]


def lefthalf(grid: Grid) -> Grid:
    """The left half, without the middle column if there is one. A single column has no halves: it gives no rows."""
    return rot270(tophalf(rot90(grid)))


def righthalf(grid: Grid) -> Grid:
    """The right half, without the middle column if there is one. A single column has no halves: it gives no rows."""
    return rot270(bottomhalf(rot90(grid)))


def hsplit(grid: Grid, n: Integer) -> Grids:
    """n grids of equal width, from left to right.

    If the width is not a multiple of n, one column between neighbours is left out.
    """
    columns, extra = divmod(len(grid[0]), n)
    starts = [k * (columns + (extra > 0)) for k in range(n)]
    return tuple([tuple([row[start : start + columns] for row in grid]) for start in starts])


def vsplit(grid: Grid, n: Integer) -> Grids:
    """n grids of equal height, from top to bottom.

    If the height is not a multiple of n, one row between neighbours is left out.
    """
    rows, extra = divmod(len(grid), n)
    starts = [k * (rows + (extra > 0)) for k in range(n)]
    return tuple([grid[start : start + rows] for start in starts])


def hupscale(grid: Grid, factor: Integer) -> Grid:
    """The grid with each column factor times."""
    return tuple([tuple([value for value in row for _ in range(factor)]) for row in grid])


def vupscale(grid: Grid, factor: Integer) -> Grid:
    """The grid with each row factor times."""
    return tuple([row for row in grid for _ in range(factor)])


def downscale(grid: Grid, factor: Integer) -> Grid:
    """Every factor-th row and column, the first of each included."""
    return tuple([row[::factor] for row in grid[::factor]])


def replace(grid: Grid, replacee: Integer, replacer: Integer) -> Grid:
    """The grid with one colour turned into another."""
    return tuple([tuple([replacer if value == replacee else value for value in row]) for row in grid])


def switch(grid: Grid, a: Integer, b: Integer) -> Grid:
    """The grid with two colours exchanged."""
    exchanged = {a: b, b: a}
    return tuple([tuple([exchanged.get(value, value) for value in row]) for row in grid])


def cellwise(a: Grid, b: Grid, fallback: Integer) -> Grid:
    """The colours that a grid has in common with another, and the fallback in cells in which they differ.

    b: at least as large as a, else IndexError. What it has beyond a is left out.
    """
    return tuple(
        [tuple([value if value == b[i][j] else fallback for j, value in enumerate(row)]) for i, row in enumerate(a)]
    )


def compress(grid: Grid) -> Grid:
    """The grid without the rows and columns that are of one colour."""
    columns = [j for j, column in enumerate(zip(*grid, strict=True)) if len(set(column)) > 1]
    return tuple([tuple([row[j] for j in columns]) for row in grid if len(set(row)) > 1])
