"""A worker: takes jobs from its private socket, has forks run them, and tells the parent what became of them."""

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
import warnings
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NoReturn

from battnb.sandbox import wire
from battnb.sandbox.inside import hardening, kept, trial, warm
from battnb.sandbox.inside.captured import BoundedWriter
from battnb.sandbox.inside.link import ParentLink
from battnb.sandbox.inside.reading import Compiled, read_source
from battnb.sandbox.inside.watch import Board, Ended, JobLimits, KeptFork, LimitWatch, OneFork, Place

BOARD_BYTES = 16 * 2**20
KERNEL_LIMITS = (("memory_bytes", resource.RLIMIT_AS), ("open_files", resource.RLIMIT_NOFILE))
"""Limits that the kernel holds a fork to, by their names in model.Limits."""
RECORD_BYTES = 512  # of a result, besides its outcomes
REHEARSALS = 50
COMPILE_HERE_BYTES, COMPILE_HERE_S = 20_000, 0.5
_REAL = int(signal.ITIMER_REAL)


class Worker:
    """jobs: the socket on which jobs come and answers go. orders: the socket for what is said about a running job.

    names: those that programs find. rest_bytes: the address space that the nursery has at rest. folders: those that its
    forks may write to, one after the other.
    Nothing of a candidate stays in the memory of this process, where a later fork could find it: see link.py, and
    candidates that get a fork each are read one at a time.
    """

    def __init__(
        self, jobs: socket.socket, orders: socket.socket, names: trial.ProgramNames, rest_bytes: int,
        layers: hardening.Layers, folders: list[str],
    ) -> None:  # fmt: skip
        self._link = ParentLink(jobs)
        self._orders = orders
        self._names = names
        self._board = Board(BOARD_BYTES)
        self._layers = layers
        self._put_on = layers.put_on()
        self._at_rest = {"memory_bytes": rest_bytes + BOARD_BYTES}
        self._folders = folders
        self._watch = LimitWatch(self._board, orders, self._link.tick)
        self._kept: KeptFork | None = None
        self._threads = [1]
        self._capture = os.memfd_create("captured")  # for a candidate's standard output and error
        self._capture_flags = fcntl.fcntl(self._capture, fcntl.F_GETFL)
        os.dup2(self._capture, 1)
        os.dup2(self._capture, 2)
        self._writer = BoundedWriter(1)
        stream: Any = self._writer  # a raw stream is enough: nothing is ever read or sought
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
        sys.stdout = sys.stderr = text
        # What is compiled here, before the fork, would use up what later programs may print.
        warnings.simplefilter("ignore", SyntaxWarning)
        self._change_folder()
        hardening.count_threads(self._threads)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._to_close = [*self._link.descriptors(), self._orders.fileno()]
        self._layers.enter_worker()
        self._rehearse()
        gc.collect()
        self._filling = warm.fill_holes()
        gc.freeze()

    def _change_folder(self) -> None:
        """Go to the next folder, and leave what is in the last one. If none is left, another worker takes over."""
        if not self._folders:
            self._link.flush()
            os._exit(0)
        self._folder = self._folders.pop()
        os.chdir(self._folder)
        os.environ.update(HOME=self._folder, TMPDIR=self._folder)
        self._empty_bytes = hardening.size_of_empty(self._folder)

    def _is_folder_empty(self) -> bool:
        """This is asked after every fork, so it does not read the folder if its size tells."""
        if self._empty_bytes is not None:
            return os.stat(".").st_size == self._empty_bytes
        return not os.listdir(".")

    def serve(self) -> NoReturn:
        """Run jobs until the socket ends, and with it this process."""
        while True:
            self._run_job(*marshal.loads(self._link.receive()))

    # Jobs

    def _run_job(self, job: int, how: int, by_name: dict[str, Any], *rest: Any) -> None:
        self._watch.was_stopped = False
        limits = JobLimits(**by_name)
        self._take_on(limits)
        next_item = (self._run_kept, self._run_together, self._run_solo)[how](job, limits, *rest)
        self._link.tell_done(job, next_item)

    def _take_on(self, limits: JobLimits) -> None:
        """Set here what a fork is to find: set in the fork, it would be a few pages more to copy."""
        self._writer.allow(limits.capture_bytes)
        self._board.output_bytes = limits.output_bytes
        self._threads[0] = limits.threads
        at_rest = self._at_rest.get
        most = [(which, vars(limits)[name] + at_rest(name, 0)) for name, which in KERNEL_LIMITS]
        self._kernel_limits = tuple([(which, (value, value)) for which, value in most])

    def _run_kept(self, job: int, limits: JobLimits, turn_s: float, last: Place) -> int:
        """Run straight-line programs or a battery's steps, in the fork that is kept."""
        started = monotonic()
        if self._kept is None or not self._kept.suits(limits):
            self._end_kept()
            self._kept = self._new_kept(limits)
        fork = self._kept
        begun_cpu_s = fork.begin(self._link.next_length(), started + turn_s, self._link.move)
        ended = self._watch.until_end(fork, job, limits, last, begun_cpu_s, by_step=True)
        self._report(job, 0, ended, started, limits, _most_bytes(last, limits) if not last[0] else None)
        self._clean_up()
        if not fork.is_alive:
            self._kept = self._new_kept(limits)
        return ended.position[0]

    def _new_kept(self, limits: JobLimits) -> KeptFork:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            ours.close()
            self._become_trial(lambda: kept.serve(theirs, self._names, limits.memory_bytes, self._board))
        theirs.close()
        return KeptFork(pid, ours, limits)

    def _end_kept(self) -> None:
        if self._kept is not None and self._kept.is_alive:
            os.kill(self._kept.pid, signal.SIGKILL)
            self._kept.reap()
        self._kept = None

    def _run_together(self, job: int, limits: JobLimits, turn_s: float, last: Place, packed: bytes) -> int:
        at_s = monotonic() + turn_s
        return self._fork(job, 0, limits, last, lambda: trial.run_together(self._names, packed, at_s, self._board))

    def _run_solo(self, job: int, limits: JobLimits, turn_s: float, count: int, tasks: Any) -> int:
        """Run each item, which comes in a frame of its own, in a new fork. Returns the first that was not begun."""
        stop_s = monotonic() + turn_s
        data = [trial.TaskData(*task) for task in tasks]
        begun = 0
        for index in range(count):
            body = self._link.receive()
            if begun < index or (index and (monotonic() > stop_s or self._watch.was_stopped)):
                continue  # the turn is over: the rest is only taken off the socket
            begun = index + 1
            self._solo(job, index, limits, body, data)
        return begun

    def _solo(self, job: int, index: int, limits: JobLimits, body: bytes, tasks: list[trial.TaskData]) -> None:
        may_compile, *fields = marshal.loads(body)
        item = trial.Item(*fields)
        names, board, writer, task = self._names, self._board, self._writer, tasks[item.task]
        read = self._read(item) if may_compile else None
        ready = None if read is None else trial.Attempt(names, item, task, read)

        def run() -> None:
            attempt = ready
            if attempt is None:
                read = read_source(item.source, item.prelude, names.dsl, names.modules)
                attempt = trial.Attempt(names, item, task, read)
            trial.run_solo(index, attempt, board, writer)

        self._fork(job, index, limits, (index, len(task.inputs)), run)

    def _read(self, item: trial.Item) -> Compiled | bytes | None:
        """The program as it is read off its source; None if that is left to the fork, which is under limits.

        To compile in a fork costs half a millisecond of page faults; here everything is warm. Some sources take for
        ever. Then the alarm ends this worker, and the program is asked for again, alone.
        """
        source = item.source
        if type(source) is bytes or len(source) > COMPILE_HERE_BYTES or "finally" in source:
            return None
        _signal.setitimer(_REAL, COMPILE_HERE_S)
        try:
            return read_source(source, item.prelude, self._names.dsl, self._names.modules)
        finally:
            _signal.setitimer(_REAL, 0)

    # One fork

    def _fork(self, job: int, item: int, limits: JobLimits, last: Place, run: Callable[[], None]) -> int:
        """Run something in a fork. Returns the item that the fork came to. last: see LimitWatch.until_end."""
        started = monotonic()
        pid = os.fork()
        if not pid:
            if self._kept is not None:
                self._kept.drop()
            self._become_trial(run)
        ended = self._watch.until_end(OneFork(pid), job, limits, last)
        self._layers.leave_fork(pid)
        self._report(job, item, ended, started, limits, _most_bytes(last, limits) if item == last[0] else None)
        self._clean_up()
        return ended.position[0]

    def _clean_up(self) -> None:
        """Leave nothing of this fork for the next. It is done a thousand times a second: few calls, few objects."""
        self._board.clear()
        if os.lseek(self._capture, 0, os.SEEK_END):
            os.ftruncate(self._capture, 0)
        os.lseek(self._capture, 0, os.SEEK_SET)
        # Only if need be: to set flags Python first makes, and drops, a TypeError.
        if fcntl.fcntl(self._capture, fcntl.F_GETFL) != self._capture_flags:
            fcntl.fcntl(self._capture, fcntl.F_SETFL, 0)
        if not self._is_folder_empty() and not hardening.empty(self._folder):
            self._change_folder()

    def _become_trial(self, run: Callable[[], None]) -> NoReturn:
        """In the fork: take the limits, run, end. SIGCHLD stays blocked: a fork has no children."""
        try:
            self._enter_fork(self._to_close, self._kernel_limits, self._put_on)
            run()
        except MemoryError:
            os._exit(wire.EXIT_NO_MEMORY)
        except BaseException:
            os._exit(wire.EXIT_BROKEN)
        os._exit(wire.EXIT_DONE)

    def _enter_fork(
        self, descriptors: Sequence[int], limits: Sequence[tuple[int, tuple[int, int]]], put_on: Callable[[int], bool]
    ) -> None:
        """What each fork does first. Few steps and few objects: every page that it writes to is copied."""
        for descriptor in descriptors:
            os.close(descriptor)
        for which, most in limits:
            resource.setrlimit(which, most)
        if not put_on(os.getpid()):
            os._exit(1)

    def _rehearse(self) -> None:
        """Do what each fork does first, to no effect: code that ran before the fork writes to far fewer pages in it."""
        limits = tuple([(which, resource.getrlimit(which)) for _, which in KERNEL_LIMITS])
        for _ in range(REHEARSALS):
            self._enter_fork((), limits, self._layers.rehearse)

    def _report(
        self, job: int, item: int, ended: Ended, started_s: float, limits: JobLimits, most_bytes: int | None
    ) -> None:
        captured = b""  # what the fork wrote to its standard output and error
        if os.lseek(self._capture, 0, os.SEEK_END):
            captured = os.pread(self._capture, limits.capture_bytes, 0)
        self._link.tell_end(job, item, ended, started_s, captured, self._board.results(most_bytes))


def _most_bytes(last: Place, limits: JobLimits) -> int:
    """What one candidate can honestly have written to the board."""
    return (last[1] or 1) * int(limits.output_bytes + RECORD_BYTES)
