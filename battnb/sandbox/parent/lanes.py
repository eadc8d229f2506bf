"""What is running, and where: jobs, the sources that they come from, and the lanes that have them.

A source has work left, makes jobs of it, and takes back what a job did not do. A lane has a worker of each kind, which
is forked when it is first needed. If a worker dies, another takes its place, and what it had goes back to the source.
All of this happens in the engine's thread. It knows nothing of candidates.
"""

from __future__ import annotations

import itertools
import selectors
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import msgspec

from battnb.model import AtWork, Limits
from battnb.sandbox import wire
from battnb.sandbox.parent.nurseries import Channel, Nurseries, NurseryProcess
from battnb.sandbox.parent.preloads import NOTHING
from battnb.sandbox.parent.workers import IdleWatch, WorkerHandle, threads

TURN_S = 0.08
"""After this long a job begins no further candidate, so that no long job keeps others waiting."""
SOLO_TURN_S = 0.24
"""The same for programs with a fork each, whose verdicts come one by one meanwhile."""
MAX_KILLS = 8
"""If an unknown process kills a program or step this often, it counts as killing itself."""
MAX_LOSSES = 10
"""A job's work begins again this often when its worker died under it."""
SILENT_S = 20.0
"""A worker that says nothing for so long while it has a job is stuck, and is replaced."""
OWN_THREADS = 8
"""Threads besides the main one that libraries may start by themselves."""
_END = object()


class Kind(NamedTuple):
    """Which worker a job needs.

    preload: what it has loaded (preloads.py). sees_demo: it gets demo outputs, so no program that may not see them runs
    there.
    """

    preload: int
    sees_demo: bool


SHARED = Kind(preload=NOTHING, sees_demo=True)
"""The kind for straight lines and for the steps of batteries."""


class Job(Protocol):
    """A piece of work that a worker has. A worker answers with the ends of its forks, then with the job's own end."""

    kind: Kind
    limits: Limits

    @property
    def source(self) -> Source:
        """Where it comes from."""

    def message(self, number: int) -> bytes:
        """The frames for the worker."""

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> Iterator[None]:
        """A fork has ended: take in what it left, a bit a step. Raises WireError if its worker wrote nonsense."""

    def done(self, next_item: int, ended_s: float) -> None:
        """The job has ended, at ended_s (monotonic). What was not begun goes back to the source."""

    def lost(self) -> None:
        """The worker died. What it had not answered goes back to the source."""

    def at_work(self, lane: int, item: int, since_s: float) -> AtWork:
        """What a lane that is at this item is doing. Called from any thread: it only looks."""


def job_head(number: int, how: int, limits: Limits, turn_s: float, *rest: Any) -> bytes:
    """The first frame of a job. Limits travel by name. how: wire.KEPT, TOGETHER or SOLO; rest: what that needs."""
    return wire.dump((number, how, msgspec.structs.asdict(limits), turn_s, *rest))


class Source(Protocol):
    """Work for the engine, in order."""

    def next_job(self, lanes: int, running: int) -> Job | None:
        """A job for an idle lane, None if nothing waits. lanes: how many there are. running: jobs of it that run."""

    def has_more(self) -> bool:
        """Whether something waits, or may come."""

    def cancel(self) -> None:
        """Give no more jobs. Those that run end on their own, or are stopped."""

    def fail(self, error: Exception) -> None:
        """The engine cannot go on."""


class Lane:
    """A place for one job at a time."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.workers: dict[Kind, WorkerHandle] = {}
        self.job: Job | None = None
        self.job_number = 0
        self.busy_worker: WorkerHandle | None = None
        self.heard_s = 0.0
        self._idle = IdleWatch()
        self._at_item, self._at_item_s = 0, 0.0

    def begin(self, job: Job, number: int, worker: WorkerHandle) -> None:
        self.job, self.busy_worker, self.job_number = job, worker, number
        self.heard_s = time.monotonic()
        self._at_item, self._at_item_s = 0, self.heard_s
        self._idle = IdleWatch()
        worker.channel.send(job.message(number))

    def come_to(self, item: int) -> None:
        """Note that its worker is at this item."""
        if item != self._at_item:
            self._at_item, self._at_item_s = item, self.heard_s

    def at_work(self) -> AtWork | None:
        """What it is doing, from any thread."""
        job = self.job
        return None if job is None else job.at_work(self.index, self._at_item, self._at_item_s)

    def hold(self, worker: WorkerHandle, tick: wire.Tick, limits: Limits) -> None:
        """Hold the fork that a worker has to the limits that only this process can see."""
        pid, place = worker.pid(), (tick.job, tick.at_item, tick.at_sample)
        if pid is not None and threads(pid) > limits.threads + OWN_THREADS:
            worker.order(wire.THREAD_LIMIT, *place)
        elif pid is not None and self._idle.idle_s(tick, pid) > limits.idle_s:
            worker.order(wire.IDLE_LIMIT, *place)

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
        self.workers.clear()


_News = tuple[Lane, WorkerHandle, Job, Iterator[None]]
"""What a worker of a lane has said about its job; the last item takes it in, a bit per step."""


class Lanes:
    """All lanes of an engine, and the sources that they get jobs from in turn."""

    def __init__(self, count: int, nurseries: Nurseries, selector: selectors.BaseSelector) -> None:
        self._all = [Lane(index) for index in range(count)]
        self._in_use = count
        self._nurseries = nurseries
        self._selector = selector
        self._sources: deque[Source] = deque()
        self._running: Counter[Source] = Counter()
        """By source, the jobs that were given out and whose end has not been taken in."""
        # Taken in bit by bit, when every lane has work and no worker has more to say.
        self._heard: deque[_News] = deque()
        self._numbers = itertools.count(1)

    def add(self, source: Source) -> None:
        self._sources.append(source)

    def stop(self, source: Source) -> None:
        """Give out no more jobs of a source, and have those that run end now."""
        source.cancel()
        for lane in self._all:
            if lane.job is not None and lane.busy_worker is not None and lane.job.source is source:
                lane.busy_worker.order(wire.STOPPED, lane.job_number)

    def use(self, count: int) -> None:
        """Give jobs to this many lanes only. The others end what they have, and their workers go."""
        self._in_use = count

    def at_work(self) -> list[AtWork]:
        """What each busy lane is doing. It only looks, so it may be a moment behind; called from any thread."""
        return [doing for lane in self._all if (doing := lane.at_work()) is not None]

    def is_busy(self) -> bool:
        return any(lane.job for lane in self._all)

    def has_news(self) -> bool:
        """Is there something that workers have said and that has not been taken in?"""
        return bool(self._heard)

    # Giving out

    def feed(self) -> None:
        """Give every idle lane a job, sources in turn."""
        for lane in self._all[self._in_use :]:
            if lane.job is None:
                lane.close()
        for lane in self._all[: self._in_use]:
            if lane.job is None:
                job = self._next_job()
                if job is None:
                    break
                lane.begin(job, next(self._numbers), self._worker(lane, job.kind))
                self._running[job.source] += 1
        while self._sources and self._is_finished(self._sources[0]):
            self._sources.popleft()

    def _next_job(self) -> Job | None:
        for _ in range(len(self._sources)):
            source = self._sources[0]
            job = source.next_job(self._in_use, self._running[source])
            self._sources.rotate(-1)
            if job is not None:
                return job
        self._sources = deque(source for source in self._sources if not self._is_finished(source))
        return None

    def _is_finished(self, source: Source) -> bool:
        return not (self._running[source] or source.has_more())

    def _worker(self, lane: Lane, kind: Kind) -> WorkerHandle:
        worker = lane.workers.get(kind)
        if worker is None:
            worker = lane.workers[kind] = WorkerHandle(self._nurseries.get(kind.preload), self._selector)
        return worker

    def start_workers(self) -> None:
        """Have what most jobs need before the first one comes."""
        for lane in self._all:
            self._worker(lane, SHARED)

    # Hearing

    def hear(self, channel: Channel) -> bool:
        """Take what a worker says off its channel. False if the channel is not a worker's."""
        found = next(((lane, w) for lane in self._all for w in lane.workers.values() if w.channel is channel), None)
        if found is None:
            return False
        try:
            frames, ended = channel.receive()
            for frame in frames:
                self._answer(*found, wire.read_frame(frame))
        except wire.WireError:
            ended = True
        if ended:
            self._lose(*found)
        return True

    def _answer(self, lane: Lane, worker: WorkerHandle, said: wire.TrialEnd | wire.JobDone | wire.Tick) -> None:
        job = lane.job
        if job is None or lane.busy_worker is not worker or said.job != lane.job_number:
            raise wire.WireError("an answer to a job that this worker does not have")
        lane.heard_s = time.monotonic()
        if isinstance(said, wire.TrialEnd):
            lane.come_to(said.item + 1)
            self._heard.append((lane, worker, job, job.trial_ended(said, lane.index)))
        elif isinstance(said, wire.JobDone):
            lane.job = lane.busy_worker = None
            self._heard.append((lane, worker, job, self._ends(job, job.done, said.next_item, lane.heard_s)))
        else:
            lane.come_to(said.at_item)
            lane.hold(worker, said, job.limits)

    def take_in(self) -> None:
        """Go on a bit with the first of what was heard."""
        lane, worker, job, bits = self._heard[0]
        try:
            if next(bits, _END) is _END:
                self._heard.popleft()
        except wire.WireError:
            self._heard = deque([news for news in self._heard if news[2] is not job])
            has_ended = lane.job is not job
            self._lose(lane, worker)
            if has_ended:  # so that the loss of its worker did not end it
                self._heard.append((lane, worker, job, self._ends(job, job.lost)))

    def _ends(self, job: Job, ended: Callable[..., None], *how: Any) -> Iterator[None]:
        """The bits of the last news of a job."""
        ended(*how)
        self._running[job.source] -= 1
        if not self._running[job.source]:
            del self._running[job.source]
        yield from ()

    def _lose(self, lane: Lane, worker: WorkerHandle) -> None:
        worker.close()
        lane.workers = {kind: other for kind, other in lane.workers.items() if other is not worker}
        if lane.busy_worker is worker and lane.job is not None:
            job, lane.job, lane.busy_worker = lane.job, None, None
            self._heard.append((lane, worker, job, self._ends(job, job.lost)))

    # Endings

    def lose_nursery(self, nursery: NurseryProcess) -> None:
        """A nursery is gone, and with it its workers."""
        for lane in self._all:
            for worker in [w for w in lane.workers.values() if w.nursery is nursery]:
                self._lose(lane, worker)

    def replace_silent(self) -> None:
        """Kill workers that are stuck."""
        now = time.monotonic()
        for lane in self._all:
            worker = lane.busy_worker
            if worker is not None and now - lane.heard_s > SILENT_S and worker.nursery.is_ready:
                worker.kill()
                self._lose(lane, worker)

    def end(self, error: Exception) -> None:
        """Take in what was heard, fail all other work with this error, and end all workers."""
        while self._heard:
            self.take_in()
        for source in self._sources:
            source.fail(error)
        self._sources.clear()
        for lane in self._all:
            lane.close()
