"""The critical path of a run: the chain of work that its end waited for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from battnb.model import Profile, Span
from battnb.model.phase_table import RUN_BATT
from battnb.trace.intervals import Interval, common, covered_s, without
from battnb.trace.metrics import around, phase_spans, ran, work_spans


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
