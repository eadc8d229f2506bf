"""Which two grids are handed in, chosen from verdicts alone."""

from __future__ import annotations

from typing import Any

from battnb.kaggle.submission import answers_of, attempts_for
from battnb.model import Grid, Pair, Status, Task, Verdict

GIVEN: Grid = ((1, 2), (3, 4))
BLANK: Grid = ((0, 0), (0, 0))
TASK = Task("made", (Pair(((1,),), ((2,),)), Pair(((2,),), ((3,),))), (Pair(GIVEN, None), Pair(((5,),), None)))


def grid(colour: int) -> Grid:
    return ((colour,),)


def verdict(name: str, correct: int | None, *outputs: Grid | None, **fields: Any) -> Verdict:
    """A verdict of a program that gave these grids for the two test inputs."""
    settled: dict[str, Any] = {"size_bytes": 100, "cpu_s": 0.01, "md5": name, "unseen_correct": correct} | fields
    statuses = (Status.CORRECT, Status.CORRECT, None, None)
    return Verdict(name, "made", Status.CORRECT, statuses, 2, None, (grid(2), grid(3), *outputs), **settled)


def attempts(*verdicts: Verdict) -> list[tuple[Grid, Grid]]:
    return attempts_for(TASK, answers_of(TASK, verdicts))


def first(*verdicts: Verdict) -> tuple[Grid, Grid]:
    return attempts(*verdicts)[0]


def test_the_program_with_most_demo_pairs_right_comes_first() -> None:
    assert first(verdict("a", 1, grid(6), None), verdict("b", 2, grid(7), None)) == (grid(7), grid(6))


def test_what_was_right_only_by_looking_it_up_counts_nothing() -> None:
    assert first(verdict("looks-up", 0, grid(6), None), verdict("real", 1, grid(7), None))[0] == grid(7)
    assert first(verdict("unjudged", None, grid(6), None), verdict("real", 1, grid(7), None))[0] == grid(7)


def test_among_programs_of_one_score_most_votes_win_over_size() -> None:
    small = verdict("small", 2, grid(6), None, size_bytes=1)
    assert first(small, verdict("b", 2, grid(7), None), verdict("c", 2, grid(7), None)) == (grid(7), grid(6))


def test_votes_of_worse_programs_do_not_count() -> None:
    many = [verdict(f"worse{n}", 1, grid(6), None) for n in range(5)]
    assert first(*many, verdict("right", 2, grid(7), None)) == (grid(7), grid(6))


def test_the_same_program_twice_has_one_vote() -> None:
    twice = [verdict("one", 2, grid(6), None, md5="same"), verdict("two", 2, grid(6), None, md5="same")]
    copy = verdict("copy", 2, grid(6), None, duplicate_of="one")
    assert first(*twice, copy, verdict("small", 2, grid(7), None, size_bytes=1))[0] == grid(7)


def test_then_size_then_speed_then_md5_decide() -> None:
    assert first(verdict("a", 2, grid(6), None), verdict("b", 2, grid(7), None, size_bytes=99))[0] == grid(7)
    assert first(verdict("a", 2, grid(6), None, cpu_s=2.0), verdict("b", 2, grid(7), None, cpu_s=0.3))[0] == grid(7)
    assert first(verdict("a", 2, grid(6), None, cpu_s=0.02), verdict("b", 2, grid(7), None, cpu_s=0.01))[0] == grid(6)
    assert first(verdict("b", 2, grid(7), None), verdict("a", 2, grid(6), None))[0] == grid(6)


def test_each_test_input_is_decided_by_itself() -> None:
    found = attempts(verdict("a", 2, None, grid(6)), verdict("b", 1, grid(7), grid(8)))
    assert found == [(grid(7), GIVEN), (grid(6), grid(8))]


def test_equal_grids_are_one_attempt() -> None:
    found = first(verdict("a", 2, grid(6), None), verdict("b", 2, grid(6), None), verdict("c", 1, grid(7), None))
    assert found == (grid(6), grid(7))


def test_without_a_grid_the_input_stands_in_and_then_a_blank_one() -> None:
    assert attempts() == [(GIVEN, BLANK), (grid(5), grid(0))]
    assert first(verdict("a", 2, grid(6), None)) == (grid(6), GIVEN)
    assert first(verdict("a", 2, GIVEN, None)) == (GIVEN, BLANK)


def test_a_blank_input_is_given_twice() -> None:
    task = Task("blank", TASK.demo, (Pair(BLANK, None),))
    assert attempts_for(task, []) == [(BLANK, BLANK)]


def test_what_was_not_validated_does_not_count() -> None:
    assert first(verdict("a", 2, grid(6), None, validated=False)) == (GIVEN, BLANK)
