"""Grids as SVG text, in ARC's own colours. They suit light and dark surroundings."""

from __future__ import annotations

from itertools import groupby

from battnb.model import Grid, is_grid

COLOURS = (
    "#000000", "#0074D9", "#FF4136", "#2ECC40", "#FFDC00", "#AAAAAA", "#F012BE", "#FF851B", "#7FDBFF", "#870C25"
)  # fmt: skip
"""Those of the values 0-9, as in ARC's testing interface (https://github.com/fchollet/ARC-AGI, apps/css/common.css)."""
LINES = "#555555"
FRAME = "#888888"
CELL_PX = (3, 16)
"""The smallest and the largest side of a cell."""


def grid_svg(grid: Grid, size_px: int = 130) -> str:
    """A grid of h x w cells as one SVG element, its longer side about size_px."""
    height, width = len(grid), len(grid[0])
    cell = max(CELL_PX[0], min(CELL_PX[1], size_px // max(height, width)))
    across, down = width * cell, height * cell
    cells = "".join([f'<path d="{_runs(grid, value)}" fill="{COLOURS[value]}"/>' for value in _values(grid)])
    lines = "".join([f"M0 {row}h{width}" for row in range(1, height)])
    lines += "".join([f"M{column} 0v{height}" for column in range(1, width)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="grid, {height} x {width}" '
        f'width="{across + 2}" height="{down + 2}" viewBox="0 0 {across + 2} {down + 2}">'
        f'<g transform="translate(1 1) scale({cell})" shape-rendering="crispEdges">'
        f'<path d="M0 0h{width}v{height}h-{width}z" fill="{COLOURS[0]}"/>{cells}'
        f'<path d="{lines}" fill="none" stroke="{LINES}" stroke-width="1" vector-effect="non-scaling-stroke"/></g>'
        f'<rect x="0.5" y="0.5" width="{across + 1}" height="{down + 1}" fill="none" stroke="{FRAME}"/></svg>'
    )


def grid_text(grid: Grid) -> str:
    """A grid as rows of digits."""
    return "\n".join(["".join(map(str, row)) for row in grid])


def as_grid(value: object) -> Grid | None:
    """A grid of plain tuples, from anything that is rows of colours, such as lists or an array; None if it is not."""
    rows = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(rows, list | tuple):
        return None
    made = tuple([tuple(row) if isinstance(row, list | tuple) else row for row in rows])
    return made if is_grid(made) else None


def _values(grid: Grid) -> list[int]:
    return sorted({cell for row in grid for cell in row} - {0})


def _runs(grid: Grid, value: int) -> str:
    """A path over the cells of a value. Neighbours in a row become one piece."""
    found = []
    for top, row in enumerate(grid):
        left = 0
        for cell, cells in groupby(row):
            width = len(list(cells))
            if cell == value:
                found.append(f"M{left} {top}h{width}v1h-{width}z")
            left += width
    return "".join(found)
