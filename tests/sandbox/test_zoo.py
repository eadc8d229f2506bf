"""A zoo of hostile programs: each gets the status that it must get, and no honest candidate beside it notices."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from making import MIRROR, STRAIGHT, make_task
from sandbox.zoo import calls, exits, files, forging, leaks, loops, memory, outputs, processes, sources
from sandbox.zoo.cage import Animal

import battnb as bn
from battnb.model import Candidate, Limits, Task, Verdict

LIMITS = Limits(timeout_s=0.25, idle_s=0.3, wall_s=8.0, memory_bytes=96 * 2**20)
PRINTS = MIRROR.replace("    return", "    print('honest')\n    return")
HONEST = (MIRROR, STRAIGHT, PRINTS, "def solve(S, I, C):\n    return vmirror(I)\n", "p=lambda g:[r[::-1]for r in g]")


@pytest.fixture(scope="module")
def zoo_task() -> Task:
    """Three demo pairs and a test pair; the rows are so long that no other object equals one by chance."""
    rows = ([[1, 2], [3, 4]], [[5, 6, 7, 1, 9, 9, 4]] * 2, [[0, 8, 3, 7, 5, 1, 6, 2]], [[3, 1, 4, 1, 5, 9, 2, 6]])
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), rows, task_id="zoo")


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bait")
    files.make_files(folder)
    return folder


@pytest.fixture(scope="module")
def animals(bait: Path) -> list[Animal]:
    fixed = [calls, loops, memory, processes, exits, forging, outputs, sources]
    return [animal for module in fixed for animal in module.ANIMALS] + files.animals(bait)


@pytest.fixture
def zoo() -> Iterator[bn.Pool]:
    """A pool that only this test uses, so that the test sees whether anything of it is left."""
    os.environ["BATTNB_ZOO_SECRET"] = "1"
    try:
        with bn.Pool(2, LIMITS) as pool:
            yield pool
    finally:
        del os.environ["BATTNB_ZOO_SECRET"]


async def visit(
    pool: bn.Pool, animals: Sequence[Animal], task: Task, isolation: str
) -> tuple[list[Verdict], list[Verdict]]:
    """Verdicts of the animals, and of the honest candidates between them."""
    missing = {name for name, reason in pool.layers.items() if reason is not None}
    assert not [a.name for a in animals if missing.intersection(a.needs)], f"unsafe here, without {missing}"
    mixed = []
    for number, animal in enumerate(animals):
        mixed.append(Candidate(animal.name, animal.source))
        mixed.append(Candidate(f"honest {number}", HONEST[number % len(HONEST)]))
    verdicts = await asyncio.wait_for(pool.validate(mixed, task, isolation=isolation), 120)
    assert [v.candidate_id for v in verdicts] == [c.id for c in mixed]
    return verdicts[::2], verdicts[1::2]


def held_by(pool: bn.Pool, animals: Sequence[Animal]) -> list[Animal]:
    """The animals that this machine's sandbox claims to hold."""
    missing = {name for name, reason in pool.layers.items() if reason is not None}
    return [animal for animal in animals if not missing.intersection(animal.needs)]


def escaped(animals: Sequence[Animal], verdicts: Sequence[Verdict]) -> dict[str, object]:
    """The animals that got another status or error than they must get."""
    found: dict[str, object] = {}
    for animal, verdict in zip(animals, verdicts, strict=True):
        error = verdict.error
        right = verdict.status == animal.status or (animal.status == "any" and verdict.status != "correct")
        told = error is not None and animal.type in ("", error.type) and animal.message in error.message
        if not right or ((animal.type or animal.message) and not told):
            found[animal.name] = (str(verdict.status), error)
    return found


def disturbed(honest: Sequence[Verdict]) -> dict[str, object]:
    return {
        v.candidate_id: (str(v.status), v.error, v.stdout[:80])
        for v in honest
        if v.status != "correct" or set(v.sample_statuses) != {"correct"} or v.stdout not in ("", "honest\n" * 4)
    }


def test_the_zoo_is_large(animals: list[Animal]) -> None:
    names = [animal.name for animal in animals]
    assert len(set(names)) == len(names) >= 200


@pytest.mark.parametrize("isolation", ["auto", "fork"])
async def test_every_animal_gets_its_status_and_no_neighbour_notices(
    zoo: bn.Pool, animals: list[Animal], zoo_task: Task, bait: Path, isolation: str
) -> None:
    await zoo.ready()
    caged = held_by(zoo, animals)
    before = {path: path.stat() for path in bait.rglob("*")}
    verdicts, honest = await visit(zoo, caged, zoo_task, isolation)
    assert escaped(caged, verdicts) == {}
    assert disturbed(honest) == {}
    for v in verdicts:  # a program may forge its times, but they stay plausible numbers
        assert all(0 <= s < 60 for s in (*v.sample_cpu_s, v.cpu_s, v.wall_s, v.executed_cpu_s)), v
        assert -30 < v.t_log < 60
        assert math.isfinite(v.started_s + v.ended_s + v.queued_s)
        assert len(v.error.message if v.error else "") <= 2000
        assert len(v.stdout) <= LIMITS.capture_bytes
    after = {path: path.stat() for path in bait.rglob("*")}
    assert {p: (s.st_mode, s.st_size, s.st_mtime_ns) for p, s in after.items()} == {
        p: (s.st_mode, s.st_size, s.st_mtime_ns) for p, s in before.items()
    }
    assert not [p for p in ("/tmp/battnb-zoo-was-here", "/dev/shm/battnb-zoo-was-here") if os.path.exists(p)]


async def test_those_that_hurt_only_themselves_may_share_a_process(
    zoo: bn.Pool, animals: list[Animal], zoo_task: Task
) -> None:
    await zoo.ready()
    caged = [animal for animal in held_by(zoo, animals) if animal.in_worker]
    verdicts, honest = await visit(zoo, caged, zoo_task, "worker")
    assert escaped(caged, verdicts) == {}
    assert disturbed(honest) == {}


@pytest.mark.parametrize("isolation", ["auto", "fork"])
async def test_what_one_candidate_changes_no_other_finds_changed(zoo_task: Task, isolation: str) -> None:
    witness = witness_of_this_place()
    mixed = []
    for name, source in leaks.VANDALS.items():
        mixed += [
            Candidate(name, source),
            Candidate(f"after {name}", witness),
            Candidate(f"steps after {name}", STRAIGHT),
        ]
    with bn.Pool(1, LIMITS) as pool:  # with one worker, it is certain who comes next
        alone = await pool.validate([Candidate("first", witness)], zoo_task, isolation=isolation)
        verdicts = await pool.validate(mixed, zoo_task, isolation=isolation)
    assert [(v.status, v.error) for v in alone] == [("correct", None)]
    seen = {v.candidate_id: (str(v.status), v.error) for v in verdicts[1::3] + verdicts[2::3] if v.status != "correct"}
    assert seen == {}
    assert {v.stdout for v in verdicts[1::3]} == {"here\n"}


def witness_of_this_place() -> str:
    """The witness, with the values that are usual on this machine."""
    usual = {
        "DESCRIPTORS": "6",
        "NICE": str(os.getpriority(os.PRIO_PROCESS, 0)),
        "POLICY": str(os.sched_getscheduler(0)),
    }
    source = leaks.WITNESS
    for word, value in usual.items():
        source = source.replace(word, value)
    return source


async def test_a_crowd_of_forgers_costs_the_parent_little(zoo: bn.Pool, zoo_task: Task) -> None:
    """Floods of records and text are read in bounded time and memory."""
    loud = [
        forging.HARMLESS[name] for name in ("many empty records", "many refused records", "a long text", "all ones")
    ]
    crowd = [Candidate(str(n), source) for n, source in enumerate(loud * 10)]
    await zoo.ready()
    started_s = time.process_time()
    verdicts = await asyncio.wait_for(zoo.validate(crowd, zoo_task), 60)
    assert "correct" not in {v.status for v in verdicts}
    assert time.process_time() - started_s < 2  # it usually takes a twentieth of a second
