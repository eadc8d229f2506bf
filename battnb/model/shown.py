"""The base of records that show themselves in a notebook cell."""

from __future__ import annotations

import msgspec

from battnb.provided import provided


class Shown(msgspec.Struct, frozen=True):
    """A record that a cell shows as HTML. A view makes the HTML; the root package says which view."""

    def _repr_html_(self) -> str:
        html: str = provided(f"{type(self).__name__}._repr_html_")(self)
        return html
