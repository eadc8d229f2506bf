"""Numbers about a profile, each a function with its definition.

A function whose name ends in "_sum_s" adds up the work of many workers: it is never wall time, and the larger
the machine the further it lies above wall time. Empty profiles are fine: sums are 0, ratios are None.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from battnb.model import Profile, Span, Status
from battnb.trace.intervals import covered_s

BATT_DEMO = "batt.demo"
BATT_TEST = "batt.test"
FILTER = "run_batt.phase1_filter"
INLINE = "run_batt.phase2_inline_batch"
VALIDATE = "run_batt.phase3a_validate_batch"
STORE = "run_batt.phase3b_file_ops"
DIFFERS = "run_batt.phase4_differs"
PHASES = (BATT_DEMO, BATT_TEST, FILTER, INLINE, VALIDATE, STORE, DIFFERS)
"""The metrics of the phases, in the order in which they run; demo and test pairs are executed at once."""

RUN_BATT = "main.run_batt"
CHECK_BATT = "run_batt.check_batt"
AROUND = (RUN_BATT, CHECK_BATT)
"""The metrics of what is around phases."""
CHECK_SOLVER_SPEED = "run_batt.check_solver_speed"
INLINE_TOTAL = "utils.inline_variables.total"
SUMS = {CHECK_SOLVER_SPEED: "(sum over workers)", INLINE_TOTAL: "(sum)"}
"""The metrics that are sums, and the words that say so."""

SUMMARY = (RUN_BATT, CHECK_BATT, *PHASES, CHECK_SOLVER_SPEED, INLINE_TOTAL)
"""The metrics of the timing summary, in its order."""


def work_spans(profile: Profile) -> list[Span]:
    """The spans of work that a worker did: those with a lane."""
    return [span for span in profile if span.lane is not None]


def verdict_spans(profile: Profile) -> list[Span]:
    """The spans that ended in a verdict: those with a status, also where no worker ran them (cached, cancelled)."""
    return [span for span in profile if span.status is not None]


def phase_spans(profile: Profile) -> list[Span]:
    """The spans of whole phases, and of what is around them: in the notebook's process, named for their metric."""
    return [span for span in profile if span.lane is None and span.name == span.phase]


def wall_s(profile: Profile) -> float:
    """Seconds from the start of the run to its end."""
    return profile.wall_s


def metric_s(profile: Profile, metric: str) -> float | None:
    """Seconds of a metric: its total where one was kept, else the wall time of its phase; None where neither is.

    The wall time of a phase that ran several times is the time in which at least one of them ran.
    """
    totals = dict(profile.totals)
    if metric in totals:
        return totals[metric]
    spans = [(span.started_s, span.ended_s) for span in phase_spans(profile) if span.phase == metric]
    return covered_s(spans) if spans else None


def phases_in(profile: Profile) -> list[str]:
    """The metrics of the phases that the profile has anything of: known ones in their order, then others by start."""
    there = dict.fromkeys([span.phase for span in profile])
    known = [metric for metric in PHASES if metric in there]
    return known + [metric for metric in there if metric not in (*PHASES, *AROUND)]


def of_phase(profile: Profile, metric: str) -> Profile:
    """The profile of one phase: its spans alone, and its wall time as that of the run.

    So every metric can be had of a phase. Times stay seconds from the start of the run.
    """
    spans = tuple([span for span in profile if span.phase == metric])
    totals = tuple([total for total in profile.totals if metric == VALIDATE and total[0] == CHECK_SOLVER_SPEED])
    seconds = covered_s([(span.started_s, span.ended_s) for span in phase_spans(profile) if span.phase == metric])
    return msgspec.structs.replace(profile, wall_s=seconds, spans=spans, totals=totals)


def own_cpu_sum_s(profile: Profile) -> float:
    """CPU seconds of the notebook's own process, all its threads, in its outermost spans; the workers' come on top.

    A process that does more than this run counts that too.
    """
    own = [span for span in phase_spans(profile) if span.phase == RUN_BATT] or phase_spans(profile)
    return sum([span.cpu_s or 0.0 for span in own])


def cpu_sum_s(profile: Profile) -> float:
    """CPU seconds of all workers' spans, added up. Spans without a measurement count nothing."""
    return sum(span.cpu_s or 0.0 for span in work_spans(profile))


def check_time_sum_s(profile: Profile) -> float:
    """Check time (CPU seconds over its samples) of every candidate, added up: run_batt.check_solver_speed.

    Where the run kept no such total: CPU seconds of the spans that ended in a verdict.
    """
    total = dict(profile.totals).get(CHECK_SOLVER_SPEED)
    return sum(span.cpu_s or 0.0 for span in verdict_spans(profile)) if total is None else total


def waiting_sum_s(profile: Profile) -> float:
    """Seconds between being queued and being started, added up over all spans. No part of any time limit."""
    return sum(span.wait_s for span in profile)


def running_sum_s(profile: Profile) -> float:
    """Wall seconds of all workers' spans, added up: how long workers had something in hand."""
    return sum(span.wall_s for span in work_spans(profile))


def overhead_sum_s(profile: Profile) -> float:
    """Wall less CPU seconds of the workers' spans that have both, added up.

    A worker had a candidate in hand, but the candidate did not compute: it was being forked, sent or killed, it
    slept, or it waited for a processor. With every span measured and one at a time in a lane,
    wall_s x workers = cpu_sum_s + overhead_sum_s + the sum of idle_s_by_lane.
    """
    return sum(span.wall_s - span.cpu_s for span in work_spans(profile) if span.cpu_s is not None)


def idle_s_by_lane(profile: Profile) -> dict[int, float]:
    """Seconds of the run in which a lane had nothing in hand, for each of its workers, by number."""
    busy: dict[int, list[tuple[float, float]]] = {lane: [] for lane in range(profile.workers)}
    for span in work_spans(profile):
        assert span.lane is not None
        busy.setdefault(span.lane, []).append((span.started_s, span.ended_s))
    return {lane: profile.wall_s - covered_s(spans) for lane, spans in sorted(busy.items())}


def cpu_limit_s(profile: Profile) -> float:
    """cpu_sum_s / workers: no run that computes all of this on as many processors takes less wall time."""
    return cpu_sum_s(profile) / profile.workers if profile.workers else 0.0


def parallel_efficiency(profile: Profile) -> float | None:
    """cpu_sum_s / (wall_s x workers), so cpu_limit_s / wall_s; 1 is the best. None for a run without wall time."""
    return cpu_limit_s(profile) / profile.wall_s if profile.wall_s > 0 else None


def core_efficiency(profile: Profile, cores: int) -> float | None:
    """cpu_sum_s / (wall_s x cores): how much of the machine computed candidates. None for a run without wall time.

    cores: processors that the run could use, whatever the number of its workers.
    """
    return cpu_sum_s(profile) / (profile.wall_s * cores) if profile.wall_s > 0 and cores > 0 else None


def speedup(sequential: Profile, parallel: Profile) -> float | None:
    """Wall time of the one / wall time of the other. The two did the same work. None where a wall time is 0."""
    if sequential.wall_s > 0 and parallel.wall_s > 0:
        return sequential.wall_s / parallel.wall_s
    return None


def candidates_per_s(profile: Profile, candidates: int | None = None) -> float | None:
    """Candidates judged / wall seconds of the validate phase, of the run where it has no such phase.

    candidates: how many; None counts the spans that ended in a verdict, in which candidates that share steps
    count as one. What was known before was judged in no time and counts nothing. None is returned where there is no
    wall time.
    """
    count = len([span for span in verdict_spans(profile) if not span.cached]) if candidates is None else candidates
    seconds = metric_s(profile, VALIDATE) or profile.wall_s
    return count / seconds if seconds > 0 else None


def slowest(profile: Profile, count: int = 10) -> list[Span]:
    """The spans of workers that took most CPU seconds (wall seconds where CPU was not measured), slowest first."""

    def cost_s(span: Span) -> float:
        return span.wall_s if span.cpu_s is None else span.cpu_s

    return sorted(work_spans(profile), key=cost_s, reverse=True)[:count]


def running_sum_s_by_status(profile: Profile) -> dict[Status, float]:
    """Wall seconds of workers' spans that ended in a verdict, added up for each status there is, in Status's order."""
    seconds: dict[Status, float] = defaultdict(float)
    for span in work_spans(profile):
        if span.status is not None:
            seconds[span.status] += span.wall_s
    return {status: seconds[status] for status in Status if status in seconds}


def timing_summary(profile: Profile) -> str:
    """The metrics of a run as text, one a line, in seconds to three decimals.

    A metric of which the profile has nothing is left out. Sums over many workers say that they are sums.
    """
    lines = ["Timing summary (seconds):"]
    for metric in SUMMARY:
        seconds = metric_s(profile, metric)
        if seconds is not None:
            lines.append(f"  {metric:<32}{seconds:>9.3f} {SUMS.get(metric, '')}".rstrip())
    return "\n".join(lines)
