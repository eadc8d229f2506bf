"""Run the benchmarks in full and write RESULTS.md from what they gave, so that no figure is typed by hand.

python -m benchmarks.results --name NAME     measure everything; save NAME.json and the pictures; write RESULTS.md
python -m benchmarks.results --name NAME --only panel    measure this again; the rest stays as it was saved
python -m benchmarks.results --write FILE    only write RESULTS.md, from a saved JSON
"""

from __future__ import annotations

import argparse
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

Measured on {name} ({cpu}, {cores} cores, Linux {kernel}, Python {python}) with

    pip install '.[bench]'
    python -m benchmarks.results --name {name}{options}

on a machine that did nothing else. That command writes this page; no figure in it is typed. All contenders ran in turn
in the same run, and their verdicts were compared with those of a sequential run. Seconds are this machine's; ratios
carry over to others. "Of CPU limit" is the candidates' own CPU seconds / cores / wall time.
The figures as JSON: [{name}.json]({name}.json).

## All phases on one battery

{whole}

![32 candidates of 0.4 CPU seconds each, sequential and parallel](seed_picture.png)

{datasets}## The sandbox against its peers

{pool}

![candidates a second](throughput.png)
{panel}"""


class Everything(msgspec.Struct, frozen=True):
    """The results of one machine. repeats: turns that each contender took; 0 for a quick run."""

    pool: pool.PoolRun
    whole: whole_run.WholeRun
    repeats: int = 3
    panel: panel.PanelCost | None = None
    datasets: datasets.DatasetsRun | None = None


def measure_whole(repeats: int) -> whole_run.WholeRun:
    run = whole_run.measure_whole_run(repeats=11 if repeats else 5)
    return msgspec.structs.replace(run, picture=seed_picture(whole_run.PICTURE))


def measure_pool(repeats: int, name: str) -> pool.PoolRun:
    run = pool.measure_pool(pool.FULL if repeats else pool.QUICK, repeats or 1, name)
    count, beside = (1_000_000, 2000) if repeats else (100_000, 400)
    run = msgspec.structs.replace(run, million=million(count), loaded=loaded(beside))
    save_plot(list(run.results.values()), FOLDER / "throughput.png")
    return run


def measure_part(part: str, repeats: int, name: str) -> object:
    """Measure one of PARTS, and save its pictures."""
    if part == "panel":
        return panel.in_kernel(11 if repeats else 3)
    if part == "datasets":
        return datasets.measure_datasets(400 if repeats else 100, kills=20 if repeats else 5)
    return measure_whole(repeats) if part == "whole" else measure_pool(repeats, name)


PARTS = ("whole", "pool", "panel", "datasets")


def page(everything: Everything) -> str:
    """RESULTS.md."""
    machine = msgspec.structs.asdict(everything.pool.machine)
    return _PAGE.format(
        **machine,
        options={0: " --quick", 3: ""}.get(everything.repeats, f" --repeat {everything.repeats}"),
        whole=whole_run.text(everything.whole),
        pool=pool.text(everything.pool),
        panel=f"\n## The live panel\n\n{panel.text(cost)}\n" if (cost := everything.panel) is not None else "",
        datasets=f"## Whole datasets\n\n{datasets.text(sets)}\n\n" if (sets := everything.datasets) is not None else "",
    )


def put(path: Path, **parts: object) -> None:
    """Replace some parts of a machine's saved figures by new ones, and write RESULTS.md from all of them."""
    everything = msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=Everything), **parts)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(everything), indent=1) + b"\n")
    RESULTS.write_text(page(everything), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--name", help="what this machine is to be called; measure everything")
    what.add_argument("--write", type=Path, metavar="FILE", help="write RESULTS.md from a saved JSON")
    parser.add_argument("--quick", action="store_true", help="fewer candidates, each contender once")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="turns that each contender takes (3)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args(arguments)
    path = options.write or FOLDER / f"{options.name}.json"
    if options.name is not None:
        repeats = 0 if options.quick else options.repeat
        measured = {part: measure_part(part, repeats, options.name) for part in PARTS if part in options.only}
        if len(measured) < len(PARTS):
            put(path, **measured)
            return
        path.write_bytes(msgspec.json.format(msgspec.json.encode({**measured, "repeats": repeats}), indent=1) + b"\n")
    RESULTS.write_text(page(msgspec.json.decode(path.read_bytes(), type=Everything)), encoding="utf-8")


if __name__ == "__main__":
    main()
