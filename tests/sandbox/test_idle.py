"""Sleepers are told from those that wait for a processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from leaks import cpu_s, wait_until
from making import body, candidate

import battnb as bn
from battnb.model import Limits, Task
from battnb.sandbox import wire
from battnb.sandbox.parent.nurseries import children
from battnb.sandbox.parent.workers import IdleWatch

IDLE = Limits(timeout_s=5.0, idle_s=0.4, wall_s=30)


async def test_sleeping_samples_are_told_one_by_one(pool: bn.Pool, mirror_task: Task) -> None:
    """Short sleeps do not count as idling, however many there are."""
    source = body("import time", "time.sleep(0.2)", "return tuple([row[::-1] for row in I])")
    (verdict,) = await pool.validate([candidate(source)], mirror_task, limits=IDLE)
    assert verdict.status == "correct"
    assert verdict.cpu_s < 0.1 < 0.8 <= verdict.wall_s


async def test_what_idles_too_long_is_stopped_for_idling(pool: bn.Pool, mirror_task: Task) -> None:
    waits = {
        "a lock": ["import threading", "lock = threading.Lock()", "lock.acquire()", "lock.acquire()"],
        "a pipe": ["import os", "r, w = os.pipe()", "os.read(r, 1)"],
        "a stop": ["import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)"],
    }
    verdicts = await pool.validate([candidate(body(*w), n) for n, w in waits.items()], mirror_task, limits=IDLE)
    for verdict in verdicts:
        assert (verdict.status, verdict.error and verdict.error.type) == ("timeout", "idle_s"), verdict.candidate_id
        assert 0.4 <= verdict.wall_s < 5  # it usually takes half a second


async def test_one_that_waits_for_a_processor_does_not_idle(pool: bn.Pool, mirror_task: Task) -> None:
    """With eight busy processes beside it, it takes longer and is still right."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    try:
        lines = ["from time import process_time", "end = process_time() + 0.15", "while process_time() < end: pass"]
        right = body(*lines, "return tuple([row[::-1] for row in I])")
        limits = Limits(timeout_s=0.3, idle_s=0.4, wall_s=60)
        spin = body("while True: pass")
        verdicts = await pool.validate([candidate(s) for s in (right, right, spin, right)], mirror_task, limits=limits)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert [v.status for v in verdicts] == ["correct", "correct", "timeout", "correct"]
    assert verdicts[2].error is not None
    assert verdicts[2].error.type == "timeout_s"


def test_one_that_waits_long_for_a_processor_does_not_idle_either() -> None:
    """schedstat shows how long it waited only once it runs again. That may be longer than it is allowed to idle."""
    spin = [sys.executable, "-c", "while True: pass"]
    start = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    busy: list[subprocess.Popen[bytes]] = []
    forks: list[int] = []
    with subprocess.Popen([sys.executable, "-c", start]) as worker:
        try:
            assert wait_until(lambda: children(worker.pid))
            forks = children(worker.pid)
            assert wait_until(lambda: cpu_s(forks[0]) > 0.2)
            cpu = min(os.sched_getaffinity(0))
            os.sched_setaffinity(forks[0], {cpu})
            os.sched_setscheduler(forks[0], os.SCHED_IDLE, os.sched_param(0))
            busy += [subprocess.Popen(spin, preexec_fn=lambda: os.sched_setaffinity(0, {cpu})) for _ in range(4)]
            idle, tick = IdleWatch(), wire.Tick(1, 0, 1, 0, 1)
            for _ in range(20):
                idle_s = idle.idle_s(tick, worker.pid)
                time.sleep(0.05)
        finally:
            for process in busy:
                process.kill()
                process.wait()
            for pid in (worker.pid, *forks):
                os.kill(pid, signal.SIGKILL)
    assert idle_s < 0.1


async def test_the_wall_limit_ends_what_neither_burns_nor_idles(pool: bn.Pool, mirror_task: Task) -> None:
    nap = body("import time", "for _ in range(1000):", "    time.sleep(0.01)", "    sum(range(20000))")
    limits = Limits(timeout_s=20, idle_s=20, wall_s=0.5)
    (verdict,) = await pool.validate([candidate(nap)], mirror_task, limits=limits)
    assert (verdict.status, verdict.error and verdict.error.type) == ("timeout", "wall_s")
    assert 0.5 <= verdict.wall_s < 5
