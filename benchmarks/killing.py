"""A run over several tasks that is killed again and again and resumed, and two runs on one store at once."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

import battnb as bn
from battnb.dsl.generate import generate_battery
from battnb.model import Verdict

TASKS, COUNT = 12, 60
PATIENCE_S = 120.0


class Killed(msgspec.Struct, frozen=True):
    """A run that was killed and resumed, compared with one that was not.

    rounds: processes that ran; the last one ran to its end. again: finished validations that ran again. different:
    verdicts that differ from the unbroken run's. folders: links that differ from what the store says.
    """

    kills: int
    rounds: int
    verdicts: int
    again: int
    different: int
    folders: int


class Together(msgspec.Struct, frozen=True):
    """Two processes at once. errors: how many of the two ended with an error."""

    different: int
    errors: int


def kill_and_resume(folder: Path, kills: int, seed: int = 0, tasks: int = TASKS) -> Killed:
    """Kill a run with SIGKILL at random moments, resume it each time, and compare it with an unbroken one."""
    unbroken = _started(folder / "unbroken", tasks)
    began_s = time.monotonic()
    _ended_well(unbroken)
    whole_s = time.monotonic() - began_s
    dice, rounds, killed, out = random.Random(seed), 0, 0, folder / "broken"
    while killed < kills:
        rounds += 1
        process = _started(out, tasks)
        time.sleep(dice.uniform(0.0, whole_s))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait(PATIENCE_S)
        if process.returncode == 0 and killed < kills:
            _start_over(out)
    _ended_well(_started(out, tasks))
    done = Counter((out / "done.txt").read_text().split())
    again = sum(done.values()) - len(done)
    different = _differences(folder / "unbroken", out)
    return Killed(
        kills=kills,
        rounds=rounds + 1,
        verdicts=len(done),
        again=again,
        different=different,
        folders=_folder_differences(out, folder / "made"),
    )


def _start_over(out: Path) -> None:
    """The run ended before it could be killed: another run gets the rest of the kills."""
    out.rename(out.with_name(f"{out.name}-{time.monotonic_ns()}"))


def two_at_once(folder: Path, tasks: int = TASKS) -> Together:
    """Two processes do the same work on one store; another one does it alone."""
    _ended_well(_started(folder / "alone", tasks))
    both = [_started(folder / "both", tasks) for _ in range(2)]
    errors = sum([process.wait(PATIENCE_S) != 0 for process in both])
    return Together(_differences(folder / "alone", folder / "both"), errors)


def _started(out: Path, tasks: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.killing", str(out), str(tasks)], stdin=subprocess.DEVNULL
    )


def _ended_well(process: subprocess.Popen[bytes]) -> None:
    if process.wait(PATIENCE_S) != 0:
        raise RuntimeError(f"a run ended with {process.returncode}")


def _differences(one: Path, other: Path) -> int:
    first, second = (_results(place) for place in (one, other))
    return sum([first.get(key) != second.get(key) for key in first.keys() | second.keys()])


def _results(out: Path) -> dict[tuple[str, str], object]:
    """Statuses, outputs and scores by candidate, without times, of the last complete run of each task."""
    with bn.open_store(out) as store:
        rows = store.database.rows(
            "SELECT r.task_id, c.candidate_id, c.status, c.demo_correct, c.test_correct, c.md5, c.duplicate_of, "
            "c.validated FROM results c JOIN runs r ON r.id = c.run_id WHERE r.id IN "
            "(SELECT max(id) FROM runs WHERE state = 'complete' GROUP BY task_id)"
        )
        frame = store.verdicts(outputs=True)
    found: dict[tuple[str, str], object] = {(task, candidate): rest for task, candidate, *rest in rows}
    for task, md5, outputs, statuses in zip(
        frame["task_id"], frame["source_md5"], frame["outputs"], frame["sample_statuses"], strict=True
    ):
        found[task, md5] = outputs, statuses
    return found


def _folder_differences(out: Path, made: Path) -> int:
    """How many links and programs differ between the folders and the folders made from the store."""
    with bn.open_store(out) as store:
        store.make_folders(made)
    there, again = (_programs(place) for place in (out, made))
    return len(there ^ again)


def _programs(out: Path) -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(out)), os.readlink(path) if path.is_symlink() else path.read_text())
        for name in ("solver_md5", "solver_dir", "differ_md5", "differ_dir")
        for path in (out / name).rglob("*.py")
    }


def work(out: Path, tasks: int) -> None:
    """The run that is killed. It records each validation as soon as it is finished."""
    chosen, battery = bn.load_tasks(data="arc-agi-1")[:tasks], generate_battery("007bbfb7", COUNT)
    out.mkdir(parents=True, exist_ok=True)
    log = os.open(out / "done.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(verdicts: Sequence[Verdict]) -> None:
        lines = [f"{verdict.task_id}/{verdict.md5}\n" for verdict in verdicts if not verdict.cached]
        os.write(log, "".join(lines).encode())

    async def run() -> None:
        async for _ in bn.stream_tasks(chosen, battery, out_dir=out, workers=2, live=None, on_verdicts=note):
            pass

    asyncio.run(run())
    os.close(log)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.killing", description="What killing.py kills.")
    parser.add_argument("out", type=Path)
    parser.add_argument("tasks", type=int)
    options = parser.parse_args()
    work(options.out, options.tasks)
