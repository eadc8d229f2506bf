"""A worker: takes jobs from its private socket, has forks run them, and tells the parent what became of them.

Straight-line programs go to a fork that is kept for the next job (runner.py), any other program gets a fork of its
own. Limits are held from outside (watch.py).
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
from collections.abc import Callable, Sequence
from time import clock_gettime, monotonic
from types import CodeType
from typing import Any, NoReturn

from battnb.sandbox import wire
from battnb.sandbox.inside import hardening, runner, settle, shared, trial
from battnb.sandbox.inside.board import Board
from battnb.sandbox.inside.names import Known
from battnb.sandbox.inside.watch import Ended, JobLimits, Place, Position, Watch, cpu_clock

BOARD_BYTES = 16 * 2**20
# As plain ints: an enum's members hash and convert in Python, which touches pages in every fork.
_CHILD_ENDED = (int(signal.SIGCHLD),)
_REAL = int(signal.ITIMER_REAL)
RECORD_BYTES = 512  # of a result, beside its outcomes
PENDING_BYTES = 48 * 2**10  # a pipe holds 64 KiB
FLUSH_S = 0.02
REHEARSALS = 50
COMPILE_HERE_BYTES, COMPILE_HERE_S = 20_000, 0.5

_Pair = tuple[int, int]


class OneFork:
    """A fork that ends with its work; see watch.Fork."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._clock = cpu_clock(pid)

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        if _signal.sigtimedwait(_CHILD_ENDED, wait_s) is not None or was_killed:
            # Until it is reaped its clock shows all that it used. wait4 would say so too, in a record of 16 fields.
            if was_killed:
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            cpu_s = clock_gettime(self._clock)
            found, status = os.waitpid(self.pid, 0 if was_killed else os.WNOHANG)
            if found:
                return status, cpu_s
        return None


class Worker:
    """jobs: the socket on which jobs come and answers go. orders: the socket for what is said of a running job.

    known: the names that programs find. rest_bytes: the address space that the nursery has at rest.
    folders: those that its forks may
    write to, one after the other.
    Nothing of a candidate stays in this process's memory where a later fork could find it: candidates are read one at
    a time, those for a fork that is kept are passed on unread, and answers wait in a pipe.
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
        self._put_on = layers.put_on()
        self._rest_bytes = rest_bytes + BOARD_BYTES
        self._folders = folders
        self._pending_out, self._pending_in = os.pipe()
        self._pending = 0
        self._flushed_s = monotonic()
        self._watch = Watch(self._board, orders, self._tick)
        self._runner: runner.Runner | None = None
        self._threads = [1]
        self._prepare()

    def _prepare(self) -> None:
        self._capture = hardening.capture_file()
        self._capture_flags = fcntl.fcntl(self._capture, fcntl.F_GETFL)
        os.dup2(self._capture, 1)
        os.dup2(self._capture, 2)
        self._writer = trial.BoundedWriter(1)
        stream: Any = self._writer  # a raw stream will do: nothing is ever read or sought
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
        sys.stdout = sys.stderr = text
        self._change_folder()
        hardening.count_threads(self._threads)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._to_close = [s.fileno() for s in (self._socket, self._orders)] + [self._pending_out, self._pending_in]
        self._layers.enter_worker()
        self._rehearse()
        gc.collect()
        self._filling = settle.fill_holes()
        gc.freeze()

    def _change_folder(self) -> None:
        """To the next folder: what is in the last one stays there. With none left another worker takes over."""
        if not self._folders:
            self._flush()
            os._exit(0)
        self._folder = self._folders.pop()
        os.chdir(self._folder)
        os.environ.update(HOME=self._folder, TMPDIR=self._folder)
        self._empty_bytes = hardening.size_of_empty(self._folder)

    def _is_folder_empty(self) -> bool:
        """Asked after every fork, so without reading the folder where its size tells."""
        if self._empty_bytes is not None:
            return os.stat(".").st_size == self._empty_bytes
        return not os.listdir(".")

    def serve(self) -> None:
        """Run jobs until the socket ends."""
        while (body := self._receive()) is not None:
            self._run_job(*marshal.loads(body))

    # Jobs

    def _run_job(self, job: int, kind: str, limit_values: tuple[Any, ...], *rest: Any) -> None:
        self._watch.was_stopped = False
        limits = JobLimits(*limit_values)
        # What a fork is to find it finds here: set in the fork, it would be a few pages more to copy.
        self._writer.left = limits.capture_bytes
        self._board.output_bytes = limits.output_bytes
        self._threads[0] = limits.threads
        self._space = (self._rest_bytes + limits.memory_bytes,) * 2
        self._files = (limits.open_files,) * 2
        runs: dict[str, Callable[..., int]] = {
            wire.KEPT: self._run_kept,
            wire.TOGETHER: self._run_together,
            wire.SOLO: self._run_solo,
        }
        next_item = runs[kind](job, limits, *rest)
        self._put(wire.LENGTH.pack(wire.DONE.size) + wire.DONE.pack(wire.JOB_DONE, job, next_item))
        self._flush()

    def _run_kept(self, job: int, limits: JobLimits, turn_s: float, last: Place) -> int:
        """Straight-line programs or a battery's steps, in the fork that is kept."""
        started = monotonic()
        if self._runner is None or not self._runner.suits(limits):
            self._end_kept()
            self._runner = self._new_kept(limits)
        fork = self._runner
        begun_cpu_s = fork.begin(self._next_length(), started + turn_s, self._move)
        ended = self._watch.until_end(fork, job, limits, last, begun_cpu_s, by_step=True)
        self._report(job, 0, ended, started, limits, _most_bytes(last, limits) if not last[0] else None)
        self._clean_up()
        if not fork.is_alive:
            self._runner = self._new_kept(limits)
        return ended.position[0]

    def _new_kept(self, limits: JobLimits) -> runner.Runner:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            ours.close()
            self._become_trial(lambda: runner.serve(theirs, self._known, limits.memory_bytes, self._board))
        theirs.close()
        return runner.Runner(pid, ours, limits)

    def _end_kept(self) -> None:
        if self._runner is not None and self._runner.is_alive:
            os.kill(self._runner.pid, signal.SIGKILL)
            self._runner.reap()
        self._runner = None

    def _run_together(self, job: int, limits: JobLimits, turn_s: float, last: Place, packed: bytes) -> int:
        at_s = monotonic() + turn_s
        return self._fork(job, 0, limits, last, lambda: shared.run_together(self._known, packed, at_s, self._board))

    def _run_solo(self, job: int, limits: JobLimits, turn_s: float, count: int, tasks: Any) -> int:
        """One fork an item; each item comes in a frame of its own. Returns the first that was not begun."""
        stop_s = monotonic() + turn_s
        data = [trial.TaskData(*task) for task in tasks]
        begun = 0
        for index in range(count):
            body = self._receive()
            if body is None:
                os._exit(0)
            if begun < index or (index and (monotonic() > stop_s or self._watch.was_stopped)):
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

    def _fork(self, job: int, item: int, limits: JobLimits, last: Place, run: Callable[[], None]) -> int:
        """Run in a fork. Returns the item that it came to.

        last: the furthest place that the fork can honestly say it is at.
        """
        started = monotonic()
        pid = os.fork()
        if not pid:
            if self._runner is not None:
                self._runner.drop()
            self._become_trial(run)
        ended = self._watch.until_end(OneFork(pid), job, limits, last)
        self._layers.leave_fork(pid)
        self._report(job, item, ended, started, limits, _most_bytes(last, limits) if item == last[0] else None)
        self._clean_up()
        return ended.position[0]

    def _clean_up(self) -> None:
        """Leave nothing of this fork for the next. Few calls and few objects: it is done a thousand times a second."""
        self._board.clear()
        if os.lseek(self._capture, 0, os.SEEK_END):
            os.ftruncate(self._capture, 0)
        os.lseek(self._capture, 0, os.SEEK_SET)
        # Only where need be: to set flags Python first makes, and drops, a TypeError.
        if fcntl.fcntl(self._capture, fcntl.F_GETFL) != self._capture_flags:
            fcntl.fcntl(self._capture, fcntl.F_SETFL, 0)
        if not self._is_folder_empty() and not hardening.empty(self._folder):
            self._change_folder()

    def _become_trial(self, run: Callable[[], None]) -> NoReturn:
        """In the fork: take the limits, run, end. SIGCHLD stays blocked: a fork has no children."""
        try:
            self._enter_fork(self._to_close, self._space, self._files, self._put_on)
            run()
        except MemoryError:
            os._exit(hardening.EXIT_NO_MEMORY)
        except BaseException:
            os._exit(hardening.EXIT_BROKEN)
        os._exit(hardening.EXIT_DONE)

    def _enter_fork(
        self, descriptors: Sequence[int], space: _Pair, files: _Pair, put_on: Callable[[int], bool]
    ) -> None:
        """What each fork does first. Few steps and few objects: every page that it writes to is copied."""
        for descriptor in descriptors:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_AS, space)
        resource.setrlimit(resource.RLIMIT_NOFILE, files)
        if not put_on(os.getpid()):
            os._exit(1)

    def _rehearse(self) -> None:
        """Do what each fork does first, to no effect: code that ran before the fork writes to far fewer pages in it."""
        space, files = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_NOFILE)
        for _ in range(REHEARSALS):
            self._enter_fork((), space, files, self._layers.rehearse)

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

    def _tick(self, job: int, position: Position, pid: int) -> None:
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

    def _next_length(self) -> int:
        """The length of the next frame's body."""
        head = self._exactly(wire.LENGTH.size)
        if head is None:
            os._exit(0)
        return int(wire.LENGTH.unpack(head)[0])

    def _move(self, descriptor: int, left: int) -> None:
        """Have what comes from the parent go to a descriptor, from kernel to kernel: none of it is ever here.

        Where nobody reads it there any more it goes nowhere.
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


def _most_bytes(last: Place, limits: JobLimits) -> int:
    """What one candidate can honestly have written to the board."""
    return (last[1] or 1) * (limits.output_bytes + RECORD_BYTES)
