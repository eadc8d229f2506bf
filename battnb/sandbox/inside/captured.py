"""What a candidate writes to its standard output and error."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import Any


class BoundedWriter(io.RawIOBase):
    """Standard output and error of a candidate. It keeps the first `left` bytes and drops the rest."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.left = self._most = 0

    def allow(self, most_bytes: int) -> None:
        """Let it keep so many bytes."""
        self.left = self._most = most_bytes

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        kept = bytes(data[: self.left])
        if kept:
            os.write(self.descriptor, kept)
            self.left -= len(kept)
        return len(data)

    def take_back(self) -> bytes:
        """What was written so far. It is as if nothing had been. A program may have closed where it goes."""
        written = b""
        with suppress(OSError):
            written = os.pread(self.descriptor, self._most, 0)
            self._empty()
        self.left = self._most
        return written

    def give_back(self, written: bytes) -> None:
        """Have only this written, as it was before."""
        self.left = self._most
        with suppress(OSError):
            self._empty()
            self.write(written)

    def _empty(self) -> None:
        os.ftruncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
