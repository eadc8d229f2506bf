"""A worker: takes jobs from its private socket, runs each in a fork, watches the fork and kills it at a limit.

The fork's CPU clock is read from outside, so nothing that a candidate does to signals, timers or exceptions matters.
It is read when the time could be up at the earliest: CPU time never runs faster than wall time times threads.
"""

from __future__ import annotations

import _signal
import fcntl
import gc
import io
import marshal
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from time import clock_gettime, monotonic
from types import CodeType
from typing import Any, NamedTuple, NoReturn

from battnb.sandbox import hardening, trial, wire
from battnb.sandbox.board import Board
from battnb.sandbox.names import Known

BOARD_BYTES = 16 * 2**20
# As plain ints: an enum's members hash and convert in Python, which touches pages in every fork.
_CHILD_ENDED = (int(signal.SIGCHLD),)
_UNBLOCK, _KILL, _REAL = int(signal.SIG_UNBLOCK), int(signal.SIGKILL), int(signal.ITIMER_REAL)
RECORD_BYTES = 512  # of a result, beside its outcomes
PENDING_BYTES = 48 * 2**10  # a pipe holds 64 KiB
FLUSH_S = 0.02
TICK_S = 0.05
REPORT_S = 0.05
COMPILE_HERE_BYTES, COMPILE_HERE_S = 20_000, 0.5


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
    """How a fork ended, and where its candidates stood."""

    wait_status: int
    reason: int
    position: tuple[int, int, int]
    cpu_s: float


class Worker:
    """jobs: the socket on which jobs come and answers go. orders: the socket for what is said of a running job.

    known: the names that programs find. rest_bytes: the address space that the nursery has at rest.
    folders: those that its forks may
    write to, one after the other.
    Nothing of a candidate stays in this process's memory where a later fork could find it: candidates are read one at
    a time, and answers wait in a pipe.
    """

    def __init__(
        self,
        jobs: socket.socket,
        orders: socket.socket,
        known: Known,
        rest_bytes: int,
        layers: hardening.Layers,
        folders: list[str],
    ) -> None:
        self._socket = jobs
        self._orders = orders
        self._known = known
        self._board = Board(BOARD_BYTES)
        self._layers = layers
        self._rest_bytes = rest_bytes + BOARD_BYTES
        self._folders = folders
        self._pending_out, self._pending_in = os.pipe()
        self._pending = 0
        self._flushed_s = monotonic()
        self._stopped = False
        self._last_position = (0, 0, 0)
        self._threads = [1]
        self._prepare()

    def _prepare(self) -> None:
        self._capture = hardening.capture_file()
        os.dup2(self._capture, 1)
        os.dup2(self._capture, 2)
        self._writer = trial.BoundedWriter(1)
        stream: Any = self._writer  # a raw stream will do: nothing is ever read or sought
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
        sys.stdout = sys.stderr = text
        self._move()
        hardening.count_threads(self._threads)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._to_close = [s.fileno() for s in (self._socket, self._orders)] + [self._pending_out, self._pending_in]
        gc.collect()
        gc.freeze()

    def _move(self) -> None:
        """To the next folder: what is in the last one stays there. With none left another worker takes over."""
        if not self._folders:
            self._flush()
            os._exit(0)
        self._folder = self._folders.pop()
        os.chdir(self._folder)
        os.environ.update(HOME=self._folder, TMPDIR=self._folder)

    def serve(self) -> None:
        """Run jobs until the socket ends."""
        while (body := self._receive()) is not None:
            self._run_job(*marshal.loads(body))

    # Jobs

    def _run_job(self, job: int, kind: str, limit_values: tuple[Any, ...], *rest: Any) -> None:
        self._stopped = False
        limits = JobLimits(*limit_values)
        runs: dict[str, Callable[..., int]] = {
            "graph": self._run_graph,
            "shared": self._run_shared,
            "solo": self._run_solo,
        }
        next_item = runs[kind](job, limits, *rest)
        self._put(wire.LENGTH.pack(wire.DONE.size) + wire.DONE.pack(wire.JOB_DONE, job, next_item))
        self._flush()

    def _run_graph(self, job: int, limits: JobLimits, steps: Any, outputs: Any, task: Any, skip: Any) -> int:
        data = trial.TaskData(*task)
        last = (len(outputs) * len(data.inputs), len(data.inputs))
        self._fork(job, 0, limits, last, lambda: trial.run_graph(self._known, steps, outputs, data, skip, self._board))
        return self._last_position[0]

    def _run_shared(self, job: int, limits: JobLimits, turn_s: float, last: tuple[int, int], packed: bytes) -> int:
        at_s = monotonic() + turn_s
        self._fork(job, 0, limits, last, lambda: trial.run_packed(self._known, packed, at_s, self._board))
        return self._last_position[0]

    def _run_solo(self, job: int, limits: JobLimits, turn_s: float, count: int, tasks: Any) -> int:
        """One fork an item; each item comes in a frame of its own. Returns the first that was not begun."""
        stop_s = monotonic() + turn_s
        data = [trial.TaskData(*task) for task in tasks]
        begun = 0
        for index in range(count):
            body = self._receive()
            if body is None:
                os._exit(0)
            if begun < index or (index and (monotonic() > stop_s or self._stopped)):
                continue  # the turn is over: what is left is only taken off the socket
            begun = index + 1
            self._solo(job, index, limits, body, data)
        return begun

    def _solo(self, job: int, index: int, limits: JobLimits, body: bytes, tasks: list[trial.TaskData]) -> None:
        *fields, may_compile = marshal.loads(body)
        item = trial.Item(*fields)
        code = self._compiled(item.source) if may_compile else None
        known, board, task = self._known, self._board, tasks[item.task]

        def run() -> None:
            trial.run_solo(known, index, item, task, trial.compile_source(item.source) if code is None else code, board)

        self._fork(job, index, limits, (index, len(task.inputs)), run)

    def _compiled(self, source: str | bytes) -> CodeType | bytes | None:
        """The program's code; None where that is left to the fork, whose limits hold.

        Compiling in a fork costs half a millisecond of page faults; here it is warm. Some sources take for ever:
        then the alarm ends this worker, and the program is asked for again, alone.
        """
        if type(source) is bytes or len(source) > COMPILE_HERE_BYTES or "finally" in source:
            return None
        _signal.setitimer(_REAL, COMPILE_HERE_S)
        try:
            return trial.compile_source(source)
        finally:
            _signal.setitimer(_REAL, 0)

    # One fork

    def _fork(self, job: int, item: int, limits: JobLimits, last: tuple[int, int], run: Any) -> None:
        """Run in a fork. last: the furthest position, item and sample, that the fork can honestly say it is at."""
        started = monotonic()
        pid = os.fork()
        if not pid:
            self._become_trial(limits, run)
        ended = self._watch(pid, job, limits, last)
        most_bytes = (last[1] or 1) * (limits.output_bytes + RECORD_BYTES) if item == last[0] else None
        self._report(job, item, ended, started, limits, most_bytes)
        self._last_position = ended.position
        self._clean_up()

    def _clean_up(self) -> None:
        """Leave nothing of this fork for the next. Few calls and few objects: it is done a thousand times a second."""
        self._board.clear()
        if os.lseek(self._capture, 0, os.SEEK_END):
            os.ftruncate(self._capture, 0)
        os.lseek(self._capture, 0, os.SEEK_SET)
        fcntl.fcntl(self._capture, fcntl.F_SETFL, 0)
        if os.listdir(self._folder) and not hardening.empty(self._folder):
            self._move()

    def _become_trial(self, limits: JobLimits, run: Any) -> NoReturn:
        """In the fork: take the limits, run, end."""
        try:
            for descriptor in self._to_close:
                os.close(descriptor)
            _signal.pthread_sigmask(_UNBLOCK, _CHILD_ENDED)
            bytes_limit = self._rest_bytes + limits.memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (bytes_limit, bytes_limit))
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
            self._writer.left = limits.capture_bytes
            self._board.output_bytes = limits.output_bytes
            self._threads[0] = limits.threads
            self._layers.enter_fork(os.getpid())
            run()
        except MemoryError:
            os._exit(hardening.EXIT_NO_MEMORY)
        except BaseException:
            os._exit(hardening.EXIT_BROKEN)
        os._exit(hardening.EXIT_DONE)

    def _watch(self, pid: int, job: int, limits: JobLimits, last: tuple[int, int]) -> Ended:
        """Wait for the fork's end; kill it where a limit is passed.

        The clocks of a sample start anew where the fork says that it has come further. A fork that lies about
        it gains no more than the time of all its samples.
        """
        clock = (~pid << 3) | 2  # its CPU clock, all threads: see clock_getcpuclockid(3)
        unit, unit_cpu_s, unit_since_s = (0, 0), 0.0, monotonic()
        reason, reported_s = wire.NOT_KILLED, unit_since_s
        wait_s = min(limits.timeout_s, TICK_S)
        while True:
            if _signal.sigtimedwait(_CHILD_ENDED, wait_s) is not None or reason:
                found, status, usage = os.wait4(pid, 0 if reason else os.WNOHANG)
                if found:
                    cpu_s = usage.ru_utime + usage.ru_stime
                    return Ended(status, reason, self._board.position(), cpu_s)
            now, cpu_s, position = monotonic(), clock_gettime(clock), self._board.position()
            if unit < position[:2] <= last:
                begun_s = min(max(self._board.begun_s(), unit_cpu_s), cpu_s)
                unit, unit_cpu_s, unit_since_s = position[:2], begun_s, now
            reason = self._passed(cpu_s - unit_cpu_s, now - unit_since_s, limits) or self._told(job, unit)
            if reason:
                os.kill(pid, _KILL)
                continue
            if now - reported_s > REPORT_S:
                reported_s = now
                self._tick(job, (*unit, position[2]), pid)
            wait_s = min(TICK_S, max(0.0005, limits.timeout_s - (cpu_s - unit_cpu_s)))

    def _passed(self, cpu_s: float, wall_s: float, limits: JobLimits) -> int:
        if cpu_s > limits.timeout_s:
            return wire.CPU_LIMIT
        return wire.WALL_LIMIT if wall_s > limits.wall_s else wire.NOT_KILLED

    def _told(self, job: int, unit: tuple[int, int]) -> int:
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
            self._stopped = True
            return wire.STOPPED
        # That is said of a place; by now the candidate may be elsewhere.
        return int(what) if tuple(where) == unit else wire.NOT_KILLED

    # Talking to the parent

    def _report(
        self, job: int, item: int, ended: Ended, started_s: float, limits: JobLimits, most_bytes: int | None
    ) -> None:
        captured, results = self._captured(limits.capture_bytes), self._board.results(most_bytes)
        head = wire.TRIAL.pack(
            wire.TRIAL_ENDED, job, item, ended.wait_status, ended.reason, *ended.position, ended.cpu_s,
            started_s, monotonic(), len(captured), len(results),
        )  # fmt: skip
        length = wire.LENGTH.pack(len(head) + len(captured) + len(results))
        # Results go from the board to the kernel: a copy in this process would be there for the next fork to find.
        self._put(length + head + captured)
        self._put(results)
        if monotonic() - self._flushed_s > FLUSH_S:
            self._flush()

    def _captured(self, most_bytes: int) -> bytes:
        """What the fork wrote to its standard output and error."""
        if not os.lseek(self._capture, 0, os.SEEK_END):
            return b""
        return os.pread(self._capture, most_bytes, 0)

    def _tick(self, job: int, position: tuple[int, int, int], pid: int) -> None:
        self._put(wire.LENGTH.pack(wire.TICK.size) + wire.TICK.pack(wire.TICKED, job, *position, pid))
        self._flush()

    def _put(self, data: bytes | memoryview) -> None:
        """Add to what waits for the parent, in the order in which it is to go."""
        if self._pending + len(data) > PENDING_BYTES:
            self._flush()
        if len(data) > PENDING_BYTES:
            self._send(data)
        elif len(data):
            os.write(self._pending_in, data)
            self._pending += len(data)

    def _flush(self) -> None:
        self._flushed_s = monotonic()
        while self._pending:
            try:
                self._pending -= os.splice(self._pending_out, self._socket.fileno(), self._pending)
            except (BrokenPipeError, ConnectionResetError):
                os._exit(0)

    def _send(self, data: bytes | memoryview) -> None:
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def _receive(self) -> bytes | None:
        """The next frame's body, None where the parent is gone."""
        head = self._exactly(4)
        return None if head is None else self._exactly(wire.LENGTH.unpack(head)[0])

    def _exactly(self, count: int) -> bytes | None:
        data = bytearray(count)
        view, at = memoryview(data), 0
        while at < count:
            try:
                got = self._socket.recv_into(view[at:])
            except ConnectionResetError:
                return None
            if not got:
                return None
            at += got
        return bytes(data)
