"""What the live panel costs: wall time of runs with it / without it, in turns, in this process or in a kernel.

python -m benchmarks.panel [--json] [--repeat N] [--kernel] [--smoke]

Outside a kernel the panel is drawn in full but not sent. --kernel measures in a real kernel (jupyter_client), with
widgets and messages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import msgspec

import battnb as bn
from battnb.view.live.panel_html import run_parts
from battnb.view.live.snapshot import Snapshot
from battnb.view.markup import framed
from benchmarks.bars import Bar, bars_text
from benchmarks.measure import Cost, cores, measured, middle
from benchmarks.seed_picture import rounds_for, spinner
from benchmarks.table import table

MOST = 1.03
TINY, SPINNERS = 60_000, 120
SPINNER_S = 0.05
_CODE = """\
import json
from benchmarks.panel import measure
shares = await measure({repeats}, "panel", {tiny}, {spinners})
print("SHARES", json.dumps(shares))
"""

Walls = dict[str, tuple[float, float, float]]
"""By workload: median wall seconds without the panel, and with it, and CPU seconds with / without, of all processes.

If others use the machine too, only the last figure means something.
"""


class PanelCost(msgspec.Struct, frozen=True):
    """What was measured. where: "this process" or "a kernel"."""

    where: str
    repeats: int
    walls: Walls

    @property
    def shares(self) -> dict[str, float]:
        return {name: with_s / without_s for name, (without_s, with_s, _) in self.walls.items()}


class Drawn:
    """Draws what the panel would draw, and sends it nowhere."""

    period_s = 0.25

    def open(self) -> None:
        self.sent = 0

    def show(self, snapshot: Snapshot) -> None:
        self.sent += sum(map(len, run_parts(snapshot)))

    def end(self, snapshot: Snapshot) -> None:
        self.sent += len(framed(*run_parts(snapshot)))


async def measure(repeats: int, kind: str, tiny: int = TINY, spinners: int = SPINNERS) -> Walls:
    """Runs without and with the panel, in turns, on many tiny candidates and on spinners. kind: of the display."""
    found: Walls = {}
    async with bn.Pool() as pool:
        for name, make in (("tiny", _tiny), ("spinners", _spinners)):
            task, candidates = make(tiny if name == "tiny" else spinners)
            turns: dict[str | None, list[Cost]] = {None: [], kind: []}
            for repeat in range(repeats + 1):
                order = [None, kind] if repeat % 2 else [kind, None]
                for shown in order:
                    cost = await _cost(pool, task, candidates, shown)
                    turns[shown] += [cost] if repeat else []
            without, shown_too = middle(turns[None]), middle(turns[kind])
            found[name] = (without.wall_s, shown_too.wall_s, shown_too.cpu_s / without.cpu_s)
    return found


async def _cost(pool: bn.Pool, task: bn.Task, candidates: list[bn.Candidate], shown: str | None) -> Cost:
    with measured(memory=False) as cost:
        run = await bn.run_batt(task, candidates, pool=pool, out_dir=None, live=shown)
    assert run.is_complete
    return cost


def _tiny(count: int) -> tuple[bn.Task, list[bn.Candidate]]:
    """Distinct plain programs, some of them right. All are validated, and many compete for the best places."""
    grid = ((1, 2, 0), (0, 3, 0), (4, 0, 5))
    pairs = tuple([bn.Pair(grid, grid[::-1])] * 3)
    sources = [
        f"def solve(I):\n    x1 = switch(I, {n % 10}, {n // 10 % 10})\n    x2 = hmirror(x1)\n"
        f"    x3 = replace(x2, {n // 100 % 10}, {n // 1000 % 10})\n"
        f"    x4 = replace(x3, {n // 10000}, 9)\n    return x4\n"
        for n in range(count)
    ]
    return bn.Task("tiny", pairs[:2], pairs[2:]), [bn.Candidate(str(n), text) for n, text in enumerate(sources)]


def _spinners(count: int) -> tuple[bn.Task, list[bn.Candidate]]:
    grid = ((1, 2), (3, 4))
    pairs = tuple([bn.Pair(grid, grid)] * 3)
    rounds = rounds_for(SPINNER_S / 3)
    return bn.Task("spin", pairs[:2], pairs[2:]), [bn.Candidate(f"s{n}", spinner(rounds, n)) for n in range(count)]


def here(repeats: int, tiny: int = TINY, spinners: int = SPINNERS) -> PanelCost:
    """Measure in this process, with a display that only draws."""
    with (
        patch("battnb.view.live.displays.make_display", lambda kind, cancel, parts: Drawn()),
        patch("battnb.view.live.kinds.in_kernel", lambda: True),
    ):
        return PanelCost("this process", repeats, asyncio.run(measure(repeats, "panel", tiny, spinners)))


def in_kernel(repeats: int, tiny: int = TINY, spinners: int = SPINNERS, name: str = "python3") -> PanelCost:
    """Measure in a kernel of its own."""
    from jupyter_client.manager import start_new_kernel

    said: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        said.append(content.get("text", "") or "\n".join(content.get("traceback", ())))

    manager, client = start_new_kernel(kernel_name=name)
    try:
        client.execute_interactive(
            _CODE.format(repeats=repeats, tiny=tiny, spinners=spinners), output_hook=hear, timeout=600
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    line = next((line for text in said for line in text.splitlines() if line.startswith("SHARES ")), None)
    if line is None:
        raise RuntimeError("the kernel gave no figures: " + "".join(said)[-2000:])
    return PanelCost("a kernel", repeats, json.loads(line.removeprefix("SHARES ")))


def bars(cost: PanelCost) -> list[Bar]:
    return [
        Bar(f"panel, {cost.where}: wall with / without, {name}", share, MOST, at_most=True)
        for name, share in cost.shares.items()
    ]


def text(cost: PanelCost) -> str:
    rows = [
        [name, f"{without_s:.3f}", f"{with_s:.3f}", f"{with_s / without_s:.4f}", f"{cpu_share:.4f}"]
        for name, (without_s, with_s, cpu_share) in cost.walls.items()
    ]
    title = f"the live panel in {cost.where}, medians of {cost.repeats}, {cores()} cores"
    return "\n\n".join([title, table(["", "without s", "with s", "share", "CPU share"], rows), bars_text(bars(cost))])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.panel", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns with and without (5)")
    parser.add_argument("--kernel", action="store_true", help="measure in a real kernel")
    parser.add_argument("--smoke", action="store_true", help="little work: does it run at all?")
    options = parser.parse_args(arguments)
    counts = (500, 4) if options.smoke else (TINY, SPINNERS)
    cost = (in_kernel if options.kernel else here)(options.repeat, *counts)
    print(json.dumps(msgspec.to_builtins(cost), indent=1) if options.json else text(cost))


if __name__ == "__main__":
    main()
