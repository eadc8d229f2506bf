"""Flow: streams, calls beside each other, cancelling, closing, and processes that are killed from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from leaks import Newcomers, cpu_s, is_running, until, wait_until
from making import MIRROR, QUICK, STRAIGHT, body, candidate

import battnb as bn
from battnb.model import Candidate, Limits, Task

SPIN = body("while True: pass")
LONG = Limits(timeout_s=30, wall_s=60)


def slow(seconds: float) -> str:
    """Right on mirror_task, after so many CPU seconds."""
    return body(
        "from time import process_time", f"end = process_time() + {seconds}", "while process_time() < end: pass",
        "return tuple([row[::-1] for row in I])",
    )  # fmt: skip


def kill(pid: int) -> bool:
    """Kill a process, and say whether it was still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


# Streams


async def test_a_stream_gives_every_verdict_once(pool: bn.Pool, mirror_task: Task, isolation: str) -> None:
    sources = [MIRROR, STRAIGHT, SPIN, body("return None")] * 3
    pairs = ((candidate(source, str(n)), mirror_task) for n, source in enumerate(sources))
    found = {v.candidate_id: v.status async for v in pool.stream(pairs, isolation=isolation)}
    wanted = ["correct", "correct", "timeout", "invalid_output"] * 3
    assert found == {str(n): status for n, status in enumerate(wanted)}


async def test_a_stream_takes_from_an_async_generator_and_several_tasks(
    pool: bn.Pool, mirror_task: Task, arc_task: Task
) -> None:
    async def pairs() -> AsyncIterator[tuple[Candidate, Task]]:
        for n in range(30):
            await asyncio.sleep(0)
            yield candidate(STRAIGHT, str(n)), arc_task if n % 3 == 0 else mirror_task

    found = [v async for v in pool.stream(pairs())]
    assert sorted(int(v.candidate_id) for v in found) == list(range(30))
    assert {(v.task_id, v.status) for v in found} == {("007bbfb7", "wrong"), ("mirror", "correct")}


async def test_a_stream_does_not_wait_for_a_slow_generator(pool: bn.Pool, mirror_task: Task) -> None:
    """A model writes a program now and then. Each is judged although the next is not there yet."""
    judged = asyncio.Event()

    async def pairs() -> AsyncIterator[tuple[Candidate, Task]]:
        for n in range(6):
            yield candidate(MIRROR, str(n)), mirror_task
            await asyncio.wait_for(judged.wait(), 20)
            judged.clear()

    found = []
    async for verdict in pool.stream(pairs()):
        found.append(verdict.candidate_id)
        judged.set()
    assert found == [str(n) for n in range(6)]


async def test_a_stream_holds_a_bounded_number_in_flight(pool: bn.Pool, mirror_task: Task) -> None:
    taken = ended = most = 0

    def pairs() -> Iterator[tuple[Candidate, Task]]:
        nonlocal taken
        for n in range(12_000):
            taken += 1
            yield candidate(STRAIGHT, str(n)), mirror_task

    async for verdict in pool.stream(pairs()):
        assert verdict.status == "correct"
        most = max(most, taken - ended)
        ended += 1
    assert ended == 12_000
    assert most <= 8192


async def test_a_stream_that_is_left_stops_its_candidates(mirror_task: Task) -> None:
    async with bn.Pool(2, LONG) as pool:
        pairs = ((candidate(SPIN if n else MIRROR, str(n)), mirror_task) for n in range(100))
        verdicts = pool.stream(pairs)
        async for verdict in verdicts:
            assert verdict.candidate_id == "0"
            break
        await verdicts.aclose()  # type: ignore[attr-defined]
        (after,) = await asyncio.wait_for(pool.validate([candidate(MIRROR)], mirror_task), 10)  # one SPIN takes 30 s
        assert after.status == "correct"


async def test_an_error_in_the_generator_comes_out_and_the_pool_goes_on(pool: bn.Pool, mirror_task: Task) -> None:
    def pairs() -> Iterator[tuple[Candidate, Task]]:
        yield candidate(MIRROR), mirror_task
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        async for _ in pool.stream(pairs()):
            pass
    assert (await pool.validate([candidate(MIRROR)], mirror_task))[0].status == "correct"


# Calls beside each other


async def test_calls_may_overlap(pool: bn.Pool, mirror_task: Task) -> None:
    async def call(n: int) -> list[str]:
        sources = [MIRROR, STRAIGHT, SPIN if n % 2 else body("return 1")]
        return [v.status for v in await pool.validate([candidate(s) for s in sources], mirror_task)]

    found = await asyncio.gather(*[call(n) for n in range(6)])
    assert found == [["correct", "correct", "timeout" if n % 2 else "invalid_output"] for n in range(6)]


async def test_a_short_call_does_not_wait_for_a_long_one(pool: bn.Pool, mirror_task: Task) -> None:
    long = asyncio.create_task(pool.validate([candidate(slow(0.03), str(n)) for n in range(20)], mirror_task))
    assert await until(pool.at_work)
    (short,) = await pool.validate([candidate(MIRROR)], mirror_task)
    verdicts = await long
    assert short.ended_s < max([v.ended_s for v in verdicts])
    assert {v.status for v in verdicts} == {"correct"}


def test_a_pool_serves_loops_in_several_threads(pool: bn.Pool, mirror_task: Task) -> None:
    import threading

    found: list[str] = []

    def work() -> None:
        found.extend(
            v.status for v in asyncio.run(pool.validate([candidate(MIRROR), candidate(STRAIGHT)], mirror_task))
        )

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["correct"] * 6


async def test_long_candidates_run_beside_each_other(pool: bn.Pool, mirror_task: Task) -> None:
    """Their own times show two lanes and an overlap. How fast that is depends on the machine."""
    verdicts = await pool.validate([candidate(slow(0.1), str(n)) for n in range(4)], mirror_task, limits=LONG)
    assert {v.worker for v in verdicts} == {0, 1}
    spans = sorted([(v.started_s, v.ended_s) for v in verdicts])
    assert any(second[0] < first[1] for first, second in pairwise(spans))


async def test_verdicts_are_shown_as_they_are_reached(pool: bn.Pool, mirror_task: Task) -> None:
    seen: list[str] = []
    candidates = [candidate(SPIN, "slow"), *[candidate(MIRROR, str(n)) for n in range(5)]]
    await pool.validate(candidates, mirror_task, on_verdicts=lambda vs: seen.extend(v.candidate_id for v in vs))
    assert sorted(seen) == ["0", "1", "2", "3", "4", "slow"]
    assert seen[0] != "slow"


# Cancelling and closing


async def assert_that_cancelling_ends(call: asyncio.Task[object], mine: Newcomers) -> None:
    """A call that is cancelled while it runs in two lanes leaves nothing that goes on running."""

    def busy() -> list[int]:
        return [pid for pid in mine.forks() if cpu_s(pid) > 0.1]

    assert await until(lambda: len(busy()) == 2)
    forks = busy()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await until(lambda: not any(map(is_running, forks)))
    while await used_in_a_moment_s(mine) > 0.1:
        pass  # workers may still clean up. If something never rests, the test runs out of patience


async def used_in_a_moment_s(mine: Newcomers) -> float:
    """CPU seconds that the processes use in half a second."""
    before_s = sum([cpu_s(pid) for pid in mine.all()])
    await asyncio.sleep(0.5)
    return sum([cpu_s(pid) for pid in mine.all()]) - before_s


async def test_cancelling_a_call_ends_its_candidates(mirror_task: Task) -> None:
    mine = Newcomers()
    async with bn.Pool(2, LONG) as pool:
        call = asyncio.create_task(pool.validate([candidate(SPIN, str(n)) for n in range(200)], mirror_task))
        await assert_that_cancelling_ends(call, mine)
        (after,) = await pool.validate([candidate(MIRROR)], mirror_task)
        assert after.status == "correct"


async def test_cancelling_an_execution_ends_its_steps(mirror_task: Task) -> None:
    from battnb.model import Code, Inputs, Ref, Step

    steps = [Step(Code("lambda x: x ** 10**9"), (Code(str(n)),)) for n in (10, 11)]
    samples = [Inputs(pair.input, mirror_task.demo) for pair in mirror_task.samples]
    mine = Newcomers()
    async with bn.Pool(2, LONG) as pool:
        call = asyncio.create_task(pool.execute(steps, [Ref(0), Ref(1)], samples))
        await assert_that_cancelling_ends(call, mine)


async def test_closing_a_pool_ends_what_waits_and_leaves_no_process(mirror_task: Task) -> None:
    mine = Newcomers()
    pool = bn.Pool(2, LONG)
    calls = [
        asyncio.create_task(pool.validate([candidate(MIRROR), candidate(SPIN)] * 20, mirror_task)) for _ in range(3)
    ]
    assert await until(lambda: len(mine.forks()) >= 2 and pool.at_work())
    below = mine.all()
    await asyncio.wait_for(asyncio.to_thread(pool.close), 10)  # one SPIN takes 30 s
    assert not any(is_running(pid) for pid in below)
    for call in calls:
        with pytest.raises(bn.PoolClosed):
            await asyncio.wait_for(call, 20)
    with pytest.raises(bn.PoolClosed):
        await pool.validate([candidate(MIRROR)], mirror_task)
    with pytest.raises(bn.PoolClosed):
        async for _ in pool.stream([(candidate(MIRROR), mirror_task)]):
            pass
    pool.close()


async def test_a_stream_over_a_pool_that_closes_gets_pool_closed(mirror_task: Task) -> None:
    pool = bn.Pool(1, LONG)
    given = 0

    async def use() -> None:
        nonlocal given
        async for _ in pool.stream((candidate(MIRROR, str(n)), mirror_task) for n in range(10**6)):
            given += 1

    call = asyncio.create_task(use())
    assert await until(lambda: given)
    await asyncio.to_thread(pool.close)
    with pytest.raises(bn.PoolClosed):
        await asyncio.wait_for(call, 20)


async def test_a_pool_that_is_closed_before_it_is_ready_says_so(mirror_task: Task) -> None:
    pool = bn.Pool(1)
    call = asyncio.create_task(pool.validate([candidate(MIRROR)], mirror_task))
    await asyncio.sleep(0)
    pool.close()
    with pytest.raises(bn.PoolClosed):
        await asyncio.wait_for(call, 20)


PARENT = """
import asyncio, os, sys
import battnb as bn
sys.path.insert(0, {tests!r})
from making import body, candidate, make_task
task = make_task(lambda grid: grid, [[[1]], [[2]]])
pool = bn.Pool(2, bn.Limits(timeout_s=60))
asyncio.run(pool.validate([candidate(body("return I"))] * 4, task))
{then}
"""


@pytest.mark.parametrize(
    "then",
    ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)",
     "asyncio.run(asyncio.wait_for(pool.validate([candidate(body('while True: pass'))] * 8, task), 0.3))",
     "import threading\n"
     "threading.Thread(target=lambda: (wait_until(pool.at_work), os.kill(os.getpid(), 9))).start()\n"
     "asyncio.run(pool.validate([candidate(body('while True: pass'))] * 8, task))"],
    ids=["end", "exit", "kill", "interrupted", "killed at work"],
)  # fmt: skip
def test_no_process_outlives_its_parent(then: str, tmp_path: Path) -> None:
    tells = "from leaks import descendants, wait_until\nprint(*descendants(os.getpid()), flush=True)"
    text = PARENT.format(tests=str(Path(__file__).parents[1]), then=f"{tells}\n{then}")
    with subprocess.Popen(
        [sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as parent:
        assert parent.stdout is not None
        below = [int(pid) for pid in parent.stdout.readline().split()]
        parent.wait(20)
    assert below
    assert wait_until(lambda: not any(is_running(pid) for pid in below))


# Killed from outside


WANTED = ["correct", "correct", "correct", "invalid_output", "error"] * 30


async def assert_that_kills_change_no_verdict(kill_one: Callable[[], bool], wanted: int, mirror_task: Task) -> None:
    """Judge in a pool while its processes are killed, and do so again until there were as many kills as wanted."""
    sources = [MIRROR, STRAIGHT, slow(0.01), body("return None"), body("return 1 / 0")] * 30
    candidates = [candidate(source, str(n)) for n, source in enumerate(sources)]
    kills = 0
    async with bn.Pool(2, Limits(timeout_s=5)) as pool:
        await pool.ready()
        while kills < wanted:
            call = asyncio.create_task(pool.validate(candidates, mirror_task))
            while not call.done() and kills < wanted:
                kills += kill_one()
                await asyncio.sleep(0.05)
            assert [v.status for v in await asyncio.wait_for(call, 60)] == WANTED


async def test_workers_that_are_killed_change_no_verdict(mirror_task: Task) -> None:
    dice, mine = random.Random(1), Newcomers()

    def kill_a_worker() -> bool:
        workers = mine.workers()
        return bool(workers) and kill(dice.choice(workers))

    await assert_that_kills_change_no_verdict(kill_a_worker, 15, mirror_task)


async def test_nurseries_that_are_killed_change_no_verdict(mirror_task: Task) -> None:
    mine = Newcomers()

    def kill_the_nursery() -> bool:
        return bool(mine.workers()) and kill(mine.nurseries()[0])

    await assert_that_kills_change_no_verdict(kill_the_nursery, 3, mirror_task)


async def test_a_candidate_whose_fork_is_killed_runs_again(mirror_task: Task) -> None:
    mine = Newcomers()
    async with bn.Pool(1, Limits(timeout_s=5)) as pool:
        call = asyncio.create_task(pool.validate([candidate(slow(0.2))], mirror_task))
        assert await until(mine.forks)
        kill(mine.forks()[0])
        (verdict,) = await asyncio.wait_for(call, 20)
        assert verdict.status == "correct"
        assert verdict.sample_statuses == ("correct",) * 4


async def test_an_idle_pool_whose_nursery_is_killed_still_works(mirror_task: Task) -> None:
    mine = Newcomers()
    async with bn.Pool(1, QUICK) as pool:
        assert (await pool.validate([candidate(MIRROR)], mirror_task))[0].status == "correct"
        (nursery,) = mine.nurseries()
        kill(nursery)
        assert wait_until(lambda: not is_running(nursery))
        call = pool.validate([candidate(MIRROR), candidate(STRAIGHT)], mirror_task)
        assert [v.status for v in await asyncio.wait_for(call, 20)] == ["correct", "correct"]


# The DSL


async def test_a_dsl_can_come_from_a_file(tmp_path: Path) -> None:
    from making import make_task

    (tmp_path / "my_dsl.py").write_text("FIVE = 5\ndef turned(grid):\n    return tuple(r[::-1] for r in grid)\n")
    task = make_task(lambda grid: tuple([row[::-1] for row in grid]), [[[1, 2]], [[3, 4]]])
    sources = [
        "def solve(I):\n    x1 = turned(I)\n    return x1\n", "def solve(I): return turned(I) if FIVE == 5 else None",
        "from my_dsl import *\ndef solve(I): return turned(I)", "def solve(I): return vmirror(I)",
    ]  # fmt: skip
    async with bn.Pool(1, dsl=[str(tmp_path / "my_dsl.py")]) as pool:
        verdicts = await pool.validate([candidate(s, str(n)) for n, s in enumerate(sources)], task)
        assert [v.status for v in verdicts] == ["correct", "correct", "correct", "error"]
        assert {"turned", "FIVE"} <= pool.names
        assert "vmirror" not in pool.names


@pytest.mark.parametrize("text", ["def f(:\n", "1 / 0\n", "raise SystemExit(3)\n", "import os\nos._exit(7)\n"])
async def test_a_dsl_that_fails_to_load_is_a_sandbox_error(tmp_path: Path, mirror_task: Task, text: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    async with bn.Pool(1, dsl=[str(tmp_path / "broken.py")]) as pool:
        with pytest.raises(bn.SandboxError):
            await asyncio.wait_for(pool.validate([candidate(MIRROR)], mirror_task), 10)
        with pytest.raises(bn.SandboxError):
            await pool.ready()


async def test_the_dsl_is_not_imported_in_this_process(tmp_path: Path, mirror_task: Task) -> None:
    (tmp_path / "telling.py").write_text(f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n")
    async with bn.Pool(1, dsl=[str(tmp_path / "telling.py")]) as pool:
        with contextlib.suppress(bn.SandboxError):  # the DSL may not be allowed to write
            await pool.validate([candidate(MIRROR)], mirror_task)
    assert "telling" not in sys.modules
    told = tmp_path / "pid"
    assert not told.exists() or told.read_text() != str(os.getpid())
