"""Candidates: their source as text and as bytes, in any encoding."""

from __future__ import annotations

from typing import Any

import pytest

from battnb.errors import InputError
from battnb.model import Candidate, as_bytes

HALF = "x = '\ud800'"
"""Half a surrogate pair, which no encoding of Unicode can write."""


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (lambda grid: grid, "candidate 'mine' has a function as its source; give the program's text, such as inspect"),
        (len, "has a builtin_function_or_method as its source"),
        (None, "has a NoneType as its source; give the program's text, as a str or bytes"),
        (3, "has an int as its source"),
        (bytearray(b"x"), "has a bytearray as its source"),
    ],
)
def test_a_source_that_is_not_text_or_bytes_is_refused(source: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Candidate("mine", source)


def test_text_is_itself_and_its_bytes_are_utf_8() -> None:
    candidate = Candidate("a", "x = 'ä'")
    assert candidate.source_text == "x = 'ä'"
    assert candidate.source_bytes == "x = 'ä'".encode()


def test_half_a_surrogate_pair_is_an_escape_in_the_text_and_itself_in_the_bytes() -> None:
    candidate = Candidate("a", HALF)
    assert candidate.source_text == r"x = '\ud800'"
    assert candidate.source_bytes == HALF.encode("utf-8", "surrogatepass") == as_bytes(HALF)
    candidate.source_text.encode()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"x = 1", "x = 1"),
        ("x = 'ä'".encode(), "x = 'ä'"),
        (b"\xef\xbb\xbfx = 1", "x = 1"),  # a byte order mark
        (b"# coding: latin-1\nx = '\xe4'", "# coding: latin-1\nx = 'ä'"),
        ("# -*- coding: cp1251 -*-\nx = 'ж'".encode("cp1251"), "# -*- coding: cp1251 -*-\nx = 'ж'"),
        (b"# coding: no-such-thing\nx = '\xff'", "# coding: no-such-thing\nx = '\\xff'"),
        (b"# coding: rot13\nx = 1", "# coding: rot13\nx = 1"),  # an encoding, but of text to text
        (b"x = '\xff'", "x = '\\xff'"),
        ("x = 1".encode("utf-16"), "\\xff\\xfex\x00 \x00=\x00 \x001\x00"),
        (b"", ""),
    ],
)
def test_bytes_are_read_in_the_encoding_that_they_name(source: bytes, text: str) -> None:
    candidate = Candidate("a", source)
    assert candidate.source_text == text
    assert candidate.source_bytes is source
    candidate.source_text.encode()


def test_bytes_of_a_text_stay_as_they_are() -> None:
    assert as_bytes(b"\xff") == b"\xff"
