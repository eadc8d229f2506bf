"""What came of programs on their own tasks: verdicts and sums."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from battnb.model import Status, Verdict
from battnb.model.task import Shown
from battnb.provided import provided

if TYPE_CHECKING:
    import pandas as pd

TEST = "wrong on the test"
"""What a program is called that is right on all demo pairs and not on a test pair."""
_ORDER = (Status.CORRECT.value, TEST, *[status.value for status in Status if status is not Status.CORRECT])


def came_to(verdict: Verdict) -> str:
    """The status, or TEST."""
    return TEST if verdict.status == Status.CORRECT and verdict.not_right_on is not None else verdict.status.value


class Checked(Shown, frozen=True):
    """Programs and what became of each on its own task.

    name: of the file or folder. verdicts: of the programs that have a task of their own, in their order.
    taskless: the ids of programs that have none, and so were not run. total: how many have one; more than there are
    verdicts if the check was cut off.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    taskless: tuple[str, ...]
    total: int

    @property
    def not_right(self) -> list[Verdict]:
        """The verdicts that are not right on a pair: wrong where the wanted output is known, or without a grid."""
        return [verdict for verdict in self.verdicts if verdict.not_right_on is not None]

    @property
    def is_right(self) -> bool:
        """Was something checked, and all of it, and is it right?"""
        return len(self.verdicts) == self.total > 0 and not self.not_right

    def counts(self) -> dict[str, int]:
        """How many programs are correct, wrong on the test (and right on all demo pairs), wrong, and so on."""
        found = Counter(map(came_to, self.verdicts))
        return {words: found[words] for words in _ORDER if words in found}

    def lines(self) -> list[str]:
        """The result in one line, then a line for each program that is not right, with its reason."""
        lines: list[str] = provided("Checked.lines")(self)
        return lines

    def to_frame(self) -> pd.DataFrame:
        """A row a program: the columns of Run.to_frame, then came_to and reason, which is NA if it is right."""
        frame: pd.DataFrame = provided("Checked.to_frame")(self)
        return frame

    def report(self, path: str | os.PathLike[str] = "check.html") -> Path:
        """Write an HTML page of the programs that are not right: why, and what was wanted beside what each gave.

        It needs no network. Returns its path. Raises StoreError if it cannot be written.
        """
        written: Path = provided("Checked.report")(self, path)
        return written

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        counts = ", ".join([f"{count} {words}" for words, count in self.counts().items()])
        return f"<Checked {self.name}: {counts or 'no program'}>"
