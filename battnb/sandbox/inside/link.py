"""A worker's link to its parent: frames in, frames out, and nothing of a candidate left behind in the worker's memory.

What is for a kept fork goes from kernel to kernel, and answers wait in a pipe, because a later fork could find whatever
was in the memory of this process.
"""

from __future__ import annotations

import os
import socket
from time import monotonic

from battnb.sandbox import wire
from battnb.sandbox.inside.watch import Ended, Position

PENDING_BYTES = 48 * 2**10  # a pipe holds 64 KiB
FLUSH_S = 0.02


class ParentLink:
    """sock: the socket on which jobs come and answers go.

    If its other end is gone, this process ends: here, or by an OSError, with which the nursery has a worker end.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pending_out, self._pending_in = os.pipe()
        self._pending = 0
        self._flushed_s = monotonic()

    def descriptors(self) -> list[int]:
        """What a fork has to close."""
        return [self._socket.fileno(), self._pending_out, self._pending_in]

    # In

    def receive(self) -> bytes:
        """The body of the next frame."""
        return self._exactly(self.next_length())

    def next_length(self) -> int:
        """The length of the body of the next frame."""
        return int(wire.LENGTH.unpack(self._exactly(wire.LENGTH.size))[0])

    def _exactly(self, count: int) -> bytes:
        data = bytearray(count)
        view, at = memoryview(data), 0
        while at < count:
            got = self._socket.recv_into(view[at:])
            if not got:
                os._exit(0)
            at += got
        return bytes(data)

    def move(self, descriptor: int, left: int) -> None:
        """Move a number of bytes from the parent to a descriptor, from kernel to kernel: none is ever in this process.

        If nobody reads them there any more, they are dropped.
        """
        nowhere = None
        while left:
            got = os.splice(self._socket.fileno(), self._pending_in, min(left, PENDING_BYTES))
            if not got:
                os._exit(0)
            left -= got
            while got:
                try:
                    got -= os.splice(self._pending_out, descriptor if nowhere is None else nowhere, got)
                except (BrokenPipeError, ConnectionResetError):
                    nowhere = os.open("/dev/null", os.O_WRONLY)
        if nowhere is not None:
            os.close(nowhere)

    # Out

    def tell_end(
        self, job: int, item: int, ended: Ended, started_s: float, captured: bytes, results: memoryview
    ) -> None:
        """A fork has ended."""
        head = wire.TRIAL.pack(
            wire.TRIAL_ENDED, job, item, ended.wait_status, ended.reason, *ended.position, ended.cpu_s,
            started_s, monotonic(), len(captured), len(results),
        )  # fmt: skip
        length = wire.LENGTH.pack(len(head) + len(captured) + len(results))
        self._put(length + head + captured)
        self._put(results)  # from the board to the kernel, without a copy here
        if monotonic() - self._flushed_s > FLUSH_S:
            self.flush()

    def tell_done(self, job: int, next_item: int) -> None:
        """A job has ended; items from next_item on were not begun."""
        self._put(wire.LENGTH.pack(wire.DONE.size) + wire.DONE.pack(wire.JOB_DONE, job, next_item))
        self.flush()

    def tick(self, job: int, position: Position, pid: int) -> None:
        """A fork goes on."""
        self._put(wire.LENGTH.pack(wire.TICK.size) + wire.TICK.pack(wire.TICKED, job, *position, pid))
        self.flush()

    def _put(self, data: bytes | memoryview) -> None:
        """Add to what waits for the parent, in the order in which it is to be sent."""
        if self._pending + len(data) > PENDING_BYTES:
            self.flush()
        if len(data) > PENDING_BYTES:
            self._socket.sendall(data)
        elif len(data):
            os.write(self._pending_in, data)
            self._pending += len(data)

    def flush(self) -> None:
        self._flushed_s = monotonic()
        while self._pending:
            self._pending -= os.splice(self._pending_out, self._socket.fileno(), self._pending)
