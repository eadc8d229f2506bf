"""The numbers of each phase of a run, a record a phase."""

from __future__ import annotations

import msgspec

from battnb.model import Profile
from battnb.trace import metrics


class PhaseNumbers(msgspec.Struct, frozen=True):
    """One phase, or the whole run (metric main.run_batt), in the terms of trace.metrics.

    wall_s: of the phase. own_cpu_s: CPU seconds of the notebook's own process in it. pieces: spans of workers.
    Sums over workers: running_sum_s, cpu_sum_s, overhead_sum_s, waiting_sum_s. efficiency: CPU seconds of workers /
    (wall_s x workers); None where no worker had a part in it. candidates_per_s: None where none got a verdict.
    """

    metric: str
    wall_s: float
    own_cpu_s: float
    pieces: int
    running_sum_s: float
    cpu_sum_s: float
    overhead_sum_s: float
    waiting_sum_s: float
    efficiency: float | None
    candidates_per_s: float | None


def phase_numbers(profile: Profile) -> list[PhaseNumbers]:
    """Each phase that there is anything of, in order, and the whole run last. Phases may overlap."""
    phases = [(metric, metrics.of_phase(profile, metric)) for metric in metrics.phases_in(profile)]
    return [_numbers(metric, part) for metric, part in (*phases, (metrics.RUN_BATT, profile))]


def _numbers(metric: str, part: Profile) -> PhaseNumbers:
    pieces = len(metrics.work_spans(part))
    return PhaseNumbers(
        metric=metric,
        wall_s=part.wall_s,
        own_cpu_s=metrics.own_cpu_sum_s(part),
        pieces=pieces,
        running_sum_s=metrics.running_sum_s(part),
        cpu_sum_s=metrics.cpu_sum_s(part),
        overhead_sum_s=metrics.overhead_sum_s(part),
        waiting_sum_s=metrics.waiting_sum_s(part),
        efficiency=metrics.parallel_efficiency(part) if pieces else None,
        candidates_per_s=metrics.candidates_per_s(part) if metrics.verdict_spans(part) else None,
    )
