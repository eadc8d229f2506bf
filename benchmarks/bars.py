"""Bars: targets for figures, and whether they are met."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from benchmarks.table import table


class Bar(msgspec.Struct, frozen=True):
    """A figure and its target. figure: None if it was not measured in this run."""

    name: str
    figure: float | None
    wanted: float
    at_most: bool = False

    @property
    def is_met(self) -> bool | None:
        if self.figure is None:
            return None
        return self.figure <= self.wanted if self.at_most else self.figure >= self.wanted


def bars_text(bars: Sequence[Bar]) -> str:
    """Bars as a table."""
    return table(["bar", "figure", "wanted", "met"], [_row(bar) for bar in bars])


def _row(bar: Bar) -> list[str]:
    figure = "-" if bar.figure is None else f"{bar.figure:.3g}"
    met = {None: "not measured", True: "met", False: "not met"}[bar.is_met]
    return [bar.name, figure, f"{'<=' if bar.at_most else '>='} {bar.wanted:g}", met]
