"""What is written down while a run goes on: its spans, and the verdicts that it has reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from battnb.model import PHASES, Phase, Profile, Span, Verdict
from battnb.model.phase_table import VALIDATE
from battnb.trace import metrics

Clock = Callable[[], float]
"""Returns seconds; only differences count."""


class Recorder:
    """Collects the spans of one run.

    run: what the run is called in tables and pictures. mode: "sequential" or "parallel".
    workers: how many processes candidates run in. phases: those of the run, in order; the profile carries them.
    clock: monotonic seconds, on the clock that workers report in. The run's time begins now, and again with start().
    cpu_clock: CPU seconds of this process.

    One event loop or one thread records; spans may overlap, as coroutines do. A profile may be taken at any time.
    Methods that only look may be called from any thread.
    """

    def __init__(
        self,
        run: str,
        mode: str,
        workers: int,
        clock: Clock = time.monotonic,
        cpu_clock: Clock = time.process_time,
        phases: Sequence[Phase] = PHASES,
    ) -> None:
        self.run = run
        self.mode = mode
        self.workers = workers
        self.phases = tuple(phases)
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._start_s = clock()
        # In order of opening, which puts parents first if times are equal. An open span is what will close it.
        self._own: list[Span | Callable[[float], Span]] = []
        self._added: list[Span] = []
        self._totals: dict[str, float] = {}

    def start(self) -> None:
        """Begin the run's time now. What was waited for before, such as a starting pool, is not part of it."""
        self._start_s = self._clock()

    def since_start(self, at_s: float) -> float:
        """Turn a time on the monotonic clock into seconds from the start of the run."""
        return at_s - self._start_s

    @contextmanager
    def span(self, phase: str, name: str | None = None) -> Iterator[None]:
        """Record what runs inside as a span of this process (lane None), even if it ends by an exception.

        phase: its metric. name: what was done; None says that the span is the whole phase.
        The span's cpu_s is that of the whole process with all its threads, so each of several overlapping spans has
        all of it.
        """
        started_s, cpu_s = self.now_s(), self._cpu_clock()

        def close(now_s: float) -> Span:
            return Span(phase, name or phase, started_s, self.since_start(now_s), cpu_s=self._cpu_clock() - cpu_s)

        place = len(self._own)
        self._own.append(close)
        try:
            yield
        finally:
            self._own[place] = close(self._clock())

    def add(self, *spans: Span) -> None:
        """Record work that workers did.

        spans: with queued_s, started_s and ended_s on the monotonic clock. They are kept as seconds of the run.
        """
        self._added.extend([self._in_run_seconds(span) for span in spans])

    def total(self, metric: str, seconds: float) -> None:
        """Add seconds to a sum over many pieces of work (run_batt.check_solver_speed)."""
        self._totals[metric] = self._totals.get(metric, 0.0) + seconds

    @contextmanager
    def summed(self, metric: str) -> Iterator[None]:
        """Add the wall seconds of what runs inside to a sum."""
        started_s = self._clock()
        try:
            yield
        finally:
            self.total(metric, self._clock() - started_s)

    def profile(self) -> Profile:
        """Everything recorded so far, in order of start, parents first. A span that is still open ends now.

        Its wall_s goes from the start of the run to the last end of a span; it is 0 if there is no span.
        """
        # One moment for all, or a parent would end before its child.
        now_s = self._clock()
        spans = sorted([*self.own_spans(now_s), *self._added], key=lambda span: (span.started_s, -span.ended_s))
        return Profile(
            run=self.run,
            mode=self.mode,
            workers=self.workers,
            wall_s=max([span.ended_s for span in spans], default=0.0),
            spans=tuple(spans),
            totals=tuple(self._totals.items()),
            phases=self.phases,
        )

    def own_spans(self, now_s: float | None = None) -> list[Span]:
        """The spans of this process, which are few, in order of opening. A span that is still open ends now."""
        at_s = self._clock() if now_s is None else now_s
        return [span if isinstance(span, Span) else span(at_s) for span in self._own]

    def open_phases(self) -> set[str]:
        """The metrics of the spans that are still open."""
        now_s = self._clock()
        return {own(now_s).phase for own in tuple(self._own) if not isinstance(own, Span)}

    def added(self, since: int) -> list[Span]:
        """What workers did, from the since-th record on, in the order in which it was recorded."""
        return self._added[since:]

    def now_s(self) -> float:
        """Seconds since the start of the run."""
        return self.since_start(self._clock())

    def _in_run_seconds(self, span: Span) -> Span:
        return msgspec.structs.replace(
            span,
            queued_s=None if span.queued_s is None else self.since_start(span.queued_s),
            started_s=self.since_start(span.started_s),
            ended_s=self.since_start(span.ended_s),
        )


Hear = Callable[[list[Verdict]], None]


class RunProgress:
    """A run's recorder, and the verdicts that it has reached.

    battery, candidates: the battery's name, and how many candidates it has.
    wanted: how many of them are to be validated; 0 until that is known.
    """

    def __init__(self, task_id: str, battery: str, candidates: int, recorder: Recorder, hear: Hear) -> None:
        self.task_id = task_id
        self.battery = battery
        self.candidates = candidates
        self.recorder = recorder
        self.wanted = 0
        self._hearing = [hear]
        self._validated: dict[str, Verdict] = {}

    def tell(self, hear: Hear) -> None:
        """Call this function with verdicts as they are reached."""
        self._hearing.insert(0, hear)

    def reach(self, verdicts: Sequence[Verdict]) -> None:
        """Note validations in the profile, in seconds of the run, and tell whoever listens."""
        since = self.recorder.since_start
        for v in verdicts:
            self.recorder.add(verdict_span(v))
            self._validated[v.candidate_id] = msgspec.structs.replace(
                v, queued_s=since(v.queued_s), started_s=since(v.started_s), ended_s=since(v.ended_s)
            )
        self.recorder.total(metrics.CHECK_SOLVER_SPEED, sum([v.check_time for v in verdicts]))
        for hear in self._hearing:
            hear(list(verdicts))

    @property
    def validated(self) -> dict[str, Verdict]:
        """The verdicts reached so far, by candidate. Times are seconds of the run."""
        return dict(self._validated)


def verdict_span(v: Verdict) -> Span:
    """A validation as a span of the profile."""
    return Span(
        phase=VALIDATE,
        name=v.candidate_id,
        started_s=v.started_s,
        ended_s=v.ended_s,
        lane=v.worker,
        status=v.status,
        queued_s=v.queued_s,
        cpu_s=v.executed_cpu_s,
        cached=v.cached,
    )
