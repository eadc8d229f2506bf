"""Why candidates failed: how many did, and the commonest reason, with one of them as an example."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from battnb.model import Failure, Status, Verdict

GAP = "\N{HORIZONTAL ELLIPSIS}"
NUMBERS = re.compile(r"(?<!\w)-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?)(?!\w)")
NUMBERS_AND_NAMES = re.compile(f"'[^']*'|\"[^\"]*\"|{NUMBERS.pattern}")
NOT_FAILED = (Status.CORRECT, Status.WRONG, Status.CANCELLED)


class CommonReason(msgspec.Struct, frozen=True):
    """The reason for which most candidates failed.

    judged: all candidates that have a verdict. failed: those of them that are neither right nor wrong, since an error,
    a limit, or an output that is not a grid kept them from it. count: those that failed for this reason.
    type, message: as in Failure; where messages differ, there is an ellipsis. candidate_id, line: of one of them.
    """

    judged: int
    failed: int
    count: int
    type: str
    message: str
    candidate_id: str
    line: int | None


class Failures:
    """Counts failures by their reason."""

    def __init__(self, verdicts: Iterable[Verdict] = ()) -> None:
        self._judged = self._failed = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], tuple[str, Failure]] = {}
        self.add(verdicts)

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count these verdicts too."""
        for verdict in verdicts:
            failure = verdict.error
            self._judged += verdict.status != Status.CANCELLED
            if failure is not None and verdict.status not in NOT_FAILED:
                self._failed += 1
                self._counts[failure.type, failure.message] += 1
                self._examples.setdefault((failure.type, failure.message), (verdict.candidate_id, failure))

    def dominant(self) -> CommonReason | None:
        """The reason of most failures, if more than half of the candidates failed; else None.

        Messages that differ only in numbers are one reason. If even the commonest of these accounts for less than half
        of the failures, messages that differ in quoted names are one reason too, if that accounts for half.
        """
        if 2 * self._failed <= self._judged:
            return None
        ways = [self._largest(NUMBERS), self._largest(NUMBERS_AND_NAMES)]
        message, group = next((way for way in ways if 2 * self._size(way[1]) >= self._failed), ways[0])
        candidate_id, failure = self._examples[max(group, key=self._counts.__getitem__)]
        return CommonReason(
            judged=self._judged,
            failed=self._failed,
            count=self._size(group),
            type=failure.type,
            message=message if len(group) > 1 else failure.message,
            candidate_id=candidate_id,
            line=failure.line,
        )

    def _largest(self, differing: re.Pattern[str]) -> tuple[str, list[tuple[str, str]]]:
        """The largest group of failures that are the same but for what this pattern matches, and their message."""
        groups: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for kind, message in self._counts:
            groups[kind, differing.sub(GAP, message)].append((kind, message))
        (_, message), group = max(groups.items(), key=lambda item: self._size(item[1]))
        return message, group

    def _size(self, group: Iterable[tuple[str, str]]) -> int:
        return sum([self._counts[same] for same in group])
