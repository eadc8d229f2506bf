"""What can be told of a program from a look at its text: which fork it needs, and whether it needs numpy or S.

A guess that is wrong costs time only: the fork gives back what it is not made for.
"""

from __future__ import annotations

import re

from battnb.model import Candidate

_STRAIGHT = re.compile(
    r"(?:(?:from [\w.]+ import \*|import [\w.]+)?\s*\n)*+"
    r"def solve\w*\([\w, ]*\):[ ]*\n(?:[ \t]+\w+ = \w+\([\w, -]*\)\s*\n)*+[ \t]+return \w+\s*"
)
_NOT_STRAIGHT = re.compile("[\\[{.+*/%<>#'\"]")
# Possessive and bounded, so that no source can make the search slow.
_PARAMETER = r"\w++[^,()\n]{0,100}+"
_TAKES_S = (
    rf"^(?:def ++NAME *+\( *+{_PARAMETER}, *+{_PARAMETER}, *+{_PARAMETER}\)"
    r"|NAME *+= *+lambda *+\w++ *+, *+\w++ *+, *+\w++ *+:)"
)


def may_be_straight(candidate: Candidate) -> bool:
    """Is it worth a look whether this is a straight line? The fork that reads it closely gives back what is none."""
    source = candidate.source
    if candidate.grids is not None or not isinstance(source, str) or source.count(":") != 1:
        return False
    if "import" in source:
        return _STRAIGHT.fullmatch(source) is not None
    return "def solve" in source and _NOT_STRAIGHT.search(source) is None


def uses_numpy(candidate: Candidate) -> bool:
    """Does it name numpy, or ask for its grids as arrays?"""
    return "numpy" in _text(candidate) or candidate.grids == "ndarray"


def takes_s(candidate: Candidate) -> bool:
    """Does its entry take S, I and C?"""
    entry = candidate.entry
    name = re.escape(entry) if entry is not None and entry.isidentifier() else "solve"
    return re.search(_TAKES_S.replace("NAME", name), _text(candidate), re.MULTILINE) is not None


def _text(candidate: Candidate) -> str:
    source = candidate.source
    return source if isinstance(source, str) else source.decode("latin-1")
