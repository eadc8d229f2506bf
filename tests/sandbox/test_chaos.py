"""The sandbox under attack from outside: processes killed at random, a parent that dies, a busy machine."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from leaks import children, descendants, is_running, wait_until
from making import MIRROR, STRAIGHT, body, make_task

import battnb as bn
from battnb.model import Candidate, Limits, Task

VALIDATIONS = 5000
LIMITS = Limits(timeout_s=0.5, idle_s=5.0, memory_bytes=192 * 2**20)

KINDS = (
    (MIRROR, "correct"),
    (STRAIGHT, "correct"),
    (body("return I"), "wrong"),
    (body("sum(range(30_000))", "return tuple([row[::-1] for row in I])"), "correct"),
    ("def solve(I):\n    x1 = hmirror(I)\n    return x1\n", "wrong"),
    (body("return 1 / 0"), "error"),
    ("def solve(S, I, C):\n    return vmirror(I)\n", "correct"),
    (body("import os", "os._exit(3)"), "exited"),
    (body("return None"), "invalid_output"),
)


def a_program(number: int) -> tuple[Candidate, str]:
    """One of many programs, each with its own text, and the status that it must get."""
    source, status = KINDS[number % len(KINDS)]
    return Candidate(str(number), source + f"# {number}\n" if "x1" not in source else source), status


class Killer:
    """Kills a worker or fork of this process's sandboxes every 50 ms, and now and then a nursery.

    spared: processes that were there before; the pool that other tests share is among them.
    """

    def __init__(self, seed: int, spared: Collection[int]) -> None:
        self._spared = spared
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self.killed = 0
        self.nurseries_killed = 0

    def run(self) -> None:
        while not self._stop.wait(0.05):
            try:
                guardians = [pid for pid in children(os.getpid()) if pid not in self._spared]
                nurseries = [nursery for guardian in guardians for nursery in children(guardian)]
                below = [pid for nursery in nurseries for pid in descendants(nursery)]
            except (FileNotFoundError, ProcessLookupError):  # one ended while it was looked at
                continue
            if below and self._kill(self._random.choice(below)):
                self.killed += 1
            if self.killed > 10 * (self.nurseries_killed + 1) and self.nurseries_killed < 3 and nurseries:
                self.nurseries_killed += self._kill(self._random.choice(nurseries))

    def _kill(self, pid: int) -> bool:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def killing(seed: int, spared: Collection[int]) -> Iterator[Killer]:
    killer = Killer(seed, spared)
    thread = threading.Thread(target=killer.run)
    thread.start()
    try:
        yield killer
    finally:
        killer.stop()
        thread.join()


@pytest.mark.parametrize("isolation", ["auto", "fork"])
async def test_random_kills_change_no_verdict_and_lose_none(isolation: str, mirror_task: Task) -> None:
    programs = [a_program(number) for number in range(VALIDATIONS)]
    spared = descendants(os.getpid())
    with bn.Pool(2, LIMITS) as pool:
        await pool.ready()
        with killing(seed=7, spared=spared) as killer:
            verdicts = await asyncio.wait_for(
                pool.validate([c for c, _ in programs], mirror_task, isolation=isolation), 120
            )
            while killer.nurseries_killed < 3:  # a fast machine is done before the third
                again = await asyncio.wait_for(
                    pool.validate([c for c, _ in programs], mirror_task, isolation=isolation), 120
                )
                assert [v.status for v in again] == [status for _, status in programs]
    assert [v.candidate_id for v in verdicts] == [c.id for c, _ in programs]
    changed = {
        v.candidate_id: (v.status, v.error) for v, (_, s) in zip(verdicts, programs, strict=True) if v.status != s
    }
    assert changed == {}
    assert killer.killed > 20
    assert killer.nurseries_killed == 3


async def test_random_kills_lose_and_double_no_verdict_of_a_stream(mirror_task: Task) -> None:
    wanted = dict(enumerate([a_program(number)[1] for number in range(1500)]))
    found: dict[int, str] = {}
    spared = descendants(os.getpid())
    with bn.Pool(2, LIMITS) as pool, killing(seed=3, spared=spared):
        async for verdict in pool.stream((a_program(number)[0], mirror_task) for number in range(1500)):
            assert int(verdict.candidate_id) not in found
            found[int(verdict.candidate_id)] = str(verdict.status)
    assert found == wanted


PARENT = """
import asyncio, sys
import battnb as bn
from battnb.model import Candidate, Limits, Pair, Task
grid = ((1,),)
task = Task("t", (Pair(grid, grid),), ())
hang = "import time\\ndef solve(I):\\n    open('left', 'w').write('x' * 1000)\\n    {how}\\n"
with bn.Pool(2, Limits(timeout_s=30, idle_s=30)) as pool:
    pool.wait_ready()
    print("up", flush=True)
    asyncio.run(pool.validate([Candidate(str(n), hang) for n in range(4)], task))
"""


@pytest.mark.parametrize("how", ["while True: pass", "time.sleep(60)", "pow(10, 10**9)"])
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_is_killed_leaves_no_process_and_no_folder(how: str, signal_number: int, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(Path(bn.__file__).parents[1])]),
    }
    source = PARENT.format(how=how)
    with subprocess.Popen([sys.executable, "-c", source], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert wait_until(lambda: len(descendants(parent.pid)) >= 6)  # guardian, nursery, two workers, two forks
        family = descendants(parent.pid)
        assert list(tmp_path.iterdir())
        parent.send_signal(signal_number)
        parent.wait(10)
        assert wait_until(lambda: not any(map(is_running, family)))
        assert wait_until(lambda: not list(tmp_path.iterdir()))


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    spinners = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


BURNS = """
import time
def solve(I):
    until = time.process_time() + {seconds}
    while time.process_time() < until: pass
    return tuple([row[::-1] for row in I])
"""


async def test_a_busy_machine_changes_no_verdict() -> None:
    task = make_task(lambda grid: tuple([row[::-1] for row in grid]), ([[1, 2]], [[3, 4]]))
    limits = Limits(timeout_s=0.2, idle_s=0.5, wall_s=60.0)
    programs = [
        *[(BURNS.format(seconds=0.7 * limits.timeout_s), "correct")] * 3,
        *[(body("while True: pass"), "timeout"), (body("return pow(10, 10**9)"), "timeout")],
        *[(body("import time", "time.sleep(60)"), "timeout"), (MIRROR, "correct"), (STRAIGHT, "correct")],
    ]
    mixed = [Candidate(str(number), source) for number, (source, _) in enumerate(programs)]
    with bn.Pool(2, limits) as pool:
        await pool.ready()
        alone = await pool.validate(mixed, task)
        with busy_processes(8):
            verdicts = await pool.validate(mixed, task)
    for found in (alone, verdicts):
        assert [str(v.status) for v in found] == [status for _, status in programs]
        types = [v.error.type if v.error else None for v in found]
        assert types == [None] * 3 + ["timeout_s", "timeout_s", "idle_s", None, None]
    assert all(0.2 <= v.cpu_s < 0.32 for v in verdicts[3:5])  # usually less than 0.21
