"""Phase differs rates candidates."""

from __future__ import annotations

import pytest
from making_batteries import battery

from battnb import phases
from battnb.executor import Executor
from battnb.model import Limits, Task
from battnb.phases.differs import points


@pytest.mark.parametrize(
    ("family", "raw", "own", "earned"),
    [
        ("iz", 2, 0, 2),
        ("iz", 2, 1, 1),
        ("iz", 0, 0, 1),
        ("iz", 0, 3, 0),
        ("zo", 0, 2, 2),
        ("zo", 0, 0, 1),
        ("zo", 2, 2, 1),
        ("zo", 2, 0, 0),
        ("iz", None, 0, 0),
        ("iz", 2, None, 0),
        ("zo", None, None, 0),
    ],
)
def test_points(family: str, raw: int | None, own: int | None, earned: int) -> None:
    """iz earns (raw > 0) + (own == 0), zo earns (raw == 0) + (own > 0), and a missing count earns nothing."""
    assert points(family, raw, own) == earned


DIFFERS = [
    ("differ_colors_iz", None, "t2"),
    ("differ_colors_zo", None, "t3"),
    ("differ_colors_iz", "a", "t4"),
    ("differ_colors_zo", "a", "t5"),
    ("differ_colors_iz", "b", "t6"),
]
LINES = [
    "vmirror(I)", "differ_colors_iz(S, I, C)", "differ_colors_zo(S, I, C)", "differ_colors_iz(S, t1, C)",
    "differ_colors_zo(S, t1, C)", "differ_colors_iz(S, t7, C)", "canvas(4, (1, 1))",
]  # fmt: skip


async def test_a_differ_rates_its_candidate_on_the_demo_pairs(executor: Executor, mirror_task: Task) -> None:
    lines = [*LINES[:5], LINES[6], "differ_colors_iz(S, t6, C)"]
    differs = [*DIFFERS[:4], ("differ_colors_iz", "b", "t7")]
    made = battery(lines, {"a": "t1", "b": "t6"}, differs)
    programs = phases.inline_differs(made, {"a", "b"})
    assert [(p.mark.name, p.candidate_id) for p in programs] == [
        ("differ_colors_iz", "a"), ("differ_colors_zo", "a"), ("differ_colors_iz", "b"),
    ]  # fmt: skip
    right, missing, wrong = await phases.differs(made, programs, mirror_task, executor)
    assert (right.family, right.counts, right.score) == ("iz", ((0, 0),) * 3, 3)
    assert (missing.family, missing.counts, missing.score) == ("zo", ((0, 0),) * 3, 3)
    # A canvas of 4 has one colour too many if the wanted grid has no 4.
    assert (wrong.counts, wrong.score) == (((0, 0), (0, 1), (0, 1)), 1)
    assert len({right.md5, missing.md5, wrong.md5}) == 3
    assert right.source.startswith("def differ(S, I, C):")


async def test_outputs_that_are_known_give_the_same_ratings_and_their_steps_do_not_run_again(
    executor: Executor, mirror_task: Task
) -> None:
    slow = "(lambda g, n: [vmirror(g) for _ in range(n)][-1])(I, 30000)"
    lines = [slow, "crop(I, 5)", "differ_colors_iz(S, I, C)", *[f"differ_colors_iz(S, {t}, C)" for t in ("t1", "t2")]]
    marks = [("differ_colors_iz", None, "t3"), ("differ_colors_iz", "a", "t4"), ("differ_colors_iz", "b", "t5")]
    made = battery(lines, {"a": "t1", "b": "t2"}, marks)
    values = await phases.execute(made, mirror_task, executor, pairs="all", limits=Limits())
    verdicts = phases.judge_values(made, mirror_task, values)
    programs = phases.inline_differs(made, {"a", "b"})
    again = await phases.differs(made, programs, mirror_task, executor, limits=Limits())
    known = await phases.differs(made, programs, mirror_task, executor, limits=Limits(), verdicts=verdicts)
    assert [(r.candidate_id, r.score, r.counts) for r in known] == [(r.candidate_id, r.score, r.counts) for r in again]
    assert known[1].counts == ((0, None),) * 3
    assert known[0].cpu_s < again[0].cpu_s / 10


async def test_a_candidate_is_rated_by_a_differ_once(executor: Executor, mirror_task: Task) -> None:
    """This holds even if the battery has a duplicate of it, with the same differ on the same value."""
    differs = [*DIFFERS[:4], ("differ_colors_iz", "b", "t4"), ("differ_colors_zo", "b", "t5")]
    made = battery(LINES[:5], {"a": "t1", "b": "t1"}, differs)
    programs = phases.inline_differs(made, {"a"})
    assert [(p.candidate_id, p.mark.name) for p in programs] == [("a", "differ_colors_iz"), ("a", "differ_colors_zo")]
    assert len(await phases.differs(made, programs, mirror_task, executor)) == 2


async def test_a_differ_that_gives_no_count_earns_nothing(executor: Executor, mirror_task: Task) -> None:
    lines = ["vmirror(I)", "(lambda s, i, c: 5)(S, I, C)", "(lambda s, i, c: (len,))(S, t1, C)", "crop(t1, t1)"]
    differs = [("odd_iz", None, "t2"), ("odd_iz", "a", "t3"), ("bad_zo", "a", "t4")]
    made = battery(lines, {"a": "t1"}, differs)
    first, second = await phases.differs(made, phases.inline_differs(made, {"a"}), mirror_task, executor)
    assert (first.score, second.score) == (0, 0)
    assert first.counts == ((None, None),) * 3


async def test_a_differ_that_hangs_harms_no_other(executor: Executor, mirror_task: Task) -> None:
    lines = ["vmirror(I)", "(lambda s, i, c: 10 ** 10**9)(S, I, C)", "(lambda s, i, c, x: x ** 10**9)(S, t1, C, 10)",
             "differ_colors_iz(S, I, C)", "differ_colors_iz(S, t1, C)"]  # fmt: skip
    lines[1] = "(lambda s, i, c, x: x ** 10**9)(S, I, C, 10)"
    differs = [
        ("slow_iz", None, "t2"),
        ("slow_iz", "a", "t3"),
        ("differ_colors_iz", None, "t4"),
        ("differ_colors_iz", "a", "t5"),
    ]
    made = battery(lines, {"a": "t1"}, differs)
    limits = Limits(timeout_s=0.15)
    slow, good = await phases.differs(made, phases.inline_differs(made, {"a"}), mirror_task, executor, limits=limits)
    assert (slow.score, good.score) == (0, 3)


def test_differs_of_candidates_that_are_not_named_are_left_out() -> None:
    made = battery(LINES[:5], {"a": "t1"}, DIFFERS[:4])
    assert phases.inline_differs(made, set()) == []


async def test_without_differs_there_are_no_ratings(executor: Executor, mirror_task: Task) -> None:
    assert await phases.differs(battery(LINES[:1], {"a": "t1"}), [], mirror_task, executor) == []
