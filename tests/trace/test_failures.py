"""Why candidates failed: which failures are one reason, and which reason is named."""

from __future__ import annotations

import pytest
from model.records import verdict

from battnb.model import Failure, Status, Verdict
from battnb.trace.failures import CommonReason, Failures


def failed(
    *messages: str, kind: str = "IndexError", status: Status = Status.ERROR, line: int | None = 3
) -> list[Verdict]:
    return [
        verdict(f"{kind}-{number}", status, error=Failure(kind, message, line, 0))
        for number, message in enumerate(messages)
    ]


def reason(*verdicts: Verdict) -> CommonReason:
    found = Failures(verdicts).dominant()
    assert found is not None
    return found


def test_equal_failures_are_one_reason_with_the_first_as_its_example() -> None:
    found = reason(*failed("name 'np' is not defined", "name 'np' is not defined", kind="NameError"), verdict("right"))
    assert found == CommonReason(3, 2, 2, "NameError", "name 'np' is not defined", "NameError-0", 3)


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (["index 3 is out of bounds for axis 0 with size 3", "index -7 is out of bounds for axis 1 with size 3"],
         "index … is out of bounds for axis … with size …"),
        (["(1, 2)", "(3, 14)", "(0x7f, 2.5)"], "(…, …)"),
        (["name 'np' is not defined", "name 'List' is not defined", "name 'x1' is not defined"],
         "name … is not defined"),
        (["invalid literal for int() with base 10: 'a'", "invalid literal for int() with base 10: '1.5'",
              "invalid literal for int() with base 10: ''"],
         "invalid literal for int() with base …: …"),
        (["x1 and utf8 differ", "x1 and utf8 differ"], "x1 and utf8 differ"),
    ],
)  # fmt: skip
def test_messages_that_differ_in_numbers_or_names_are_one_reason(messages: list[str], message: str) -> None:
    found = reason(*failed(*messages))
    assert (found.count, found.message) == (len(messages), message)


def test_a_name_that_accounts_for_half_of_the_failures_is_kept() -> None:
    names = ["np", "np", "np", "List", "Counter"]
    found = reason(*failed(*[f"name '{name}' is not defined" for name in names]))
    assert (found.failed, found.count, found.message) == (5, 3, "name 'np' is not defined")


def test_without_a_common_reason_the_most_frequent_one_counts() -> None:
    messages = ["one thing", "another", "a third", "another", "a fourth", "a fifth"]
    found = reason(*failed(*messages))
    assert (found.failed, found.count, found.message, found.candidate_id) == (6, 2, "another", "IndexError-1")


def test_every_way_to_fail_counts_but_not_being_wrong_nor_never_having_run() -> None:
    ways = [status for status in Status if status not in (Status.CORRECT, Status.WRONG, Status.CANCELLED)]
    every = [one for status in ways for one in failed("why", kind=str(status), status=status)]
    wrong = failed("only on the second pair", status=Status.WRONG)
    assert (reason(*every, *wrong).failed, reason(*every, *wrong).judged) == (len(ways), len(ways) + 1)
    assert reason(*every, verdict("never", Status.CANCELLED)).judged == len(ways)


def test_half_is_not_most() -> None:
    assert Failures([*failed("a"), verdict("right")]).dominant() is None
    assert Failures().dominant() is None
    assert Failures([verdict("never", Status.CANCELLED)]).dominant() is None


def test_what_is_added_later_counts_too() -> None:
    failures = Failures(failed("a", "b"))
    failures.add(failed("b"))
    found = failures.dominant()
    assert found is not None
    assert (found.count, found.message) == (2, "b")
