"""One worker, from the engine's side: giving it orders, and watching from outside what its fork does.

A fork idles if it neither runs nor waits for a processor: that tells a sleeper from a fork that is starved. Only the
parent can see this, because the processes of the sandbox cannot read /proc.
Source: Documentation/scheduler/sched-stats.rst of the Linux kernel. /proc/<pid>/schedstat holds nanoseconds on the
processor, nanoseconds waiting for one, and timeslices. What a thread waits is added only when it runs again, so its
state counts too: it is R if the thread runs or waits for a processor.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from contextlib import suppress
from glob import glob
from pathlib import Path

from battnb.sandbox import wire
from battnb.sandbox.parent.nurseries import Channel, NurseryProcess, children


class WorkerHandle:
    """A worker, which its nursery forks now. channel: what it says, and the jobs that it gets."""

    def __init__(self, nursery: NurseryProcess, selector: selectors.BaseSelector) -> None:
        self.nursery = nursery
        ours, theirs = socket.socketpair()
        self._orders, orders = socket.socketpair()
        self._orders.setblocking(False)
        self._inside_pid: list[int] = []
        self._outside_pid: int | None = None
        with theirs, orders:
            nursery.ask_worker(theirs.fileno(), orders.fileno(), self._inside_pid.append)
        self.channel = Channel(ours, selector)

    def order(self, what: int, job: int, item: int = 0, sample: int = 0) -> None:
        """Say something about the job that it has. If its socket is full it has been told often enough."""
        with suppress(OSError):
            self._orders.send(wire.ORDER.pack(what, job, item, sample))

    def pid(self) -> int | None:
        """Its process id here, None if that is not known yet."""
        if self._outside_pid is None and self._inside_pid:
            self._outside_pid = self.nursery.outside_pid(self._inside_pid[0])
        return self._outside_pid

    def kill(self) -> None:
        pid = self.pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def close(self) -> None:
        self.channel.close()
        self._orders.close()


class IdleWatch:
    """The idle time of one fork at one place, added up from tick to tick."""

    def __init__(self) -> None:
        self._place: tuple[int, int, int] | None = None
        self._idle_s = self._seen_s = 0.0
        self._busy_s: dict[str, float] = {}

    def idle_s(self, tick: wire.Tick, worker_pid: int) -> float:
        """Seconds that the fork has idled since it came where it is; 0 if this kernel does not tell."""
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
    stats = [stat for child in children(worker_pid) for stat in glob(f"/proc/{child}/task/*/schedstat")]
    for stat in stats:
        with suppress(OSError, ValueError):
            ran, waited, _ = Path(stat).read_text().split()
            found[stat] = (int(ran) + int(waited)) / 1e9
            state = Path(stat).with_name("stat").read_text().rpartition(")")[2].split()[0]
            wants_to_run = wants_to_run or state == "R"
    return found, wants_to_run


def threads(worker_pid: int) -> int:
    """Threads of a worker's fork, and of the processes that it has made, which it can if there is no seccomp."""
    count, waiting = 0, children(worker_pid)
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            count += os.stat(f"/proc/{pid}/task").st_nlink - 2
        waiting += children(pid)
    return count
