"""Memory and disk, watched while tasks run: fewer workers before the machine swaps, an end before the disk is full."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from battnb.database.connection import full_disk_sentence
from battnb.errors import StoreError
from battnb.machine.memory import Memory, memory_now

LOOK_S = 1.0
SHORT, EASY = 0.08, 0.2
"""Shares of memory that are left: below SHORT a worker is let go, above EASY one comes back."""
SHORT_BYTES, EASY_BYTES = 2**30, 5 * 2**29
"""The same in bytes, for machines with much memory: this much is never short, and this much is easy."""
LEAST_FREE_BYTES = 32 * 2**20
LEAST_FREE_SHARE = 0.02
"""The same for a small disk, as a share of it."""


def workers_for(memory: Memory, now: int, most: int) -> int:
    """How many workers may go on: one fewer if memory is short, one more if it is easy again."""
    if memory.available < min(SHORT * memory.total, SHORT_BYTES):
        return max(now - 1, 1)
    return min(now + 1, most) if memory.available > min(EASY * memory.total, EASY_BYTES) else now


class Shortage:
    """Looks at memory and disk about once a second.

    out_dir: whose disk is watched; None if nothing is written. use_workers: is told when the number of workers is to
    change; say: gets a line about it.
    """

    def __init__(
        self,
        out_dir: Path | None,
        workers: int,
        use_workers: Callable[[int], None],
        say: Callable[[str], None],
        memory: Callable[[], Memory] = memory_now,
    ) -> None:
        self._out_dir = out_dir
        self._most = self.workers = workers
        self._use_workers = use_workers
        self._say = say
        self._memory = memory
        self._looked_s = 0.0

    def look(self) -> None:
        """Look, if it is time to. Raises StoreError if the disk is almost full."""
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        self._look_at_memory()
        if self._out_dir is not None and _is_full(self._out_dir):
            raise StoreError(full_disk_sentence(self._out_dir / "battnb.db"))

    def end(self) -> None:
        """Leave the pool as it was."""
        if self.workers != self._most:
            self._use_workers(self._most)

    def _look_at_memory(self) -> None:
        memory = self._memory()
        workers = workers_for(memory, self.workers, self._most)
        if workers != self.workers:
            self.workers = workers
            self._use_workers(workers)
            left = f"{memory.available / 2**20:,.0f} MiB of memory are left"
            self._say(f"-- {left}: going on with {workers} of {self._most} workers")


def _is_full(folder: Path) -> bool:
    disk = os.statvfs(folder)
    least = min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * disk.f_blocks * disk.f_frsize)
    return disk.f_bavail * disk.f_frsize < least
