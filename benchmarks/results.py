"""Run the benchmarks in full and write RESULTS.md from what they gave, so that no figure is typed by hand.

python -m benchmarks.results --name NAME     measure everything; save NAME.json and the pictures; write RESULTS.md
python -m benchmarks.results --write FILE    only write RESULTS.md, from a saved JSON
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks import datasets, panel, pool, whole_run
from benchmarks.endurance import loaded, million
from benchmarks.plot import save_plot
from benchmarks.seed_picture import seed_picture

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"

_PAGE = """\
# Results

Got on {name} ({cpu}, {cores} cores, Linux {kernel}, Python {python}) with

    pip install '.[bench]'
    python -m benchmarks.results --name {name}{quick}

on a machine that did nothing else, in about {minutes} minutes. This page is written by that command; no figure in it is
typed. All contenders ran in turn in the same run, and their verdicts were compared with those of a sequential one.
Seconds are this machine's; ratios carry over. "Of CPU limit" is the candidates' own CPU seconds / cores / wall time.
The figures as JSON: [{name}.json]({name}.json).

## All phases on one battery

{whole}

![32 candidates of 0.4 CPU seconds each, sequential and parallel](seed_picture.png)

{datasets}## The sandbox against its peers

{pool}

![candidates a second](throughput.png)
{panel}"""


class Everything(msgspec.Struct, frozen=True):
    """What one machine gave."""

    pool: pool.PoolRun
    whole: whole_run.WholeRun
    minutes: int
    quick: bool = False
    panel: panel.PanelCost | None = None
    datasets: datasets.DatasetsRun | None = None


def measure(name: str, quick: bool = False) -> Everything:
    """Everything in full; saves the pictures too."""
    started_s = time.monotonic()
    whole = whole_run.measure_whole_run(repeats=9)
    whole = msgspec.structs.replace(whole, picture=seed_picture(whole_run.PICTURE))
    run = pool.measure_pool(pool.QUICK if quick else pool.FULL, 1 if quick else 3, name)
    count, beside = (100_000, 400) if quick else (1_000_000, 2000)
    run = msgspec.structs.replace(run, million=million(count), loaded=loaded(beside))
    save_plot(list(run.results.values()), FOLDER / "throughput.png")
    cost = panel.in_kernel(3 if quick else 11)
    tasks, kills = (100, 5) if quick else (400, 20)
    sets = datasets.measure_datasets(tasks, kills=kills)
    return Everything(run, whole, round((time.monotonic() - started_s) / 60), quick, cost, sets)


def page(everything: Everything) -> str:
    """RESULTS.md."""
    machine = msgspec.structs.asdict(everything.pool.machine)
    return _PAGE.format(
        **machine,
        quick=" --quick" if everything.quick else "",
        minutes=everything.minutes,
        whole=whole_run.text(everything.whole),
        pool=pool.text(everything.pool),
        panel=f"\n## The live panel\n\n{panel.text(cost)}\n" if (cost := everything.panel) is not None else "",
        datasets=f"## Whole datasets\n\n{datasets.text(sets)}\n\n" if (sets := everything.datasets) is not None else "",
    )


def put(path: Path, **parts: object) -> None:
    """Put some newly measured parts among the saved figures of a machine, and write RESULTS.md from them."""
    everything = msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=Everything), **parts)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(everything), indent=1) + b"\n")
    RESULTS.write_text(page(everything), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--name", help="what this machine is to be called; measure everything")
    what.add_argument("--write", type=Path, metavar="FILE", help="write RESULTS.md from a saved JSON")
    parser.add_argument("--quick", action="store_true", help="fewer candidates, each contender once")
    options = parser.parse_args(arguments)
    if options.name is not None:
        data = msgspec.json.format(msgspec.json.encode(measure(options.name, options.quick)), indent=1)
        (FOLDER / f"{options.name}.json").write_bytes(data + b"\n")
    else:
        data = options.write.read_bytes()
    RESULTS.write_text(page(msgspec.json.decode(data, type=Everything)), encoding="utf-8")


if __name__ == "__main__":
    main()
