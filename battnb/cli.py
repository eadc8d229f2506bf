"""The command line: battnb run, generate, demo, sandbox; report and export are in cli_views.py.

Bad input ends with one sentence on standard error and exit code 2; Ctrl-C gives what is done so far, exit code 130.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import battnb
from battnb.cli_views import add_export, add_report
from battnb.errors import BattnbError, InputError

if TYPE_CHECKING:
    from battnb.model import Battery, Limits, Task
    from battnb.run import Comparison, Run

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        code: int = options.command(options)
        return code
    except BattnbError as error:
        print(f"battnb: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        _tell_of_interrupt()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone; there is nobody to tell, also when the interpreter empties its buffers at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


# run


def _run(options: argparse.Namespace) -> int:
    run_tasks_of(options)
    return 0


def run_tasks_of(options: argparse.Namespace, live: str | None = None) -> list[Run]:
    """Carry out battnb run: print what came of each task, return the runs. live: what shows them, else a bar."""
    from battnb.load.batteries import load_battery
    from battnb.loops import run_sync
    from battnb.model import Limits

    limits = Limits(timeout_s=options.timeout)
    battery = load_battery(options.battery)
    tasks = _tasks(options)
    return run_sync(lambda: _run_all(tasks, battery, limits, options, live))


async def _run_all(
    tasks: Sequence[Task], battery: Battery, limits: Limits, options: argparse.Namespace, live: str | None
) -> list[Run]:
    """Run the tasks one after the other in one pool; each says what came of it before the next begins."""
    from battnb.load.batteries import check_functions
    from battnb.runs import run_batt
    from battnb.sandbox.pool import Pool

    dsl = options.dsl or ("battnb.dsl",)
    runs = []
    async with Pool(options.workers, limits, dsl=dsl) as pool:
        await pool.ready()
        check_functions(battery, pool.names, options.battery)
        for task in tasks:
            with _Bar(task.id, len(battery), hidden=live is not None) as bar:
                run = await run_batt(
                    task, battery, limits=limits, mode=options.mode, out_dir=options.out, pool=pool, dsl=dsl,
                    say=bar.say, on_verdicts=bar.add, live=live,
                )  # fmt: skip
            runs.append(run)
            print(_result_line(run))
            if options.timing:
                print(run.timing_summary(), flush=True)
    return runs


def _tasks(options: argparse.Namespace) -> tuple[Task, ...]:
    """The tasks of -i, or the slice of all of them that -s and -c name."""
    from battnb.load.tasks import load_task, load_tasks

    if options.ids:
        return tuple(load_task(task_id, options.data) for task_id in options.ids)
    if options.start < 0 or options.count < 1:
        raise InputError(f"-s {options.start} -c {options.count} names no task; -s counts from 0, -c from 1")
    tasks = load_tasks(data=options.data)
    chosen = tasks[options.start : options.start + options.count]
    if not chosen:
        raise InputError(f"-s {options.start} is past the last of {len(tasks)} tasks")
    return chosen


class _Bar:
    """Progress on a terminal, log lines anywhere."""

    def __init__(self, task_id: str, total: int, hidden: bool = False) -> None:
        self._bar: Any = None
        if not hidden and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=task_id, unit="candidate", leave=False)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        print(line, flush=True)

    def add(self, verdicts: Sequence[object]) -> None:
        if self._bar is not None:
            self._bar.update(len(verdicts))


def _result_line(run: Run) -> str:
    best = run.best[0] if run.best else None
    if best is None:
        return f"{run.task.id}: no candidate {'gave a grid' if run.is_complete else 'was validated yet'}"
    tests = f", test {best.test_correct}/{len(run.task.test)}" if best.test_correct is not None else ""
    counts = ", ".join([f"{count} {status}" for status, count in run.counts().items()])
    demo = f"demo {best.demo_correct}/{len(run.task.demo)}"
    return f"{run.task.id}: best candidate {best.candidate_id}, {demo}{tests} ({counts})"


# generate


def _generate(options: argparse.Namespace) -> int:
    from battnb.dsl.generate import generate_battery
    from battnb.load.batteries import write_battery

    path = Path(options.output)
    battery = generate_battery(options.task, options.count, options.seed, path.stem)
    written = write_battery(battery, path)
    print(f"-- Wrote {len(battery)} candidates in {len(battery.steps)} steps to {written}")
    return 0


# demo


def _demo(options: argparse.Namespace) -> int:
    from battnb.dsl.generate import generate_battery
    from battnb.load.batteries import load_battery, write_battery
    from battnb.load.tasks import load_task
    from battnb.runs import compare_sync

    folder = Path(options.out)
    task = load_task("007bbfb7")
    written = write_battery(generate_battery(task.id, name="battery"), folder / "battery")
    battery = load_battery(written)
    both = compare_sync(
        task, battery, out_dir=folder, workers=options.workers, say=lambda line: print(line, flush=True), live=None
    )
    print(both.timing_summary())
    print(_result_line(both.parallel))
    *others, report = _write_views(both, folder)
    for path in others:
        print(f"-- Wrote {path}")
    print(f"-- The report is in {report}: open it in a browser, {report.resolve().as_uri()}")
    return 0


def _write_views(both: Comparison, folder: Path) -> list[Path]:
    from battnb.view.figure import save_figure

    figure = both.gantt()
    pictures = [save_figure(figure, folder / f"gantt.{kind}") for kind in ("png", "svg")]
    return [*pictures, both.save(folder / "profile.json"), both.report(folder / "report.html")]


# sandbox


def _sandbox(options: argparse.Namespace) -> int:  # noqa: ARG001  (it has none)
    """Print each layer of the sandbox, and whether it is active here."""
    from battnb.sandbox.pool import Pool

    with Pool(workers=1) as pool:
        layers = pool.layers
    for layer, reason in layers.items():
        print(f"{'missing' if reason else 'active':<8} {layer}{f': {reason}' if reason else ''}")
    return 0


def _tell_of_interrupt() -> None:
    run = battnb.last_run
    if run is None or run.is_complete:
        print("battnb: interrupted" + ("" if run else " before the first verdict"), file=sys.stderr)
        return
    print(_result_line(run))
    print(run.timing_summary())
    reached = sum([verdict.validated for verdict in run.verdicts])
    print(f"battnb: interrupted; {reached} of {len(run.verdicts)} verdicts were reached", file=sys.stderr)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence: raises InputError."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def run_parser(prog: str) -> Parser:
    """A parser of battnb run's flags alone."""
    parser = Parser(prog=prog, description="Run a battery on tasks.")
    _add_run_flags(parser)
    return parser


def _parser() -> Parser:
    parser = Parser(prog="battnb", description="Run, judge and time batteries of ARC solvers.")
    parser.add_argument("--version", action="version", version=f"battnb {battnb.__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    _add_run(commands)
    _add_generate(commands)
    add_report(commands)
    add_export(commands)
    sandbox = commands.add_parser("sandbox", help="print which layers of the sandbox are active here")
    sandbox.set_defaults(command=_sandbox)
    demo = commands.add_parser("demo", help="generate a battery, run it both ways, write the report")
    demo.add_argument("--out", default="battnb-demo", metavar="DIR", help="where everything goes (battnb-demo)")
    demo.add_argument("--workers", type=_workers, metavar="N", help="candidates at a time (one per core)")
    demo.set_defaults(command=_demo)
    return parser


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} workers; give a whole number of at least 1")
    return int(text)


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="run a battery on tasks")
    _add_run_flags(run)
    run.set_defaults(command=_run)


def _add_run_flags(run: argparse.ArgumentParser) -> None:
    run.add_argument("-i", "--ids", nargs="+", metavar="ID", help="tasks by id")
    run.add_argument("-s", "--start", type=int, default=0, metavar="N", help="without -i: the first task's number (0)")
    run.add_argument("-c", "--count", type=int, default=1, metavar="N", help="without -i: how many tasks (1)")
    run.add_argument("-t", "--timeout", type=float, default=1.0, metavar="S", help="CPU seconds per sample (1)")
    run.add_argument("-b", "--battery", default="tmp_batt_onerun_run", metavar="PATH", help="module, file or folder")
    run.add_argument("--timing", action="store_true", help="print the timing summary")
    run.add_argument("--dsl", action="append", metavar="MODULE", help="module or .py file of the DSL; repeatable")
    run.add_argument("--data", metavar="PATH", help="task files: a folder, a Kaggle file, or a set's name")
    run.add_argument("--workers", type=_workers, metavar="N", help="candidates at a time (one per core)")
    run.add_argument("--mode", choices=("parallel", "sequential"), default="parallel")
    run.add_argument("--out", default=".", metavar="DIR", help="where programs are stored (.)")


def _add_generate(commands: Any) -> None:
    generate = commands.add_parser("generate", help="write a battery made from the package's solvers")
    generate.add_argument("-o", "--output", default="tmp_batt_onerun_run", metavar="PATH", help="the module to write")
    generate.add_argument("--task", default="007bbfb7", metavar="ID", help="the task it is for (007bbfb7)")
    generate.add_argument("--count", type=int, default=149, metavar="N", help="candidates (149)")
    generate.add_argument("--seed", type=int, default=0, metavar="N")
    generate.set_defaults(command=_generate)


def run_module() -> None:
    """The console script."""
    sys.exit(main())
