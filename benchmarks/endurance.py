"""Long and crowded work: a million candidates through stream, and verdicts beside busy processes."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import msgspec

import battnb as bn
from benchmarks.measure import tree_bytes
from benchmarks.peers import coarse
from benchmarks.seed_picture import rounds_for, spinner
from benchmarks.workloads import TIMEOUT_S, TINY_TASK, Job, endless_candidates, real

PARTS = 20


class Million(msgspec.Struct, frozen=True):
    """Candidates per second, and bytes of parent and workers, at the end of each part."""

    candidates: int
    per_s: list[float]
    memory_bytes: list[int]

    @property
    def growth_bytes(self) -> int:
        """Growth from the second part on: the first part fills caches that are bounded."""
        return max(self.memory_bytes[1:]) - self.memory_bytes[1]

    @property
    def end_over_start(self) -> float:
        """Throughput of the last quarter / that of the first quarter, medians of their parts."""
        quarter = len(self.per_s) // 4
        return median(self.per_s[-quarter:]) / median(self.per_s[:quarter])


def million(count: int = 1_000_000) -> Million:
    return asyncio.run(_stream(count))


async def _stream(count: int) -> Million:
    per_s, memory, done = [], [], 0
    part = count // PARTS
    with bn.Pool() as pool:
        pool.wait_ready()
        candidates = itertools.islice(endless_candidates(), part * PARTS)
        started_s = time.perf_counter()
        async for _ in pool.stream((candidate, TINY_TASK) for candidate in candidates):
            done += 1
            if done % part == 0:
                per_s.append(part / (time.perf_counter() - started_s))
                memory.append(tree_bytes())
                started_s = time.perf_counter()
    return Million(done, per_s, memory)


class Loaded(msgspec.Struct, frozen=True):
    """changed: verdicts beside busy processes that differ from those that were reached alone."""

    candidates: int
    busy: int
    changed: int
    alone_s: float
    loaded_s: float


def loaded(count: int = 2000, busy: int = 8) -> Loaded:
    """Judge solvers, some candidates that spin, and some that take 0.7 of the limit."""
    jobs = [*real(count).jobs, *_near_the_limit(4)]
    with bn.Pool(limits=bn.Limits(timeout_s=TIMEOUT_S)) as pool:
        pool.wait_ready()
        alone, alone_s = asyncio.run(_verdicts(pool, jobs))
        with _busy(busy):
            beside, loaded_s = asyncio.run(_verdicts(pool, jobs))
    changed = sum([beside[name] != verdict for name, verdict in alone.items()])
    wrong = sum([alone[job.candidate.id] != "timeout" for job in jobs if job.hangs])
    return Loaded(candidates=len(jobs), busy=busy, changed=changed + wrong, alone_s=alone_s, loaded_s=loaded_s)


def _near_the_limit(count: int) -> list[Job]:
    task = bn.Task("near", TINY_TASK.demo[:1], ())
    rounds = rounds_for(0.7 * TIMEOUT_S)
    long = [Job(bn.Candidate(f"long{n}", spinner(rounds, n)), task) for n in range(count)]
    spin = "def solve(I):\n    while True:\n        pass\n"
    return long + [Job(bn.Candidate(f"spin{n}", spin + f"# {n}\n"), task, hangs=True) for n in range(count)]


async def _verdicts(pool: bn.Pool, jobs: Sequence[Job]) -> tuple[dict[str, str], float]:
    started_s = time.perf_counter()
    found = {v.candidate_id: coarse(v) async for v in pool.stream((job.candidate, job.task) for job in jobs)}
    return found, time.perf_counter() - started_s


@contextmanager
def _busy(count: int) -> Iterator[None]:
    spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in spinners:
            process.kill()
            process.wait()
