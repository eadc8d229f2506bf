"""A source of candidates to judge: queues them by where they must run, and makes verdicts of what comes back."""

from __future__ import annotations

import itertools
import marshal
import os
import signal
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from math import ceil

from battnb.model import AtWork, Failure, Limits, Status, Verdict
from battnb.sandbox import wire
from battnb.sandbox.parent.judge import (
    Ending,
    Judge,
    Judged,
    Timing,
    cancelled,
    ending_of,
    unreadable,
    used_up_s,
    verdict,
)  # fmt: skip
from battnb.sandbox.parent.lanes import MAX_KILLS, MAX_LOSSES, SOLO_TURN_S, TURN_S, job_head
from battnb.sandbox.parent.works import STRAIGHT, Route, Work

MAX_ITEMS = 4096
MAX_JOB_BYTES = 4 * 2**20
LEAST_S = 0.008
"""A job is not made shorter than this for the sake of the other lanes, because to hand it over takes a while."""
AT_ONCE = 64
"""So many results are judged before the engine looks after its workers again."""
FINEST_S = 1e-7
"""No clock here is finer. A program that claims less CPU time than this has made it up."""
MAX_HUNG, MAX_HUNG_TASKS = 64, 1000
"""Steps of a task that used up their time and are remembered, so that no other candidate runs them again."""
_SCOPES = itertools.count(1)


class Validation:
    """The candidates of one call. deliver is called in the engine's thread with (index, verdict) pairs.

    isolation: "auto", "worker" or "fork" (see Pool). one_at_a_time: one candidate runs, the others wait.
    is_complete: no more candidates will come.
    """

    def __init__(
        self, limits: Limits, isolation: str, deliver: Callable[[list[tuple[int, Verdict]]], None],
        failed: Callable[[Exception], None], one_at_a_time: bool = False,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._isolation = isolation
        self._deliver = deliver
        self.fail = failed
        self._one_at_a_time = one_at_a_time
        self._queues: defaultdict[Route, deque[Work]] = defaultdict(deque)
        self._ready: list[tuple[int, Verdict]] = []
        self._item_s: dict[int, float] = {}
        self.is_complete = False
        self._is_cancelled = False
        self.scope = next(_SCOPES)
        self.hung: dict[Judge, deque[tuple[str, int, int, float]]] = {}

    # Work in

    def add(self, works: Iterable[Work]) -> None:
        straight = self._queues[STRAIGHT]
        for work in works:
            if work.candidate.unreadable is not None:
                self._ready.append((work.index, unreadable(work.candidate, work.judge, work.queued_s)))
                continue
            route = work.route(self._isolation)
            (straight if route is STRAIGHT else self._queues[route]).append(work)
        self.flush()

    def again(self, works: Iterable[Work]) -> None:
        """Works that must run, or run once more. They come first."""
        for work in reversed(list(works)):
            if self._is_cancelled:
                self._cancel(work, time.monotonic())
            else:
                self._queues[work.route(self._isolation)].appendleft(work)

    # Jobs out

    def next_job(self, lanes: int, running: int) -> ValidationJob | None:
        if self._one_at_a_time and running:
            return None
        for route in list(self._queues):
            queue = self._queues.pop(route)
            if not queue:
                continue
            works = self._take(queue, lanes, route)
            self._queues[route] = queue  # last in line now: routes take turns
            return ValidationJob(self, works, route)
        return None

    def _take(self, queue: deque[Work], lanes: int, route: Route) -> list[Work]:
        """As many as make a turn, but so few that the other lanes get enough."""
        if queue[0].alone or self._one_at_a_time:
            return [queue.popleft()]
        turn_s, item_s = TURN_S if route.is_shared else SOLO_TURN_S, self._item_s.get(route.how, 0.0)
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
            size += work.size
            works.append(work)
        return works

    def has_more(self) -> bool:
        return not self.is_complete or any(self._queues.values())

    def job_ended(self, route: Route, items: int, wall_s: float) -> None:
        """Note how long the items of a job took, and hand over the verdicts."""
        if items:
            cost_s, known_s = wall_s / items, self._item_s.get(route.how)
            self._item_s[route.how] = cost_s if known_s is None else 0.7 * known_s + 0.3 * cost_s
        self.flush()

    def cancel(self) -> None:
        """Everything that waits becomes a cancelled verdict. What runs must be stopped by the engine."""
        now = time.monotonic()
        for queue in self._queues.values():
            for work in queue:
                self._cancel(work, now)
            queue.clear()
        self.is_complete = self._is_cancelled = True
        self.flush()

    def _cancel(self, work: Work, now_s: float) -> None:
        self._ready.append((work.index, cancelled(work.candidate, work.judge, work.queued_s, now_s)))

    # Verdicts

    def finish(self, work: Work, lane: int | None, ended_s: float) -> None:
        """Judge a work that has all it will have."""
        judged = work.judge.judge(work.outcomes, work.cpu_s, work.ending, self.limits)
        executed_s = work.executed_s + sum(work.lost_cpu_s)
        timing = Timing(work.queued_s, work.started_s or ended_s, ended_s, executed_s, lane)
        self._judged(work, judged, work.cpu_s + work.lost_cpu_s, work.ran, timing)

    def finish_at_once(self, work: Work, result: wire.Result, end: wire.TrialEnd, lane: int) -> bool:
        """Judge a work whose only record has outcomes that were judged before. False if it is not such a work."""
        if result.first or not result.last or work.cpu_s or work.lost_cpu_s:
            return False
        judged = work.judge.seen(result.outcomes, result.cpu_s, self.limits)
        if judged is None:
            return False
        started_s = max(end.started_s, min(result.started_s, end.ended_s))
        ended_s = max(started_s, min(result.ended_s, end.ended_s))
        timing = Timing(work.queued_s, started_s, ended_s, result.executed_cpu_s, lane)
        self._judged(work, judged, result.cpu_s, result, timing)
        return True

    def _judged(self, work: Work, judged: Judged, cpu_s: tuple[float, ...], ran: wire.Result, timing: Timing) -> None:
        if cpu_s and 0 < min(cpu_s) < FINEST_S:
            cpu_s = tuple([max(used_s, FINEST_S) if used_s else 0.0 for used_s in cpu_s])
        made = verdict(work.candidate, work.judge, judged, cpu_s, ran, timing, work.stdout, work.saw_s)
        self._ready.append((work.index, made))

    def flush(self) -> None:
        """Hand over the verdicts that are ready."""
        if self._ready:
            ready, self._ready = self._ready, []
            self._deliver(ready)

    def note_hung(self, work: Work, step: int, sample: int) -> None:
        """Remember a step that used up its time, by a program that has it."""
        if isinstance(work.candidate.source, str):
            if len(self.hung) > MAX_HUNG_TASKS:
                self.hung.clear()
            used_s = used_up_s(wire.STEP_LIMIT, self.limits)
            steps = self.hung.setdefault(work.judge, deque(maxlen=MAX_HUNG))
            steps.append((work.candidate.source, step, sample, used_s))


class ValidationJob:
    """Some works for one worker: in one fork, the one that is kept or a new one, or in a new fork each."""

    def __init__(self, source: Validation, works: list[Work], route: Route) -> None:
        self.kind = route.kind
        self.limits = source.limits
        self.source = source
        self._works = works
        self._route = route
        self._shared = route.is_shared
        self._open = set(range(len(works)))
        self._begun_s = time.monotonic()

    def message(self, number: int) -> bytes:
        how = self._route.how
        tasks: dict[tuple[Judge, int], int] = {}
        items: list[tuple[object, ...]] = []
        for work in self._works:
            task = tasks.setdefault((work.judge, work.samples), len(tasks))
            item = work.item(task, self.kind.preload)[: 4 if how == wire.KEPT else None]
            # If a worker died under it, it may have died while compiling: then its own fork compiles it.
            items.append(item if self._shared else (not work.losses, *item))
        sees_demo = self.kind.sees_demo
        data = [(j.task.id, j.inputs[:samples], j.demo if sees_demo else None, None) for j, samples in tasks]
        if not self._shared:
            head = job_head(number, how, self.limits, SOLO_TURN_S, len(items), data)
            return b"".join([head, *[wire.dump(item) for item in items]])
        last = (len(items), max([work.samples for work in self._works]))
        if how == wire.KEPT:
            hung = [(*step, task) for (judge, _), task in tasks.items() for step in self.source.hung.get(judge, ())]
            job = ("items", self.source.scope, items, data, hung)
            return job_head(number, how, self.limits, TURN_S, last) + wire.dump(job)
        # Packed once more: only the fork unpacks it, so that no page of it is touched, and copied, twice.
        return job_head(number, how, self.limits, TURN_S, last, marshal.dumps((items, data)))

    # What became of it

    def trial_ended(self, end: wire.TrialEnd, lane: int) -> Iterator[None]:
        for number, result in enumerate(wire.read_results(end.results), 1):
            if not self._take_result(result, end, lane):
                break
            if number % AT_ONCE == 0:
                self.source.flush()
                yield
        item = end.at_item if self._shared else end.item
        normal = end.reason == wire.NOT_KILLED and end.wait_status == wire.EXIT_DONE << 8
        if item in self._open and not (normal and self._shared):
            self._open.discard(item)
            self._ended_inside(self._works[item], end, lane)
        self.source.flush()

    def _take_result(self, result: wire.Result, end: wire.TrialEnd, lane: int) -> bool:
        """Take a record of a candidate. False if it makes no sense; then none after it counts."""
        if result.candidate not in self._open or (not self._shared and result.candidate != end.item):
            return False
        work = self._works[result.candidate]
        if self._shared and self.source.finish_at_once(work, result, end, lane):  # most are such, and many come at once
            self._open.discard(result.candidate)
            return True
        if result.outcomes[:1] == _BOUNCED:
            return self._take_bounce(work, result)
        past_end = len(work.cpu_s) + len(result.cpu_s) > work.samples
        if result.first != len(work.cpu_s) or past_end or not work.judge.accepts(result.outcomes, len(result.cpu_s)):
            return False
        work.cpu_s += result.cpu_s
        work.outcomes += result.outcomes
        work.ran = result
        work.started_s = max(end.started_s, min(result.started_s, end.ended_s))
        work.executed_s = result.executed_cpu_s
        if result.last:
            self._open.discard(result.candidate)
            if not self._shared:
                work.stdout = end.captured.decode("utf-8", "replace")
                _explain(work, end)
            self.source.finish(work, lane, max(work.started_s, min(result.ended_s, end.ended_s)))
        return True

    def _take_bounce(self, work: Work, result: wire.Result) -> bool:
        try:
            why = wire.read_bounce(result.outcomes)
        except wire.WireError:
            return False
        if not work.bounce(why):
            return False
        self._open.discard(result.candidate)
        self.source.again([work])
        return True

    def _ended_inside(self, work: Work, end: wire.TrialEnd, lane: int) -> None:
        """A fork ended while this work was running in it."""
        sample = max(len(work.cpu_s), min(end.at_sample, work.samples) - 1)
        ending = ending_of(end, sample, self.limits)
        work.started_s = work.started_s or end.started_s
        if ending.status in (Status.CRASHED, Status.EXITED, Status.MEMORY) and self._confirm(work, end):
            return
        if end.reason == wire.STEP_LIMIT:
            self.source.note_hung(work, end.at_step, sample)
        # In a shared fork the CPU time of one work is known only by the limit that it used up.
        used_s = used_up_s(end.reason, self.limits) if self._shared else max(0.0, end.cpu_s - sum(work.cpu_s))
        work.ending, work.lost_cpu_s = ending, (used_s,)
        work.stdout = end.captured.decode("utf-8", "replace") if not self._shared else ""
        if len(work.cpu_s) < sample and not work.has_rerun:
            work.has_rerun = True
            # The samples before were in time but were lost with the fork: they run once more.
            work.samples, work.alone = sample, True
            self.source.again([work])
            return
        self.source.finish(work, lane, end.ended_s)

    def _confirm(self, work: Work, end: wire.TrialEnd) -> bool:
        """Run it again if its end may not be its own doing: it shared a fork, or was killed from outside."""
        killed = os.WIFSIGNALED(end.wait_status) and os.WTERMSIG(end.wait_status) == signal.SIGKILL
        work.kills += killed
        if not (self._shared and not work.alone) and not (killed and work.kills < MAX_KILLS):
            return False
        work.restart()
        work.alone = True
        self.source.again([work])
        return True

    def done(self, next_item: int, ended_s: float) -> None:
        # What was begun and never answered is as if its worker had died.
        self._lose_before(next_item)
        self.source.again([self._works[index] for index in sorted(self._open)])
        self._open.clear()
        self.source.job_ended(self._route, min(next_item, len(self._works)), ended_s - self._begun_s)

    def lost(self) -> None:
        self._lose_before(len(self._works))
        self.source.job_ended(self._route, 0, 0.0)

    def at_work(self, lane: int, item: int, since_s: float) -> AtWork:
        at = min(item, len(self._works) - 1)
        return AtWork(lane, self._works[at].candidate.id, since_s, len(self._works) - 1 - at)

    def _lose_before(self, item: int) -> None:
        """The worker died under these, and nobody knows which it was running. Only losses alone count in full."""
        lost = sorted([index for index in self._open if index < item])
        self._open.difference_update(lost)
        works = [self._works[index] for index in lost]
        was_alone = len(self._works) == 1
        for work in works:
            work.restart()
            work.alone = work.alone or work.losses >= 1
            work.losses += 1 if was_alone or not work.alone else 0
            if work.losses > MAX_LOSSES:
                message = f"the worker died {work.losses} times under it"
                work.ending = Ending(Status.CRASHED, Failure("worker died", message))
                self.source.finish(work, None, time.monotonic())
        self.source.again([work for work in works if work.losses <= MAX_LOSSES])


_BOUNCED = bytes((wire.BOUNCED,))


def _explain(work: Work, end: wire.TrialEnd) -> None:
    """Hold a program to the CPU time that the kernel counted for its fork, whatever its own record says."""
    unexplained_s = end.cpu_s - work.executed_s
    if unexplained_s > 0.02 + 0.5 * end.cpu_s:
        work.cpu_s = (*work.cpu_s[:-1], work.cpu_s[-1] + unexplained_s)
        work.executed_s = end.cpu_s
