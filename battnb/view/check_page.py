"""What came of programs on their own tasks: as lines, as a table, in a cell, and as a page."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from battnb.files import write_whole
from battnb.model import Verdict
from battnb.trace.checked import Checked, came_to
from battnb.trace.failures import Failures
from battnb.trace.tables import verdicts_frame
from battnb.view.cells import candidate_card
from battnb.view.markup import below, box, heading, more, quiet
from battnb.view.reasons import ID_CHARACTERS, common_words, not_right_words, one_line, reason_words
from battnb.view.words import count_words, named_words

if TYPE_CHECKING:
    import pandas as pd

NAMED, IN_CELL, ON_PAGE = 5, 20, 500
"""So many programs without a task are named; so many that are not right are shown in a cell, and on a page."""
PAIRS = 6
NAMES_NO_TASK = "names a task of the data by its function (solve_<task>), its file, its folder or its record"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"


def checked_lines(checked: Checked) -> list[str]:
    """The result, the programs that are not right, and notes on all."""
    notes = [f"-- {note}" for note in notes_of(checked)]
    return [f"-- {summary_words(checked)}", *map(not_right_words, checked.not_right), *notes]


def notes_of(checked: Checked) -> list[str]:
    """Why most failed, if several did, and which programs have no task."""
    why = Failures(checked.verdicts).dominant()
    words = [common_words(why)] if why is not None and why.failed > 1 else []
    return [*words, taskless_words(checked)] if checked.taskless else words


def summary_words(checked: Checked) -> str:
    """ "Checked 400 programs on their own tasks: 399 correct, 1 wrong"."""
    if not checked.total:
        return f"Checked no program: none of {len(checked.taskless):,} {NAMES_NO_TASK}"
    counts = ", ".join([f"{count:,} {words}" for words, count in checked.counts().items()])
    done = len(checked.verdicts)
    programs = count_words(done, "program") if done == checked.total else f"{done:,} of {checked.total:,} programs"
    tasks = "its own task" if done == checked.total == 1 else "their own tasks"
    return f"Checked {programs} on {tasks}" + (f": {counts}" if counts else "")


def taskless_words(checked: Checked) -> str:
    """ "2 programs have no task of their own and were not checked: a, b"."""
    count = len(checked.taskless)
    named = named_words([one_line(name, ID_CHARACTERS) for name in checked.taskless], NAMED)
    has, was = ("has no task of its own", "was") if count == 1 else ("have no task of their own", "were")
    return f"{count_words(count, 'program')} {has} and {was} not checked: {named}"


def checked_frame(checked: Checked) -> pd.DataFrame:
    """A row a program, with what it came to and why."""
    import pandas as pd

    frame = verdicts_frame(checked.verdicts)
    frame["came_to"] = pd.Series([came_to(verdict) for verdict in checked.verdicts], dtype="string")
    frame["reason"] = pd.Series([reason_words(verdict) or None for verdict in checked.verdicts], dtype="string")
    return frame


def checked_html(checked: Checked) -> str:
    """The result, and some of the programs that are not right."""
    return box(*_parts(checked, IN_CELL))


def write_page(checked: Checked, path: str | os.PathLike[str] = "check.html") -> Path:
    """Write a page that needs no script and no network."""
    name = escape(one_line(checked.name))
    page = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="color-scheme" content="light dark">',
        f'<title>{name}: battnb check</title></head><body style="margin:24px auto;max-width:960px;padding:0 16px">',
        *_parts(checked, ON_PAGE),
        "</body></html>\n",
    ]
    return write_whole(path, "\n".join(page).encode("utf-8", "backslashreplace"))


def _parts(checked: Checked, most: int) -> list[str]:
    return [
        heading(one_line(checked.name), summary_words(checked)),
        *[f"<div>{quiet(note)}</div>" for note in notes_of(checked)],
        *[_card(verdict) for verdict in checked.not_right[:most]],
        more(len(checked.not_right) - most, "programs that are not right"),
    ]


def _card(verdict: Verdict) -> str:
    """A program with its reason and its grids."""
    return below(candidate_card(verdict, PAIRS) + f"<div>{escape(reason_words(verdict))}</div>", 14)
