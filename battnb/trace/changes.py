"""What became different between two runs of the same work, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from battnb.model import ComparisonRecord, Profile, Verdict, own_verdicts
from battnb.trace import metrics

SLOWER_BY, SLOWER_BY_S = 1.2, 0.001
"""A candidate is slower if it took this many times its CPU seconds, and this many more. Less is noise."""


class Change(msgspec.Struct, frozen=True):
    """A number of two runs, in seconds; None if a run does not have it.

    name: a metric, or a candidate's id.
    """

    name: str
    before_s: float | None
    after_s: float | None

    @property
    def difference_s(self) -> float | None:
        """After minus before; below 0 is faster."""
        return None if self.before_s is None or self.after_s is None else self.after_s - self.before_s

    @property
    def factor(self) -> float | None:
        """After / before; below 1 is faster. None if before is 0."""
        return self.after_s / self.before_s if self.after_s is not None and self.before_s else None


def phase_changes(before: Profile, after: Profile) -> list[Change]:
    """Every metric of the timing summary that at least one of the runs has, in the summary's order, sums included."""
    names = metrics.summary_metrics(after, before)
    found = [Change(name, metrics.metric_s(before, name), metrics.metric_s(after, name)) for name in names]
    return [change for change in found if change.before_s is not None or change.after_s is not None]


def slower(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[Change]:
    """Candidates that both runs validated and whose check time grew (SLOWER_BY and SLOWER_BY_S), most first.

    Check time is CPU time, so other work on the machine makes no candidate slower.
    """
    known = {verdict.candidate_id: verdict.check_time for verdict in own_verdicts(before)}
    both = [
        Change(verdict.candidate_id, known[verdict.candidate_id], verdict.check_time)
        for verdict in own_verdicts(after)
        if verdict.candidate_id in known
    ]
    return sorted([change for change in both if _is_slower(change)], key=lambda change: -(change.difference_s or 0.0))


def _is_slower(change: Change) -> bool:
    before_s, after_s = change.before_s or 0.0, change.after_s or 0.0
    return after_s > before_s * SLOWER_BY and after_s - before_s > SLOWER_BY_S


def comparable_speedup(both: ComparisonRecord) -> float | None:
    """Wall time of the first run / wall time of the second; None unless both did all of the same work."""
    if not (both.before.is_complete and both.after.is_complete) or any(both.not_in_both()):
        return None
    return metrics.speedup(both.before.profile, both.after.profile)


def counted_and_spent_s(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """CPU seconds that candidates count, and those that were spent: fewer if equal steps ran once for several."""
    computed = [verdict for verdict in own_verdicts(verdicts) if not verdict.cached]
    return sum([v.cpu_s for v in computed]), sum([min(v.cpu_s, v.executed_cpu_s) for v in computed])
