"""Numbers about a profile, each a function whose docstring is its definition.

A function whose name ends in "_sum_s" adds up the work of many workers. It is never wall time; the larger the
machine, the further it lies above wall time. Empty profiles are fine: sums are 0 and ratios are None.
METRICS in view/report/report_metrics.py lists those that the report shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from battnb.model import Profile, Span, Status
from battnb.model.phase_table import RUN_BATT, VALIDATE
from battnb.trace.intervals import Interval, covered_s

CHECK_SOLVER_SPEED = "run_batt.check_solver_speed"
INLINE_TOTAL = "utils.inline_variables.total"
SUMS = {CHECK_SOLVER_SPEED: "(sum over workers)", INLINE_TOTAL: "(sum)"}
"""The metrics that are sums, and the words that say so."""


# Spans and phases of a profile


def work_spans(profile: Profile) -> list[Span]:
    """The spans of work that a worker did: those with a lane."""
    return [span for span in profile if span.lane is not None]


def spans_by_lane(profile: Profile) -> dict[int, list[Span]]:
    """The spans of each worker, by its number. Workers that had nothing to do are there too."""
    found: dict[int, list[Span]] = {lane: [] for lane in range(profile.workers)}
    for span in profile:
        if span.lane is not None:
            found.setdefault(span.lane, []).append(span)
    return dict(sorted(found.items()))


def verdict_spans(profile: Profile) -> list[Span]:
    """The spans that ended in a verdict: those with a status, even if no worker ran them (cached, cancelled)."""
    return [span for span in profile if span.status is not None]


def phase_spans(profile: Profile) -> list[Span]:
    """The spans of whole phases, and of what contains phases: in the notebook's process, named after their metric."""
    return [span for span in profile if span.lane is None and span.name == span.phase]


def ran(spans: Iterable[Span]) -> list[Interval]:
    """When each span ran."""
    return [(span.started_s, span.ended_s) for span in spans]


def waited(spans: Iterable[Span]) -> list[Interval]:
    """When each span that was queued waited."""
    return [(span.queued_s, span.started_s) for span in spans if span.queued_s is not None]


def around(profile: Profile) -> frozenset[str]:
    """The metrics of what contains phases."""
    return frozenset([phase.metric for phase in profile.phases if phase.is_around])


def phases_in(profile: Profile) -> list[str]:
    """The metrics of the phases that have spans: those of the profile in their order, then others by start."""
    there = dict.fromkeys([span.phase for span in profile])
    containing = around(profile)
    own = [phase.metric for phase in profile.phases if phase.metric in there]
    return [metric for metric in dict.fromkeys([*own, *there]) if metric not in containing]


def of_phase(profile: Profile, metric: str) -> Profile:
    """The profile of one phase: only its spans, and its wall time as that of the run.

    So every metric can be computed for a phase. Times stay seconds from the start of the run.
    """
    spans = tuple([span for span in profile if span.phase == metric])
    totals = tuple([total for total in profile.totals if metric == VALIDATE and total[0] == CHECK_SOLVER_SPEED])
    seconds = covered_s(ran([span for span in phase_spans(profile) if span.phase == metric]))
    return msgspec.structs.replace(profile, wall_s=seconds, spans=spans, totals=totals)


def phase_parts(profile: Profile) -> list[tuple[str, Profile]]:
    """Each phase that has spans, in order, and the whole run last: its metric and its profile. Phases may overlap."""
    return [(metric, of_phase(profile, metric)) for metric in phases_in(profile)] + [(RUN_BATT, profile)]


# Numbers


def wall_s(profile: Profile) -> float:
    """Seconds from the start of the run to its end."""
    return profile.wall_s


def metric_s(profile: Profile, metric: str) -> float | None:
    """Seconds of a metric: its total if one was kept, else the wall time of its phase; None if there is neither.

    The wall time of a phase that ran several times is the time in which at least one of them ran.
    """
    totals = dict(profile.totals)
    if metric in totals:
        return totals[metric]
    spans = [span for span in phase_spans(profile) if span.phase == metric]
    return covered_s(ran(spans)) if spans else None


def own_cpu_sum_s(profile: Profile) -> float:
    """CPU seconds of the notebook's own process, all its threads, in its outermost spans. The workers' come on top.

    If the process does other things beside this run, they count too.
    """
    own = [span for span in phase_spans(profile) if span.phase == RUN_BATT] or phase_spans(profile)
    return sum([span.cpu_s or 0.0 for span in own])


def cpu_sum_s(profile: Profile) -> float:
    """CPU seconds of all workers' spans, added up. Spans without a measurement count as 0."""
    return sum([span.cpu_s or 0.0 for span in work_spans(profile)], 0.0)


def check_time_sum_s(profile: Profile) -> float:
    """Check time (CPU seconds over its samples) of every candidate, added up: run_batt.check_solver_speed.

    If the run kept no such total: CPU seconds of the spans that ended in a verdict.
    """
    total = dict(profile.totals).get(CHECK_SOLVER_SPEED)
    return sum([span.cpu_s or 0.0 for span in verdict_spans(profile)], 0.0) if total is None else total


def waiting_sum_s(profile: Profile) -> float:
    """Seconds between being queued and being started, added up over all spans. They count against no time limit."""
    return sum([span.wait_s for span in profile], 0.0)


def running_sum_s(profile: Profile) -> float:
    """Wall seconds of all workers' spans, added up: how long workers had something in hand."""
    return sum([span.wall_s for span in work_spans(profile)], 0.0)


def overhead_sum_s(profile: Profile) -> float:
    """Wall seconds minus CPU seconds of the workers' spans that have both, added up.

    A worker had a candidate in hand, but the candidate did not compute: it was being forked, sent or killed, it
    slept, or it waited for a processor. If every span is measured and no two overlap in a lane,
    wall_s x workers = cpu_sum_s + overhead_sum_s + the sum of idle_s_by_lane.
    """
    return sum([span.wall_s - span.cpu_s for span in work_spans(profile) if span.cpu_s is not None], 0.0)


def idle_s_by_lane(profile: Profile) -> dict[int, float]:
    """Seconds of the run in which a worker had nothing in hand, for each worker, by its number."""
    return {lane: profile.wall_s - covered_s(ran(spans)) for lane, spans in spans_by_lane(profile).items()}


def cpu_limit_s(profile: Profile) -> float:
    """cpu_sum_s / workers: no run that computes all of this on as many processors takes less wall time."""
    return cpu_sum_s(profile) / profile.workers if profile.workers else 0.0


def parallel_efficiency(profile: Profile) -> float | None:
    """cpu_sum_s / (wall_s x workers), that is cpu_limit_s / wall_s; 1 is the best. None for a run of no wall time."""
    return cpu_limit_s(profile) / profile.wall_s if profile.wall_s > 0 else None


def core_efficiency(profile: Profile, cores: int) -> float | None:
    """cpu_sum_s / (wall_s x cores): how much of the machine computed candidates. None for a run of no wall time.

    cores: processors that the run could use, whatever the number of its workers.
    """
    return cpu_sum_s(profile) / (profile.wall_s * cores) if profile.wall_s > 0 and cores > 0 else None


def speedup(sequential: Profile, parallel: Profile) -> float | None:
    """Wall time of the first / wall time of the second, which did the same work. None if a wall time is 0."""
    return sequential.wall_s / parallel.wall_s if sequential.wall_s > 0 and parallel.wall_s > 0 else None


def candidates_per_s(profile: Profile, candidates: int | None = None) -> float | None:
    """Candidates judged / wall seconds of the validate phase, or of the run if it has no such phase.

    candidates: how many; None counts the spans that ended in a verdict, in which candidates that share steps
    count as one. Verdicts that were known before took no time and do not count. The result is None if there is no
    wall time.
    """
    count = len([span for span in verdict_spans(profile) if not span.cached]) if candidates is None else candidates
    seconds = metric_s(profile, VALIDATE) or profile.wall_s
    return count / seconds if seconds > 0 else None


def slowest(profile: Profile, count: int = 10) -> list[Span]:
    """The workers' spans that took most CPU seconds (wall seconds if CPU was not measured), slowest first."""

    def cost_s(span: Span) -> float:
        return span.wall_s if span.cpu_s is None else span.cpu_s

    return sorted(work_spans(profile), key=cost_s, reverse=True)[:count]


def running_sum_s_by_status(profile: Profile) -> dict[Status, float]:
    """Wall seconds of workers' spans that ended in a verdict, added up for each status that occurs."""
    seconds: dict[Status, float] = defaultdict(float)
    for span in work_spans(profile):
        if span.status is not None:
            seconds[span.status] += span.wall_s
    return {status: seconds[status] for status in Status if status in seconds}


# The timing summary


def summary_metrics(*profiles: Profile) -> list[str]:
    """The metrics of the timing summary, in its order: the phases of all the profiles, then the sums."""
    phases = [phase.metric for profile in profiles for phase in profile.phases]
    return list(dict.fromkeys([*phases, *SUMS]))


def timing_summary(profile: Profile) -> str:
    """The metrics of a run as text, one a line, in seconds to three decimals.

    Metrics that the profile does not have are left out. Sums over many workers say that they are sums.
    """
    lines = ["Timing summary (seconds):"]
    for metric in summary_metrics(profile):
        seconds = metric_s(profile, metric)
        if seconds is not None:
            lines.append(f"  {metric:<32}{seconds:>9.3f} {SUMS.get(metric, '')}".rstrip())
    return "\n".join(lines)
