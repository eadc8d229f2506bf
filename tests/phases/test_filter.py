"""Phase filter drops duplicates, and candidates that could not be kept."""

from __future__ import annotations

from making_batteries import battery

from battnb import phases
from battnb.model import Battery, Candidate, Status, Verdict


def verdict(name: str, score: int, grids: bool = True) -> Verdict:
    return Verdict(
        candidate_id=name,
        task_id="t",
        status=Status.WRONG,
        sample_statuses=(Status.WRONG,),
        demo_correct=score,
        test_correct=None,
        outputs=(((1,),) if grids else None,),
        validated=False,
    )


async def test_the_same_program_is_kept_once() -> None:
    made = battery(
        ["vmirror(I)", "hmirror(t1)", "vmirror(I)", "hmirror(t3)", "hmirror(I)"],
        {"a": "t2", "b": "t4", "c": "t1", "d": "t2", "e": "t3", "f": "t5"},
    )
    found = await phases.filter(made, [verdict(name, 1) for name in "abcdef"])
    assert found.kept == ("a", "c", "f")
    assert found.duplicate_of == {"b": "a", "d": "a", "e": "c"}
    assert found.dropped == ()


async def test_what_could_not_be_kept_by_score_is_dropped() -> None:
    names = [f"rot90({n})" for n in range(6)]
    made = battery(names, {str(n): f"t{n + 1}" for n in range(6)})
    verdicts = [verdict(str(n), score) for n, score in enumerate([3, 0, 2, 1, 2, 2])]
    found = await phases.filter(made, verdicts, keep=2)
    assert found.kept == ("0", "2", "4", "5")  # those with the score of the last place are all kept
    assert found.dropped == ("1", "3")


async def test_a_duplicate_takes_no_place() -> None:
    made = battery(["rot90(I)", "rot180(I)"], {"a": "t1", "b": "t1", "c": "t2"})
    found = await phases.filter(made, [verdict("a", 3), verdict("b", 3), verdict("c", 1)], keep=2)
    assert found.kept == ("a", "c")


async def test_a_candidate_that_gave_no_grid_is_dropped() -> None:
    made = battery(["rot90(I)", "rot180(I)"], {"a": "t1", "b": "t2"})
    found = await phases.filter(made, [verdict("a", 0, grids=False), verdict("b", 0)])
    assert (found.kept, found.dropped) == (("b",), ("a",))


async def test_programs_lose_only_duplicates() -> None:
    programs = [
        Candidate("a", "x"),
        Candidate("b", "y"),
        Candidate("c", "x"),
        Candidate("d", "x", "main"),
        Candidate("e", b"x"),
    ]
    found = await phases.filter(Battery("b", programs=tuple(programs)), [])
    assert found.kept == ("a", "b", "d", "e")
    assert found.duplicate_of == {"c": "a"}
