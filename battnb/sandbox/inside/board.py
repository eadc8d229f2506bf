"""The memory that a worker shares with the fork it watches.

The fork writes where it stands and what it has; the worker reads it at any time, also after a kill, so nothing
that was reached is lost. The worker clears it before the next fork, which must not see what another candidate did.
"""

from __future__ import annotations

import mmap

_USED, _ITEM, _SAMPLE, _STEP, _BEGUN_NS = range(5)
_HEAD_BYTES = 64
_ZEROS = bytes(mmap.PAGESIZE)


class Board:
    """size_bytes of shared memory: five counters and a growing list of results.

    output_bytes: how much of it one sample's outcome may take.
    """

    def __init__(self, size_bytes: int) -> None:
        self._memory = mmap.mmap(-1, _HEAD_BYTES + size_bytes)
        self._bytes = memoryview(self._memory)
        self._cells = self._bytes[:_HEAD_BYTES].cast("Q")
        self._results = self._bytes[_HEAD_BYTES:]
        self.capacity = size_bytes
        self.output_bytes = size_bytes

    def stand(self, item: int, sample: int, step: int) -> None:
        """Say what is about to run. sample: 0 while the program is read and loaded, then 1 for the first."""
        cells = self._cells
        cells[_ITEM] = item
        cells[_SAMPLE] = sample
        cells[_STEP] = step

    def begin_step(self, item: int, sample: int, step: int, cpu_s: float) -> None:
        """Say which step is about to run, and what this process's CPU clock shows."""
        cells = self._cells
        cells[_ITEM] = item
        cells[_SAMPLE] = sample
        cells[_STEP] = step
        cells[_BEGUN_NS] = int(cpu_s * 1e9)

    def begin(self, cpu_s: float) -> None:
        """Say that a sample begins, and what this process's CPU clock shows."""
        self._cells[_BEGUN_NS] = int(cpu_s * 1e9)

    def begun_s(self) -> float:
        """What the CPU clock showed when the last sample or step began, if what was written is true."""
        return self._cells[_BEGUN_NS] / 1e9

    def position(self) -> tuple[int, int, int]:
        """Item, sample and step that were about to run; whatever a hostile fork writes, they fit 32 bits."""
        cells = self._cells
        return cells[_ITEM] & 0xFFFFFFFF, cells[_SAMPLE] & 0xFFFFFFFF, cells[_STEP] & 0xFFFFFFFF

    def write(self, record: bytes) -> bool:
        """Add a result; False where it does not fit. It counts only once it is whole."""
        used = self._cells[_USED]
        end = used + len(record)
        if end > self.capacity:
            return False
        self._results[used:end] = record
        self._cells[_USED] = end
        return True

    def results(self, most_bytes: int | None = None) -> memoryview:
        """What was written so far, at most so much of it, without a copy."""
        return self._results[: min(self._cells[_USED], self.capacity if most_bytes is None else most_bytes)]

    def clear(self) -> None:
        """Forget everything, also what was written where nothing belongs."""
        self._bytes[: mmap.PAGESIZE] = _ZEROS
        self._memory.madvise(mmap.MADV_REMOVE, mmap.PAGESIZE)  # the kernel takes the pages back; they read as zeros
