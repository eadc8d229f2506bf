"""Snapshots of a run while it goes on, each made from what has come since the one before, and a Gantt that grows.

The Gantt has the data that gantt_bars makes from a whole profile. Its time axis is divided into parts. Work shorter
than a part is kept as density, so that a picture of many candidates costs as much as one of few. When the axis is full,
every two parts become one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest

from battnb.model import PHASES, AtWork, Phase, Span, Status, Verdict
from battnb.model.phase_table import BATT_DEMO, BATT_TEST, RUN_BATT, VALIDATE
from battnb.trace.failures import Failures
from battnb.trace.recorder import RunProgress
from battnb.view.cells import different
from battnb.view.gantt_bars import Bar, GanttBars, GanttTrack, StatusHeights, make_visible, phase_bars, stacked
from battnb.view.live.snapshot import RUNNING, PhaseProgress, Snapshot
from battnb.view.reasons import common_words

PARTS = 256
FIRST_PART_S = 0.001
_SHORTEST_S = 1e-9


class Timeline:
    """One run's lanes, as far as they have been recorded.

    workers: lanes that are there from the start. phases: those of the run, which give the words.
    """

    def __init__(self, workers: int, phases: Sequence[Phase] = PHASES) -> None:
        self._known = phases
        self._part_s = FIRST_PART_S
        self._dense: dict[int, dict[Status | None, list[float]]] = {lane: {} for lane in range(workers)}
        self._wide: list[Bar] = []
        self._phases: list[Span] = []
        self._waiting: list[tuple[float, int]] = []

    def add(self, spans: Iterable[Span]) -> None:
        """Add spans, in any order."""
        part_s, dense = self._part_s, self._dense
        for span in spans:
            lane, started_s, ended_s = span.lane, span.started_s, span.ended_s
            if lane is None:
                self._phases += [span] if span.name == span.phase else []
                continue
            while ended_s >= part_s * PARTS:
                self._grow()
                part_s = self._part_s
            first = int(started_s / part_s)
            if ended_s < (first + 1) * part_s and lane in dense and span.status in dense[lane]:
                # If there are many spans, nearly all go this way. However short one is, it is there.
                dense[lane][span.status][first] += ended_s - started_s or _SHORTEST_S
            elif ended_s - started_s < part_s:
                self._spread(lane, span.status, started_s, ended_s)
            else:
                dense.setdefault(lane, {})
                self._wide.append(Bar(lane, span.status, started_s, ended_s, span.name))

    def wait(self, at_s: float, count: int, since_s: float | None = None) -> None:
        """So many wait at a time, which is later than the last. since_s: when the first of all began to wait."""
        if count != (self._waiting[-1][1] if self._waiting else 0):
            if not self._waiting and since_s is not None:
                at_s = since_s  # the first look comes only after a while
            self._waiting.append((at_s, count))
        if len(self._waiting) > 2 * PARTS:
            self._waiting = self._waiting[::2]

    def bars(self, now_s: float, own: Iterable[Span]) -> GanttBars:
        """The picture up to now. own: the spans of this process."""
        parts = min(PARTS, int(now_s / self._part_s) + 1)
        lanes = sorted(self._dense.items())
        areas = [area for lane, dense in lanes for area in stacked(self._heights(dense, parts), lane, self._part_s)]
        track = GanttTrack(
            wall_s=now_s,
            lanes=tuple([lane for lane, _ in lanes]),
            phases=phase_bars([*own, *self._phases], self._known),
            bars=tuple(self._wide),
            areas=tuple(areas),
            waiting=(*self._waiting, (now_s, 0)) if self._waiting else (),
        )
        return GanttBars("timeline of the run", "", max(now_s, 1e-3), (track,))

    def _heights(self, dense: dict[Status | None, list[float]], parts: int) -> StatusHeights:
        """The seconds in each part, as shares of the part."""
        heights = {
            status: [min(seconds / self._part_s, 1.0) for seconds in dense[status][:parts]]
            for status in (*Status, None)
            if status in dense
        }
        make_visible(heights, parts)
        return heights

    def _spread(self, lane: int, status: Status | None, started_s: float, ended_s: float) -> None:
        dense = self._dense.setdefault(lane, {})
        seconds = dense.setdefault(status, [0.0] * PARTS)
        first, last = int(started_s / self._part_s), int(ended_s / self._part_s)
        if first == last or last >= PARTS:
            seconds[min(first, PARTS - 1)] += max(ended_s - started_s, _SHORTEST_S)
        else:
            edge_s = last * self._part_s
            seconds[first] += edge_s - started_s
            seconds[last] += ended_s - edge_s

    def _grow(self) -> None:
        self._part_s *= 2
        for dense in self._dense.values():
            for status, seconds in dense.items():
                pairs = zip(seconds[::2], seconds[1::2], strict=True)
                dense[status] = [one + other for one, other in pairs] + [0.0] * (PARTS // 2)
        bars, self._wide = self._wide, []
        for bar in bars:
            if bar.ended_s - bar.started_s >= self._part_s:
                self._wide.append(bar)
            else:
                self._spread(bar.lane, bar.status, bar.started_s, bar.ended_s)


BEST = 3
NOT_SHOWN = (RUN_BATT, BATT_DEMO, BATT_TEST)
"""The whole run, and the two parts of its check."""
RATE_S = 2.0
"""The rate that is shown is that of about the last two seconds."""


class Follower:
    """Makes snapshots of a run's progress. Each looks only at what has come since the one before."""

    def __init__(self, progress: RunProgress, at_work: Callable[[], list[AtWork]]) -> None:
        self._progress = progress
        self._at_work = at_work
        self._arrived: list[list[Verdict]] = []
        self._timeline = Timeline(progress.recorder.workers, progress.recorder.phases)
        self._shown = [phase for phase in progress.recorder.phases if phase.metric not in NOT_SHOWN]
        self._place = self._reached = self._cached = 0
        self._counts: Counter[Status] = Counter()
        self._failures = Failures()
        self._best: list[Verdict] = []
        self._lately: list[tuple[float, int]] = []
        progress.tell(self._arrived.append)

    def snapshot(self, state: str) -> Snapshot:
        """The run now."""
        progress, recorder = self._progress, self._progress.recorder
        at_work = tuple(self._at_work()) if state == RUNNING else ()
        own = recorder.own_spans()
        now_s, elapsed_s = time.monotonic(), recorder.now_s()
        if state != RUNNING:  # the time that the sandbox takes to end is not part of the run
            elapsed_s = max([span.ended_s for span in own], default=elapsed_s)
        is_open = recorder.open_phases() if state == RUNNING else set()
        wanted = progress.wanted
        self._take_verdicts()
        self._take_spans()
        validating = VALIDATE in is_open
        per_s = self._rate(now_s, own, validating)
        waiting = wanted - self._reached - len(at_work) if validating else 0
        begun_s = next((span.started_s for span in own if span.phase == VALIDATE), None)
        self._timeline.wait(elapsed_s, max(waiting, 0), begun_s)
        left_s = (wanted - self._reached) / per_s if validating and per_s else None
        return Snapshot(
            task_id=progress.task_id,
            battery=progress.battery,
            mode=recorder.mode,
            workers=recorder.workers,
            candidates=progress.candidates,
            state=state,
            elapsed_s=elapsed_s,
            phases=tuple([self._phase(phase, own, is_open, at_work) for phase in self._shown]),
            reached=self._reached,
            wanted=wanted,
            cached=self._cached,
            per_s=per_s,
            left_s=left_s,
            counts={status: self._counts[status] for status in Status if status in self._counts},
            at_work=at_work,
            now_s=now_s,
            best=tuple(self._best),
            why=self._why() if state != RUNNING else "",
            bars=self._timeline.bars(elapsed_s, own),
        )

    def _take_verdicts(self) -> None:
        good: list[Verdict] = []
        while self._arrived:
            verdicts = self._arrived.pop(0)
            self._reached += len(verdicts)
            self._cached += sum([verdict.cached for verdict in verdicts])
            self._counts.update([verdict.status for verdict in verdicts])
            self._failures.add(verdicts)
            good += [verdict for verdict in self._good(verdicts) if any(verdict.outputs)]
        if good:
            self._best = _best_of([*self._best, *good])

    def _why(self) -> str:
        reason = self._failures.dominant()
        return "" if reason is None else common_words(reason)

    def _good(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Those that may be among the best. It only glances at each, since there may be many."""
        if len(self._best) < BEST:
            return verdicts
        last = self._best[-1]
        least, most_s, missing = last.demo_correct, last.cpu_s, last.outputs.count(None)
        good = [v for v in verdicts if v.demo_correct >= least]
        return [v for v in good if v.demo_correct > least or v.cpu_s < most_s or v.outputs.count(None) < missing]

    def _take_spans(self) -> None:
        spans = self._progress.recorder.added(self._place)
        self._place += len(spans)
        self._timeline.add(spans)

    def _rate(self, now_s: float, own: list[Span], validating: bool) -> float | None:
        """Validations a second: lately while they run, over the whole phase afterwards. Cached ones do not count."""
        computed = self._reached - self._cached
        if not validating:
            wall_s = sum([span.wall_s for span in own if span.phase == VALIDATE])
            return computed / wall_s if wall_s and computed else None
        self._lately = [*[seen for seen in self._lately if now_s - seen[0] < RATE_S], (now_s, computed)]
        (first_s, before), span_s = self._lately[0], now_s - self._lately[0][0]
        if span_s and computed > before:
            return (computed - before) / (now_s - first_s)
        return None

    def _phase(self, phase: Phase, own: list[Span], is_open: set[str], at_work: tuple[AtWork, ...]) -> PhaseProgress:
        walls = [span.wall_s for span in own if span.phase == phase.metric]
        if not walls:
            return PhaseProgress(phase.words)
        done, total = 0, 0
        if phase.metric == VALIDATE:
            done, total = self._reached, self._progress.wanted
        elif phase.metric in is_open:
            done, total = next(((work.done, work.total) for work in at_work if work.total), (0, 0))
        return PhaseProgress(
            words=phase.words, wall_s=sum(walls), is_open=phase.metric in is_open, done=done, total=total
        )


def _best_of(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The best few, and only one of those that give the same."""
    most = max([verdict.demo_correct for verdict in verdicts])
    best = [verdict for verdict in verdicts if verdict.demo_correct == most]
    if len(best) < BEST:
        best = list(verdicts)
    return different(nsmallest(8 * BEST, best, key=lambda verdict: verdict.rank), BEST)
