"""battnb demo: generate a battery, run it both ways, write the report and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from battnb.cli.parsing import workers
from battnb.cli.run_command import result_line

if TYPE_CHECKING:
    from battnb.result.views import Comparison


def demo_command(options: argparse.Namespace) -> int:
    """Write everything to a folder."""
    from battnb.dsl.generate import generate_battery
    from battnb.load.batteries import load_battery
    from battnb.load.tasks import load_task
    from battnb.load.written import write_battery
    from battnb.running.comparing import compare_sync

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


def add_demo(commands: Any) -> None:
    """The command's flags."""
    demo = commands.add_parser("demo", help="generate a battery, run it both ways, write the report")
    demo.add_argument("--out", default="battnb-demo", metavar="DIR", help="where everything goes (battnb-demo)")
    demo.add_argument("--workers", type=workers, metavar="N", help="candidates at a time (one per core)")
    demo.set_defaults(command=demo_command)
