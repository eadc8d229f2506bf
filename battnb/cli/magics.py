"""Magics for notebooks: %load_ext battnb, then %batt and %%candidate.

They run in the kernel of a cell, take the command line's flags, and leave their result in a variable. A line that is
wrong gives one sentence.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from battnb import last
from battnb.cli.parsing import Parser, add_data, add_limits_and_dsl
from battnb.cli.run_command import run_parser, run_tasks_of
from battnb.errors import InputError
from battnb.model import Candidate, Limits, Task, Verdict, as_task, is_like_task
from battnb.view.cells import show

RUN, VERDICT = "batt_run", "batt_verdict"
"""The variables in which results are left unless --into names another."""


def load_ipython_extension(shell: Any) -> None:
    """What %load_ext battnb calls."""
    shell.register_magic_function(lambda line: batt(shell, line), "line", "batt")
    shell.register_magic_function(lambda line, cell: candidate(shell, line, cell), "cell", "candidate")


def batt(shell: Any, line: str) -> None:
    """%batt -i ID... -b BATTERY [the flags of battnb run] [--into NAME]: run a battery, as battnb run does.

    The Run is then in batt_run (or NAME); for several tasks it is a list. An interrupt leaves what was reached.
    """
    parser = run_parser("%batt")
    parser.add_argument("--into", type=_name, default=RUN, metavar="NAME", help=f"the result's variable ({RUN})")
    options = _parse(parser, line)
    if options is None:
        return
    try:
        runs = run_tasks_of(options, live="auto")
    except KeyboardInterrupt:
        several = last.runs
        shell.user_ns[options.into] = several if len(several) > 1 else last.run
        raise
    shell.user_ns[options.into] = runs[0] if len(runs) == 1 else runs


def candidate(shell: Any, line: str, cell: str) -> None:
    """%%candidate [ID] -i TASK [-t S] [--into NAME]: judge the solver whose source the cell is, and show its verdict.

    TASK is an id, or the name of a variable that holds a Task. The Verdict is then in batt_verdict (or NAME).
    """
    parser = Parser(prog="%%candidate", description="Judge the solver whose source the cell is.")
    parser.add_argument("id", nargs="?", default="cell", metavar="ID", help="what the candidate is called (cell)")
    parser.add_argument("-i", "--task", required=True, metavar="TASK", help="a task's id, or a variable's name")
    add_limits_and_dsl(parser)
    add_data(parser)
    parser.add_argument("--entry", metavar="NAME", help="the function to call")
    parser.add_argument("--into", type=_name, default=VERDICT, metavar="NAME", help=f"the verdict's ({VERDICT})")
    options = _parse(parser, line)
    if options is None:
        return
    verdict = _judge(Candidate(options.id, cell, options.entry), _task(shell, options), options)
    shell.user_ns[options.into] = verdict
    show(verdict)


def _judge(made: Candidate, task: Task, options: argparse.Namespace) -> Verdict:
    from battnb.loops import run_sync
    from battnb.sandbox.parent.pool import Pool

    limits = Limits(timeout_s=options.timeout)
    with Pool(1, limits, dsl=options.dsl or ("battnb.dsl",)) as pool:
        return run_sync(lambda: pool.validate([made], task))[0]


def _task(shell: Any, options: argparse.Namespace) -> Task:
    from battnb.load.tasks import load_task

    held = shell.user_ns.get(options.task)
    return as_task(held) if is_like_task(held) else load_task(options.task, options.data)


def _parse(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace | None:
    """The options; None if only help was wanted, which has been printed."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"{parser.prog} {line}: {error}; close the quotation") from None
    try:
        return parser.parse_args(words)
    except SystemExit:
        return None


def _name(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a name for a variable")
    return text
