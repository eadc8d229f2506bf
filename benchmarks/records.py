"""What reading a long file of records costs: seconds, and memory over that of an idle process.

python -m benchmarks.records [--count N] [--json]

Each way of reading is a process of its own. The file has records of some 300 bytes; a twentieth of the ids come twice.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

import battnb as bn
from benchmarks.bars import Bar, bars_text
from benchmarks.table import table

COUNT = 1_000_000
MOST_MIB = 50.0
PROGRAM = "def transform(grid):\n    return [row[::-1] for row in grid]\n"


class ReadingCost(msgspec.Struct, frozen=True):
    """count: of the candidates. load_s: load_battery. iterate_s: once through its programs. growth_mib: peak memory."""

    file: str
    size_mb: float
    count: int
    load_s: float
    iterate_s: float
    growth_mib: float


def records(count: int) -> Iterator[bytes]:
    """Records as lines of JSON."""
    for number in range(count):
        record = {
            "id": f"t{number - number // 20}",
            "task_id": "67a3c6ac",
            "code": f"{PROGRAM}# {number}{'.' * 100}\n",
            "model": "m",
            "correct": [True, False, True],
            "cost": number / 3,
        }
        yield json.dumps(record).encode() + b"\n"


def write(folder: Path, count: int) -> list[Path]:
    """The files to read."""
    plain, packed = folder / "records.jsonl", folder / "records.jsonl.gz"
    with plain.open("wb") as file, gzip.open(packed, "wb", 1) as other:
        for line in records(count):
            file.write(line)
            other.write(line)
    return [plain, packed]


def measure(path: Path) -> ReadingCost:
    """Read one file, in this process."""
    list(bn.load_battery([{"code": PROGRAM}]).programs)
    before = _peak_bytes()
    started_s = time.perf_counter()
    battery = bn.load_battery(path)
    loaded_s = time.perf_counter()
    for _ in battery.programs:
        pass
    ended_s = time.perf_counter()
    return ReadingCost(
        file=path.name,
        size_mb=path.stat().st_size / 1e6,
        count=len(battery),
        load_s=loaded_s - started_s,
        iterate_s=ended_s - loaded_s,
        growth_mib=(_peak_bytes() - before) / 2**20,
    )


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _text(costs: Sequence[ReadingCost]) -> str:
    rows = [
        [cost.file, *[f"{n:.1f}" for n in (cost.size_mb, cost.load_s, cost.iterate_s, cost.growth_mib)]]
        for cost in costs
    ]
    head = ["file", "MB", "load s", "iterate s", "memory + MiB"]
    bars = [Bar(f"{cost.file}: memory, MiB", cost.growth_mib, MOST_MIB, at_most=True) for cost in costs]
    return f"{costs[0].count} records\n\n{table(head, rows)}\n\n{bars_text(bars)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        costs = []
        for path in write(Path(folder), options.count):
            with multiprocessing.get_context("spawn").Pool(1) as pool:  # a process that has read nothing before
                costs.append(pool.apply(measure, (path,)))
    print(json.dumps(msgspec.to_builtins(costs)) if options.json else _text(costs))


if __name__ == "__main__":
    main()
