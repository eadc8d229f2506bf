"""Statuses and verdicts."""

from __future__ import annotations

import math

import pytest
from model.records import verdict

from battnb.model import Status, by_id, own_verdicts, status_of, t_log

C, W, E, T, X = Status.CORRECT, Status.WRONG, Status.ERROR, Status.TIMEOUT, Status.CANCELLED


@pytest.mark.parametrize(
    ("demo", "status"),
    [([C, C], C), ([C, W, T], W), ([T, C], T), ([E, W], E), ([X, X], X), ([C, X], X), ([C, None], C), ([None], C),
     ([], C)],
)  # fmt: skip
def test_a_candidate_has_the_status_of_its_first_pair_that_is_not_right(
    demo: list[Status | None], status: Status
) -> None:
    assert status_of(demo) is status
    assert status_of(iter(demo)) is status


def test_own_verdicts_are_validated_and_not_taken_from_an_equal_candidate() -> None:
    own, taken, left = verdict("a"), verdict("b", duplicate_of="a"), verdict("c", validated=False)
    assert own_verdicts([own, taken, left]) == [own]
    assert [v.is_own for v in (own, taken, left)] == [True, False, False]


def test_by_id_finds_each() -> None:
    verdicts = [verdict("a"), verdict("b", W)]
    assert by_id(verdicts) == {"a": verdicts[0], "b": verdicts[1]}


@pytest.mark.parametrize(
    ("check_time", "wanted"), [(0.0, 10), (-1.0, 10), (1.0, 11), (math.e**2 + 0.01, 9), (0.001, 17), (0.5, 11)]
)
def test_t_log_is_higher_for_faster_programs_and_10_for_no_time(check_time: float, wanted: int) -> None:
    assert t_log(check_time) == wanted
    assert verdict("a", cpu_s=check_time).t_log == wanted


def test_a_verdict_answers_what_follows_from_its_fields() -> None:
    ended = verdict("a", T, sample_statuses=(C, T, X), demo_correct=1, cpu_s=0.25)
    assert (ended.timed_out, ended.o_score, ended.check_time) == (True, 1, 0.25)
    assert not verdict("b").timed_out
    assert repr(ended) == "<Verdict a on one: timeout, demo 1 right>"
