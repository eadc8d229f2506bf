"""Watching a fork from its worker: wait for the end of its work, and kill it where a limit is passed.

The fork's CPU clock is read from outside, so nothing that a candidate does to signals, timers or exceptions matters.
It is read when the time could be up at the earliest: CPU time never runs faster than wall time times threads.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from time import clock_gettime, monotonic
from typing import NamedTuple, Protocol

from battnb.sandbox import wire
from battnb.sandbox.inside.board import Board

TICK_S = 0.05
REPORT_S = 0.05
_KILL = int(signal.SIGKILL)

Position = tuple[int, int, int]
"""Item, sample and step that a fork says it is at."""
Place = tuple[int, int]
"""Item and sample."""


class JobLimits(NamedTuple):
    """Limits, as a job carries them; see model.Limits."""

    timeout_s: float
    idle_s: float
    wall_s: float
    memory_bytes: int
    output_bytes: int
    capture_bytes: int
    threads: int
    open_files: int


class Ended(NamedTuple):
    """How a fork's work ended, and where its candidates stood."""

    wait_status: int
    reason: int
    position: Position
    cpu_s: float


class Fork(Protocol):
    """A process to watch."""

    pid: int

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        """Wait so long, or, where it was killed, as long as it takes, for its work's end.

        Returns its wait status and the CPU seconds that it took, None where it goes on.
        """


def cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time, all threads: see clock_getcpuclockid(3)."""
    return (~pid << 3) | 2


class Watch:
    """board: where forks say what they are at. orders: the socket for what the parent says of a running job.

    tick: called now and then with (job, position, process id). was_stopped: the parent wants no more of this job.
    """

    def __init__(self, board: Board, orders: socket.socket, tick: Callable[[int, Position, int], None]) -> None:
        self._board = board
        self._orders = orders
        self._tick = tick
        self.was_stopped = False

    def until_end(
        self, fork: Fork, job: int, limits: JobLimits, last: Place, begun_cpu_s: float = 0.0, by_step: bool = False
    ) -> Ended:
        """Wait for the end of a fork's work.

        The clocks of a sample start anew where the fork says that it has come further. A fork that lies about
        it gains no more than the time of all its samples. last: the furthest place that it can honestly say it is at.
        begun_cpu_s: what its CPU clock showed when its work began. by_step: it says when each step begins, and does
        not lie; then a step under way may first use up the time of a sample, or end (but for twice that time no sample
        goes on): only a step that does so alone is to blame for all that use it.
        """
        clock = cpu_clock(fork.pid)
        unit, unit_cpu_s, unit_since_s = (0, 0), begun_cpu_s, monotonic()
        reason, reported_s = wire.NOT_KILLED, unit_since_s
        wait_s = min(limits.timeout_s, TICK_S)
        while True:
            ended = fork.wait(wait_s, reason != wire.NOT_KILLED)
            if ended is not None:
                return Ended(ended[0], reason, self._board.position(), ended[1])
            now, cpu_s, position = monotonic(), clock_gettime(clock), self._board.position()
            if unit < position[:2] <= last:
                begun_s = min(max(self._board.begun_s(), unit_cpu_s), cpu_s)
                unit, unit_cpu_s, unit_since_s = position[:2], begun_s, now
            used_s, step_s = cpu_s - unit_cpu_s, 0.0
            if by_step and position[1]:
                step_s = cpu_s - min(max(self._board.begun_s(), unit_cpu_s), cpu_s)
            reason = _passed(used_s, step_s, now - unit_since_s, limits) or self._told(job, unit)
            if reason:
                os.kill(fork.pid, _KILL)
                continue
            if now - reported_s > REPORT_S:
                reported_s = now
                self._tick(job, (*unit, position[2]), fork.pid)
            left_s = limits.timeout_s - (used_s if used_s <= limits.timeout_s else step_s)
            wait_s = min(TICK_S, max(0.0005, left_s))

    def _told(self, job: int, unit: Place) -> int:
        """What the parent says meanwhile: that the candidate idles, or that the job is to stop."""
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
        # That is said of a place; by now the candidate may be elsewhere.
        return int(what) if tuple(where) == unit else wire.NOT_KILLED


def _passed(used_s: float, step_s: float, wall_s: float, limits: JobLimits) -> int:
    """step_s: CPU seconds of the step under way, 0 where they are not known."""
    if step_s > limits.timeout_s:
        return wire.STEP_LIMIT
    if used_s > 2 * limits.timeout_s or (used_s > limits.timeout_s and step_s < limits.timeout_s / 2):
        return wire.CPU_LIMIT
    return wire.WALL_LIMIT if wall_s > limits.wall_s else wire.NOT_KILLED
