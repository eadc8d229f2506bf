"""battnb run: many tasks on one battery, their lines in order, the overall table at the end."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from battnb import last
from battnb.cli.parsing import Parser, add_data, add_work
from battnb.errors import InputError

if TYPE_CHECKING:
    from battnb.model import Battery, Limits, Task
    from battnb.result.views import Run
    from battnb.running.options import Options, Say
    from battnb.running.task_stream import TaskStream
    from battnb.sandbox.parent.pool import Pool


def run_command(options: argparse.Namespace) -> int:
    """Carry out battnb run."""
    run_tasks_of(options, keep=False)
    return 0


def run_tasks_of(options: argparse.Namespace, live: str | None = None, keep: bool = True) -> list[Run]:
    """Carry out battnb run: print what came of each task, and a table if there are several.

    live: how they are shown; by default a bar, on a terminal. keep: return the runs, in the order of the tasks;
    otherwise they are let go as they end, and the list is empty.
    """
    from battnb.load.batteries import load_battery, run_as
    from battnb.loops import run_sync
    from battnb.model import Limits

    limits = Limits(timeout_s=options.timeout)
    battery = run_as(load_battery(options.battery), options.entry, options.grids, options.prelude)
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
    from battnb.running.task_stream import TaskStream
    from battnb.sandbox.parent.pool import DEFAULT_DSL, Pool

    kept: dict[int, Run] = {}
    async with Pool(options.workers, limits, dsl=options.dsl or DEFAULT_DSL) as pool:
        await pool.ready()
        check_functions(battery, pool.names, options.battery)
        teller = Teller(clear=_clear_line if live is None and sys.stderr.isatty() else None)
        stream = TaskStream(tasks, battery, _options(options, limits, pool, teller.say, live))
        try:
            async with contextlib.aclosing(stream.runs()) as runs:
                async for index, run in runs:
                    teller.end(run.task.id, [result_line(run), *([run.timing_summary()] if options.timing else [])])
                    if keep:
                        kept[index] = run
        finally:
            if keep:
                reached = kept | stream.cut_off
                last.runs = [reached[index] for index in sorted(reached)]
    _tell_of_all(stream, options.budget)
    return [kept.get(index) or stream.unreached(index) for index in range(len(tasks))] if keep else []


def _options(given: argparse.Namespace, limits: Limits, pool: Pool, say: Say, live: str | None) -> Options:
    from battnb.running.options import Options

    return Options(
        out_dir=given.out,
        deadline_s=given.budget,
        limits=limits,
        mode=given.mode,
        pool=pool,
        store=True,
        cache=given.cache,
        say=say,
        live=live or ("bar" if sys.stderr.isatty() else None),
    )


def _tell_of_all(stream: TaskStream, budget_s: float | None) -> None:
    if len(stream.tasks) > 1:
        print(stream.progress.overview())
    if budget_s is not None and len(stream.progress.complete) < len(stream.tasks):
        print(f"-- Stopped at the budget of {budget_s:g} s: run it again, and it goes on from here")


def _clear_line() -> None:
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()


class Teller:
    """Prints the lines of tasks that run at the same time, one task after the other, in the order in which they began.

    Lines of the first task are printed at once, the others' when their turn comes.
    """

    def __init__(self, clear: Any = None) -> None:
        self._order: deque[str] = deque()
        self._lines: dict[str, list[str]] = {}
        self._ended: set[str] = set()
        self._clear = clear

    def say(self, task_id: str, line: str) -> None:
        """Take a line about a task; without an id, it is about the whole and is printed at once."""
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
    """Print what was reached of the tasks that an interrupt cut off."""
    runs = last.runs or ([last.run] if last.run is not None else [])
    cut_off = [run for run in runs if not run.is_complete]
    if not cut_off:
        print("battnb: interrupted" + ("" if last.run else " before the first verdict"), file=sys.stderr)
        return
    for run in runs:
        print(result_line(run))
        if not run.is_complete:
            print(run.timing_summary())
    reached = sum([verdict.validated for run in cut_off for verdict in run.verdicts])
    total = sum([len(run.verdicts) for run in cut_off])
    print(f"battnb: interrupted; {reached} of {total} verdicts were reached", file=sys.stderr)


def run_parser(prog: str) -> Parser:
    """A parser of battnb run's flags alone."""
    parser = Parser(prog=prog, description="Run a battery on tasks.")
    _add_flags(parser)
    return parser


def add_run(commands: Any) -> None:
    """The command and its flags."""
    run = commands.add_parser("run", help="run a battery on tasks")
    _add_flags(run)
    run.set_defaults(command=run_command)


def _add_flags(run: argparse.ArgumentParser) -> None:
    run.add_argument("-i", "--ids", nargs="+", metavar="ID", help="tasks by id")
    run.add_argument("-s", "--start", type=int, default=0, metavar="N", help="without -i: the first task's number (0)")
    run.add_argument("-c", "--count", type=int, default=1, metavar="N", help="without -i: how many tasks (1)")
    run.add_argument("--all", action="store_true", help="all tasks of the data")
    add_data(run)
    add_work(run)
    run.add_argument("--timing", action="store_true", help="print the timing summary")
    run.add_argument("--mode", choices=("parallel", "sequential"), default="parallel")
