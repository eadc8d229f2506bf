"""Phase left_out finds what programs get right that they could not look up in S."""

from __future__ import annotations

from pathlib import Path

import pytest

import battnb as bn
from battnb import phases
from battnb.executor import Executor
from battnb.model import Candidate, Task

LOOKS_UP = "def solve(S, I, C):\n    return dict(S).get(I, I)\n"
LEARNS = """
def solve(S, I, C):
    turned = lambda grid: tuple(row[::-1] for row in grid)
    return turned(I) if S and all(turned(a) == b for a, b in S) else I
"""
PLAIN = "def solve(I):\n    return tuple(row[::-1] for row in I)\n"


async def unseen(executor: Executor, task: Task, *sources: str) -> list[int | None]:
    candidates = [Candidate(f"c{n}", source) for n, source in enumerate(sources)]
    verdicts = await executor.validate(candidates, task)
    found = await phases.left_out(candidates, verdicts, task, executor)
    counts = {name: sum([verdict.test_correct or 0 for verdict in on_pairs]) for name, on_pairs in found.items()}
    return [counts.get(candidate.id) for candidate in candidates]


async def test_a_look_up_is_right_on_no_pair_that_is_left_out(executor: Executor, mirror_task: Task) -> None:
    assert await unseen(executor, mirror_task, LOOKS_UP) == [0]


async def test_what_is_learnt_from_the_other_pairs_counts(executor: Executor, mirror_task: Task) -> None:
    assert await unseen(executor, mirror_task, LEARNS) == [3]


async def test_programs_that_do_not_use_s_are_not_run_again(executor: Executor, mirror_task: Task) -> None:
    straight = "def solve(S, I, C):\n    x1 = vmirror(I)\n    return x1\n"
    assert await unseen(executor, mirror_task, PLAIN, straight) == [None, None]


async def test_only_pairs_that_were_right_are_tried_again(executor: Executor, mirror_task: Task) -> None:
    partly = "def solve(S, I, C):\n    return S[0][1] if I == S[0][0] else I\n"
    candidate = Candidate("partly", partly)
    [verdict] = await executor.validate([candidate], mirror_task)
    found = await phases.left_out([candidate], [verdict], mirror_task, executor)
    assert verdict.demo_correct == 1
    assert [one.test_correct for one in found["partly"]] == [0]


async def test_a_task_with_one_pair_leaves_an_empty_s(executor: Executor, mirror_task: Task) -> None:
    alone = Task("alone", mirror_task.demo[:1], mirror_task.test)
    assert await unseen(
        executor, alone, LOOKS_UP, "def solve(S, I, C):\n    return I if S else ((2, 1), (4, 3))\n"
    ) == [0, None]


async def test_a_pool_that_is_closed_says_so(mirror_task: Task) -> None:
    with bn.Pool(1) as closing:
        candidate = Candidate("looks-up", LOOKS_UP)
        [verdict] = await closing.validate([candidate], mirror_task)
        closing.close()
        with pytest.raises(bn.PoolClosed):
            await phases.left_out([candidate], [verdict], mirror_task, closing)


NOT_IN_SIGHT = (
    PLAIN,
    "def solve(I):\n    x1 = vmirror(I)\n    return x1\n",
    "def solve(S, I, C):\n    t1 = vmirror(I)\n    return t1\n",
    "def solve(I, S=None, C=None):\n    return S or I\n",
    "p = lambda g: g\n",
    "import gc, sys\ndef solve(I): return gc.get_objects() and sys.modules and I\n",
    "class A:\n    def __init__(self): self.a = 1\ndef solve(I): return I\n",
)
IN_SIGHT = (
    LOOKS_UP,
    "def solve(S, I, C):\n    t1 = first(S)\n    t2 = vmirror(I)\n    return t2\n",
    "def solve(a, b, c):\n    t1 = last(a)\n    return b\n",
    "solve = lambda S, I, C: I\n",
    "import functools\n@functools.cache\ndef solve(S, I, C): return I\n",
    "def solve(S, I, C):\n    return list(locals().values())[1]\n",
    "def solve(S, I, C):\n    t1 = locals()\n    return t1\n",
    "def solve(a): return a\nglobals()['sol' + 've'] = lambda S, I, C: S[0][1]\n",
)


@pytest.mark.parametrize(("isolation", "seen_too"), [("auto", []), ("fork", [2]), ("worker", [0, 3, 4, 5, 6])])
async def test_a_verdict_says_whether_the_demo_pairs_were_in_sight(
    mirror_task: Task, isolation: str, seen_too: list[int]
) -> None:
    """It follows from where a program ran: a fork for a program that takes S has it, and so has a shared process."""
    candidates = [Candidate(f"c{n}", source) for n, source in enumerate((*NOT_IN_SIGHT, *IN_SIGHT))]
    async with bn.Pool(1, isolation=isolation) as pool:
        verdicts = await pool.validate(candidates, mirror_task)
    seen = [n for n, verdict in enumerate(verdicts) if verdict.saw_s]
    assert seen == [*seen_too, *range(len(NOT_IN_SIGHT), len(candidates))]
    assert {verdict.saw_s for verdict in verdicts} == {True, False}


async def test_verdicts_from_the_store_say_it_too(tmp_path: Path, pool: bn.Pool, mirror_task: Task) -> None:
    candidates = [Candidate("looks-up", LOOKS_UP), Candidate("plain", PLAIN)]
    for _ in range(2):
        run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=tmp_path, live=None, store=True)
        assert [(verdict.saw_s, verdict.unseen_correct) for verdict in run.verdicts] == [(True, 0), (False, 3)]
    assert [verdict.cached for verdict in run.verdicts] == [True, True]


async def test_a_run_says_for_each_candidate_what_it_could_not_look_up(pool: bn.Pool, mirror_task: Task) -> None:
    candidates = [Candidate("looks-up", LOOKS_UP), Candidate("learns", LEARNS), Candidate("plain", PLAIN)]
    run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live=None)
    assert [verdict.demo_correct for verdict in run.verdicts] == [3, 3, 3]
    assert [verdict.unseen_correct for verdict in run.verdicts] == [0, 3, 3]
    assert [verdict.size_bytes for verdict in run.verdicts] == [len(LOOKS_UP), len(LEARNS), len(PLAIN)]


async def test_without_that_phase_it_is_not_known(pool: bn.Pool, mirror_task: Task) -> None:
    candidates = [Candidate("learns", LEARNS), Candidate("plain", PLAIN)]
    run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live=None, leave_one_out=False)
    assert [verdict.unseen_correct for verdict in run.verdicts] == [None, 3]
