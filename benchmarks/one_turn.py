"""One turn of side_by_side, in a process of its own, with whichever battnb PYTHONPATH names.

python -P one_turn.py WORK FOLDER SPAWNED_S     prints what it measured as JSON

It uses only public names of battnb that both checkouts have, and imports hardly anything before battnb. FOLDER holds
what side_by_side has prepared. SPAWNED_S is when the process was started, on the monotonic clock.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False  # typing's own would import much before battnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from tempfile import TemporaryDirectory
    from typing import Any

Figures = dict[str, float]
REPEATS = 5


def startup(folder: str, spawned_s: float) -> Figures:  # noqa: ARG001
    """Seconds for the import alone, and for a pool to be ready after it."""
    began_s = time.monotonic()
    import battnb as bn

    imported_s = time.monotonic()
    with bn.Pool() as pool:
        pool.wait_ready()
        return {"import": imported_s - began_s, "pool ready": time.monotonic() - imported_s}


def first_verdict(folder: str, spawned_s: float) -> Figures:
    """Seconds from the start of a cold script to its first verdict."""
    import battnb as bn

    arrived: list[float] = []
    task, battery = bn.load_task("007bbfb7"), bn.load_battery(f"{folder}/battery")
    bn.run_batt_sync(task, battery, out_dir=None, live=None, on_verdicts=lambda _: arrived.append(time.monotonic()))
    return {"first verdict": arrived[0] - spawned_s}


def pool(folder: str, spawned_s: float) -> Figures:  # noqa: ARG001
    """Seconds for each workload of benchmarks.pool."""
    from functools import partial
    from pathlib import Path

    import msgspec

    import battnb as bn

    figures = {}
    with bn.Pool() as workers:
        workers.wait_ready()
        for file in sorted(Path(folder).glob("*.workload")):
            tasks, given = msgspec.json.decode(
                file.read_bytes(), type=tuple[dict[str, bn.Task], list[tuple[str, str, str]]]
            )
            jobs = [(bn.Candidate(name, source), tasks[task_id]) for name, source, task_id in given]
            figures[file.stem] = _median_s(partial(_judge, workers, jobs))
    return figures


def _judge(workers: Any, jobs: list[Any]) -> None:
    import battnb as bn

    async def judge() -> None:
        async for _ in workers.stream(jobs):
            pass

    bn.run_sync(judge())


def whole_run(folder: str, spawned_s: float) -> Figures:  # noqa: ARG001
    """Seconds for all phases of a battery on a task, both ways."""
    from functools import partial

    import battnb as bn

    task, battery = bn.load_task("007bbfb7"), bn.load_battery(f"{folder}/battery")
    with bn.Pool() as workers:
        workers.wait_ready()

        def run(mode: str) -> None:
            with _out_dir() as out:
                bn.run_batt_sync(task, battery, mode=mode, pool=workers, out_dir=out, live=None)

        return {mode: _median_s(partial(run, mode)) for mode in ("sequential", "parallel")}


def datasets(folder: str, spawned_s: float) -> Figures:  # noqa: ARG001
    """Seconds for a battery on many tasks, and again from the store."""
    from pathlib import Path

    import battnb as bn

    tasks = bn.load_tasks(data="arc-agi-1")[: int(Path(folder, "tasks").read_text())]
    battery = bn.load_battery(f"{folder}/battery")
    with bn.Pool() as workers, _out_dir() as out:
        workers.wait_ready()

        def run() -> None:
            bn.run_tasks_sync(tasks, battery, pool=workers, out_dir=out, live=None)

        return {"first run": _seconds(run), "again, from the store": _seconds(run)}


def _out_dir() -> TemporaryDirectory[str]:
    """In memory if possible: the times of a disk differ more than those of two checkouts."""
    import os
    from tempfile import TemporaryDirectory

    return TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def _median_s(work: Callable[[], None]) -> float:
    """After one run that does not count."""
    from statistics import median

    work()
    return median([_seconds(work) for _ in range(REPEATS)])


def _seconds(work: Callable[[], None]) -> float:
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s


WORKS = {work.__name__: work for work in (startup, first_verdict, pool, whole_run, datasets)}

if __name__ == "__main__":
    name, place, spawned = sys.argv[1:]
    figures = WORKS[name](place, float(spawned))
    import json

    print(json.dumps(figures))
