"""Reading a command's flags: one sentence for what is wrong, and the kinds of value that several commands take."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from battnb.errors import InputError

_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence: raises InputError."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def workers(text: str) -> int:
    """A number of workers."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} workers; give a whole number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    """A time such as 11h, 1h30m, 90s or 90: in seconds."""
    plain = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        plain += "s"
    if not _SPAN.fullmatch(plain):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 11h, 1h30m, 90s or seconds")
    total = sum([float(part[:-1]) * _UNITS_S[part[-1]] for part in re.findall(r"[\d.]+[dhms]", plain)])
    if total <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time above 0")
    return total
