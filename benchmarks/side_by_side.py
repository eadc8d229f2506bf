"""Two checkouts of battnb on the same work, in turns: the ratio of their figures, with its interval.

python -m benchmarks.side_by_side --against PATH [--turns N] [--only WORK ...] [--json] [--smoke]

Each turn is a fresh process (one_turn.py) with PYTHONPATH of one checkout; which checkout begins alternates. A ratio is
the median over the turns of new / old, and its interval holds 95 % of the medians of samples drawn from the turns again
(bootstrap). Memory is watched in turns of its own, since watching takes time from what is watched.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

import battnb as bn
from benchmarks.measure import SAMPLE_S, tree_bytes
from benchmarks.one_turn import WORKS
from benchmarks.pool import QUICK, SMOKE
from benchmarks.table import table

HERE = Path(__file__).parents[1]
TURNS, MEMORY_TURNS, TASKS, DRAWS = 21, 3, 40, 2000
MEMORY = "peak memory, MiB"
WATCHED = ("pool", "whole_run", "datasets")


class Compared(msgspec.Struct, frozen=True):
    """One figure of both checkouts: medians over the turns. low, high: the interval of the ratio new / old."""

    figure: str
    turns: int
    old: float
    new: float
    ratio: float
    low: float
    high: float


def side_by_side(against: Path, works: Sequence[str], turns: int, smoke: bool = False) -> list[Compared]:
    """Run the works in both checkouts, and compare each figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name), smoke)
        found: list[Compared] = []
        for work in works:
            found += _compared(work, _turns(work, folder, against, turns, watched=False))
            if work in WATCHED:
                found += _compared(work, _turns(work, folder, against, min(turns, MEMORY_TURNS), watched=True))
        return found


def prepared(folder: Path, smoke: bool = False) -> Path:
    """Put what both checkouts work on into a folder."""
    bn.write_battery(bn.generate_battery("007bbfb7", 12 if smoke else 149), folder / "battery")
    makers = SMOKE if smoke else QUICK
    for name, make in makers.items():
        jobs = make().jobs
        tasks = {job.task.id: job.task for job in jobs}
        given = [(job.candidate.id, job.source, job.task.id) for job in jobs]
        (folder / f"{name}.workload").write_bytes(msgspec.json.encode((tasks, given)))
    (folder / "tasks").write_text(str(2 if smoke else TASKS))
    return folder


Turn = dict[str, float]


def _turns(work: str, folder: Path, against: Path, turns: int, watched: bool) -> list[tuple[Turn, Turn]]:
    """What each turn gave: the old checkout's figures, and the new one's. A first turn, for caches, does not count."""
    found = []
    for number in range(turns + 1):
        order = [against, HERE] if number % 2 else [HERE, against]
        gave = {checkout: one_turn(work, folder, checkout, watched) for checkout in order}
        found.append((gave[against], gave[HERE]))
        print(f"{work}: turn {number} of {turns}{', memory' if watched else ''}", file=sys.stderr, flush=True)
    return found[1:]


def one_turn(work: str, folder: Path, checkout: Path, watched: bool = False) -> Turn:
    """One work in a fresh process with one checkout: its figures, or its peak memory if it is watched."""
    script = Path(__file__).with_name("one_turn.py")
    command = [sys.executable, "-P", str(script), work, str(folder), str(time.monotonic())]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, env=environment) as process:
        peak, ended = [0], threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peak, ended))
        if watched:
            watch.start()
        try:
            said, _ = process.communicate()
        finally:
            ended.set()
    if process.returncode != 0:
        raise RuntimeError(f"{work} with {checkout} ended with {process.returncode}")
    figures: Turn = json.loads(said)
    if not watched:
        return figures
    watch.join()
    return {MEMORY: peak[0] / 2**20}


def _watch(pid: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_S / 4):
        peak[0] = max(peak[0], tree_bytes(pid))


def _compared(work: str, turns: Sequence[tuple[Turn, Turn]]) -> list[Compared]:
    found = []
    for figure in turns[0][0]:
        pairs = [(old[figure], new[figure]) for old, new in turns]
        ratios = [new / old for old, new in pairs]
        low, high = interval(ratios)
        found.append(
            Compared(
                figure=f"{work}: {figure}",
                turns=len(turns),
                old=median([old for old, _ in pairs]),
                new=median([new for _, new in pairs]),
                ratio=median(ratios),
                low=low,
                high=high,
            )
        )
    return found


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """What holds 95 % of the medians of samples that are drawn from ratios again."""
    dice = random.Random(0)
    medians = sorted([median(dice.choices(ratios, k=len(ratios))) for _ in range(DRAWS)])
    return medians[DRAWS * 25 // 1000], medians[DRAWS * 975 // 1000 - 1]


def text(found: Sequence[Compared]) -> str:
    """The figures as a table; times are seconds."""
    head = ["", "turns", "old", "new", "new / old", "95 %"]
    return table(head, [_row(one) for one in found])


def _row(one: Compared) -> list[str]:
    figures = [f"{one.old:.4g}", f"{one.new:.4g}", f"{one.ratio:.3f}", f"{one.low:.3f} to {one.high:.3f}"]
    return [one.figure, str(one.turns), *figures]


def main(arguments: Sequence[str] | None = None, works: Sequence[str] = tuple(WORKS)) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.side_by_side", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--against", type=Path, metavar="PATH", required=True, help="the old checkout")
    parser.add_argument("--turns", type=int, default=TURNS, metavar="N", help=f"turns of each checkout ({TURNS})")
    parser.add_argument("--only", nargs="+", choices=works, default=works, metavar="WORK", help=", ".join(works))
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--smoke", action="store_true", help="little work: does it run at all?")
    options = parser.parse_args(arguments)
    found = side_by_side(options.against.resolve(), options.only, options.turns, options.smoke)
    print(json.dumps(msgspec.to_builtins(found), indent=1) if options.json else text(found))


if __name__ == "__main__":
    main()
