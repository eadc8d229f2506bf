"""Loops of every kind: sync calls beside and inside them, interrupts in scripts, and loops that close too soon."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from leaks import Newcomers, wait_until
from making import MIRROR, STRAIGHT, body, candidate

import battnb as bn
from battnb import last
from battnb.model import Limits, Task

IN_C = body("return sum(range(10**13))")
LONG = Limits(timeout_s=60)
GOOD = [candidate(MIRROR, "python"), candidate(STRAIGHT, "straight")]
HANGING = [*GOOD, candidate(IN_C, "hangs")]
PROMPT_S = 5.0
"""It takes tenths of a second; what is interrupted here would take a minute."""


# From code that is not async


def test_run_sync_takes_a_coroutine_or_what_makes_one(pool: bn.Pool, mirror_task: Task) -> None:
    verdicts = bn.run_sync(pool.validate(GOOD, mirror_task))
    assert [v.status for v in verdicts] == ["correct", "correct"]
    assert bn.run_sync(lambda: pool.validate(GOOD, mirror_task))[0].status == "correct"
    assert bn.run_sync(bn.phases.validate(GOOD, mirror_task, pool))[0].status == "correct"


def test_a_coroutine_sees_the_callers_context() -> None:
    cell = contextvars.ContextVar[str]("cell")
    cell.set("third")

    async def look() -> str:
        return cell.get()

    assert bn.run_sync(look()) == "third"


async def test_a_loop_that_runs_stands_still_for_a_sync_call(pool: bn.Pool, mirror_task: Task) -> None:
    assert [v.status for v in bn.run_sync(pool.validate(GOOD, mirror_task))] == ["correct", "correct"]
    assert asyncio.get_running_loop().is_running()


def in_a_thread(work: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_a_sync_call_in_a_thread_with_and_without_a_loop(pool: bn.Pool, mirror_task: Task) -> None:
    async def inside() -> bn.Run:
        return bn.run_batt_sync(mirror_task, GOOD, pool=pool, out_dir=None)

    for work in (lambda: asyncio.run(inside()), lambda: bn.run_batt_sync(mirror_task, GOOD, pool=pool, out_dir=None)):
        assert [v.status for v in in_a_thread(work).verdicts] == ["correct", "correct"]


UVLOOP = """
import asyncio, battnb as bn, sys, uvloop
from battnb.model import Pair, Task
task = Task("one", (Pair(((1,),), ((1,),)),), ())
good = [bn.Candidate("a", "def solve(I): return I")]

async def main():
    print(type(asyncio.get_running_loop()).__module__)
    print((await bn.run_batt(task, good, workers=1, out_dir=None)).is_complete)
    print(bn.run_batt_sync(task, good, workers=1, out_dir=None).is_complete)
    try:
        bn.allow_nested_run()
    except bn.InputError as error:
        print("uvloop.Loop" in str(error), "run_batt_sync" in str(error))

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
print(bn.run_batt_sync(task, good, workers=1, out_dir=None).is_complete)
"""


def script(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_uvloop() -> None:
    pytest.importorskip("uvloop")
    assert script(UVLOOP).split() == ["uvloop", "True", "True", "True", "True", "True"]


# Nested loops


NESTED = """
import asyncio, sys
{before}
import battnb as bn
from battnb import last
async def inner():
    return "ran"
async def main():
    return asyncio.run(inner())
before = asyncio.run
bn.run_sync(inner())
assert asyncio.run is before, "patched unasked"
bn.allow_nested_run()
bn.allow_nested_run()
print(asyncio.run(main()), *[name for name in ("nest_asyncio", "nest_asyncio2") if sys.modules.get(name)])
"""


def test_nested_loops_are_allowed_on_request_with_what_is_maintained_first() -> None:
    assert script(NESTED.format(before="")).split() == ["ran", "nest_asyncio2"]
    without = "sys.modules['nest_asyncio2'] = None"
    assert script(NESTED.format(before=without)).split() == ["ran", "nest_asyncio"]


def test_one_sentence_says_that_nothing_is_installed_that_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("nest_asyncio", "nest_asyncio2"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(bn.InputError, match="pip install nest-asyncio2"):
        bn.allow_nested_run()


# Interrupts in scripts


HEAD = """
import asyncio, battnb as bn, os, sys, threading, time
from battnb.model import Pair, Task
task = Task("one", (Pair(((1,),), ((1,),)),), ())
mine = [bn.Candidate("a", "def solve(I): return I"), bn.Candidate("b", "def solve(I): return sum(range(10**13))")]
options = dict(workers=2, out_dir=None, limits=bn.Limits(timeout_s=60))
ready = lambda verdicts: print("ready", flush=True)
def children(thread):
    try:
        return open(f"/proc/self/task/{thread}/children").read().split()
    except OSError:
        return []  # it has just ended
def tell():
    below = [child for thread in os.listdir("/proc/self/task") for child in children(thread)]
    threads = [t.name for t in threading.enumerate() if t.name.startswith("battnb")]
    print(time.monotonic(), [str(v.status) for v in bn.last_run.verdicts], below, threads, flush=True)
try:
    CALL
except KeyboardInterrupt:
    tell()
"""
SCRIPTS = {
    "await": "asyncio.run(bn.run_batt(task, mine, on_verdicts=ready, **options))",
    "sync": "bn.run_batt_sync(task, mine, on_verdicts=ready, **options)",
    "sync in a loop": """
    async def main():
        bn.run_batt_sync(task, mine, on_verdicts=ready, **options)
    asyncio.run(main())""",
}


@pytest.mark.parametrize("interrupts", [1, 4])
@pytest.mark.parametrize("call", SCRIPTS.values(), ids=SCRIPTS)
def test_ctrl_c_ends_a_script_with_the_verdicts_so_far(call: str, interrupts: int) -> None:
    took_s, said, errors = interrupted(HEAD.replace("CALL", call), interrupts)
    # Later interrupts may hit Python while it ends. Every test checks that nothing is left behind even then.
    assert interrupts > 1 or said == "['correct', 'cancelled'] [] []\n", errors
    assert took_s < PROMPT_S


def interrupted(code: str, interrupts: int) -> tuple[float, str, str]:
    """Seconds until a script reported the interrupt or ended; what it reported, and its standard error."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        started_s = time.monotonic()
        for _ in range(interrupts):
            process.send_signal(signal.SIGINT)
            time.sleep(0.003)
        said, errors = process.communicate(timeout=20)
    ended_s, _, rest = said.partition(" ")
    return float(ended_s or time.monotonic()) - started_s, rest, errors


def test_the_callers_own_handler_is_restored_afterwards(pool: bn.Pool, mirror_task: Task) -> None:
    heard: list[int] = []
    mine = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with pytest.raises(KeyboardInterrupt):
            bn.run_sync(pool.validate(HANGING, mirror_task, limits=LONG, on_verdicts=lambda _: signal.raise_signal(2)))
        signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, mine)


def test_a_sync_call_ignores_interrupts_if_its_process_does(pool: bn.Pool, mirror_task: Task) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        said = bn.run_sync(pool.validate(GOOD, mirror_task, on_verdicts=lambda _: signal.raise_signal(2)))
        assert [v.status for v in said] == ["correct", "correct"]
    finally:
        signal.signal(signal.SIGINT, before)


# Handles, from other threads and loops


async def reached(handle: bn.RunHandle, count: int) -> None:
    while len(handle.verdicts) < count:
        await asyncio.sleep(0.01)


async def test_cancelling_from_another_thread_is_prompt(mirror_task: Task) -> None:
    handle = bn.start_batt(mirror_task, HANGING, limits=LONG, workers=2, out_dir=None)
    await reached(handle, 2)
    threading.Thread(target=handle.cancel).start()
    started_s = time.monotonic()
    run = await handle
    assert time.monotonic() - started_s < PROMPT_S
    assert [v.status for v in run.verdicts] == ["correct", "correct", "cancelled"]


async def test_cancelling_the_waiting_again_does_not_leave_the_run_behind(mirror_task: Task) -> None:
    new = Newcomers()
    handle = bn.start_batt(mirror_task, HANGING, limits=LONG, workers=2, out_dir=None)

    async def wait() -> bn.Run:
        return await handle

    waiting = asyncio.create_task(wait())
    await reached(handle, 2)
    for _ in range(3):
        waiting.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert handle.done()
    assert new.all() == []


async def test_a_handle_is_awaited_in_another_loop(pool: bn.Pool, mirror_task: Task) -> None:
    handle = bn.start_batt(mirror_task, GOOD, pool=pool, out_dir=None)

    async def wait() -> bn.Run:
        return await handle

    assert await asyncio.to_thread(lambda: asyncio.run(wait())) is await handle


def test_a_run_whose_loop_is_closed_under_it_is_the_last_run_and_leaves_nothing(mirror_task: Task) -> None:
    new = Newcomers()
    loop = asyncio.new_event_loop()

    async def start() -> bn.RunHandle:
        handle = bn.start_batt(mirror_task, HANGING, limits=LONG, workers=2, out_dir=None)
        await reached(handle, 2)
        return handle

    last.run = None
    handle = loop.run_until_complete(start())
    silence(loop)
    loop.close()
    assert wait_until(lambda: not new.all())
    assert wait_until(lambda: bn.last_run is not None)
    assert bn.last_run is not None
    assert [v.status for v in bn.last_run.verdicts] == ["correct", "correct", "cancelled"]
    assert handle.done()
    handle.cancel()
    with pytest.raises(bn.InputError, match="the loop in which this run was started"):
        bn.run_sync(lambda: waited(handle))


async def waited(handle: bn.RunHandle) -> bn.Run:
    return await handle


async def begun(pool: bn.Pool) -> None:
    while not pool.at_work():
        await asyncio.sleep(0.01)


def silence(loop: asyncio.AbstractEventLoop) -> None:
    """asyncio warns of tasks that a closed loop has left behind, which is the subject here."""
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_call_whose_loop_is_closed_under_it_stops_in_a_pool_that_stays(mirror_task: Task) -> None:
    with bn.Pool(1, LONG) as pool:
        loop = asyncio.new_event_loop()
        at_work = loop.create_task(pool.validate(HANGING[2:], mirror_task))
        loop.run_until_complete(begun(pool))
        assert not at_work.done()
        silence(loop)
        loop.close()
        started_s = time.monotonic()
        assert bn.run_sync(pool.validate(GOOD, mirror_task))[0].status == "correct"
        assert time.monotonic() - started_s < PROMPT_S


# One pool, many loops


def test_one_pool_serves_many_loops_at_once(pool: bn.Pool, mirror_task: Task) -> None:
    many = [candidate(f"{MIRROR}# {n}", str(n)) for n in range(60)]
    found: list[list[str]] = []

    def work() -> None:
        verdicts = asyncio.run(pool.validate(many, mirror_task))
        found.append([v.candidate_id for v in verdicts if v.status == "correct"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    bn.run_batt_sync(mirror_task, many, pool=pool, out_dir=None)
    for thread in threads:
        thread.join()
    assert found == [[str(n) for n in range(60)]] * 4


def test_a_pool_that_is_closed_while_many_wait_tells_them_all(mirror_task: Task) -> None:
    pool = bn.Pool(1, LONG)
    pool.wait_ready()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            bn.run_batt_sync(mirror_task, HANGING, pool=pool, out_dir=None)
        except bn.PoolClosed as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert wait_until(pool.at_work)
    pool.close()
    for thread in threads:
        thread.join()
    assert len(errors) == 3
    with pytest.raises(bn.PoolClosed, match="make a new one"):
        bn.run_batt_sync(mirror_task, GOOD, pool=pool, out_dir=None)


def test_a_pool_that_nobody_closes_ends_with_its_process(tmp_path: Path) -> None:
    code = "import battnb as bn, time; pool = bn.Pool(2); pool.wait_ready()"
    subprocess.run([sys.executable, "-c", code], check=True, env={"TMPDIR": str(tmp_path), "PATH": ""})
    assert list(tmp_path.iterdir()) == []


def test_closing_a_pool_that_is_still_starting_is_prompt(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    for moment_s in (0.0, 0.02, 0.05, 0.1, 0.3):
        assert closing_s(slow, moment_s) < PROMPT_S


def closing_s(dsl: Path, moment_s: float) -> float:
    """How long closing takes, some seconds after the start."""
    pool = bn.Pool(1, dsl=[dsl])
    time.sleep(moment_s)
    started_s = time.monotonic()
    pool.close()
    return time.monotonic() - started_s
