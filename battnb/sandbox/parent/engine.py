"""The engine: one thread that owns all worker I/O.

    caller --submit(source)--> engine thread --private socket each--> workers

It takes jobs from its sources in turn, gives them to idle lanes, and passes on what workers answer. A lane is a
place for one job at a time; it has a worker of each kind, forked when first needed. Whatever dies is replaced, and
what it had is asked for again.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import selectors
import signal
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from battnb.errors import PoolClosed, SandboxError
from battnb.loops import Thread
from battnb.model import AtWork
from battnb.sandbox import wire
from battnb.sandbox.inside.hardening import NAMESPACES, SIGNALS, SYSTEM_CALLS
from battnb.sandbox.parent.idle import IdleWatch, threads
from battnb.sandbox.parent.jobs import SHARED, Job, Kind, Source
from battnb.sandbox.parent.nurseries import Channel, NurseryProcess

if TYPE_CHECKING:
    import asyncio

SILENT_S = 20.0
"""A worker that says nothing for so long while it has a job is stuck, and replaced."""
OWN_THREADS = 8
"""Beside the main one, for what libraries start by themselves."""
BIT_S = 0.001
"""So long it takes in what workers have said before it looks after them again."""
LOOK_AFTER_S = 0.2
"""So often the engine looks whether the loops that wait for its work are still open."""
MAX_NURSERY_STARTS = 3
_END = object()


class WorkerHandle:
    """One worker, from the engine's side."""

    def __init__(self, lane: Lane, kind: Kind, nursery: NurseryProcess, selector: selectors.BaseSelector) -> None:
        self.lane = lane
        self.kind = kind
        self.nursery = nursery
        ours, theirs = socket.socketpair()
        self._orders, orders = socket.socketpair()
        self._orders.setblocking(False)
        with theirs, orders:
            self.number = nursery.ask_worker(theirs.fileno(), orders.fileno())
        self.channel = Channel(ours, selector)
        self._outside_pid: int | None = None

    def order(self, what: int, job: int, item: int = 0, sample: int = 0) -> None:
        """Say something of the job that it has. Where its socket is full it has been told often enough."""
        with contextlib.suppress(OSError):
            self._orders.send(wire.ORDER.pack(what, job, item, sample))

    def pid(self) -> int | None:
        """Its process id here, None where it is not known yet."""
        inner = self.nursery.worker_pids.get(self.number)
        if self._outside_pid is None and inner is not None:
            self._outside_pid = self.nursery.outside_pid(inner)
        return self._outside_pid

    def close(self) -> None:
        self.channel.close()
        self._orders.close()
        self.nursery.worker_pids.pop(self.number, None)


class Lane:
    """A place for one job at a time."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.workers: dict[Kind, WorkerHandle] = {}
        self.job: Job | None = None
        self.job_number = 0
        self.busy_worker: WorkerHandle | None = None
        self.heard_s = 0.0
        self.idle = IdleWatch()
        self.at_item, self.at_item_s = 0, 0.0


class Engine:
    """lanes: how many jobs run at once. dsl: modules whose names programs see. packages: what they may import.

    require: layers of the sandbox that must be there.
    """

    def __init__(self, lanes: int, dsl: Sequence[str], packages: Sequence[str], require: Sequence[str]) -> None:
        self._dsl = tuple(dsl)
        self._packages = tuple(packages)
        self._require = tuple(require)
        self._lanes = [Lane(index) for index in range(lanes)]
        self._lanes_in_use = lanes
        self._sources: deque[Source] = deque()
        self._calls: deque[Callable[[], None]] = deque()
        # What workers have said of their jobs: judged bit by bit, when every lane has work and no worker has news.
        self._heard: deque[tuple[WorkerHandle, Job, Iterator[None]]] = deque()
        self._nurseries: dict[bool, NurseryProcess] = {}
        self._preload: tuple[str, ...] = ("numpy", "numpy.random")
        self._numpy_ends = 0
        self._starts = 0
        self._numbers = itertools.count(1)
        self._closing = False
        self._door = threading.Lock()
        self._has_ended = False
        self._ended = threading.Event()
        self._watched: dict[object, tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = {}
        self._looked_s = 0.0
        self.failure: Exception | None = None
        self.names: frozenset[str] = frozenset()
        self.layers: dict[str, Any] = {}
        self._ready = threading.Event()
        self._waiters: list[Callable[[], object]] = []
        self._thread = Thread(self._run, "battnb-engine", daemon=True)

    # Called from any thread

    def start(self) -> None:
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        _open.add(self)
        self._thread.start()

    def wait_ready(self, timeout_s: float | None = None) -> None:
        """Block until the first nursery is ready. Raises SandboxError where it cannot start."""
        if not self._ready.wait(timeout_s):
            raise SandboxError(f"the sandbox is not ready after {timeout_s:g} s; it is loading {', '.join(self._dsl)}")
        if self.failure is not None:
            raise self.failure
        if not self.names and self._closing:
            raise PoolClosed("the pool was closed before its sandbox was ready")

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call this, in some thread, once the sandbox has started, or has failed."""
        with self._door:
            if not (self._ready.is_set() or self._has_ended):
                self._waiters.append(callback)
                return
        callback()

    def _announce_ready(self) -> None:
        with self._door:
            self._ready.set()
            waiters, self._waiters = self._waiters, []
        for callback in waiters:
            callback()

    def submit(self, source: Source) -> None:
        """Run a source's work. Raises PoolClosed after close()."""
        with self._door:
            if self.failure is not None:
                raise self.failure
            if self._closing:
                raise PoolClosed("the pool is closed; make a new one")
            self.call(lambda: self._sources.append(source))

    def call(self, function: Callable[[], None] = lambda: None) -> None:
        """Have the engine's thread call this soon, and look for work."""
        self._calls.append(function)
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_out.send(b"w")

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        """Have this called in the engine's thread should a loop be closed. Returns what ends the watch."""
        key = object()
        self._watched[key] = loop, closed
        self.call()
        return lambda: self._watched.pop(key, None) and None

    def close(self) -> None:
        """End everything: what has not ended fails with PoolClosed. Returns when no process is left.

        Interrupts meanwhile are raised then, and no sooner. In the engine's own thread it returns at once.
        """
        if not self._thread.is_alive():
            return
        self._closing = True
        self.call()
        if threading.current_thread() is self._thread:
            return
        interrupt: BaseException | None = None
        while not self._ended.is_set():
            try:
                self._ended.wait()
            except BaseException as error:
                interrupt = error
        self._thread.join()
        if interrupt is not None:
            raise interrupt

    def at_work(self) -> list[AtWork]:
        """What each busy lane has in hand. It only looks, so it may be a moment behind."""
        having = [(lane, lane.job) for lane in self._lanes]
        return [job.at_work(lane.index, lane.at_item, lane.at_item_s) for lane, job in having if job is not None]

    @property
    def is_closed(self) -> bool:
        return self._closing

    # The thread

    def _run(self) -> None:
        with selectors.DefaultSelector() as self._selector:
            self._selector.register(self._wake_in, selectors.EVENT_READ, None)
            try:
                self._nursery(False)
                while not self._closing:
                    self._turn()
            except Exception as error:
                self.failure = error if isinstance(error, SandboxError) else _internal(error)
            finally:
                self._end()
                self._ended.set()

    def _turn(self) -> None:
        for key, events in self._selector.select(self._patience_s()):
            if key.data is None:
                self._drain_wakes()
                continue
            if events & selectors.EVENT_WRITE:
                key.data.flush()
            if events & selectors.EVENT_READ and key.data.is_open:
                self._hear(key.data)
        # One bit of each a turn: no lane waits for its next job until all is taken in.
        if self._calls:
            self._calls.popleft()()
        self._feed()
        if self._heard:
            until_s = time.monotonic() + BIT_S
            while self._heard and time.monotonic() < until_s:
                self._take_in()
            self._feed()
        self._replace_silent()
        self._look_after()

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._watched and now - self._looked_s > LOOK_AFTER_S:
            self._looked_s = now
            gone = [key for key, (loop, _) in list(self._watched.items()) if loop.is_closed()]
            for key in gone:
                _, closed = self._watched.pop(key, (None, lambda: None))
                closed()

    def _patience_s(self) -> float | None:
        if self._heard or self._calls:
            return 0.0
        if self._watched:
            return LOOK_AFTER_S
        return 1.0 if any(lane.job for lane in self._lanes) else None

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_in.recv(4096):
                pass

    def _end(self) -> None:
        with self._door:  # whoever is in now is heard; later ones find it closed
            self._closing = True
        error = self.failure or PoolClosed("the pool was closed before this work ended")
        while self._calls:
            self._calls.popleft()()
        while self._heard:
            self._take_in()
        for source in self._sources:
            source.fail(error)
        self._sources.clear()
        for lane in self._lanes:
            for worker in lane.workers.values():
                worker.close()
        for nursery in self._nurseries.values():
            nursery.end()
        self._selector.unregister(self._wake_in)
        self._wake_in.close()
        self._wake_out.close()
        with self._door:
            self._has_ended = True
        self._announce_ready()

    # Nurseries and workers

    def _nursery(self, numpy: bool) -> NurseryProcess:
        if numpy not in self._nurseries:
            self._starts += 1
            if self._starts > MAX_NURSERY_STARTS and not self._ready.is_set():
                raise SandboxError(f"the sandbox ended {MAX_NURSERY_STARTS} times while loading {', '.join(self._dsl)}")
            preload = self._preload if numpy else ()
            self._nurseries[numpy] = NurseryProcess(self._selector, self._dsl, self._packages, preload)
        return self._nurseries[numpy]

    def _worker(self, lane: Lane, kind: Kind) -> WorkerHandle:
        worker = lane.workers.get(kind)
        if worker is None:
            worker = lane.workers[kind] = WorkerHandle(lane, kind, self._nursery(kind.numpy), self._selector)
        return worker

    def _hear(self, channel: Channel) -> None:
        worker = self._worker_of(channel)
        if worker is None:
            self._hear_nursery(channel)
            return
        try:
            frames, ended = channel.receive()
            for frame in frames:
                self._answer(worker, wire.read_frame(frame))
        except wire.WireError:
            ended = True
        if ended:
            self._lose(worker)

    def _worker_of(self, channel: Channel) -> WorkerHandle | None:
        return next((w for lane in self._lanes for w in lane.workers.values() if w.channel is channel), None)

    def _hear_nursery(self, channel: Channel) -> None:
        numpy = next(key for key, nursery in self._nurseries.items() if nursery.control is channel)
        frames, ended = channel.receive()
        for frame in frames:
            said = self._nurseries[numpy].hear(frame)
            if "failed" in said and numpy:
                self._preload = ()  # those that import numpy meet the reason in their own forks
            elif "failed" in said:
                raise SandboxError(f"the sandbox cannot load {', '.join(self._dsl)}: {said['failed']}")
            if "names" in said:
                self._check_required(dict(said["missing"]))
            if "names" in said and not numpy:
                self.names, self.layers = frozenset(said["names"]), said
                for lane in self._lanes:  # what most jobs need is there before the first one
                    self._worker(lane, SHARED)
                self._announce_ready()
        if ended:
            self._lose_nursery(numpy)

    def _check_required(self, missing: dict[str, str]) -> None:
        if os.getuid() == 0 and all(layer in missing for layer in (NAMESPACES, SIGNALS, SYSTEM_CALLS)):
            raise SandboxError(
                "nothing here keeps a candidate that runs as root from killing every process of the machine "
                f"({missing[SYSTEM_CALLS]}); run as an ordinary user"
            )
        for layer in self._require:
            if layer in missing:
                raise SandboxError(f"the sandbox has no {layer} here ({missing[layer]}), which require asks for")

    def _lose_nursery(self, numpy: bool) -> None:
        nursery = self._nurseries.pop(numpy)
        nursery.end(kill=True)
        if numpy and not nursery.is_ready:
            self._numpy_ends += 1
            if self._numpy_ends >= MAX_NURSERY_STARTS:
                self._preload = ()  # it crashes as it is loaded
        for lane in self._lanes:
            for worker in [w for w in lane.workers.values() if w.nursery is nursery]:
                self._lose(worker)
        if not self._ready.is_set():
            self._nursery(numpy)

    def _lose(self, worker: WorkerHandle) -> None:
        """A worker is gone. Its job goes back."""
        lane = worker.lane
        worker.close()
        if lane.workers.get(worker.kind) is worker:
            del lane.workers[worker.kind]
        if lane.busy_worker is worker and lane.job is not None:
            job, lane.job, lane.busy_worker = lane.job, None, None
            self._heard.append((worker, job, _once(job.lost)))

    # Jobs

    def use_lanes(self, count: int) -> None:
        """Give jobs to so many lanes only. The others end what they have, and their workers go."""

        def use() -> None:
            self._lanes_in_use = count

        self.call(use)

    def _close_unused(self) -> None:
        for lane in self._lanes[self._lanes_in_use :]:
            if lane.job is None:
                for worker in lane.workers.values():
                    worker.close()
                lane.workers.clear()

    def _feed(self) -> None:
        """Give every idle lane a job, sources in turn."""
        if self._lanes_in_use < len(self._lanes):
            self._close_unused()
        for lane in self._lanes[: self._lanes_in_use]:
            if lane.job is None:
                job = self._next_job()
                if job is None:
                    break
                self._begin(lane, job)
        while self._sources and self._sources[0].is_finished():
            self._sources.popleft()

    def _next_job(self) -> Job | None:
        for _ in range(len(self._sources)):
            source = self._sources[0]
            job = source.next_job(self._lanes_in_use)
            self._sources.rotate(-1)
            if job is not None:
                return job
        self._sources = deque(source for source in self._sources if not source.is_finished())
        return None

    def _begin(self, lane: Lane, job: Job) -> None:
        worker = self._worker(lane, job.kind)
        lane.job, lane.busy_worker = job, worker
        lane.job_number = next(self._numbers)
        lane.heard_s = time.monotonic()
        lane.at_item, lane.at_item_s = 0, lane.heard_s
        lane.idle = IdleWatch()
        worker.channel.send(job.message(lane.job_number))

    def _answer(self, worker: WorkerHandle, said: wire.TrialEnd | wire.JobDone | wire.Tick) -> None:
        lane = worker.lane
        job = lane.job
        if job is None or lane.busy_worker is not worker or said.job != lane.job_number:
            raise wire.WireError("an answer to a job that this worker does not have")
        lane.heard_s = time.monotonic()
        if isinstance(said, wire.TrialEnd):
            lane.at_item, lane.at_item_s = said.item + 1, lane.heard_s
            self._heard.append((worker, job, job.trial_ended(said, lane.index)))
        elif isinstance(said, wire.JobDone):
            lane.job = lane.busy_worker = None
            self._heard.append((worker, job, _once(job.done, said.next_item, lane.heard_s)))
        else:
            self._watch(lane, worker, said, job)

    def _take_in(self) -> None:
        """Go on a bit with the first of what was heard."""
        worker, job, bits = self._heard[0]
        try:
            if next(bits, _END) is not _END:
                return
        except wire.WireError:
            self._heard = deque([heard for heard in self._heard if heard[1] is not job])
            has_ended = worker.lane.job is not job
            self._lose(worker)
            if has_ended:
                job.lost()
            return
        self._heard.popleft()

    def _watch(self, lane: Lane, worker: WorkerHandle, tick: wire.Tick, job: Job) -> None:
        if tick.at_item != lane.at_item:
            lane.at_item, lane.at_item_s = tick.at_item, lane.heard_s
        pid = worker.pid()
        if pid is None:
            return
        if threads(pid) > job.limits.threads + OWN_THREADS:
            worker.order(wire.THREAD_LIMIT, tick.job, tick.at_item, tick.at_sample)
        elif lane.idle.idle_s(tick, pid) > job.limits.idle_s:
            worker.order(wire.IDLE_LIMIT, tick.job, tick.at_item, tick.at_sample)

    def stop_jobs(self, jobs: Sequence[Job]) -> None:
        """Have these jobs end now. Only in the engine's thread."""
        for lane in self._lanes:
            if lane.job is not None and lane.busy_worker is not None and lane.job in jobs:
                lane.busy_worker.order(wire.STOPPED, lane.job_number)

    def _replace_silent(self) -> None:
        now = time.monotonic()
        for lane in self._lanes:
            worker = lane.busy_worker
            if worker is not None and now - lane.heard_s > SILENT_S and worker.nursery.is_ready:
                pid = worker.pid()
                if pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                self._lose(worker)


_open: weakref.WeakSet[Engine] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """A pool that nobody closed ends before the interpreter does, so that its folder goes too."""
    for engine in list(_open):
        engine.close()


def _once(function: Callable[..., None], *arguments: Any) -> Iterator[None]:
    function(*arguments)
    yield from ()


def _internal(error: Exception) -> SandboxError:
    failure = SandboxError(f"the engine failed with {type(error).__name__}: {error}; this is a defect of battnb")
    failure.__cause__ = error
    return failure
