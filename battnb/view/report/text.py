"""Makes text harmless that candidates produce: it may be anything, and must be shown and never obeyed."""

from __future__ import annotations

import re
from html import escape

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
