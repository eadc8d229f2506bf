"""A matplotlib Figure that shows itself in a notebook. It is made without pyplot, so it changes nothing global."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from battnb.files import write_whole
from battnb.view.style import PAPER


class NotebookFigure(Figure):
    """A Figure that IPython can show without a backend: as the last expression of a cell, or by display()."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def new_figure(width_in: float, height_in: float, dpi: float = 120) -> NotebookFigure:
    """An empty figure, its size in inches. It is white, whatever the user's style is."""
    figure = NotebookFigure(figsize=(width_in, height_in), dpi=dpi, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure in the format of the path's ending (png, svg, pdf), whole or not at all. Raises StoreError."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.removeprefix("."))
    return write_whole(path, buffer.getvalue())
