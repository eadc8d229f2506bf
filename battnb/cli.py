"""The command line: battnb generate, demo and sandbox, and the commands of the cli_* modules beside this one.

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
from battnb.cli_cache import add_cache
from battnb.cli_doctor import add_doctor
from battnb.cli_kaggle import add_kaggle
from battnb.cli_run import add_run_flags, result_line, run_command, run_tasks_of, tell_of_interrupt
from battnb.cli_submit import add_submit
from battnb.cli_views import add_export, add_report
from battnb.errors import BattnbError, InputError

if TYPE_CHECKING:
    from battnb.run import Comparison

__all__ = ["Parser", "main", "run_module", "run_parser", "run_tasks_of"]

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
        tell_of_interrupt()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone; there is nobody to tell, also when the interpreter empties its buffers at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


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
    print(result_line(both.parallel))
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
    from battnb.sandbox.parent.pool import Pool

    with Pool(workers=1) as pool:
        layers = pool.layers
    for layer, reason in layers.items():
        print(f"{'missing' if reason else 'active':<8} {layer}{f': {reason}' if reason else ''}")
    return 0


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence: raises InputError."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def run_parser(prog: str) -> Parser:
    """A parser of battnb run's flags alone."""
    parser = Parser(prog=prog, description="Run a battery on tasks.")
    add_run_flags(parser, _workers)
    return parser


def _parser() -> Parser:
    parser = Parser(prog="battnb", description="Run, judge and time batteries of ARC solvers.")
    parser.add_argument("--version", action="version", version=f"battnb {battnb.__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    _add_run(commands)
    add_submit(commands, _workers)
    _add_generate(commands)
    add_report(commands)
    add_export(commands)
    add_cache(commands)
    add_kaggle(commands)
    add_doctor(commands)
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
    add_run_flags(run, _workers)
    run.set_defaults(command=run_command)


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
