"""battnb generate: a battery made from the package's solvers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def generate_command(options: argparse.Namespace) -> int:
    """Write the battery."""
    from battnb.dsl.generate import generate_battery
    from battnb.load.written import write_battery

    path = Path(options.output)
    battery = generate_battery(options.task, options.count, options.seed, path.stem)
    written = write_battery(battery, path)
    print(f"-- Wrote {len(battery)} candidates in {len(battery.steps)} steps to {written}")
    return 0


def add_generate(commands: Any) -> None:
    """The command's flags."""
    generate = commands.add_parser("generate", help="write a battery made from the package's solvers")
    generate.add_argument("-o", "--output", default="tmp_batt_onerun_run", metavar="PATH", help="the module to write")
    generate.add_argument("--task", default="007bbfb7", metavar="ID", help="the task it is for (007bbfb7)")
    generate.add_argument("--count", type=int, default=149, metavar="N", help="candidates (149)")
    generate.add_argument("--seed", type=int, default=0, metavar="N")
    generate.set_defaults(command=generate_command)
