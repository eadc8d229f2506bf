"""The fork that is kept for straight-line programs: what stays in it, what does not, and when it is replaced."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from leaks import descendants
from making import STRAIGHT, candidate

import battnb as bn
from battnb.model import Candidate, Limits, Pair, Task

WIDE = tuple([tuple([column % 10 for column in range(30)]) for _ in range(30)])
WIDE_TASK = Task("wide", (Pair(WIDE, tuple([row[::-1] for row in WIDE])),), ())


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def turned(number: int) -> Candidate:
    """One of many programs. Each has different steps."""
    turns = ["rot90", "rot180", "rot270", "hmirror", "dmirror", "cmirror", "tophalf", "lefthalf"]
    lines, digits = ["    x0 = vmirror(I)"], number
    for step in range(5):
        lines.append(f"    x{step + 1} = {turns[digits % 8]}(x{step})")
        digits //= 8
    return Candidate(str(number), "\n".join(["def solve(I):", *lines, "    return x0", ""]))


async def test_it_is_kept_from_call_to_call(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    await one_worker_pool.validate([candidate(STRAIGHT)] * 3, mirror_task)
    before = descendants(os.getpid())
    verdicts = await one_worker_pool.validate([candidate(STRAIGHT)] * 3, mirror_task)
    assert [v.status for v in verdicts] == ["correct"] * 3
    assert descendants(os.getpid()) == before


async def test_equal_steps_run_once_in_each_call(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    """Each call is a measurement of its own: a second run must not look faster because of the first."""
    for _ in range(2):
        first, *others = await one_worker_pool.validate([candidate(STRAIGHT)] * 20, mirror_task)
        assert first.executed_cpu_s > 0
        assert [v.executed_cpu_s for v in others] == [0] * 19
        assert {v.cpu_s for v in others} == {first.cpu_s}


async def test_killed_from_outside_it_is_replaced_and_no_verdict_changes(mirror_task: Task) -> None:
    with bn.Pool(1, Limits(timeout_s=0.5)) as pool:
        spared = descendants(os.getpid())
        await pool.validate([candidate("def solve(I):\n    return [row[::-1] for row in I]\n")], mirror_task)
        workers = {*descendants(os.getpid())} - {*spared}
        await pool.validate([candidate(STRAIGHT)], mirror_task)
        kept = {*descendants(os.getpid())} - {*spared} - workers
        for pid in kept:
            os.kill(pid, signal.SIGKILL)
        assert kept
        verdicts = await pool.validate([candidate(STRAIGHT)] * 5, mirror_task)
        assert [v.status for v in verdicts] == ["correct"] * 5


async def test_a_job_that_it_has_no_memory_for_is_run_apart(mirror_task: Task) -> None:
    """If the limit is so small that a job does not fit into the kept fork, that fork is not tried for ever."""
    with bn.Pool(1, Limits(memory_bytes=2**20)) as pool:
        padded = STRAIGHT.replace("return", "\n" * 200_000 + "    return")
        verdicts = await pool.validate([candidate(padded)] * 30, mirror_task)
    assert len(verdicts) == 30
    assert {v.status for v in verdicts} <= {"correct", "memory"}


async def test_what_it_keeps_is_bounded(one_worker_pool: bn.Pool) -> None:
    """Under a limit of 192 MiB run thousands of steps on a wide grid, each with its own value to be kept."""
    verdicts = await one_worker_pool.validate([turned(number) for number in range(8**4)], WIDE_TASK)
    assert {v.status for v in verdicts} == {"correct"}
    assert max(map(resident_bytes, descendants(os.getpid()))) < 128 * 2**20


async def test_other_limits_get_another_kept_fork(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    for memory_bytes in (64 * 2**20, 128 * 2**20):
        limits = Limits(memory_bytes=memory_bytes)
        (verdict,) = await one_worker_pool.validate([candidate(STRAIGHT)], mirror_task, limits=limits)
        assert verdict.status == "correct"


SPY = """
import ctypes, os

def solve(S, I, C):
    libc, (read_end, write_end) = ctypes.CDLL(None), os.pipe()
    libc.sbrk.restype = ctypes.c_void_p
    page, found = libc.sbrk(0) - 4096, 0
    while libc.write(write_end, ctypes.c_void_p(page), 1) == 1:
        os.read(read_end, 1)
        found += ctypes.string_at(page, 4096).count(b"neighbours" + b"_name")
        page -= 4096
    raise ValueError(f"found {found}")
"""
"""Looks through the memory that its worker got from malloc."""


async def test_no_other_fork_finds_its_programs(one_worker_pool: bn.Pool, mirror_task: Task) -> None:
    neighbour = STRAIGHT.replace("x1", "neighbours_name")
    await one_worker_pool.validate([candidate(neighbour + "\n" * n) for n in range(300)], mirror_task)
    (verdict,) = await one_worker_pool.validate([candidate(SPY)], mirror_task)
    assert verdict.error is not None
    assert verdict.error.message == "found 0"
