"""How long users wait: for a pool, for the first verdict of a cold command, for the replacement of a killed worker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

import battnb as bn
from battnb.dsl.generate import generate_battery
from benchmarks.workloads import hang

_FIRST_VERDICT = """\
import battnb as bn
task, battery = bn.load_task("007bbfb7"), bn.load_battery({path!r})
bn.run_batt_sync(task, battery, out_dir=None, on_verdicts=lambda verdicts: print("verdict", flush=True))
"""
STUCK, LIMIT_S = 8, 0.2


class Latency(msgspec.Struct, frozen=True):
    """Seconds, medians. command_s: until `battnb run` has reported that all candidates are validated."""

    pool_ready_s: float
    first_verdict_s: float
    command_s: float
    kill_s: float


def measure_latency(repeats: int) -> Latency:
    with tempfile.TemporaryDirectory() as folder:
        battery = bn.write_battery(generate_battery("007bbfb7"), Path(folder) / "battery")
        script = [sys.executable, "-c", _FIRST_VERDICT.format(path=str(battery))]
        command = [sys.executable, "-m", "battnb", "run", "-i", "007bbfb7", "-b", str(battery), "--out", folder]
        return Latency(
            _median(_pool_ready_s, repeats),
            _median(lambda: _until_line_s(script, "verdict"), repeats),
            _median(lambda: _until_line_s(command, "-- Phase 3a"), repeats),
            _median(_kill_s, repeats),
        )


def _median(measure: Callable[[], float], repeats: int) -> float:
    return median([measure() for _ in range(repeats)])


def _pool_ready_s() -> float:
    started_s = time.perf_counter()
    with bn.Pool() as pool:
        pool.wait_ready()
        return time.perf_counter() - started_s


def _until_line_s(command: list[str], start: str) -> float:
    """Seconds from the start of a command to the first line of its output that begins with a text."""
    started_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(start):
                took_s = time.perf_counter() - started_s
                process.stdout.read()
                return took_s
    raise RuntimeError(f"{command} ended without a line {start!r}")


def _kill_s() -> float:
    """Seconds that each stuck candidate costs one worker beyond its limit."""
    stuck = [job.candidate for job in hang(0, STUCK).jobs]
    task = hang(0, 1).jobs[0].task
    with bn.Pool(workers=1, limits=bn.Limits(timeout_s=LIMIT_S)) as pool:
        good = bn.Candidate("good", "def solve(I):\n    return tuple(I)\n")
        asyncio.run(pool.validate([good], task))
        started_s = time.perf_counter()
        asyncio.run(pool.validate([*stuck, good], task))
        return (time.perf_counter() - started_s - STUCK * LIMIT_S) / STUCK
