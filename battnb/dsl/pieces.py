"""Where pieces lie, how large they are, and their mirror images.

A piece is a grid or a patch; a patch is a set of places (row, column), coloured (an object) or not (indices). The box
of a patch is the smallest rectangle around it. An empty patch has no edges (ValueError), and an empty tuple for each
corner and its center of mass, as in arc-dsl: programs look at such places before they choose others.
"""

from __future__ import annotations

from battnb.dsl.types import Any, Boolean, Callable, Indices, Integer, IntegerTuple, Patch, Piece


def toindices(patch: Patch) -> Indices:
    """The places of a patch, without colours."""
    places: Any = patch or frozenset()
    return frozenset([place for _, place in places]) if _is_coloured(patch) else places


def _is_coloured(patch: Patch) -> bool:
    return bool(patch) and isinstance(next(iter(patch))[1], tuple)


def bounds(patch: Patch) -> tuple[int, int, int, int]:
    """The first row, first column, last row and last column."""
    if not patch:
        raise ValueError("an empty patch lies nowhere: it has no edges and no corners")
    rows, columns = zip(*toindices(patch), strict=True)
    return min(rows), min(columns), max(rows), max(columns)


def uppermost(patch: Patch) -> Integer:
    """The first row of a patch."""
    return bounds(patch)[0]


def leftmost(patch: Patch) -> Integer:
    """The first column of a patch."""
    return bounds(patch)[1]


def lowermost(patch: Patch) -> Integer:
    """The last row of a patch."""
    return bounds(patch)[2]


def rightmost(patch: Patch) -> Integer:
    """The last column of a patch."""
    return bounds(patch)[3]


def _corner(patch: Patch, row: int, column: int) -> IntegerTuple:
    """The place made of two of the bounds; an empty tuple if the patch is empty."""
    edges = bounds(patch) if patch else None
    nowhere: Any = ()
    return (edges[row], edges[column]) if edges is not None else nowhere


def ulcorner(patch: Patch) -> IntegerTuple:
    """The upper left corner of a patch's box."""
    return _corner(patch, 0, 1)


def urcorner(patch: Patch) -> IntegerTuple:
    """The upper right corner of a patch's box."""
    return _corner(patch, 0, 3)


def llcorner(patch: Patch) -> IntegerTuple:
    """The lower left corner of a patch's box."""
    return _corner(patch, 2, 1)


def lrcorner(patch: Patch) -> IntegerTuple:
    """The lower right corner of a patch's box."""
    return _corner(patch, 2, 3)


def center(patch: Patch) -> IntegerTuple:
    """The middle of a patch's box; if a side is even, the later of the two middle places."""
    top, left, bottom, right = bounds(patch)
    return top + (bottom - top + 1) // 2, left + (right - left + 1) // 2


def centerofmass(patch: Patch) -> IntegerTuple:
    """The mean row and the mean column of a patch's places, rounded down."""
    means: Any = [sum(line) // len(patch) for line in zip(*toindices(patch), strict=True)]
    return tuple(means)


def shape(piece: Piece) -> IntegerTuple:
    """The height and width of a grid, or of a patch's box: (0, 0) if it is empty."""
    if not piece:
        return 0, 0
    if isinstance(piece, tuple):
        return len(piece), len(piece[0])
    top, left, bottom, right = bounds(piece)
    return bottom - top + 1, right - left + 1


def height(piece: Piece) -> Integer:
    """How many rows a grid, or a patch's box, has."""
    return shape(piece)[0]


def width(piece: Piece) -> Integer:
    """How many columns a grid, or a patch's box, has."""
    return shape(piece)[1]


def portrait(piece: Piece) -> Boolean:
    """Whether the piece is higher than it is wide."""
    rows, columns = shape(piece)
    return rows > columns


def square(piece: Piece) -> Boolean:
    """Whether a grid is as high as it is wide, or a patch is a square without holes."""
    rows, columns = shape(piece)
    return rows == columns and (isinstance(piece, tuple) or len(piece) == rows * columns)


def vline(patch: Patch) -> Boolean:
    """Whether a patch is one column without holes; a single cell is."""
    return shape(patch) == (len(patch), 1)


def hline(patch: Patch) -> Boolean:
    """Whether a patch is one row without holes; a single cell is."""
    return shape(patch) == (1, len(patch))


def placed(patch: Patch, where: Callable) -> Patch:
    """The patch with each place (i, j) at where(i, j), colours kept."""
    cells: Any = patch
    if _is_coloured(patch):
        return frozenset([(colour, where(i, j)) for colour, (i, j) in cells])
    return frozenset([where(i, j) for i, j in cells])


def hmirror(piece: Piece) -> Piece:
    """The piece upside down; a patch is mirrored within its box."""
    if isinstance(piece, tuple):
        return piece[::-1]
    turn = uppermost(piece) + lowermost(piece) if piece else 0
    return placed(piece, lambda i, j: (turn - i, j))


def vmirror(piece: Piece) -> Piece:
    """The piece with left and right exchanged; a patch is mirrored within its box."""
    if isinstance(piece, tuple):
        return tuple([row[::-1] for row in piece])
    turn = leftmost(piece) + rightmost(piece) if piece else 0
    return placed(piece, lambda i, j: (i, turn - j))


def dmirror(piece: Piece) -> Piece:
    """The piece mirrored so that rows become columns; a patch keeps its upper left corner."""
    if isinstance(piece, tuple):
        return tuple(zip(*piece, strict=False))
    top, left = ulcorner(piece) if piece else (0, 0)
    return placed(piece, lambda i, j: (j - left + top, i - top + left))


def cmirror(piece: Piece) -> Piece:
    """The piece mirrored so that its upper left and lower right exchange; a patch keeps its upper left corner."""
    if isinstance(piece, tuple):
        return tuple(zip(*(row[::-1] for row in piece[::-1]), strict=False))
    top, left, bottom, right = bounds(piece) if piece else (0, 0, 0, 0)
    return placed(piece, lambda i, j: (top + right - j, left + bottom - i))
