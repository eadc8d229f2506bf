"""A fork that is kept: it runs one job of straight-line programs, or of a battery's steps, after the other.

Such programs only call the DSL, so they can change nothing that the next would see. The fork therefore keeps what the
steps of a task gave, and programs that share steps run each of them once.

Both ends are here: KeptFork is the worker's, serve the fork's. A job is its length, the time at which its turn is over,
and its bytes. The answer is a byte, when the board has the results: _DONE, or _WORN, with which the fork ends. A fork
that dies closes its socket.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import resource
import select
import socket
import struct
from collections.abc import Callable, Sequence
from time import clock_gettime, monotonic, process_time
from types import FunctionType
from typing import Any

from battnb.sandbox import wire
from battnb.sandbox.inside.evaluation import Equals, Evaluation
from battnb.sandbox.inside.graph_steps import GraphData, evaluation_of, run_graph
from battnb.sandbox.inside.names import OWN_DSL, ProgramNames
from battnb.sandbox.inside.trial import TaskData, seed
from battnb.sandbox.inside.watch import Board, JobLimits, cpu_clock

MAX_VALUES = 60_000
"""So many values of steps a fork keeps; past that it forgets all."""
MAX_SCOPES, MAX_TASKS = 4, 256
MAX_GROWTH_KIB = 64 * 2**10
_HEAD = struct.Struct("<Qd")
_DONE, _WORN = b"d", b"w"
_APART = wire.encode_bounce(wire.Bounce.APART)


class KeptFork:
    """The worker's end, a watch.Fork. sock: its end of the fork's socket. limits: those that the fork took on."""

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
            self._socket.sendall(_HEAD.pack(length, at_s))
        move(self._socket.fileno(), length)
        return self._begun_cpu_s

    def wait(self, wait_s: float, was_killed: bool) -> tuple[int, float] | None:
        """See watch.Fork. The CPU seconds are those of this job."""
        if not was_killed:
            if not self._poll.poll(wait_s * 1000):
                return None
            if self._answer() == _DONE:
                return wire.EXIT_DONE << 8, clock_gettime(cpu_clock(self.pid)) - self._begun_cpu_s
        status, cpu_s = self.reap()
        return status, cpu_s - self._begun_cpu_s

    def _answer(self) -> bytes:
        try:
            return self._socket.recv(1)
        except ConnectionResetError:
            return b""

    def drop(self) -> None:
        """In another fork of the worker: close what belongs to this one."""
        self._socket.close()

    def reap(self) -> tuple[int, float]:
        """Wait for its end. Returns its wait status and its CPU seconds."""
        self.is_alive = False
        self._socket.close()
        _, status, usage = os.wait4(self.pid, 0)
        return status, usage.ru_utime + usage.ru_stime


def serve(sock: socket.socket, names: ProgramNames, memory_bytes: int, board: Board) -> None:
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


class Keeper:
    """What a kept fork knows from one job to the next.

    Only jobs of one scope, which is one call of the user's, share steps. The work of another scope is measured again.

    names: those that programs find. memory_bytes: how much more than now this process may take.
    """

    def __init__(self, names: ProgramNames, memory_bytes: int) -> None:
        self._names = names
        self._is_plain = all(map(_is_own, names.dsl.values()))
        self._equals = Equals(self._is_plain)
        self._scopes: dict[int, dict[TaskData, Evaluation]] = {}
        self._tasks: dict[TaskData, Evaluation] = {}
        self._most_kib = _peak_kib() + min(MAX_GROWTH_KIB, memory_bytes // 4096)
        self._had_no_memory = False

    def run(self, packed: bytes, at_s: float, board: Board) -> None:
        """Run a job, which comes as one piece of marshal from the parent. No candidate begins after at_s."""
        kind, *job = marshal.loads(packed)
        if kind == "graph":
            run_graph(self._names, GraphData(*job), board)
        else:
            scope, items, tasks, hung = job
            self._enter(scope)
            self._run_items(items, [TaskData(*task) for task in tasks], hung, at_s, board)

    def is_worn(self) -> bool:
        """Is it time for a fresh fork?"""
        return self._had_no_memory or _peak_kib() > self._most_kib

    def _enter(self, scope: int) -> None:
        count = sum([known.value_count for tasks in self._scopes.values() for known in tasks.values()])
        if count > MAX_VALUES or sum(map(len, self._scopes.values())) > MAX_TASKS:
            self._scopes.clear()
        if scope not in self._scopes:
            self._equals = Equals(self._is_plain)
        self._tasks = self._scopes[scope] = self._scopes.pop(scope, {})
        if len(self._scopes) > MAX_SCOPES:
            del self._scopes[next(iter(self._scopes))]

    def _known(self, task: TaskData) -> Evaluation:
        """The steps of a task that jobs of this scope have run so far."""
        known = self._tasks.get(task)
        if known is None:
            known = self._tasks[task] = evaluation_of(self._names, task, self._equals, not self._is_plain)
        return known

    def _run_items(self, items: Any, tasks: Sequence[TaskData], hung: Any, at_s: float, board: Board) -> None:
        for source, step, sample, cpu_s, of_task in hung:
            known = self._known(tasks[of_task])
            program = known.graph.read(source)
            if program is not None and step < len(program.nodes):
                known.fail(program.nodes[step], sample, cpu_s)
        at_task = -1
        for index, (source, entry, grids, task) in enumerate(items):
            if index and monotonic() > at_s:
                return
            board.stand(index, 0, 0)
            board.begin(process_time())  # what was done before, such as reading, does not count as this one's time
            if task != at_task:
                at_task, known = task, self._known(tasks[task])
            if not self._run_item(index, source, entry, grids, known, board):
                return
        board.stand(len(items), 0, 0)

    def _run_item(
        self, index: int, source: Any, entry: str | None, grids: str | None, known: Evaluation, board: Board
    ) -> bool:
        """False if the board is full: this candidate then counts as not begun."""
        program = known.graph.read(source) if type(source) is str and grids is None else None
        if program is None or (entry is not None and entry != program.entry):
            return board.write(wire.encode_result(index, 0, (0.0,), _APART, True, ""))
        if not self._is_plain:
            seed()
        started, spent_s = monotonic(), known.spent_s
        found = known.run(program, board, index)
        self._had_no_memory |= known.had_no_memory
        cpu_s, outcomes = found or ([0.0], _APART)
        ended, spent_s = monotonic(), known.spent_s - spent_s
        return board.write(wire.encode_result(index, 0, cpu_s, outcomes, True, program.entry, started, ended, spent_s))


def _is_own(value: Any) -> bool:
    """Is this of battnb's DSL, whose functions give only what nobody can change?"""
    return not isinstance(value, FunctionType) or (value.__module__ or "").startswith(f"{OWN_DSL}.")


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
