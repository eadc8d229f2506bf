"""What the parts of a report share: texts from elsewhere made harmless, tables and numbers.

What candidates produce may be anything, and must be shown and never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from battnb.model import Status
from battnb.view.style import LOOKS
from battnb.view.words import seconds_words

NAME_CHARACTERS, LINE_CHARACTERS, TEXT_CHARACTERS = 80, 300, 20_000
"""Longer names, lines (messages in a table) and texts (source, output) are cut, and say so."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters except tab and newline, marks that change the direction of writing, halves of surrogate pairs."""


def shown(text: str, most: int = TEXT_CHARACTERS) -> str:
    """A text of at most this many characters. What cannot be seen in it is written as an escape (\\x00)."""
    cut = text if len(text) <= most else f"{text[:most]}\N{HORIZONTAL ELLIPSIS}"
    return _UNSEEN.sub(_escaped, cut.replace("\r\n", "\n"))


def html(text: str, most: int = LINE_CHARACTERS) -> str:
    """The same as HTML, for elements and for attributes in quotes."""
    return escape(shown(text, most))


def cut_words(text: str, most: int = TEXT_CHARACTERS) -> str:
    """A notice that a text is shown only in part; "" if it is shown whole."""
    return "" if len(text) <= most else f"cut: the first {most:,} of {len(text):,} characters"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


FEW = 5
"""A table with at most this many columns is not as wide as the page."""
NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


class Safe(str):
    """A piece of HTML, not text."""


def section_html(name: str, title: str, parts: Iterable[str], about: str = "") -> str:
    """A part of the page under a heading, to which links may lead."""
    beside = f'<p class="about">{html(about)}</p>' if about else ""
    heading = f'<h2 id="{name}-title">{html(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{beside}{"".join(parts)}</section>'


def notice(words: str, kind: str = "") -> str:
    """A paragraph that stands out. kind: "good", "bad" or neither."""
    return f'<p class="{f"notice {kind}".strip()}">{html(words, 1000)}</p>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[str] | None = ()) -> str:
    """A table whose first column names the row. Cells are text, or Safe HTML.

    words: heads of columns that hold words, which are flush left; others hold numbers. None: all hold words.
    """
    of_words = [number == 0 or words is None or head in words for number, head in enumerate(heads)]
    head = "".join(
        [f'<th scope="col"{_kind(is_word)}>{html(t)}</th>' for t, is_word in zip(heads, of_words, strict=True)]
    )
    body = "".join([_row(cells, of_words) for cells in rows])
    few = ' class="few"' if len(heads) <= FEW else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html(caption)}"><table{few}>'
        f"<caption>{html(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], of_words: Sequence[bool]) -> str:
    first, *rest = [cell if isinstance(cell, Safe) else html(cell) for cell in cells]
    others = "".join([f"<td{_kind(is_word)}>{cell}</td>" for cell, is_word in zip(rest, of_words[1:], strict=True)])
    return f'<tr><th scope="row">{first}</th>{others}</tr>'


def _kind(is_word: bool) -> str:
    return "" if is_word else ' class="number"'


def status_html(status: Status | None) -> Safe:
    """A status with its colour."""
    look = LOOKS[status]
    return Safe(f'<span class="swatch" style="background:{look.fill}"></span>{html(look.words)}')


def share_bar(share: float) -> Safe:
    """A share of a whole as a bar and as a number."""
    width = min(max(share, 0.0), 1.0) * 100
    bar = f'<span class="share"><span style="width:{width:.2f}%"></span></span>'
    return Safe(f'<span class="whole">{bar}<span class="percent">{share:.1%}</span></span>')


def seconds(value: float | None) -> str:
    """Seconds as people write them; a dash if there are none."""
    return NOTHING if value is None else seconds_words(value)


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def difference(value: float | None) -> str:
    """A difference of two times, with its sign."""
    return NOTHING if value is None else f"{'+' if value >= 0 else MINUS}{seconds_words(abs(value))}"


def factor(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} \N{MULTIPLICATION SIGN}"
