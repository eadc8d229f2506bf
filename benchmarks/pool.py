"""The sandbox against its peers, on the same work in the same run, with the verdicts compared.

python -m benchmarks.pool [--quick] [--json] [--plot FILE] [--repeat N] [--only NAME ...] [--million] [--loaded]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.bars import bars_text
from benchmarks.endurance import Loaded, Million, loaded, million
from benchmarks.latency import Latency, measure_latency
from benchmarks.measure import Machine, this_machine
from benchmarks.peers import BATTNB
from benchmarks.pool_bars import bars
from benchmarks.throughput import Result, result_text, run_workload
from benchmarks.workloads import Workload, arbitrary, hang, real, tiny

Makers = dict[str, Callable[[], Workload]]
FULL: Makers = {
    "real": lambda: real(2000),
    "real long": lambda: real(20_000),
    "real apart": lambda: real(2000, apart=True),
    "tiny": lambda: tiny(20_000),
    "hang": lambda: hang(2000),
    "any tiny": lambda: arbitrary(4000),
    "any 4 ms": lambda: arbitrary(1000, 0.004),
}
QUICK: Makers = {
    "real": lambda: real(400),
    "real apart": lambda: real(400, apart=True),
    "tiny": lambda: tiny(4000),
    "hang": lambda: hang(400, 4),
    "any tiny": lambda: arbitrary(600),
    "any 4 ms": lambda: arbitrary(200, 0.004),
}
SMOKE: Makers = {  # for the tests: too few for any figure to mean something
    "real": lambda: real(80),
    "tiny": lambda: tiny(100),
    "any tiny": lambda: arbitrary(20),
}


class PoolRun(msgspec.Struct, frozen=True):
    """What was measured. results: by the workload's short name. The rest is None if it was not asked for."""

    machine: Machine
    results: dict[str, Result]
    latency: Latency | None = None
    million: Million | None = None
    loaded: Loaded | None = None


def measure_pool(makers: Makers, repeats: int, name: str | None = None) -> PoolRun:
    results = {key: run_workload(make(), repeats) for key, make in makers.items()}
    return PoolRun(this_machine(name), results, measure_latency(repeats))


def text(run: PoolRun) -> str:
    """The figures as tables."""
    machine = run.machine
    parts = [f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}"]
    parts += [result_text(result, BATTNB) for result in run.results.values()]
    if run.latency is not None:
        parts.append(_latency_text(run.latency))
    if run.million is not None:
        parts.append(_million_text(run.million))
    if run.loaded is not None:
        parts.append(_loaded_text(run.loaded))
    return "\n\n".join([*parts, bars_text(bars(run.results, run.latency, run.million, run.loaded))])


def _latency_text(latency: Latency) -> str:
    waits = f"pool ready {latency.pool_ready_s:.3f} s, first verdict of a cold script {latency.first_verdict_s:.3f} s"
    return f"{waits}, cold command {latency.command_s:.3f} s, a kill {latency.kill_s * 1000:.1f} ms"


def _million_text(million: Million) -> str:
    speed = f"{million.per_s[0]:,.0f} a second at first, {million.per_s[-1]:,.0f} at last"
    return f"{million.candidates:,} through stream: {speed}, memory grew by {million.growth_bytes / 2**20:.1f} MiB"


def _loaded_text(loaded: Loaded) -> str:
    walls = f"{loaded.alone_s:.1f} s alone, {loaded.loaded_s:.1f} s beside {loaded.busy} busy processes"
    return f"{loaded.candidates} candidates: {walls}, verdicts changed: {loaded.changed}"


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    makers = SMOKE if options.smoke else QUICK if options.quick else FULL
    chosen = {name: make for name, make in makers.items() if not options.only or name in options.only}
    run = measure_pool(chosen, options.repeat or (1 if options.quick or options.smoke else 3))
    if options.million:
        run = msgspec.structs.replace(run, million=million(100_000 if options.quick else 1_000_000))
    if options.loaded:
        run = msgspec.structs.replace(run, loaded=loaded(400 if options.quick else 2000))
    if options.plot is not None:
        from benchmarks.plot import save_plot

        save_plot(list(run.results.values()), options.plot)
    print(json.dumps(msgspec.to_builtins(run), indent=1) if options.json else text(run))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer candidates, each contender once")
    parser.add_argument("--smoke", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="save a picture (.png or .svg)")
    parser.add_argument("--repeat", type=int, metavar="N", help="turns that each contender takes (3, quick 1)")
    parser.add_argument("--only", nargs="+", choices=list(FULL), metavar="NAME", help=f"of {', '.join(FULL)}")
    parser.add_argument("--million", action="store_true", help="also a million candidates through stream")
    parser.add_argument("--loaded", action="store_true", help="also verdicts beside eight busy processes")
    return parser


if __name__ == "__main__":
    main()
