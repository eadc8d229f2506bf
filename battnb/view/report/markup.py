"""Bits of the report's HTML. All text that comes from elsewhere goes through text.html."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from battnb.model import Status
from battnb.view.report.text import html
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

FEW = 5
"""A table of no more columns is not as wide as the page."""
NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


class Safe(str):
    """A piece of HTML, not text."""


def section(name: str, title: str, *parts: str, beside: str = "") -> str:
    """A part of the page under a heading, to which links may lead."""
    about = f'<p class="about">{html(beside)}</p>' if beside else ""
    heading = f'<h2 id="{name}-title">{html(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{about}{"".join(parts)}</section>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: bool = True) -> str:
    """A table whose first column names the row. Cells are text, or Safe HTML. numbers: the others are numbers."""
    head = "".join([f'<th scope="col">{html(words)}</th>' for words in heads])
    body = "".join([_row(cells) for cells in rows])
    kinds = [*(["numbers"] if numbers else []), *(["few"] if len(heads) <= FEW else [])]
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html(caption)}"><table class="{" ".join(kinds)}">'
        f"<caption>{html(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    first, *rest = [cell if isinstance(cell, Safe) else html(cell) for cell in cells]
    return f'<tr><th scope="row">{first}</th>{"".join([f"<td>{cell}</td>" for cell in rest])}</tr>'


def swatch(status: Status | None) -> Safe:
    """A status with its colour."""
    look = LOOKS[status]
    return Safe(f'<span class="swatch" style="background:{look.fill}"></span>{html(look.words)}')


def share_bar(share: float) -> Safe:
    """A share of a whole as a bar and as a number."""
    width = min(max(share, 0.0), 1.0) * 100
    return Safe(
        f'<span class="share"><span style="width:{width:.2f}%"></span></span><span class="percent">{share:.1%}</span>'
    )


def seconds(value: float | None) -> str:
    """Seconds as people write them; a dash where there are none."""
    return NOTHING if value is None else seconds_words(value)


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def difference(value: float | None) -> str:
    """A difference of two times, with its sign."""
    if value is None:
        return NOTHING
    return f"{'+' if value >= 0 else MINUS}{seconds_words(abs(value))}"


def factor(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} \N{MULTIPLICATION SIGN}"
