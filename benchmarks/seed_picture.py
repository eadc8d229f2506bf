"""The picture that began this project: 32 candidates of 0.4 CPU seconds each, sequential and parallel."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec

import battnb as bn
from benchmarks.bars import Bar
from benchmarks.measure import cores

COUNT, CPU_S = 32, 0.4

_SPINNER = """\
def solve(I):
    total = {seed}
    for number in range({rounds}):
        total = (total * 31 + number) % 1000003
    return tuple(tuple(row) for row in I)
"""


_PAIRS = tuple(bn.Pair(((colour,),), ((colour,),)) for colour in (1, 2, 3))


class SeedPicture(msgspec.Struct, frozen=True):
    """Wall seconds of all phases, both ways. cpu_s: of all candidates, in the parallel run."""

    candidates: int
    sequential_s: float
    parallel_s: float
    cpu_s: float
    workers: int
    changed: int

    @property
    def over_limit(self) -> float:
        """The parallel wall time / (CPU time / workers)."""
        return self.parallel_s / (self.cpu_s / self.workers)

    def text(self) -> str:
        walls = f"sequential {self.sequential_s:.2f} s, parallel {self.parallel_s:.2f} s"
        limit = f"CPU limit {self.cpu_s / self.workers:.2f} s, parallel / limit {self.over_limit:.3f}"
        return f"seed's picture: {self.candidates} candidates, {walls}, {limit}, changed verdicts {self.changed}"


def seed_picture(path: Path | None, count: int = COUNT, cpu_s: float = CPU_S) -> SeedPicture:
    """Run the candidates through all phases both ways, and draw the Gantt to a file."""
    both = asyncio.run(_compare(count, cpu_s))
    if path is not None:
        from battnb.view.figure import save_figure

        save_figure(both.gantt(), path)
    verdicts = both.parallel.verdicts
    return SeedPicture(
        candidates=count,
        sequential_s=both.sequential.profile.wall_s,
        parallel_s=both.parallel.profile.wall_s,
        cpu_s=sum([verdict.cpu_s for verdict in verdicts]),
        workers=both.parallel.workers,
        changed=len(both.changed()),
    )


async def _compare(count: int, cpu_s: float) -> bn.Comparison:
    task = bn.Task("spin", _PAIRS[:2], _PAIRS[2:])
    rounds = rounds_for(cpu_s / len(task.samples))
    spinners = [bn.Candidate(f"spin{seed}", spinner(rounds, seed)) for seed in range(count)]
    battery = bn.Battery("seed's picture", programs=tuple(spinners))
    limits = bn.Limits(timeout_s=10 * cpu_s)
    async with bn.Pool(workers=min(cores(), count)) as pool:
        await pool.validate(spinners[:1] * pool.workers, task)
        return await bn.compare(task, battery, limits=limits, pool=pool, out_dir=None, live=None)


def spinner(rounds: int, seed: int = 0) -> str:
    """A program that loops this many rounds on every sample, and returns its input."""
    return _SPINNER.format(rounds=rounds, seed=seed)


def rounds_for(cpu_s: float) -> int:
    """How many rounds of a spinner take this many CPU seconds on this machine."""
    namespace: dict[str, object] = {}
    probe = 200_000
    exec(spinner(probe), namespace)
    costs = [_cpu_s_of(namespace["solve"]) for _ in range(5)]
    return max(1, round(probe * cpu_s / sorted(costs)[2]))


def _cpu_s_of(function: object) -> float:
    started_s = time.process_time()
    assert callable(function)
    function(((0,),))
    return time.process_time() - started_s


def picture_bar(picture: SeedPicture) -> Bar:
    return Bar("seed's picture: parallel wall / CPU limit", picture.over_limit, 1.1, at_most=True)
