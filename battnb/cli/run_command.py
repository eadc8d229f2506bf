"""battnb run: many tasks on one battery, their lines in order, the overall table at the end."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from battnb import last
from battnb.cli.choosing import add_choice, chosen_tasks
from battnb.cli.parsing import Parser, add_data, add_work
from battnb.view.reasons import NO_GRID

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
    async with Pool(options.workers, limits, dsl=options.dsl or battery.beside or DEFAULT_DSL) as pool:
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
    from battnb.sandbox.parent.pool import DEFAULT_DSL

    return Options(
        out_dir=given.out,
        deadline_s=given.budget,
        limits=limits,
        mode=given.mode,
        pool=pool,
        dsl=given.dsl or DEFAULT_DSL,
        store=True,
        cache=given.cache,
        say=say,
        live=live or ("bar" if sys.stderr.isatty() else None),
        any_task=given.any_task,
        data=given.data,
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


def result_line(run: Run) -> str:
    """What came of one run, in one line."""
    counts = ", ".join([f"{count} {status}" for status, count in run.counts().items()])
    best = run.winner
    if not counts and run.is_complete:
        return f"{run.task.id}: no candidate is for this task"
    if best is None:
        return f"{run.task.id}: {NO_GRID}{'' if run.is_complete else ' yet'} ({counts})"
    tests = f", test {best.test_correct}/{len(run.task.test)}" if best.test_correct is not None else ""
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
    add_choice(run)
    add_data(run)
    add_work(run)
    run.add_argument("--timing", action="store_true", help="print the timing summary")
    run.add_argument("--mode", choices=("parallel", "sequential"), default="parallel")
