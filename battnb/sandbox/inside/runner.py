"""A fork that is kept: it runs one job of straight-line programs after the other. Both of its ends are here.

A job is its length, the time at which its turn is over, and its bytes. The answer is a byte, once the board has the
results: DONE, or WORN, with which the fork ends. A fork that dies closes its socket.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import struct
from collections.abc import Callable
from time import clock_gettime

from battnb.sandbox.inside.board import Board
from battnb.sandbox.inside.hardening import EXIT_DONE
from battnb.sandbox.inside.names import Known
from battnb.sandbox.inside.shared import Keeper
from battnb.sandbox.inside.watch import JobLimits, cpu_clock

_HEAD = struct.Struct("<Qd")
_DONE, _WORN = b"d", b"w"


class Runner:
    """The worker's end. sock: its end of the fork's socket. limits: those that the fork took on."""

    def __init__(self, pid: int, sock: socket.socket, limits: JobLimits) -> None:
        self.pid = pid
        self.is_alive = True
        self._socket = sock
        self._limits = _lasting(limits)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._begun_cpu_s = 0.0

    def suits(self, limits: JobLimits) -> bool:
        """Is it alive, and did it take on these limits? Those of time are its watcher's."""
        # While it has no job it says nothing: what can be read is its end.
        return self.is_alive and self._limits == _lasting(limits) and not self._poll.poll(0)

    def begin(self, length: int, at_s: float, move: Callable[[int, int], None]) -> float:
        """Give it a job. Returns what its CPU clock shows. Where it dies of that, wait() sees it.

        length: of the job in bytes. move: called with a descriptor and that length, has these bytes go there.
        """
        self._begun_cpu_s = clock_gettime(cpu_clock(self.pid))
        with contextlib.suppress(OSError):
            self._socket.sendall(_HEAD.pack(length, at_s))
        move(self._socket.fileno(), length)
        return self._begun_cpu_s

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        """See watch.Fork; the CPU seconds are those of this job."""
        if not was_killed:
            if not self._poll.poll(wait_s * 1000):
                return None
            said = self._answer()
            if said == _DONE:
                return EXIT_DONE << 8, clock_gettime(cpu_clock(self.pid)) - self._begun_cpu_s
        status, cpu_s = self.reap()
        return status, cpu_s - self._begun_cpu_s

    def _answer(self) -> bytes:
        try:
            return self._socket.recv(1)
        except ConnectionResetError:
            return b""

    def drop(self) -> None:
        """In another fork of the worker's: this is none of its business."""
        self._socket.close()

    def reap(self) -> tuple[int, float]:
        """Wait for its end. Returns its wait status and its CPU seconds."""
        self.is_alive = False
        self._socket.close()
        _, status, usage = os.wait4(self.pid, 0)
        return status, usage.ru_utime + usage.ru_stime


def _lasting(limits: JobLimits) -> JobLimits:
    """The limits that a fork takes on once."""
    return limits._replace(timeout_s=0.0, idle_s=0.0, wall_s=0.0)


def serve(sock: socket.socket, names: Known, memory_bytes: int, board: Board) -> None:
    """In the fork: run jobs until the socket ends or the fork is worn."""
    gc.disable()  # grids hold no cycles, and to look for some among all that is kept takes a tenth of the time
    keeper = Keeper(names, memory_bytes)
    while len(head := sock.recv(_HEAD.size, socket.MSG_WAITALL)) == _HEAD.size:
        length, at_s = _HEAD.unpack(head)
        packed = sock.recv(length, socket.MSG_WAITALL)
        if len(packed) < length:
            return
        keeper.run(packed, at_s, board)
        del packed
        if keeper.is_worn():
            sock.sendall(_WORN)
            return
        sock.sendall(_DONE)
