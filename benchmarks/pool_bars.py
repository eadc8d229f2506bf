"""The targets of the sandbox, on two cores."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.bars import Bar
from benchmarks.endurance import Loaded, Million
from benchmarks.latency import Latency
from benchmarks.peers import BATTNB, BATTNB_WORKER, CHUNKS, FORKS, PEBBLE, PROCESSES
from benchmarks.throughput import Result

HANG_LIMIT_S = 1.0


def bars(
    results: Mapping[str, Result], latency: Latency | None, million: Million | None, loaded: Loaded | None
) -> list[Bar]:
    """All bars. A bar whose workload did not run has no figure."""
    return [
        *_real(results),
        Bar("tiny: x pebble with timeouts", _ratio(results, "tiny", BATTNB, PEBBLE), 8),
        Bar("tiny: x ProcessPool in chunks", _ratio(results, "tiny", BATTNB, CHUNKS), 1.5),
        Bar("any tiny: x a Process each", _ratio(results, "any tiny", BATTNB, PROCESSES), 3),
        Bar("any tiny: x bare fork loop", _ratio(results, "any tiny", BATTNB, FORKS), 0.6),
        Bar("any 4 ms: x pebble with timeouts", _ratio(results, "any 4 ms", BATTNB, PEBBLE), 0.75),
        Bar("hang: wall / (hangs' limits and good ones' time)", _hang(results), 1.15, at_most=True),
        Bar("false verdicts of battnb, all workloads", _false(results), 0, at_most=True),
        *_latency(latency),
        *_endurance(million, loaded),
    ]


def _real(results: Mapping[str, Result]) -> list[Bar]:
    return [
        _of_limit(results, "real", "real 2000"),
        _of_limit(results, "real long", "real 20000"),
        _of_limit(results, "real apart", "real apart 2000"),
        Bar("real, isolation worker: x pebble with timeouts", _ratio(results, "real", BATTNB_WORKER, PEBBLE), 1),
        Bar("real, no steps shared: x pebble with timeouts", _ratio(results, "real apart", BATTNB_WORKER, PEBBLE), 1),
    ]


def _of_limit(results: Mapping[str, Result], key: str, full: str) -> Bar:
    """The bar is named for what was measured: in a quick run that is less than the full workload."""
    result = results.get(key)
    row = result.row(BATTNB) if result is not None else None
    return Bar(f"{result.workload if result else full}: of the CPU limit", row.of_limit if row else None, 0.92)


def _ratio(results: Mapping[str, Result], workload: str, one: str, other: str) -> float | None:
    return results[workload].ratio(one, other) if workload in results else None


def _hang(results: Mapping[str, Result]) -> float | None:
    """The good candidates are those of the workload "real", so their time is taken from there."""
    if "hang" not in results or "real" not in results:
        return None
    stuck, good = results["hang"].row(BATTNB), results["real"].row(BATTNB)
    if stuck is None or good is None:
        return None
    hangs = stuck.jobs - good.jobs
    return stuck.cost.wall_s / (hangs * HANG_LIMIT_S / 2 + good.cost.wall_s)


def _false(results: Mapping[str, Result]) -> float | None:
    found = [row.false_verdicts for r in results.values() for row in r.rows if row.contender.startswith("battnb")]
    return sum(found) if found else None


def _latency(latency: Latency | None) -> list[Bar]:
    return [
        Bar("pool ready, s", latency.pool_ready_s if latency else None, 0.2, at_most=True),
        Bar("first verdict of a cold script, s", latency.first_verdict_s if latency else None, 0.6, at_most=True),
        Bar("a kill and its replacement, ms", latency.kill_s * 1000 if latency else None, 20, at_most=True),
    ]


def _endurance(million: Million | None, loaded: Loaded | None) -> list[Bar]:
    streamed = f"{million.candidates if million else 1_000_000:,} streamed"
    return [
        Bar(f"{streamed}: memory growth, MiB", million.growth_bytes / 2**20 if million else None, 50, at_most=True),
        Bar(f"{streamed}: throughput at the end / at the start", million.end_over_start if million else None, 0.95),
        Bar("beside eight busy processes: verdicts changed", loaded.changed if loaded else None, 0, at_most=True),
    ]
