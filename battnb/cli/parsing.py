"""Reading flags: one sentence for what is wrong, and the flags that several commands share."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from battnb.errors import InputError

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
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
    """Read a time such as 11h, 1h30m, 90s or 90, and return seconds."""
    plain = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        plain += "s"
    if not _SPAN.fullmatch(plain):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 11h, 1h30m, 90s or seconds")
    total = sum([float(part[:-1]) * _UNITS_S[part[-1]] for part in re.findall(r"[\d.]+[dhms]", plain)])
    if total <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return total


def add_limits_and_dsl(parser: argparse.ArgumentParser) -> None:
    """-t and --dsl."""
    parser.add_argument("-t", "--timeout", type=float, default=1.0, metavar="S", help="CPU seconds per sample (1)")
    parser.add_argument("--dsl", action="append", metavar="MODULE", help="module or .py file of the DSL; repeatable")


def add_battery(parser: argparse.ArgumentParser, **options: Any) -> None:
    """-b."""
    names = ("-b", "--battery", "--batt_import", "--batt-import")
    parser.add_argument(*names, metavar="PATH", help="module, file or folder of candidates", **options)


def add_work(parser: argparse.ArgumentParser) -> None:
    """What commands that run a battery on tasks share."""
    add_battery(parser, default="tmp_batt_onerun_run")
    add_how(parser)
    parser.add_argument("--out", default=".", metavar="DIR", help="where programs and battnb.db are kept (.)")
    parser.add_argument("--budget", type=seconds, metavar="TIME", help="end after 11h, 90m, 45s with what is reached")
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="do all work again, even if it is known")
    parser.add_argument(
        "--any_task",
        "--any-task",
        action="store_true",
        help="run every candidate on every task, also if it belongs to another",
    )


def add_how(parser: argparse.ArgumentParser) -> None:
    """How candidates are run: -t, --dsl and --workers; --entry, --grids and --prelude where they do not say it."""
    add_limits_and_dsl(parser)
    parser.add_argument(
        "--workers", type=workers, metavar="N", help="candidates at a time (what the machine has room for)"
    )
    parser.add_argument("--entry", metavar="NAME", help="the function to call, where a candidate names none")
    parser.add_argument("--grids", metavar="FORM", help="tuple, list, ndarray or transposed (by the program)")
    parser.add_argument("--prelude", action="store_true", help="supply what programs take for granted, such as np")


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data, for commands that take any tasks."""
    parser.add_argument(
        "--data", metavar="PATH", help="task files: a folder, a Kaggle file, a set's name, or train, eval, both"
    )
