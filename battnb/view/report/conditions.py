"""Under what conditions runs took place: limits, machine, versions, layers of the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from battnb.model import RunRecord
from battnb.trace import metrics
from battnb.view.report import markup


def conditions(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:
    """Limits, machine, versions and layers of the sandbox: of two runs side by side."""
    heads = ["", *labels] if len(runs) > 1 else ["", "value"]
    parts = []
    for caption, facts in CONDITIONS:
        by_run = [dict(facts(run)) for run in runs]
        names = dict.fromkeys([name for found in by_run for name in found])
        rows = [(name, *[found.get(name, markup.NOTHING) for found in by_run]) for name in names]
        parts.append(markup.table(caption, heads, rows, words=None) if rows else f"<p>{caption}: not recorded.</p>")
    return markup.section(
        "conditions", "Limits, machine, versions, sandbox", f'<div class="columns">{"".join(parts)}</div>'
    )


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
        yield "CPU of candidates / all processors' time", markup.percent(efficiency)
    yield "workers", str(run.workers)
    yield "mode", run.mode


def _versions(run: RunRecord) -> Iterator[tuple[str, str]]:
    yield from (run.machine.versions if run.machine is not None else {}).items()


def _layers(run: RunRecord) -> Iterator[tuple[str, str]]:
    for layer, reason in run.layers.items():
        yield layer, "active" if reason is None else f"missing: {reason}"


CONDITIONS: tuple[tuple[str, Callable[[RunRecord], Iterator[tuple[str, str]]]], ...] = (
    ("Limits", _limits), ("Machine", _machine), ("Versions", _versions), ("Layers of the sandbox", _layers)
)  # fmt: skip


def bytes_words(count: int) -> str:
    """ "512 MiB", "64 KiB", "7.5 GiB"."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"
