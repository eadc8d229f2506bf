"""A source of candidates to judge: queues them by the worker they need, and makes verdicts of what comes back."""

from __future__ import annotations

import itertools
import marshal
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil

from battnb.model import AtWork, Candidate, Failure, Limits, Status, Verdict
from battnb.sandbox import wire
from battnb.sandbox.inside.hardening import EXIT_DONE
from battnb.sandbox.parent.endings import ending_of
from battnb.sandbox.parent.jobs import MAX_KILLS, MAX_LOSSES, SHARED, SOLO_TURN_S, TURN_S, Kind
from battnb.sandbox.parent.judge import Ending, Judge, Judged, Timing, cancelled, verdict
from battnb.sandbox.parent.routing import may_be_straight, takes_s, uses_numpy
from battnb.sandbox.wire import KEPT, SOLO, TOGETHER

MAX_ITEMS = 4096
MAX_JOB_BYTES = 4 * 2**20
LEAST_S = 0.008
"""A job is not made shorter than this for the sake of the other lanes: it takes a while to hand over."""
AT_ONCE = 64
"""Results that are judged before the engine looks after its workers again."""
FINEST_S = 1e-7
"""No clock here is finer; a program that claims less CPU time than this has made it up."""
MAX_BOUNCES = 2
MAX_HUNG, MAX_HUNG_TASKS = 64, 1000
"""Steps of a task that used up their time and are remembered, so that no other candidate runs them again."""
_BOUNCED = bytes((wire.BOUNCED,))
_SCOPES = itertools.count(1)


class Work:
    """One candidate on one task, on its way to a verdict. Class attributes are what most works never change."""

    alone = False
    kind = SHARED
    losses = kills = bounces = 0
    has_rerun = False
    ending: Ending | None = None
    lost_cpu_s: tuple[float, ...] = ()
    cpu_s: tuple[float, ...] = ()
    outcomes = b""
    entry = ""
    stdout = ""
    started_s = executed_s = 0.0

    def __init__(self, index: int, candidate: Candidate, judge: Judge, queued_s: float) -> None:
        self.index = index
        self.candidate = candidate
        self.judge = judge
        self.queued_s = queued_s
        self.samples = len(judge.inputs)

    def restart(self) -> None:
        """Forget what was reached: it runs again from its first sample."""
        self.cpu_s, self.outcomes, self.entry, self.stdout = (), b"", "", ""
        self.started_s = self.executed_s = 0.0


class Validation:
    """The candidates of one call. deliver is called in the engine's thread with (index, verdict) pairs.

    isolation: "auto", "worker" or "fork" (see Pool). one_at_a_time: one candidate runs, the others wait.
    """

    def __init__(
        self, limits: Limits, isolation: str, deliver: Callable[[list[tuple[int, Verdict]]], None],
        failed: Callable[[Exception], None], one_at_a_time: bool = False,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._isolation = isolation
        self._deliver = deliver
        self._failed = failed
        self._one_at_a_time = one_at_a_time
        self._queues: dict[tuple[str, Kind], deque[Work]] = {}
        self._running: list[ValidationJob] = []
        self._ready: list[tuple[int, Verdict]] = []
        self._item_s: dict[str, float] = {}
        self.is_complete = False
        self._is_cancelled = False
        self.scope = next(_SCOPES)
        self.hung: dict[Judge, deque[tuple[str, int, int, float]]] = {}

    # Work in

    def add(self, works: Iterable[Work]) -> None:
        straight = self._queue(KEPT, SHARED)
        for work in works:
            how = self._route(work)
            (straight if how == KEPT else self._queue(how, work.kind)).append(work)

    def _route(self, work: Work) -> str:
        """Set the kind of worker for a work; in which fork is it to run?"""
        alone = work.alone or self._isolation == "fork"
        if not (alone or work.bounces) and may_be_straight(work.candidate):
            return KEPT
        numpy = uses_numpy(work.candidate)
        if not alone and self._isolation == "worker":
            work.kind = Kind(numpy, True)
            return TOGETHER
        work.kind = Kind(numpy, takes_s(work.candidate))
        return SOLO

    def _queue(self, how: str, kind: Kind) -> deque[Work]:
        return self._queues.setdefault((how, kind), deque())

    # Jobs out

    def next_job(self, lanes: int) -> ValidationJob | None:
        if self._one_at_a_time and self._running:
            return None
        for key in list(self._queues):
            queue = self._queues.pop(key)
            if not queue:
                continue
            works = self._take(queue, lanes, key[0])
            self._queues[key] = queue  # last in line now: kinds take turns
            job = ValidationJob(self, works, *key)
            self._running.append(job)
            return job
        return None

    def _take(self, queue: deque[Work], lanes: int, how: str) -> list[Work]:
        """As many as make a turn, and no more than leave enough for the other lanes."""
        if queue[0].alone or self._one_at_a_time:
            return [queue.popleft()]
        turn_s, item_s = SOLO_TURN_S if how == SOLO else TURN_S, self._item_s.get(how, 0.0)
        # While all of it is less than a turn, as far as is known, a share a lane; the turn's end gives back the rest.
        is_short = len(queue) * item_s < turn_s * lanes
        has_more = not self.is_complete and len(queue) >= MAX_ITEMS // 4
        shares = lanes if is_short or has_more else 2 * lanes
        count = min(MAX_ITEMS, ceil(len(queue) / shares), ceil(2 * turn_s / item_s) if item_s else 256)
        if item_s:
            count = max(count, int(LEAST_S / item_s))
        works: list[Work] = []
        size = 0
        while queue and len(works) < count and size < MAX_JOB_BYTES and not queue[0].alone:
            work = queue.popleft()
            size += len(work.candidate.source)
            works.append(work)
        return works

    def waits(self) -> bool:
        return any(self._queues.values())

    def is_finished(self) -> bool:
        return self.is_complete and not self._running and not self.waits()

    def running(self) -> Sequence[ValidationJob]:
        return self._running

    # Verdicts

    def finish(self, work: Work, lane: int | None, ended_s: float) -> None:
        """Judge a work that has all it will have."""
        judged = work.judge.judge(work.outcomes, work.cpu_s, work.ending, self.limits)
        executed_s = work.executed_s + sum(work.lost_cpu_s)
        timing = Timing(work.queued_s, work.started_s or ended_s, ended_s, executed_s, lane)
        self._judged(work, judged, work.cpu_s + work.lost_cpu_s, work.entry, timing)

    def _judged(self, work: Work, judged: Judged, cpu_s: tuple[float, ...], entry: str, timing: Timing) -> None:
        if cpu_s and 0 < min(cpu_s) < FINEST_S:
            cpu_s = tuple([max(used_s, FINEST_S) if used_s else 0.0 for used_s in cpu_s])
        made = verdict(work.candidate, work.judge, judged, cpu_s, entry, timing, work.stdout)
        self._ready.append((work.index, made))

    def finish_at_once(self, work: Work, result: wire.Result, end: wire.TrialEnd, lane: int) -> bool:
        """Judge a work whose only record has outcomes that were judged before; False where it is no such work."""
        if result.first or not result.last or work.cpu_s or work.lost_cpu_s:
            return False
        judged = work.judge.seen(result.outcomes, result.cpu_s, self.limits)
        if judged is None:
            return False
        started_s = max(end.started_s, min(result.started_s, end.ended_s))
        ended_s = max(started_s, min(result.ended_s, end.ended_s))
        timing = Timing(work.queued_s, started_s, ended_s, result.executed_cpu_s, lane)
        self._judged(work, judged, result.cpu_s, result.entry, timing)
        return True

    def again(self, works: Iterable[Work]) -> None:
        """Works that must run, or run once more; they come first."""
        for work in reversed(list(works)):
            self._first(self._route(work), work)

    def queue_alone(self, work: Work) -> None:
        """A work whose kind of worker is known; it runs in a fork of its own."""
        work.alone = True
        self._first(SOLO, work)

    def _first(self, how: str, work: Work) -> None:
        if self._is_cancelled:
            made = cancelled(work.candidate, work.judge, work.queued_s, time.monotonic())
            self._ready.append((work.index, made))
        else:
            self._queue(how, work.kind).appendleft(work)

    def flush(self) -> None:
        """Hand over the verdicts that are ready."""
        if self._ready:
            ready, self._ready = self._ready, []
            self._deliver(ready)

    def job_ended(self, job: ValidationJob, items: int, wall_s: float) -> None:
        self._running.remove(job)
        if items:
            cost_s, known_s = wall_s / items, self._item_s.get(job.how)
            self._item_s[job.how] = cost_s if known_s is None else 0.7 * known_s + 0.3 * cost_s
        self.flush()

    def cancel(self) -> None:
        """Everything that waits becomes a cancelled verdict. What runs must be stopped by the engine."""
        now = time.monotonic()
        for queue in self._queues.values():
            self._ready += [(w.index, cancelled(w.candidate, w.judge, w.queued_s, now)) for w in queue]
            queue.clear()
        self.is_complete = self._is_cancelled = True
        self.flush()

    def fail(self, error: Exception) -> None:
        self._failed(error)


class ValidationJob:
    """Some works for one worker: in one fork, the one that is kept or one of their own, or in a fork each (SOLO)."""

    def __init__(self, source: Validation, works: list[Work], how: str, kind: Kind) -> None:
        self.kind = kind
        self.limits = source.limits
        self._source = source
        self._works = works
        self.how = how
        self._shared = how != SOLO
        self._open = set(range(len(works)))
        self._begun_s = time.monotonic()

    def message(self, number: int) -> bytes:
        tasks: dict[tuple[Judge, int], int] = {}
        items: list[tuple[object, ...]] = []
        for work in self._works:
            task = tasks.setdefault((work.judge, work.samples), len(tasks))
            item = (work.candidate.source, work.candidate.entry, work.candidate.grids, task)
            # What ended a worker may have done so while it was compiled: then its own fork does that.
            items.append(item if self._shared else (*item, not work.losses))
        data = [self._task_data(judge, samples) for judge, samples in tasks]
        limits = tuple(getattr(self.limits, name) for name in self.limits.__struct_fields__)
        if not self._shared:
            head = wire.dump_job((number, SOLO, limits, SOLO_TURN_S, len(items), data))
            return b"".join([head, *[wire.dump_job(item) for item in items]])
        hung = [(*step, task) for (judge, _), task in tasks.items() for step in self._source.hung.get(judge, ())]
        last = (len(items), max([work.samples for work in self._works]))
        if self.how == KEPT:
            return wire.dump_job((number, KEPT, limits, TURN_S, last)) + wire.dump_job(
                ("items", self._source.scope, items, data, hung)
            )
        # Packed once more: only the fork unpacks it, so that no page of it is touched, and copied, twice.
        return wire.dump_job((number, self.how, limits, TURN_S, last, marshal.dumps((items, data))))

    def _task_data(self, judge: Judge, samples: int) -> tuple[object, ...]:
        demo = judge.demo if self.kind.sees_demo else None
        return (judge.task.id, judge.inputs[:samples], demo, None)

    # What became of it

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> Iterator[None]:
        for number, result in enumerate(wire.read_results(end.results), 1):
            if not self._take_result(result, end, lane):
                break
            if number % AT_ONCE == 0:
                self._source.flush()
                yield
        item = end.at_item if self._shared else end.item
        normal = end.reason == wire.NOT_KILLED and end.wait_status == EXIT_DONE << 8
        if item in self._open and not (normal and self._shared):
            self._open.discard(item)
            self._ended_inside(self._works[item], end, lane)
        self._source.flush()

    def _take_result(self, result: wire.Result, end: wire.TrialEnd, lane: int) -> bool:
        """Take a record of a candidate. False where it makes no sense: then none after it counts."""
        if result.candidate not in self._open or (not self._shared and result.candidate != end.item):
            return False
        work = self._works[result.candidate]
        if self._shared and self._source.finish_at_once(
            work, result, end, lane
        ):  # most are such, and many come at once
            self._open.discard(result.candidate)
            return True
        if result.outcomes[0:1] == _BOUNCED:
            return self._take_bounce(work, result)
        past_end = len(work.cpu_s) + len(result.cpu_s) > work.samples
        if result.first != len(work.cpu_s) or past_end or not work.judge.accepts(result.outcomes, len(result.cpu_s)):
            return False
        work.cpu_s += result.cpu_s
        work.outcomes += result.outcomes
        work.entry = result.entry
        work.started_s = max(end.started_s, min(result.started_s, end.ended_s))
        work.executed_s = result.executed_cpu_s
        if result.last:
            self._open.discard(result.candidate)
            if not self._shared:
                work.stdout = end.captured.decode("utf-8", "replace")
                _explain(work, end)
            self._source.finish(work, lane, max(work.started_s, min(result.ended_s, end.ended_s)))
        return True

    def _take_bounce(self, work: Work, result: wire.Result) -> bool:
        """It needs another kind of worker: one of its own, or one that sees the demo outputs or does not."""
        try:
            why = wire.read_outcomes(result.outcomes, 1)[0].type
        except wire.WireError:
            return False
        if work.cpu_s or work.bounces >= MAX_BOUNCES:
            return False
        self._open.discard(result.candidate)
        work.restart()
        work.bounces += 1
        if why:
            work.kind = Kind(work.kind.numpy, why == "needs S")
            self._source.queue_alone(work)
        else:
            self._source.again([work])
        return True

    def _ended_inside(self, work: Work, end: wire.TrialEnd, lane: int) -> None:
        """A fork ended while this work was running in it."""
        sample = max(len(work.cpu_s), min(end.at_sample, work.samples) - 1)
        ending = ending_of(end, sample, self.limits)
        work.started_s = work.started_s or end.started_s
        if ending.status in (Status.CRASHED, Status.EXITED, Status.MEMORY) and self._confirm(work, end):
            return
        used_s = max(0.0, end.cpu_s - sum(work.cpu_s)) if not self._shared else self._least_used_s(end)
        if end.reason == wire.STEP_LIMIT and isinstance(work.candidate.source, str):
            hung = (work.candidate.source, end.at_step, sample, self.limits.timeout_s * 1.001)
            if len(self._source.hung) > MAX_HUNG_TASKS:
                self._source.hung.clear()
            self._source.hung.setdefault(work.judge, deque(maxlen=MAX_HUNG)).append(hung)
        work.ending, work.lost_cpu_s = ending, (used_s,)
        work.stdout = end.captured.decode("utf-8", "replace") if not self._shared else ""
        if len(work.cpu_s) < sample and not work.has_rerun:
            work.has_rerun = True
            # The samples before were right in time but went with the fork: they run once more.
            work.samples, work.alone = sample, True
            self._source.again([work])
            return
        self._source.finish(work, lane, end.ended_s)

    def _least_used_s(self, end: wire.TrialEnd) -> float:
        """What is known of the CPU time of one work in a shared fork: where it was killed for it, the limit."""
        return self.limits.timeout_s * 1.001 if end.reason in (wire.CPU_LIMIT, wire.STEP_LIMIT) else 0.0

    def _confirm(self, work: Work, end: wire.TrialEnd) -> bool:
        """Run it again where its end may not be its own doing: it shared a fork, or was killed from outside."""
        killed = os.WIFSIGNALED(end.wait_status) and os.WTERMSIG(end.wait_status) == signal.SIGKILL
        if killed:
            work.kills += 1
        if not (self._shared and not work.alone) and not (killed and work.kills < MAX_KILLS):
            return False
        work.restart()
        work.alone = True
        self._source.again([work])
        return True

    def done(self, next_item: int, ended_s: float) -> None:
        left = [self._works[index] for index in sorted(self._open)]
        # What was begun and never answered is as if its worker had died.
        self._lose([w for i, w in zip(sorted(self._open), left, strict=True) if i < next_item])
        self._source.again([w for i, w in zip(sorted(self._open), left, strict=True) if i >= next_item])
        self._open.clear()
        self._source.job_ended(self, min(next_item, len(self._works)), ended_s - self._begun_s)

    def lost(self) -> None:
        self._lose([self._works[index] for index in sorted(self._open)])
        self._open.clear()
        self._source.job_ended(self, 0, 0.0)

    def at_work(self, lane: int, item: int, since_s: float) -> AtWork:
        at = min(item, len(self._works) - 1)
        return AtWork(lane, self._works[at].candidate.id, since_s, len(self._works) - 1 - at)

    def _lose(self, works: Sequence[Work]) -> None:
        """The worker died under these. Which of them it was running nobody knows: only losses alone count in full."""
        was_alone = len(self._works) == 1
        for work in works:
            work.restart()
            work.alone = work.alone or work.losses >= 1
            work.losses += 1 if was_alone or not work.alone else 0
            if work.losses > MAX_LOSSES:
                message = f"the worker died {work.losses} times under it"
                work.ending = Ending(Status.CRASHED, Failure("worker died", message))
                self._source.finish(work, None, time.monotonic())
        self._source.again([work for work in works if work.losses <= MAX_LOSSES])


def _explain(work: Work, end: wire.TrialEnd) -> None:
    """Hold a program to the CPU time that the kernel counted for its fork, whatever its own record says."""
    unexplained_s = end.cpu_s - work.executed_s
    if unexplained_s > 0.02 + 0.5 * end.cpu_s:
        work.cpu_s = (*work.cpu_s[:-1], work.cpu_s[-1] + unexplained_s)
        work.executed_s = end.cpu_s
