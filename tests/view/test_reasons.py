"""Why candidates are not right, in words: one line each, whatever they say."""

from __future__ import annotations

import msgspec
import pytest
from model.records import GRID, record, verdict

from battnb.model import Failure, Status
from battnb.trace.failures import CommonReason
from battnb.trace.overview import task_row
from battnb.view.reasons import common_words, failure_words, one_line, why_sentence, why_words

REASON = CommonReason(367, 312, 290, "NameError", "name 'np' is not defined", "sample-17", 3)


NO_NP = "NameError: name 'np' is not defined, such as sample-17"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, f"312 of 367 candidates failed; most often (290) {NO_NP}, line 3"),
        ({"count": 312}, f"312 of 367 candidates failed: {NO_NP}, line 3"),
        ({"count": 1, "line": None}, f"312 of 367 candidates failed; one reason is {NO_NP}"),
        ({"message": "", "judged": 10**6}, "312 of 1,000,000 candidates failed; most often (290) NameError, such as "
                                           "sample-17, line 3"),
    ],
)  # fmt: skip
def test_the_reason_of_most_is_one_line(changed: dict[str, object], words: str) -> None:
    assert common_words(msgspec.structs.replace(REASON, **changed)) == words


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\n\tb  c ", "a b c"),
        ("a\x1b[31mb\x00\u202ec\ud800", "a\ufffd[31mb\ufffd\ufffdc\ufffd"),
        ("café \U0001f600", "café \U0001f600"),
        ("x" * 160, "x" * 160),
        ("x" * 161, "x" * 159 + "…"),
        (" " * 10_000 + "x", "…"),
    ],
)
def test_any_text_becomes_one_line_that_is_safe_to_print(text: str, seen: str) -> None:
    assert one_line(text) == seen


def test_a_failure_without_a_message_is_its_type() -> None:
    assert failure_words(Failure("AssertionError", "")) == "AssertionError"
    assert failure_words(Failure("ValueError", "a\nb")) == "ValueError: a b"


def test_a_run_says_why_only_if_most_failed() -> None:
    none, right = [verdict(name, Status.ERROR, error=Failure("KeyError", "7", 2, 0)) for name in "ab"], verdict("right")
    assert why_words(record(*none, right)) == "2 of 3 candidates failed: KeyError: 7, such as a, line 2"
    assert why_words(record(none[0], right)) == ""
    assert why_sentence("most failed", has_best=True) == "most failed."
    assert why_sentence("most failed", has_best=False) == "No candidate gave a grid: most failed."


def test_without_a_grid_there_is_no_best_candidate() -> None:
    none = [verdict(name, Status.ERROR) for name in "ab"]
    assert record(*none).winner is None
    assert task_row(record(*none)).best is None
    late = verdict("late", Status.ERROR, outputs=(None, GRID, None))
    assert record(*none, late).winner is late
    assert task_row(record(*none, late)).best == "late"
