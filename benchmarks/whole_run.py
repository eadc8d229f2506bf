"""All phases on one battery and task: the naive way, battnb sequential and battnb parallel, and the seed's picture.

python -m benchmarks.whole_run [--json] [--repeat N] [--count N] [--picture FILE | --no-picture]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

import battnb as bn
from battnb.dsl.generate import generate_battery
from benchmarks.bars import Bar, bars_text
from benchmarks.measure import Cost, cores, measured, middle
from benchmarks.naive import NaiveRun
from benchmarks.seed_picture import SeedPicture, picture_bar, seed_picture
from benchmarks.table import table

TASK = "007bbfb7"
PATIENT_S = 60.0
"""A limit under which the naive way gives no false verdict: it shows the cost at equal verdicts."""
NAIVE, PATIENT, SEQUENTIAL, PARALLEL = "naive, 1 s limit", "naive, 60 s limit", "battnb sequential", "battnb parallel"
PICTURE = Path(__file__).parent / "seed_picture.png"

Statuses = dict[str, list[str]]
"""By candidate, for each sample: correct, wrong (everything that is not right) or timeout."""


class Contender(msgspec.Struct, frozen=True):
    """One way to run the battery. cost: the median of all repeats. false_verdicts: the most of any repeat."""

    name: str
    cost: Cost
    false_verdicts: int
    phase_s: dict[str, float]


class WholeRun(msgspec.Struct, frozen=True):
    """What was measured."""

    candidates: int
    steps: int
    repeats: int
    contenders: list[Contender]
    picture: SeedPicture | None = None

    def wall_s(self, name: str) -> float:
        return next(contender.cost.wall_s for contender in self.contenders if contender.name == name)


class _Turn(msgspec.Struct):
    """One contender's turns. phase_s: of the last turn."""

    costs: list[Cost] = []
    statuses: list[Statuses] = []
    phase_s: dict[str, float] = {}


def measure_whole_run(repeats: int = 5, count: int = 149) -> WholeRun:
    """Each contender in turn, `repeats` times, after one turn that is not counted."""
    task, battery = bn.load_task(TASK), generate_battery(TASK, count)
    turns: dict[str, _Turn] = {name: _Turn() for name in (NAIVE, PATIENT, SEQUENTIAL, PARALLEL)}
    with bn.Pool() as pool, tempfile.TemporaryDirectory(dir=_in_memory()) as root:
        pool.wait_ready()
        for repeat in range(repeats + 1):
            for name, turn in turns.items():
                folder = Path(tempfile.mkdtemp(dir=root))
                _take_turn(turn, _way(name, task, battery, pool), folder, counted=repeat > 0)
    truth = _confirmed(turns[SEQUENTIAL].statuses[-1], task, battery)
    contenders = [
        Contender(name, middle(turn.costs), max([_differences(s, truth) for s in turn.statuses]), turn.phase_s)
        for name, turn in turns.items()
    ]
    return WholeRun(candidates=len(battery), steps=len(battery.steps), repeats=repeats, contenders=contenders)


def _in_memory() -> str | None:
    """A folder in memory, if there is one: a disk's times for new files differ more than those of the contenders."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _take_turn(
    turn: _Turn, way: Callable[[Path], tuple[Statuses, dict[str, float]]], folder: Path, counted: bool
) -> None:
    with measured(memory=False) as cost:
        statuses, turn.phase_s = way(folder)
    if counted:
        turn.costs.append(cost)
        turn.statuses.append(statuses)


def _way(
    name: str, task: bn.Task, battery: bn.Battery, pool: bn.Pool
) -> Callable[[Path], tuple[Statuses, dict[str, float]]]:
    if name in (SEQUENTIAL, PARALLEL):
        return lambda folder: _battnb(task, battery, pool, name.removeprefix("battnb "), folder)
    return lambda folder: _naive(task, battery, PATIENT_S if name == PATIENT else 1.0, folder)


def _naive(task: bn.Task, battery: bn.Battery, limit_s: float, folder: Path) -> tuple[Statuses, dict[str, float]]:
    run = NaiveRun(task, battery, folder, limit_s)
    asyncio.run(run.run())
    return {name: [str(status) for status in found] for name, found in run.verdicts().items()}, run.phase_s


def _battnb(
    task: bn.Task, battery: bn.Battery, pool: bn.Pool, mode: str, folder: Path
) -> tuple[Statuses, dict[str, float]]:
    run = asyncio.run(bn.run_batt(task, battery, mode=mode, pool=pool, out_dir=folder, live=None))
    phase_s = {span.phase: span.wall_s for span in run.profile if span.phase == span.name}
    return {v.candidate_id: _coarse(v) for v in run.verdicts}, phase_s


def _coarse(verdict: bn.Verdict) -> list[str]:
    """The statuses that the naive way can tell apart too."""
    return [status if status in ("correct", "timeout") else "wrong" for status in verdict.sample_statuses]


def _confirmed(statuses: Statuses, task: bn.Task, battery: bn.Battery) -> Statuses:
    """The verdicts of a run, each checked by running its candidate alone, in a pool of its own."""
    from battnb.phases import inline

    async def alone() -> Statuses:
        programs = await inline(battery, set(statuses))
        async with bn.Pool(workers=1, isolation="fork") as pool:
            found = await pool.validate([program.candidate for program in programs], task, one_at_a_time=True)
        return {verdict.candidate_id: _coarse(verdict) for verdict in found}

    confirmed = asyncio.run(alone())
    if wrong := _differences(statuses, confirmed):
        print(f"{wrong} verdicts of battnb sequential are not what their candidates get alone", file=sys.stderr)
    return confirmed


def _differences(found: Statuses, truth: Statuses) -> int:
    return sum([found.get(name) != statuses for name, statuses in truth.items()])


def bars(run: WholeRun) -> list[Bar]:
    share = run.wall_s(PARALLEL) / run.wall_s(PATIENT)
    false = max([c.false_verdicts for c in run.contenders if c.name.startswith("battnb")])
    made = [
        Bar("whole run: wall, parallel / naive at equal verdicts", share, 0.1, at_most=True),
        Bar("whole run: false verdicts of battnb", false, 0, at_most=True),
    ]
    return made + ([picture_bar(run.picture)] if run.picture is not None else [])


def text(run: WholeRun) -> str:
    """The figures as tables."""
    head = ["", "wall s", "CPU s", "false verdicts", "x parallel"]
    rows = [_row(contender, run.wall_s(PARALLEL)) for contender in run.contenders]
    title = f"{run.candidates} candidates, {run.steps} steps, task {TASK}, medians of {run.repeats}, {cores()} cores"
    parts = [title, table(head, rows), _phases_text(run)]
    if run.picture is not None:
        parts.append(run.picture.text())
    return "\n\n".join([*parts, bars_text(bars(run))])


def _row(contender: Contender, parallel_s: float) -> list[str]:
    cost = contender.cost
    figures = [f"{cost.wall_s:.3f}", f"{cost.cpu_s:.2f}", str(contender.false_verdicts)]
    return [contender.name, *figures, f"{cost.wall_s / parallel_s:.2f}"]


def _phases_text(run: WholeRun) -> str:
    lines = []
    for contender in run.contenders:
        phases = ", ".join(f"{name.rpartition('.')[2]} {wall_s:.3f}" for name, wall_s in contender.phase_s.items())
        lines.append(f"{contender.name}: {phases}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns that each contender takes (5)")
    parser.add_argument("--count", type=int, default=149, metavar="N", help="candidates of the battery (149)")
    parser.add_argument("--picture", type=Path, default=PICTURE, metavar="FILE", help=f"the Gantt ({PICTURE.name})")
    parser.add_argument("--no-picture", dest="picture", action="store_const", const=None)
    options = parser.parse_args(arguments)
    run = measure_whole_run(options.repeat, options.count)
    if options.picture is not None:
        run = msgspec.structs.replace(run, picture=seed_picture(options.picture))
    print(json.dumps(msgspec.to_builtins(run), indent=1) if options.json else text(run))


if __name__ == "__main__":
    main()
