"""Whole datasets: a battery on every ARC-AGI-1 training task, again from the store, killed and resumed, by two at once.

python -m benchmarks.datasets [--json] [--tasks N] [--count N] [--kills N] [--save FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

import battnb as bn
from battnb.dsl.generate import generate_battery
from battnb.model import Battery, Candidate, Task
from benchmarks.bars import Bar, bars_text
from benchmarks.killing import TASKS, Killed, Together, kill_and_resume, two_at_once
from benchmarks.measure import Cost, cores, measured
from benchmarks.table import table

SEQUENTIAL, FIRST, AGAIN, UNCACHED = "sequential, no store", "first run", "again, from the store", "again, --no-cache"
HEAVY_S, HEAVY_TASKS, HEAVY_COUNT = 0.005, 20, 40

Outcome = tuple[tuple[Any, ...], ...]
"""The result on one task: for each candidate its id, its statuses by sample, and its outputs."""


class Turn(msgspec.Struct, frozen=True):
    """One run over all tasks.

    executed: how many candidates and values of steps were run. different: how many verdicts differ from those of the
    sequential run. growth_bytes: how much the parent's memory grew from the first quarter of the tasks to the end.
    """

    name: str
    cost: Cost
    verdicts: int
    cached: int
    executed: int
    different: int
    growth_bytes: int


class DatasetsRun(msgspec.Struct, frozen=True):
    """What was measured. lookup_us: microseconds per verdict, in bulk, outputs included."""

    tasks: int
    candidates: int
    store_bytes: int
    turns: list[Turn]
    heavy: list[Turn]
    lookup_us: float
    killed: Killed
    together: Together

    def wall_s(self, name: str, heavy: bool = False) -> float:
        return next(turn.cost.wall_s for turn in (self.heavy if heavy else self.turns) if turn.name == name)


class CountingPool(bn.Pool):
    """A pool that counts what it is asked to run."""

    executed = 0

    async def validate(self, candidates: Any, task: Any, **options: Any) -> Any:  # type: ignore[override]
        self.executed += len(candidates)
        return await super().validate(candidates, task, **options)

    async def execute(self, steps: Any, values: Any, samples: Any, **options: Any) -> Any:
        self.executed += len(values) * len(samples)
        return await super().execute(steps, values, samples, **options)


def measure_datasets(tasks: int = 400, count: int = 149, kills: int = 20) -> DatasetsRun:
    """Everything. All of it runs in one process, except the part that is killed."""
    chosen = bn.load_tasks(data="arc-agi-1")[:tasks]
    battery = generate_battery("007bbfb7", count)
    with tempfile.TemporaryDirectory(dir=_in_memory()) as root:
        turns = asyncio.run(_turns(chosen, battery, Path(root) / "out"))
        lookup_us = _lookup_us(Path(root) / "out", chosen[:40], battery)
        size = (Path(root) / "out" / "battnb.db").stat().st_size
        heavy = asyncio.run(_turns(chosen[:HEAVY_TASKS], _heavy_battery(), Path(root) / "heavy"))
        some = min(TASKS, tasks)
        killed = kill_and_resume(Path(root) / "killed", kills, tasks=some)
        together = two_at_once(Path(root) / "together", some)
    return DatasetsRun(
        tasks=len(chosen),
        candidates=len(battery),
        store_bytes=size,
        turns=turns,
        heavy=heavy,
        lookup_us=lookup_us,
        killed=killed,
        together=together,
    )


def _in_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _heavy_battery() -> list[Candidate]:
    """Programs that take about HEAVY_S CPU seconds on each task."""
    source = (
        "import time\n\ndef solve(I):\n    until = time.thread_time() + {each}\n"
        "    while time.thread_time() < until: pass\n    return I[::-1]  # {number}\n"
    )
    each = HEAVY_S / 3
    return [Candidate(f"heavy{number}", source.format(each=each, number=number)) for number in range(HEAVY_COUNT)]


# Turns


async def _turns(tasks: Sequence[Task], battery: Battery | list[Candidate], out: Path) -> list[Turn]:
    truth: dict[str, Outcome] = {}
    found = []
    pool = CountingPool()
    with pool:
        pool.wait_ready()
        for name, options in _WAYS.items():
            folder = None if name == SEQUENTIAL else out
            found.append(await _turn(name, tasks, battery, pool, truth, {**options, "out_dir": folder}))
    return found


_WAYS: dict[str, dict[str, Any]] = {
    SEQUENTIAL: {"mode": "sequential"},
    FIRST: {},
    AGAIN: {},
    UNCACHED: {"cache": False},
}


async def _turn(
    name: str,
    tasks: Sequence[Task],
    battery: Battery | list[Candidate],
    pool: CountingPool,
    truth: dict[str, Outcome],
    options: dict[str, Any],
) -> Turn:
    pool.executed = 0
    verdicts = cached = different = done = 0
    early = late = 0
    with measured(memory=False) as cost:
        async for run in bn.stream_tasks(tasks, battery, pool=pool, live=None, **options):
            own = run.own_verdicts
            verdicts += len(own)
            cached += sum([v.cached for v in own])
            outcome = tuple([(v.candidate_id, v.sample_statuses, hash(v.outputs)) for v in run.verdicts])
            right = truth.setdefault(run.task.id, outcome)
            different += sum([a != b for a, b in zip(outcome, right, strict=True)])
            done += 1
            if done == max(len(tasks) // 4, 1):
                early = _own_bytes()
        late = _own_bytes()
    return Turn(
        name=name,
        cost=cost,
        verdicts=verdicts,
        cached=cached,
        executed=pool.executed,
        different=different,
        growth_bytes=late - early,
    )


def _own_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _lookup_us(out: Path, tasks: Sequence[Task], battery: Battery) -> float:
    """Look up all known verdicts of some tasks: keys, rows, outputs."""

    async def looked_up() -> float:
        took_s, count = 0.0, 0
        async with _journal(out) as (journal, limits):
            programs = [p.candidate for p in await bn.phases.inline(battery, {o.candidate_id for o in battery.outputs})]
            for task in tasks:
                keys = journal.keys(programs, task, limits, "auto")
                known = [programs[index] for index in journal.known_verdicts(keys, programs, task, limits)]
                started_s = time.perf_counter()
                keys = journal.keys(known, task, limits, "auto")
                count += len(journal.known_verdicts(keys, known, task, limits))
                took_s += time.perf_counter() - started_s
        return took_s / max(count, 1) * 1e6

    return asyncio.run(looked_up())


@asynccontextmanager
async def _journal(out: Path) -> AsyncIterator[tuple[Any, bn.Limits]]:
    from battnb.database.journal import Journal
    from battnb.database.keys import Environment

    async with bn.Pool(1) as pool:
        await pool.ready()
        missing = [layer for layer, reason in pool.layers.items() if reason is not None]
        with bn.open_store(out) as store:
            yield Journal(store.database, Environment(pool.dsl, pool.packages, missing)), pool.limits


# Words


def bars(run: DatasetsRun) -> list[Bar]:
    first = next(turn for turn in run.turns if turn.name == FIRST)
    again = next(turn for turn in run.turns if turn.name == AGAIN)
    heavy = run.wall_s(FIRST, heavy=True) / run.wall_s(AGAIN, heavy=True)
    wrong = sum([turn.different for turn in (*run.turns, *run.heavy)])
    return [
        Bar("datasets: verdicts that differ from the sequential ones", wrong, 0, at_most=True),
        Bar("datasets: wall / (CPU time / cores), first run", _of_limit(first.cost), 1.15, at_most=True),
        Bar("datasets: MiB that the parent grew by, first run", first.growth_bytes / 2**20, 16, at_most=True),
        Bar("datasets: executed in a second run", again.executed + run.heavy[2].executed, 0, at_most=True),
        Bar("datasets: wall, first / second run, 149 quick candidates", first.cost.wall_s / again.cost.wall_s, 1),
        Bar("datasets: wall, first / second run, 5 CPU ms a candidate", heavy, 20),
        Bar("datasets: lookup of a verdict, microseconds", run.lookup_us, 50, at_most=True),
        Bar(f"datasets: results that differ after {run.killed.kills} kills", run.killed.different, 0, at_most=True),
        Bar("datasets: finished validations that ran again", run.killed.again, 0, at_most=True),
        Bar("datasets: results that differ with two processes", run.together.different, 0, at_most=True),
    ]


def _of_limit(cost: Cost) -> float:
    """Wall time / the least that is possible. 1 is the best."""
    return cost.wall_s * cores() / cost.cpu_s


def text(run: DatasetsRun) -> str:
    """The figures as tables."""
    head = ["", "wall s", "CPU s", "wall / (CPU / cores)", "verdicts", "cached", "executed", "different", "parent grew"]
    title = (
        f"{run.candidates} candidates on {run.tasks} tasks of ARC-AGI-1, {cores()} cores; the store then has "
        f"{run.store_bytes / 2**20:.0f} MiB"
    )
    heavy = f"{HEAVY_COUNT} programs of {HEAVY_S * 1e3:g} CPU ms each on {HEAVY_TASKS} tasks"
    killed, together = run.killed, run.together
    words = [
        f"Killed {killed.kills} times at random moments and resumed: {killed.rounds} rounds, {killed.verdicts} "
        f"verdicts, {killed.again} finished validations ran again, {killed.different} results differ from the unbroken "
        f"run's, {killed.folders} links differ once the folders were made again.",
        f"Two processes on one store at once: {together.different} results differ, {together.errors} ended in an "
        "error.",
    ]
    tables = [title, table(head, [_row(t) for t in run.turns]), heavy, table(head, [_row(t) for t in run.heavy])]
    return "\n\n".join([*tables, *words, bars_text(bars(run))])


def _row(turn: Turn) -> list[str]:
    cost = turn.cost
    return [
        turn.name, f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{_of_limit(cost):.2f}",
        str(turn.verdicts), str(turn.cached), str(turn.executed), str(turn.different),
        f"{turn.growth_bytes / 2**20:.1f} MiB",
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.datasets", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--tasks", type=int, default=400, metavar="N", help="tasks (400)")
    parser.add_argument("--count", type=int, default=149, metavar="N", help="candidates of the battery (149)")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="times that a run is killed (20)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="put the figures into this JSON and RESULTS.md")
    options = parser.parse_args(arguments)
    run = measure_datasets(options.tasks, options.count, options.kills)
    print(json.dumps(msgspec.to_builtins(run), indent=1) if options.json else text(run))
    if options.save is not None:
        from benchmarks import results

        results.put(options.save, datasets=run)


if __name__ == "__main__":
    main()
