"""Watching a fork from its worker: wait for the end of its work, and kill it if it passes a limit.

The worker reads the fork's CPU clock from outside, so nothing that a candidate does to signals, timers or exceptions
matters. It reads the clock when the time could be up at the earliest: CPU time never runs faster than wall time times
threads. Where the fork stands it says on a Board. A fork is new, or it is kept for one job after the other (kept.py).
"""

from __future__ import annotations

import _signal
import contextlib
import mmap
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from time import clock_gettime, monotonic
from types import SimpleNamespace
from typing import NamedTuple

from battnb.sandbox import wire

TICK_S = 0.05
REPORT_S = 0.05
# Plain ints, for the reason that wire gives.
_KILL = int(signal.SIGKILL)
_CHILD_ENDED = (int(signal.SIGCHLD),)

JOB_HEAD = struct.Struct("<Qd")
DONE, WORN = b"d", b"w"
"""What a kept fork gets before a job, and what it answers: see kept.py."""

Position = tuple[int, int, int]
"""The item, sample and step that a fork says it is running. Programs that are no steps stand at 0 or, on their first
sample only, at LOADED_AGAIN or CALLED_AGAIN: with grids of another form (trial.py)."""
LOADED_AGAIN, CALLED_AGAIN = 1, 2
Place = tuple[int, int]
"""Item and sample."""


class JobLimits(SimpleNamespace):
    """model.Limits behind the socket: its fields by their names, which are listed only there."""

    def lasting(self) -> JobLimits:
        """The limits that a fork takes on for good. Those of time are held by its watcher, job by job."""
        return JobLimits(**{name: value for name, value in vars(self).items() if not name.endswith("_s")})


_USED, _ITEM, _SAMPLE, _STEP, _BEGUN_NS = range(5)
_HEAD_BYTES = 64
_ZEROS = bytes(mmap.PAGESIZE)


class Board:
    """Memory that a worker shares with the fork that it watches: five counters and a growing list of results.

    The fork writes where it stands and what it has. The worker can read that at any time, also after a kill, so nothing
    that was reached is lost. It clears the board before the next fork, which must not see what another candidate did.
    size_bytes: of the list. output_bytes: how much of it the outcome of one sample may take.
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

    def begin(self, cpu_s: float) -> None:
        """Say that a sample or step begins, and what the CPU clock of this process shows."""
        self._cells[_BEGUN_NS] = int(cpu_s * 1e9)

    def begun_s(self) -> float:
        """What the CPU clock showed when the last sample or step began, if the fork wrote the truth."""
        return self._cells[_BEGUN_NS] / 1e9

    def position(self) -> Position:
        """Item, sample and step that were about to run. Whatever a hostile fork writes, they fit 32 bits."""
        cells = self._cells
        return cells[_ITEM] & 0xFFFFFFFF, cells[_SAMPLE] & 0xFFFFFFFF, cells[_STEP] & 0xFFFFFFFF

    def write(self, record: bytes) -> bool:
        """Add a result, which counts only once it is whole. False if it does not fit."""
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


class Ended(NamedTuple):
    """How a fork's work ended, and where its candidates stood. reason: a place in wire.KILLS."""

    wait_status: int
    reason: int
    position: Position
    cpu_s: float


class OneFork:
    """A fork that ends with its work."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._clock = cpu_clock(pid)

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        """Wait for the end of its work: this long or, if it was killed, as long as it takes.

        Returns its wait status and the CPU seconds that the work took, None if it goes on.
        """
        if _signal.sigtimedwait(_CHILD_ENDED, wait_s) is not None or was_killed:
            # Until it is reaped its clock shows all that it used. wait4 would say so too, in a record of 16 fields.
            if was_killed:
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            cpu_s = clock_gettime(self._clock)
            found, status = os.waitpid(self.pid, 0 if was_killed else os.WNOHANG)
            if found:
                return status, cpu_s
        return None


class KeptFork:
    """A fork that is kept. sock: the worker's end of its socket. limits: those that the fork took on."""

    def __init__(self, pid: int, sock: socket.socket, limits: JobLimits) -> None:
        self.pid = pid
        self.is_alive = True
        self._socket = sock
        self._limits = limits.lasting()
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._begun_cpu_s = 0.0

    def suits(self, limits: JobLimits) -> bool:
        """Is it alive, and did it take on these limits?"""
        # While it has no job it says nothing. What can be read then is its end.
        return self.is_alive and self._limits == limits.lasting() and not self._poll.poll(0)

    def begin(self, length: int, at_s: float, move: Callable[[int, int], None]) -> float:
        """Give it a job. Returns what its CPU clock shows. If the fork dies meanwhile, wait() sees that.

        length: of the job in bytes. move: called with a descriptor and that length, moves these bytes there.
        """
        self._begun_cpu_s = clock_gettime(cpu_clock(self.pid))
        with contextlib.suppress(OSError):
            self._socket.sendall(JOB_HEAD.pack(length, at_s))
        move(self._socket.fileno(), length)
        return self._begun_cpu_s

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        """As OneFork.wait does."""
        if not was_killed:
            if not self._poll.poll(wait_s * 1000):
                return None
            with contextlib.suppress(ConnectionResetError):  # a fork that dies closes its socket
                if self._socket.recv(1) == DONE:
                    return wire.EXIT_DONE << 8, clock_gettime(cpu_clock(self.pid)) - self._begun_cpu_s
        status, cpu_s = self.reap()
        return status, cpu_s - self._begun_cpu_s

    def drop(self) -> None:
        """In another fork of the worker: close what belongs to this one."""
        self._socket.close()

    def reap(self) -> tuple[int, float]:
        """Wait for its end. Returns its wait status and its CPU seconds."""
        self.is_alive = False
        self._socket.close()
        _, status, usage = os.wait4(self.pid, 0)
        return status, usage.ru_utime + usage.ru_stime


def cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time, all threads: see clock_getcpuclockid(3)."""
    return (~pid << 3) | 2


class LimitWatch:
    """Holds forks to their limits.

    board: where forks say what they are doing. orders: the socket on which the parent says things about a running job.
    tick: called now and then with (job, position, process id). was_stopped: the parent wants no more of this job.
    """

    def __init__(self, board: Board, orders: socket.socket, tick: Callable[[int, Position, int], None]) -> None:
        self._board = board
        self._orders = orders
        self._tick = tick
        self.was_stopped = False

    def until_end(
        self, fork: OneFork | KeptFork, job: int, limits: JobLimits, last: Place,
        begun_cpu_s: float = 0.0, by_step: bool = False,
    ) -> Ended:  # fmt: skip
        """Wait for the end of a fork's work.

        The clocks of a sample start again when the fork says that it has come further. A fork that lies about that
        gains no more than the time of all its samples. last: the furthest place that it can honestly say it is at.
        begun_cpu_s: what its CPU clock showed when its work began.
        by_step: it says when each step begins, and does not lie. Then a step under way may first use up the time of a
        sample, or end (but no sample gets more than twice that time): only a step that uses up the time alone is to
        blame for all programs that use it.
        """
        clock = cpu_clock(fork.pid)
        unit, unit_cpu_s, unit_since_s = (0, 0, 0), begun_cpu_s, monotonic()
        reason, reported_s = wire.NOT_KILLED, unit_since_s
        timeout_s = limits.timeout_s
        wait_s = min(timeout_s, TICK_S)
        while True:
            ended = fork.wait(wait_s, reason != wire.NOT_KILLED)
            if ended is not None:
                return Ended(ended[0], reason, self._board.position(), ended[1])
            now, cpu_s, position = monotonic(), clock_gettime(clock), self._board.position()
            at = _unit(position, by_step)
            if unit < at and at[:2] <= last:
                unit, unit_cpu_s, unit_since_s = at, self._begun_s(unit_cpu_s, cpu_s), now
            used_s = cpu_s - unit_cpu_s
            step_s = cpu_s - self._begun_s(unit_cpu_s, cpu_s) if by_step and position[1] else 0.0
            reason = _passed(used_s, step_s, now - unit_since_s, limits) or self._told(job, unit[:2])
            if reason:
                os.kill(fork.pid, _KILL)
                continue
            if now - reported_s > REPORT_S:
                reported_s = now
                self._tick(job, (*unit[:2], position[2]), fork.pid)
            wait_s = min(TICK_S, max(0.0005, timeout_s - (used_s if used_s <= timeout_s else step_s)))

    def _begun_s(self, earliest_s: float, latest_s: float) -> float:
        """What the fork says its CPU clock showed when what it is doing began, between what is possible."""
        return min(max(self._board.begun_s(), earliest_s), latest_s)

    def _told(self, job: int, unit: Place) -> int:
        """Why the parent wants the fork killed: it passed a limit that only the parent sees, or its job is stopped."""
        try:
            body = self._orders.recv(wire.ORDER.size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return wire.NOT_KILLED
        if len(body) < wire.ORDER.size:
            return wire.STOPPED
        what, of_job, *where = wire.ORDER.unpack(body)
        if of_job != job:
            return wire.NOT_KILLED
        if what == wire.STOPPED:
            self.was_stopped = True
            return wire.STOPPED
        # An order about a limit names a place. By now the candidate may be elsewhere.
        return int(what) if tuple(where) == unit else wire.NOT_KILLED


def _unit(position: Position, by_step: bool) -> Position:
    """What of a position has time of its own. No step has, except that the first sample may be run again."""
    item, sample, step = position
    return item, sample, min(step, CALLED_AGAIN) if sample == 1 and not by_step else 0


def _passed(used_s: float, step_s: float, wall_s: float, limits: JobLimits) -> int:
    """The limit that was passed. step_s: CPU seconds of the step under way, 0 if they are not known."""
    if step_s > limits.timeout_s:
        return wire.STEP_LIMIT
    if used_s > 2 * limits.timeout_s or (used_s > limits.timeout_s and step_s < limits.timeout_s / 2):
        return wire.CPU_LIMIT
    return wire.WALL_LIMIT if wall_s > limits.wall_s else wire.NOT_KILLED
