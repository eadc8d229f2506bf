"""The conditions under which runs took place: limits, machine, versions, layers of the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from battnb.model import RunRecord
from battnb.trace import metrics
from battnb.view.report.report_parts import NOTHING, Report, percent, table


def conditions(report: Report) -> Iterator[str]:
    """A table for each kind of condition, with two runs side by side."""
    heads = ["", *report.labels] if len(report.runs) > 1 else ["", "value"]
    yield '<div class="columns">'
    for caption, facts in CONDITIONS.items():
        by_run = [dict(facts(run)) for run in report.runs]
        names = dict.fromkeys([name for found in by_run for name in found])
        rows = [[name, *[found.get(name, NOTHING) for found in by_run]] for name in names]
        yield table(caption, heads, rows, words=None) if rows else f"<p>{caption}: not recorded.</p>"
    yield "</div>"


def _limits(run: RunRecord) -> Iterator[tuple[str, str]]:
    for name in run.limits.__struct_fields__:
        value = getattr(run.limits, name)
        if name.endswith("_bytes"):
            yield name, bytes_words(value)
        else:
            yield name, f"{value:g} s" if name.endswith("_s") else f"{value:,}"


def _machine(run: RunRecord) -> Iterator[tuple[str, str]]:
    if run.started_unix_s is not None:
        yield "began", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.started_unix_s))
    machine = run.machine
    if machine is not None:
        efficiency = metrics.core_efficiency(run.profile, machine.cores)
        yield "system", machine.system
        yield "processor", machine.processor
        yield "processors to use", str(machine.cores)
        yield "memory", "unknown" if machine.memory_bytes is None else bytes_words(machine.memory_bytes)
        yield "CPU of candidates / all processors' time", percent(efficiency)
    yield "workers", str(run.workers)
    yield "mode", run.mode


def _versions(run: RunRecord) -> Iterator[tuple[str, str]]:
    yield from (run.machine.versions if run.machine is not None else {}).items()


def _layers(run: RunRecord) -> Iterator[tuple[str, str]]:
    for layer, reason in run.layers.items():
        yield layer, "active" if reason is None else f"missing: {reason}"


CONDITIONS: dict[str, Callable[[RunRecord], Iterator[tuple[str, str]]]] = {
    "Limits": _limits,
    "Machine": _machine,
    "Versions": _versions,
    "Layers of the sandbox": _layers,
}


def bytes_words(count: int) -> str:
    """ "512 MiB", "64 KiB", "7.5 GiB"."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"
