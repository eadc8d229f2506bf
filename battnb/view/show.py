"""Show things from anywhere in a cell, and grids, which are plain tuples, as pictures."""

from __future__ import annotations

import sys
from typing import Any

from battnb.errors import InputError
from battnb.model import Grid
from battnb.view.markup import as_grid, box, captioned, grid_svg, grid_text, row


class GridView:
    """A grid that shows itself: coloured cells in a notebook, rows of digits elsewhere."""

    def __init__(self, rows: object, name: str = "") -> None:
        grid = as_grid(rows)
        if grid is None:
            raise InputError(
                f"this is not a grid but a {type(rows).__name__}; give 1 to 30 rows of one length, of whole numbers 0-9"
            )
        self.grid: Grid = grid
        self.name = name or f"{len(grid)} x {len(grid[0])}"

    def __repr__(self) -> str:
        return grid_text(self.grid)

    def _repr_html_(self) -> str:
        return box(captioned(self.name, grid_svg(self.grid)))


class GridRow:
    """Several grids beside each other."""

    def __init__(self, views: list[GridView]) -> None:
        self._views = views

    def __repr__(self) -> str:
        return "\n\n".join([repr(view) for view in self._views])

    def _repr_html_(self) -> str:
        return box(row([captioned(view.name, grid_svg(view.grid)) for view in self._views], 18))


def grid(rows: object, name: str = "") -> GridView:
    """A grid (tuples, lists or an array) that shows itself in a cell. Raises InputError if it is not one."""
    return GridView(rows, name)


def show(*things: object) -> None:
    """Show tasks, verdicts, runs, grids, anything: in a cell as pictures, elsewhere as text.

    Grids that follow each other stand in one row. It works anywhere in a cell, not only at its end.
    """
    for thing in _with_grids(things):
        _display(thing)


def _with_grids(things: tuple[object, ...]) -> list[object]:
    found: list[object] = []
    views: list[GridView] = []
    for thing in things:
        made = as_grid(thing)
        view = thing if isinstance(thing, GridView) else GridView(made) if made is not None else None
        if view is not None:
            if not views:
                found.append(GridRow(views))
            views.append(view)
        else:
            views = []
            found.append(thing)
    return found


def _display(thing: object) -> None:
    ipython: Any = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(thing)
    else:
        print(thing)
