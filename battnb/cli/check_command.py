"""battnb check: each program on its own task. The exit code is 1 if any is not right, or if none has a task."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from battnb.cli.parsing import INTERRUPTED, add_battery, add_data, add_how

NOT_RIGHT = 1


def check_command(options: argparse.Namespace) -> int:
    """Check, print what came of it, and write the report."""
    from battnb.loops import run_sync
    from battnb.running.own_task_check import checking
    from battnb.sandbox.parent.pool import DEFAULT_DSL

    work = checking(
        options.battery,
        data=options.data,
        timeout_s=options.timeout,
        workers=options.workers,
        out_dir=options.out,
        dsl=options.dsl or DEFAULT_DSL,
        entry=options.entry,
        grids=options.grids,
        prelude=options.prelude,
        say=lambda line: print(line, flush=True),
        live="bar" if sys.stderr.isatty() else None,
    )
    try:
        run_sync(work.run)
    except KeyboardInterrupt:
        print(work.checked())
        print("battnb: interrupted", file=sys.stderr)
        return INTERRUPTED
    checked = work.checked()
    print(checked)
    if options.report is not None:
        print(f"-- Wrote {checked.report(options.report)}")
    return 0 if checked.is_right else NOT_RIGHT


def add_check(commands: Any) -> None:
    """The command's flags."""
    check = commands.add_parser("check", help="run each program on its own task, and say which are not right")
    add_battery(check, required=True)
    add_how(check)
    add_data(check)
    check.add_argument("--out", metavar="DIR", help="store the programs that gave grids here, by score and speed")
    check.add_argument("--report", metavar="FILE", help="write a page with what each wrong program gave (check.html)")
    check.set_defaults(command=check_command)
