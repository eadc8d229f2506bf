"""What all the time of a run's workers went to, the chain of work that its end waited for, and what could be saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from battnb.model import Profile, Span, Status
from battnb.model.phase_table import RUN_BATT
from battnb.trace.intervals import Interval, common, covered_s, union, without
from battnb.trace.metrics import around, phase_spans, ran, spans_by_lane, work_spans


class CriticalPath(msgspec.Struct, frozen=True):
    """A chain through a run, from its start to its end.

    work: spans of workers in order of time; none overlap. own: seconds between them, by the phase that the
    notebook's own process was in (None if it was in none). Together they are the wall time of the run.
    """

    work: tuple[Span, ...]
    own: tuple[tuple[str | None, float], ...]

    @property
    def work_s(self) -> float:
        """Seconds of the path in which a worker had work in hand."""
        return sum([span.wall_s for span in self.work])

    @property
    def own_s(self) -> float:
        """Seconds of the path in the notebook's own process: phases, handing work over, taking results."""
        return sum([seconds for _, seconds in self.own])


def critical_path(profile: Profile) -> CriticalPath:
    """The chain of work that the end of the run waited for.

    It goes back from the end of the run: to the worker's span that ended last, then to the one that ended last before
    that began, and so on to the start. What lies between belongs to the notebook's own process. Making something on
    the path shorter may make the run shorter; making anything else shorter does not.
    """
    ended = sorted([span for span in work_spans(profile) if span.wall_s > 0], key=lambda span: span.ended_s)
    path: list[Span] = []
    until_s = profile.wall_s
    for span in reversed(ended):
        if span.ended_s <= until_s:
            path.append(span)
            until_s = span.started_s
    path.reverse()
    between = without([(0.0, profile.wall_s)], ran(path))
    return CriticalPath(tuple(path), tuple(by_phase(profile, between).items()))


def by_phase(profile: Profile, intervals: Sequence[Interval]) -> dict[str | None, float]:
    """How many seconds of some intervals lie in each phase. Each second counts once; None is outside of all phases.

    If phases overlap, the earlier one gets the time. What contains phases gets only what lies in none of them. The
    whole run is not a phase.
    """
    containing = around(profile)
    spans = [span for span in phase_spans(profile) if span.phase != RUN_BATT]
    spans.sort(key=lambda span: (span.phase in containing, span.started_s, span.ended_s))
    found: dict[str | None, float] = {}
    left = list(intervals)
    for span in spans:
        inside = covered_s(common(left, ran([span])))
        if inside > 0:
            found[span.phase] = found.get(span.phase, 0.0) + inside
            left = without(left, ran([span]))
    rest = covered_s(left)
    return found | ({None: rest} if rest > 0 else {})


class Use(StrEnum):
    """What a worker's time went to. Each second of each worker is one of these."""

    COMPUTING = "computing"
    TIMED_OUT = "timed_out"
    OVERHEAD = "overhead"
    UNMEASURED = "unmeasured"
    UNEVEN = "uneven"
    OWN = "own"


class Share(msgspec.Struct, frozen=True):
    """A part of the time that all workers had.

    use: computing - CPU seconds of candidates and shared steps; timed_out - work that ended at a time limit;
    overhead - in hand, but not computing: forked, sent, killed, asleep, or waiting for a processor; unmeasured - in
    hand, CPU unknown; uneven - nothing in hand while another worker had something; own - no worker had anything in
    hand, and the notebook's own process was in a phase.
    phase: only for own; None outside of all phases. worker_s: seconds, added up over workers.
    """

    use: Use
    worker_s: float
    phase: str | None = None


class Remedy(msgspec.Struct, frozen=True):
    """What would make the run shorter, and by how much at the most.

    use, phase: the share that it removes. COMPUTING is not removed but divided among more workers.
    gain_s: wall seconds of the run, if all of that went away and the remedy cost nothing. workers: how many, if more
    of them would help.
    """

    use: Use
    gain_s: float
    phase: str | None = None
    workers: int | None = None


def shares(profile: Profile) -> list[Share]:
    """All of the time that workers had, wall_s x workers, by what it went to. Parts that took no time are left out.

    They are in the order of Use, and phases in theirs. The parts add up to the whole. If spans of a worker overlap,
    its time in hand is divided among them in proportion.
    """
    lanes = _lanes(profile)
    in_hand_s = _in_hand_s(profile)
    any_busy = union(ran(work_spans(profile)))
    found = [Share(use, seconds) for use, seconds in _in_hand(work_spans(profile), in_hand_s).items()]
    found.append(Share(Use.UNEVEN, covered_s(any_busy) * lanes - in_hand_s))
    nobody = without([(0.0, profile.wall_s)], any_busy)
    found += [Share(Use.OWN, seconds * lanes, phase) for phase, seconds in by_phase(profile, nobody).items()]
    return [share for share in found if share.worker_s > 1e-12]


def bottleneck(profile: Profile) -> Share | None:
    """The use that most of the workers' time went to; None for a run in which nothing took time.

    The notebook's own process is one use, whatever phase it was in. Its phase is then the one that it was in longest.
    """
    found = shares(profile)
    own = [share for share in found if share.use == Use.OWN]
    if own:
        longest = max(own, key=lambda share: share.worker_s)
        found.append(Share(Use.OWN, sum([share.worker_s for share in own]), longest.phase))
    return max(found, key=lambda share: share.worker_s, default=None)


def remedies(profile: Profile, cores: int | None = None) -> list[Remedy]:
    """What would make the run shorter, the greatest gain first.

    cores: processors that the run could use. If it had fewer workers, computing would be divided among that many,
    else among twice as many workers. No number of workers makes a run shorter than its longest piece of work.
    """
    lanes = _lanes(profile)
    found = [
        Remedy(share.use, share.worker_s / lanes, share.phase)
        for share in shares(profile)
        if share.use not in (Use.COMPUTING, Use.UNMEASURED)
    ]
    found += _more_workers(profile, lanes, cores)
    return sorted(found, key=lambda remedy: -remedy.gain_s)


def _more_workers(profile: Profile, lanes: int, cores: int | None) -> Iterator[Remedy]:
    spans = work_spans(profile)
    workers = cores if cores is not None and cores > lanes else 2 * lanes
    least_s = max([span.wall_s for span in spans], default=0.0)
    gain_s = covered_s(ran(spans)) - max(_in_hand_s(profile) / workers, least_s)
    if gain_s > 0:
        yield Remedy(Use.COMPUTING, gain_s, workers=workers)


def _lanes(profile: Profile) -> int:
    return max(profile.workers, len([spans for spans in spans_by_lane(profile).values() if spans]), 1)


def _in_hand_s(profile: Profile) -> float:
    """Seconds in which workers had something in hand, added up over workers."""
    return sum([covered_s(ran(spans)) for spans in spans_by_lane(profile).values()])


def _in_hand(spans: list[Span], in_hand_s: float) -> dict[Use, float]:
    """Time in hand by what it went to. What a span's threads computed beyond its wall time is not counted."""
    found = dict.fromkeys([Use.COMPUTING, Use.TIMED_OUT, Use.OVERHEAD, Use.UNMEASURED], 0.0)
    for span in spans:
        if span.status == Status.TIMEOUT:
            found[Use.TIMED_OUT] += span.wall_s
        elif span.cpu_s is None:
            found[Use.UNMEASURED] += span.wall_s
        else:
            computed_s = min(span.cpu_s, span.wall_s)
            found[Use.COMPUTING] += computed_s
            found[Use.OVERHEAD] += span.wall_s - computed_s
    whole_s = sum(found.values())
    return {use: seconds * in_hand_s / whole_s for use, seconds in found.items()} if whole_s > 0 else {}
