"""Reading the lines of a straight-line program.

It is a matter of line patterns, remembered by line, since programs of a battery repeat each other's.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from keyword import iskeyword
from typing import NamedTuple

_HEADER = re.compile(r"def (solve|solve_\w+)\((\w+)(?:, (\w+), (\w+))?\):", re.ASCII)
_CALL = re.compile(r"([A-Za-z_]\w*) = ([A-Za-z_]\w*)\((-?\w+(?:, -?\w+)*)?\)", re.ASCII)
_RETURN = re.compile(r"return ([A-Za-z_]\w*)", re.ASCII)
_IMPORT = re.compile(r"from ([\w.]+) import \*", re.ASCII)
BLANK = " \t\r\f"
"""What Python takes for nothing in a line; str.isspace() knows more."""
I_NODE, S_NODE, C_NODE = 0, 1, 2
MAX_LINES = 50_000
LINES: dict[str, Line | None] = {}
"""Lines that were read, in this process: programs of a battery repeat each other's."""


class Line(NamedTuple):
    """One line `target = func(*args)`: tokens are the function and the arguments. For `return name` target is ""."""

    indent: str
    target: str
    tokens: tuple[str, ...]


class Header(NamedTuple):
    """The first line of a function: its name, and which of I, S and C its parameters are."""

    entry: str
    parameters: dict[str, int]


def is_skipped(line: str, modules: Collection[str]) -> bool:
    if not line.strip(BLANK):
        return True
    imported = _IMPORT.fullmatch(line.rstrip(BLANK))
    return imported is not None and imported[1] in modules  # another module may have something else there


@lru_cache(maxsize=1000)
def read_header(line: str) -> Header | None:
    match = _HEADER.fullmatch(line.rstrip(BLANK))
    if match is None or (match[3] and match[1] != "solve"):
        return None
    parameters = [name for name in match.groups()[1:] if name]
    if len(set(parameters)) < len(parameters) or any(map(_is_reserved, parameters)):
        return None
    if not match[3]:
        return Header(match[1], {match[2]: I_NODE})
    return Header(match[1], {match[2]: S_NODE, match[3]: I_NODE, match[4]: C_NODE})


def read_line(text: str) -> Line | None:
    if len(LINES) >= MAX_LINES:
        LINES.clear()
    line = LINES[text] = _parse_line(text)
    return line


def _parse_line(line: str) -> Line | None:
    text = line.strip(" \t\r")
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    call = _CALL.fullmatch(text)
    if call is not None and indent:
        if _is_reserved(call[1]) or iskeyword(call[2]):
            return None
        return Line(indent, call[1], (call[2], *(call[3].split(", ") if call[3] else ())))
    ended = _RETURN.fullmatch(text)
    return Line(indent, "", (ended[1],)) if ended is not None and indent else None


def _is_reserved(name: str) -> bool:
    return iskeyword(name) or name == "__debug__"
