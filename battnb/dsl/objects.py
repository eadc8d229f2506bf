"""Colours, the objects that a grid is made of, and patches put on grids.

An object is a set of cells (colour, (row, column)). What would lie outside a grid is left out.
"""

from __future__ import annotations

from battnb.dsl.grids import crop, hupscale, vupscale
from battnb.dsl.patches import shift
from battnb.dsl.pieces import bounds, shape, toindices, ulcorner
from battnb.dsl.types import (
    Any,
    Boolean,
    Container,
    Element,
    FrozenSet,
    Grid,
    Indices,
    Integer,
    IntegerSet,
    IntegerTuple,
    Object,
    Objects,
    Patch,
)


def _colours(element: Element) -> list[int]:
    if isinstance(element, tuple):
        return [value for row in element for value in row]
    return [value for value, _ in element]


def palette(element: Element) -> IntegerSet:
    """The colours in a grid or object."""
    return frozenset(_colours(element))


def numcolors(element: Element) -> Integer:
    """How many colours there are in a grid or object."""
    return len(palette(element))


def colorcount(element: Element, value: Integer) -> Integer:
    """How many cells of a grid or object have this colour."""
    return _colours(element).count(value)


def mostcolor(element: Element) -> Integer:
    """The colour of most cells; among ties the lowest. ValueError if there are no cells."""
    values = _colours(element)
    return max(sorted(set(values)), key=values.count)


def leastcolor(element: Element) -> Integer:
    """The colour of fewest cells; among ties the lowest. ValueError if there are no cells."""
    values = _colours(element)
    return min(sorted(set(values)), key=values.count)


def color(obj: Object) -> Integer:
    """The colour of an object of one colour; if there are several, the lowest. ValueError if there are no cells."""
    return min(value for value, _ in obj)


def asindices(grid: Grid) -> Indices:
    """All the places of a grid."""
    return frozenset([(i, j) for i, row in enumerate(grid) for j in range(len(row))])


def asobject(grid: Grid) -> Object:
    """All the cells of a grid."""
    return frozenset([(value, (i, j)) for i, row in enumerate(grid) for j, value in enumerate(row)])


def ofcolor(grid: Grid, value: Integer) -> Indices:
    """The places of a grid that have this colour."""
    return frozenset([(i, j) for i, row in enumerate(grid) for j, v in enumerate(row) if v == value])


def toobject(patch: Patch, grid: Grid) -> Object:
    """The cells of a grid at the places of a patch; places outside the grid are left out."""
    rows, columns = shape(grid)
    return frozenset([(grid[i][j], (i, j)) for i, j in toindices(patch) if 0 <= i < rows and 0 <= j < columns])


def recolor(value: Integer, patch: Patch) -> Object:
    """The places of a patch, all with this colour."""
    return frozenset([(value, place) for place in toindices(patch)])


def subgrid(patch: Patch, grid: Grid) -> Grid:
    """The part of a grid that is in a patch's box."""
    return crop(grid, ulcorner(patch), shape(patch))


def upscale(element: Element, factor: Integer) -> Element:
    """A grid or object whose cells become squares of factor x factor cells; an object keeps its upper left corner."""
    if isinstance(element, tuple):
        return vupscale(hupscale(element, factor), factor)
    if not element:
        return element
    top, left = ulcorner(element)
    within = range(factor)
    return frozenset(
        [
            (value, (top + (i - top) * factor + di, left + (j - left) * factor + dj))
            for value, (i, j) in element
            for di in within
            for dj in within
        ]
    )


def objects(grid: Grid, univalued: Boolean, diagonal: Boolean, without_bg: Boolean) -> Objects:
    """The connected groups of cells of a grid.

    univalued: an object has one colour; else cells of all colours connect.
    diagonal: cells also connect over their corners.
    without_bg: the most common colour belongs to no object.
    """
    ground = mostcolor(grid) if without_bg else None
    # A place is one number, with an empty column between rows, so that no step leads around an edge.
    width = max(map(len, grid), default=0) + 1
    left = {i * width + j: value for i, row in enumerate(grid) for j, value in enumerate(row) if value != ground}
    steps = (-width, -1, 1, width, -width - 1, 1 - width, width - 1, width + 1)[: 8 if diagonal else 4]
    found = []
    while left:
        place, colour = left.popitem()
        cells, edge = [(colour, divmod(place, width))], [place]
        while edge:
            place = edge.pop()
            for step in steps:
                near = place + step
                value = left.get(near)
                if value is not None and (value == colour or not univalued):
                    del left[near]
                    cells.append((value, divmod(near, width)))
                    edge.append(near)
        found.append(frozenset(cells))
    return frozenset(found)


def partition(grid: Grid) -> Objects:
    """One object for each colour of a grid, connected or not."""
    return frozenset([recolor(value, ofcolor(grid, value)) for value in palette(grid)])


def fgpartition(grid: Grid) -> Objects:
    """One object for each colour of a grid but the most common one."""
    ground = mostcolor(grid)
    return frozenset([recolor(value, ofcolor(grid, value)) for value in palette(grid) if value != ground])


def colorfilter(objs: Objects, value: Integer) -> Objects:
    """The objects that have this colour."""
    return frozenset([obj for obj in objs if color(obj) == value])


def sizefilter(container: Container, n: Integer) -> FrozenSet:
    """The items that have n items of their own, such as the objects of n cells."""
    items: Any = container
    return frozenset([item for item in items if len(item) == n])


def occurrences(grid: Grid, obj: Object) -> Indices:
    """Where the upper left corner of an object's box can be put so that the grid has all of its cells there."""
    (rows, columns), (down, right) = shape(grid), shape(obj)
    top, left = ulcorner(obj)
    cells = [(value, i - top, j - left) for value, (i, j) in obj]
    return frozenset(
        [
            (k, m)
            for k in range(rows - down + 1)
            for m in range(columns - right + 1)
            if all(grid[k + i][m + j] == value for value, i, j in cells)
        ]
    )


def frontiers(grid: Grid) -> Objects:
    """The rows and columns of a grid that are of one colour, as objects."""
    rows, columns = shape(grid)
    uniform = [
        frozenset([(row[0], (i, j)) for j in range(columns)]) for i, row in enumerate(grid) if len(set(row)) == 1
    ] + [
        frozenset([(column[0], (i, j)) for i in range(rows)])
        for j, column in enumerate(zip(*grid, strict=True))
        if len(set(column)) == 1
    ]
    return frozenset(uniform)


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
    """The grid with an object covered and painted again, moved down and right by a number of rows and columns."""
    return paint(cover(grid, obj), shift(obj, offset))  # type: ignore[arg-type]


def bordering(patch: Patch, grid: Grid) -> Boolean:
    """Whether an edge of the patch's box is at the grid's own. ValueError if the patch is empty."""
    rows, columns = shape(grid)
    return any(edge == border for edge, border in zip(bounds(patch), (0, 0, rows - 1, columns - 1), strict=True))
