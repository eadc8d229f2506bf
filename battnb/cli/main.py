"""The command line: its commands, and what becomes of errors.

Bad input ends with one sentence on standard error and exit code 2; Ctrl-C gives what is done so far, exit code 130. A
warning is one sentence there too.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from battnb import errors
from battnb.cli.cache_command import add_cache
from battnb.cli.demo_command import add_demo
from battnb.cli.doctor_command import add_doctor, add_sandbox
from battnb.cli.generate_command import add_generate
from battnb.cli.kaggle_command import add_kaggle
from battnb.cli.parsing import Parser
from battnb.cli.run_command import add_run, tell_of_interrupt
from battnb.cli.submit_command import add_score, add_submit
from battnb.cli.view_commands import add_export, add_report
from battnb.errors import BattnbError
from battnb.version import __version__

COMMANDS = (
    add_run,
    add_submit,
    add_score,
    add_generate,
    add_report,
    add_export,
    add_cache,
    add_kaggle,
    add_doctor,
    add_sandbox,
    add_demo,
)
"""Each adds a command with its flags, in the order in which --help lists them."""
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
        # The reader has gone. Nothing may be written any more, also not when the interpreter flushes its buffers.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> Parser:
    parser = Parser(prog="battnb", description="Run, judge and time batteries of ARC solvers.")
    parser.add_argument("--version", action="version", version=f"battnb {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    for add in COMMANDS:
        add(commands)
    return parser


def run_module() -> None:
    """The console script."""
    warnings.formatwarning = _warning_text
    sys.exit(main())


def _warning_text(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """One sentence if it is battnb's own, else Python's own words."""
    if category.__module__ == errors.__name__:
        return f"battnb: {message}\n"
    return f"{filename}:{lineno}: {category.__name__}: {message}\n{line or ''}"
