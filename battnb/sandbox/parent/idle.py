"""How long a fork has neither run nor waited for a processor: what tells a sleeper from one that is starved.

Only the parent can tell: the sandbox's own processes cannot read /proc.
Source: Documentation/scheduler/sched-stats.rst of the Linux kernel: /proc/<pid>/schedstat holds nanoseconds on the
processor, nanoseconds waiting for one, and timeslices. What a thread waits is added only once it runs
again, so its state is asked for too: R where it runs or waits for a processor.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from battnb.sandbox import wire


class IdleWatch:
    """The idle time of one fork at one place, added up from tick to tick."""

    def __init__(self) -> None:
        self._place: tuple[int, int, int] | None = None
        self._idle_s = 0.0
        self._seen_s = 0.0
        self._busy_s: dict[str, float] = {}

    def idle_s(self, tick: wire.Tick, worker_pid: int) -> float:
        """Seconds that the fork has idled since it came where it is; 0 where this kernel does not tell."""
        now, busy_s, wants_to_run = time.monotonic(), *_busy_s_by_thread(worker_pid)
        place = (tick.pid, tick.at_item, tick.at_sample)
        if not any(busy_s.values()):
            return 0.0
        if place != self._place:
            self._place, self._idle_s = place, 0.0
        elif not wants_to_run and busy_s.keys() == self._busy_s.keys():  # a thread that came or went meanwhile has run
            grown_s = sum([busy_s[thread] - self._busy_s[thread] for thread in busy_s])
            self._idle_s += max(0.0, now - self._seen_s - grown_s)
        self._seen_s, self._busy_s = now, busy_s
        return self._idle_s


def _busy_s_by_thread(worker_pid: int) -> tuple[dict[str, float], bool]:
    """Seconds in which each thread of a worker's forks ran or waited for a processor; and whether one does so now."""
    found, wants_to_run = {}, False
    for child in children(worker_pid):
        for stat in _threads(child):
            with suppress(OSError, ValueError):
                ran, waited, _ = stat.read_text().split()
                found[str(stat)] = (int(ran) + int(waited)) / 1e9
                state = stat.with_name("stat").read_text().rpartition(")")[2].split()[0]
                wants_to_run = wants_to_run or state == "R"
    return found, wants_to_run


def threads(worker_pid: int) -> int:
    """Threads of a worker's fork, and of the processes that it has made where there is no seccomp to refuse them."""
    count, waiting = 0, children(worker_pid)
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            count += os.stat(f"/proc/{pid}/task").st_nlink - 2
        waiting += children(pid)
    return count


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def inner_pid(pid: int) -> int | None:
    """A process's id in the innermost namespace that it is in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("NSpid:")), "")
    return int(line.split()[-1]) if line else pid
