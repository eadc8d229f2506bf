"""battnb run: many tasks on one battery, their lines in order, the overall table at the end."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import battnb
from battnb.errors import InputError

if TYPE_CHECKING:
    from battnb.model import Battery, Limits, Task
    from battnb.run import Run

_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")


def run_command(options: argparse.Namespace) -> int:
    """Carry out battnb run."""
    run_tasks_of(options, keep=False)
    return 0


def run_tasks_of(options: argparse.Namespace, live: str | None = None, keep: bool = True) -> list[Run]:
    """Carry out battnb run: print what came of each task, and of many a table.

    live: what shows them, else a bar on a terminal. keep: return the runs, in the order of the tasks; else they are
    let go as they end, and the list is empty.
    """
    from battnb.load.batteries import load_battery
    from battnb.loops import run_sync
    from battnb.model import Limits

    limits = Limits(timeout_s=options.timeout)
    battery = load_battery(options.battery)
    tasks = chosen_tasks(options)
    return run_sync(lambda: _run_all(tasks, battery, limits, options, live, keep))


async def _run_all(
    tasks: Sequence[Task],
    battery: Battery,
    limits: Limits,
    options: argparse.Namespace,
    live: str | None,
    keep: bool,
) -> list[Run]:
    from battnb.load.batteries import check_functions
    from battnb.sandbox.parent.pool import Pool
    from battnb.streaming import Options, TaskStream

    dsl = options.dsl or ("battnb.dsl",)
    kept: dict[int, Run] = {}
    async with Pool(options.workers, limits, dsl=dsl) as pool:
        await pool.ready()
        check_functions(battery, pool.names, options.battery)
        teller = Teller(clear=_clear_line if live is None and sys.stderr.isatty() else None)
        stream = TaskStream(
            tasks,
            battery,
            Options(
                out_dir=options.out, budget_s=options.budget, limits=limits, mode=options.mode, pool=pool,
                cache=options.cache, say=teller.say, live=_live(live),
            ),
        )  # fmt: skip
        try:
            async with contextlib.aclosing(stream.runs()) as runs:
                async for index, run in runs:
                    teller.end(run.task.id, [result_line(run), *([run.timing_summary()] if options.timing else [])])
                    if keep:
                        kept[index] = run
        finally:
            if keep:
                reached = kept | stream.cut_off
                battnb.last_runs = [reached[index] for index in sorted(reached)]
    overview = stream.progress.overview()
    if len(tasks) > 1:
        print(overview)
    if options.budget is not None and not all([index in stream.progress.complete for index in range(len(tasks))]):
        print(f"-- Stopped at the budget of {options.budget:g} s: run it again, and it goes on from here")
    return [kept.get(index) or stream.unreached(index) for index in range(len(tasks))] if keep else []


def _live(live: str | None) -> str | None:
    return live or ("bar" if sys.stderr.isatty() else None)


def _clear_line() -> None:
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()


class Teller:
    """Prints the lines of tasks that run at once, in the order in which they began: those of one task together.

    Lines of the task that began first are printed at once, others' when their turn comes.
    """

    def __init__(self, clear: Any = None) -> None:
        self._order: deque[str] = deque()
        self._lines: dict[str, list[str]] = {}
        self._ended: set[str] = set()
        self._clear = clear

    def say(self, task_id: str, line: str) -> None:
        """A line of a task; without an id one of the whole, which is printed at once."""
        if not task_id:
            self._print([line])
            return
        if task_id not in self._lines:
            self._order.append(task_id)
            self._lines[task_id] = []
        self._lines[task_id].append(line)
        self._tell()

    def end(self, task_id: str, lines: Sequence[str]) -> None:
        """The last lines of a task."""
        for line in lines:
            self.say(task_id, line)
        self._ended.add(task_id)
        self._tell()

    def _tell(self) -> None:
        while self._order:
            first = self._order[0]
            self._print(self._lines[first])
            self._lines[first] = []
            if first not in self._ended:
                return
            self._order.popleft()
            self._ended.discard(first)
            del self._lines[first]

    def _print(self, lines: Sequence[str]) -> None:
        if self._clear is not None and lines:
            self._clear()
        for line in lines:
            print(line, flush=True)


def chosen_tasks(options: argparse.Namespace) -> tuple[Task, ...]:
    """The tasks of -i, all of them, or the slice of all that -s and -c name."""
    from battnb.load.tasks import load_tasks

    if options.ids:
        return load_tasks(options.ids, options.data)
    if options.all:
        return load_tasks(data=options.data)
    if options.start < 0 or options.count < 1:
        raise InputError(f"-s {options.start} -c {options.count} names no task; -s counts from 0, -c from 1")
    tasks = load_tasks(data=options.data)
    chosen = tasks[options.start : options.start + options.count]
    if not chosen:
        raise InputError(f"-s {options.start} is past the last of {len(tasks)} tasks")
    return chosen


def result_line(run: Run) -> str:
    """What came of one run, in one line."""
    best = run.best[0] if run.best else None
    if best is None:
        return f"{run.task.id}: no candidate {'gave a grid' if run.is_complete else 'was validated yet'}"
    tests = f", test {best.test_correct}/{len(run.task.test)}" if best.test_correct is not None else ""
    counts = ", ".join([f"{count} {status}" for status, count in run.counts().items()])
    demo = f"demo {best.demo_correct}/{len(run.task.demo)}"
    return f"{run.task.id}: best candidate {best.candidate_id}, {demo}{tests} ({counts})"


def tell_of_interrupt() -> None:
    """What was reached of the tasks that an interrupt cut off."""
    runs = battnb.last_runs or ([battnb.last_run] if battnb.last_run is not None else [])
    cut_off = [run for run in runs if not run.is_complete]
    if not cut_off:
        print("battnb: interrupted" + ("" if battnb.last_run else " before the first verdict"), file=sys.stderr)
        return
    for run in runs:
        print(result_line(run))
        if not run.is_complete:
            print(run.timing_summary())
    reached = sum([verdict.validated for run in cut_off for verdict in run.verdicts])
    total = sum([len(run.verdicts) for run in cut_off])
    print(f"battnb: interrupted; {reached} of {total} verdicts were reached", file=sys.stderr)


def seconds(text: str) -> float:
    """A time such as 11h, 1h30m, 90s or 90: in seconds."""
    plain = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        plain += "s"
    if not _SPAN.fullmatch(plain):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 11h, 1h30m, 90s or seconds")
    total = sum([float(part[:-1]) * _UNITS_S[part[-1]] for part in re.findall(r"[\d.]+[dhms]", plain)])
    if total <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time above 0")
    return total


def add_run_flags(run: argparse.ArgumentParser, workers: Any) -> None:
    """The flags of battnb run. workers: reads a number of them."""
    run.add_argument("-i", "--ids", nargs="+", metavar="ID", help="tasks by id")
    run.add_argument("-s", "--start", type=int, default=0, metavar="N", help="without -i: the first task's number (0)")
    run.add_argument("-c", "--count", type=int, default=1, metavar="N", help="without -i: how many tasks (1)")
    run.add_argument("--all", action="store_true", help="all tasks of the data")
    run.add_argument("-t", "--timeout", type=float, default=1.0, metavar="S", help="CPU seconds per sample (1)")
    run.add_argument("-b", "--battery", default="tmp_batt_onerun_run", metavar="PATH", help="module, file or folder")
    run.add_argument("--timing", action="store_true", help="print the timing summary")
    run.add_argument("--dsl", action="append", metavar="MODULE", help="module or .py file of the DSL; repeatable")
    run.add_argument("--data", metavar="PATH", help="task files: a folder, a Kaggle file, or a set's name")
    run.add_argument("--workers", type=workers, metavar="N", help="candidates at a time (one per core)")
    run.add_argument("--mode", choices=("parallel", "sequential"), default="parallel")
    run.add_argument(
        "--out", default=".", metavar="DIR", help="where programs, and battnb.db with all else, are kept (.)"
    )
    run.add_argument("--budget", type=seconds, metavar="TIME", help="end after 11h, 90m, 45s with what is reached")
    run.add_argument("--no-cache", dest="cache", action="store_false", help="do all work anew, also what is known")
