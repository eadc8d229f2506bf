"""A run and a comparison as data."""

from __future__ import annotations

import random

import pytest
from model.records import GRID, record, verdict

from battnb.errors import InputError
from battnb.model import ComparisonRecord, Rating, Status


def test_the_best_come_first_by_pairs_right_then_grids_given_then_speed_then_md5() -> None:
    ranked = [
        verdict("fast", cpu_s=0.1, md5="b"),
        verdict("slow", cpu_s=0.2, md5="a"),
        verdict("twin", cpu_s=0.2, md5="c"),
        verdict("gap", outputs=(GRID, GRID, None), cpu_s=0.0),
        verdict("half", Status.WRONG, demo_correct=1, test_correct=1, outputs=(GRID,) * 3),
        verdict("none", Status.ERROR),
    ]
    mixed = random.Random(4).sample(ranked, len(ranked))
    others = [verdict("again", duplicate_of="fast"), verdict("left", validated=False)]
    run = record(*others, *mixed)
    assert run.best == ranked
    assert run.own_verdicts == mixed


def test_statuses_are_counted_in_their_own_order() -> None:
    run = record(verdict("a", Status.ERROR), verdict("b"), verdict("c", Status.ERROR))
    assert list(run.counts().items()) == [(Status.CORRECT, 1), (Status.ERROR, 2)]
    assert record().counts() == {}
    assert repr(run) == "<Run one parallel: 1 correct, 2 error, 1.500 s>"
    assert repr(record(is_complete=False)).endswith("1.500 s, not complete>")


def test_a_verdict_is_found_by_its_id_or_close_ones_are_named() -> None:
    run = record(verdict("attempt-1"), verdict("attempt-2"))
    assert run.verdict("attempt-2") is run.verdicts[1]
    with pytest.raises(InputError, match=r"'atempt-1' is not among the run's 2; did you mean attempt-1 or attempt-2\?"):
        run.verdict("atempt-1")
    with pytest.raises(InputError, match="its verdicts have their ids"):
        run.verdict("zzz")


def test_changed_are_those_whose_statuses_or_outputs_differ() -> None:
    same, status, output = verdict("same"), verdict("status"), verdict("output")
    other = verdict("output", outputs=(GRID, ((3,),), GRID))
    before = record(same, status, output, verdict("gone"))
    after = record(other, verdict("status", Status.WRONG), verdict("same", cpu_s=3.0, worker=1), verdict("new"))
    both = ComparisonRecord(before, after)
    assert both.changed() == [(status, after.verdicts[1]), (output, other)]
    assert both.not_in_both() == (["gone"], ["new"])
    assert both.runs == (before, after)
    assert before.runs == (before,)
    assert ComparisonRecord(before, before).changed() == []


def test_a_rating_ranks_by_score_and_speed() -> None:
    slow = Rating("a", "differ_iz", "iz", score=3, counts=((0, 1),), cpu_s=1.0, md5="")
    fast = Rating("b", "differ_iz", "iz", score=3, counts=((0, 1),), cpu_s=0.01, md5="")
    low = Rating("c", "differ_iz", "iz", score=2, counts=((0, 1),), cpu_s=0.01, md5="")
    assert sorted([slow, low, fast], key=lambda rating: rating.rank) == [low, slow, fast]
