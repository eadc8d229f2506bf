"""What this process holds on to: processes, threads, descriptors, temporary files. Read from outside, through /proc."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """How much there is of each."""

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
        """What serves as a leader of its own session, below the nurseries."""
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
    """There is such a process, and it has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, 0 where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(happened, patience_s: float = 5.0) -> bool:  # type: ignore[no-untyped-def]
    """Whether something comes to be true in time."""
    until_s = time.monotonic() + patience_s
    while not happened():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True
