"""Time and memory of this process and everything below it, and which machine this is."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from statistics import median

import msgspec
import psutil

from battnb.machine import host

SAMPLE_S = 0.2


class Cost(msgspec.Struct):
    """What some work took, in this process and all below it. peak_bytes: pages that several share count once."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0


class Machine(msgspec.Struct, frozen=True):
    """The machine on which figures were taken."""

    name: str
    cpu: str
    cores: int
    kernel: str
    python: str


def this_machine(name: str | None = None) -> Machine:
    return Machine(
        name=name or "unnamed",
        cpu=host.this_machine().processor,
        cores=cores(),
        kernel=platform.release(),
        python=platform.python_version(),
    )


def cores() -> int:
    """The processors that this process may use."""
    return host.this_host().cores


@contextmanager
def measured(memory: bool = True) -> Iterator[Cost]:
    """Measure what happens inside. memory: watch memory too, from a thread, a few times a second."""
    cost, ended = Cost(), threading.Event()
    watch = threading.Thread(target=_watch_memory, args=(cost, ended), daemon=True)
    if memory:
        watch.start()
    cpu_s, started_s = tree_cpu_s(), time.perf_counter()
    try:
        yield cost
    finally:
        cost.wall_s = time.perf_counter() - started_s
        cost.cpu_s = tree_cpu_s() - cpu_s
        ended.set()
        if memory:
            watch.join()


def tree(pid: int | None = None) -> list[psutil.Process]:
    """A process and everything below it; this process if none is named."""
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def tree_cpu_s() -> float:
    """CPU seconds of this process and everything below it, including processes that have ended."""
    total = 0.0
    for process in tree():
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def tree_bytes(pid: int | None = None) -> int:
    """Memory of a process and everything below it. Pages that several share count once (PSS)."""
    total = 0
    for process in tree(pid):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total


def _watch_memory(cost: Cost, ended: threading.Event) -> None:
    while True:
        cost.peak_bytes = max(cost.peak_bytes, tree_bytes())
        if ended.wait(SAMPLE_S):
            return


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure, but the highest for memory."""
    return Cost(
        median([cost.wall_s for cost in costs]),
        median([cost.cpu_s for cost in costs]),
        max([cost.peak_bytes for cost in costs]),
    )
