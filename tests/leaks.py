"""What this process holds on to: processes, threads, descriptors, temporary files. All is read through /proc."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """How many there are of each."""

    processes: int
    threads: int
    descriptors: int
    temporary_files: int

    def more_than(self, before: Held) -> dict[str, tuple[int, int]]:
        """What grew, by name: before and after."""
        pairs = zip(self._fields, before, self, strict=True)
        return {name: (was, now) for name, was, now in pairs if now > was}


def held() -> Held:
    return Held(
        len(descendants(os.getpid())),
        threading.active_count(),
        len([target for target in _descriptors() if not target.endswith(".ttf")]),  # matplotlib keeps fonts open
        len(os.listdir(tempfile.gettempdir())),
    )


def _descriptors() -> list[str]:
    """What this process's descriptors are open on."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue  # the listing's own
    return found


def held_at_last(before: Held, patience_s: float = 3.0) -> Held:
    """What is held once it has come down to what was held before, or patience has ended."""
    until_s = time.monotonic() + patience_s
    while (now := held()).more_than(before) and time.monotonic() < until_s:
        time.sleep(0.02)
    return now


def children(pid: int) -> list[int]:
    """The process ids of a process's children, whichever of its threads started them."""
    found: list[int] = []
    with suppress(OSError):  # it has ended meanwhile
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += [int(child) for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    return found


def descendants(pid: int) -> list[int]:
    """All processes below a process, zombies too; nearest first."""
    found, waiting = [], [pid]
    while waiting:
        mine = children(waiting.pop(0))
        found += mine
        waiting += mine
    return found


class Newcomers:
    """The processes below this one that were not there when this was made."""

    def __init__(self) -> None:
        self._before = {*descendants(os.getpid())}

    def all(self) -> list[int]:
        return [pid for pid in descendants(os.getpid()) if pid not in self._before]

    def nurseries(self) -> list[int]:
        """The outermost: what the engine started."""
        return [pid for pid in children(os.getpid()) if pid not in self._before]

    def workers(self) -> list[int]:
        """Those below the nurseries that lead a session of their own."""
        return [pid for pid in self.all() if pid not in self.nurseries() and _session(pid) == pid]

    def forks(self) -> list[int]:
        """What workers forked to run candidates in."""
        return [pid for worker in self.workers() for pid in children(worker)]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def is_running(pid: int) -> bool:
    """Is there such a process, and has it not ended? A zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(happened: Callable[[], object], patience_s: float = 20.0) -> bool:
    """Whether something comes to be true in time."""
    until_s = time.monotonic() + patience_s
    while not happened():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


async def until(happened: Callable[[], object], patience_s: float = 20.0) -> bool:
    """Like wait_until, in a test that is a coroutine: its loop goes on meanwhile."""
    until_s = time.monotonic() + patience_s
    while not happened():
        if time.monotonic() > until_s:
            return False
        await asyncio.sleep(0.01)
    return True
