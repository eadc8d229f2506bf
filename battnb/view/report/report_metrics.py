"""The numbers of the report: one list. A metric is a function in trace.metrics, and one line here.

The docstring of a metric's function is its definition in the report.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from battnb.model import Profile
from battnb.trace import metrics
from battnb.trace.bottleneck import critical_path, remedies
from battnb.view.report.report_parts import NOTHING, percent, seconds, share_bar

Cell = Callable[[Profile, Profile], str]
"""Takes the profile of a phase and that of the run."""


class ReportMetric(msgspec.Struct, frozen=True):
    """name: what it is called. function: defines it. cell: how the table of phases writes it; None for no column."""

    name: str
    function: Callable[..., Any] | None
    cell: Cell | None = None

    @property
    def definition(self) -> str:
        """The docstring of its function as prose: its paragraphs one after the other."""
        return " ".join((inspect.getdoc(self.function) or "").split())


def _sum(function: Callable[[Profile], float]) -> Cell:
    """Seconds that workers' spans add up to; a dash if no worker had a part in the phase."""
    return lambda part, _: seconds(function(part) if metrics.work_spans(part) else None)


def _share(part: Profile, run: Profile) -> str:
    return share_bar(part.wall_s / run.wall_s if run.wall_s else 0.0)


def _pieces(part: Profile, _: Profile) -> str:
    return f"{len(metrics.work_spans(part)):,}" if metrics.work_spans(part) else NOTHING


def _efficiency(part: Profile, _: Profile) -> str:
    return percent(metrics.parallel_efficiency(part) if metrics.work_spans(part) else None)


def _rate(part: Profile, _: Profile) -> str:
    rate = metrics.candidates_per_s(part) if metrics.verdict_spans(part) else None
    return NOTHING if rate is None else f"{rate:,.0f}"


METRICS = (
    ReportMetric("wall", metrics.wall_s, lambda part, _: seconds(part.wall_s)),
    ReportMetric("share", None, _share),
    ReportMetric("pieces of work", None, _pieces),
    ReportMetric("in hand (sum)", metrics.running_sum_s, _sum(metrics.running_sum_s)),
    ReportMetric("CPU (sum)", metrics.cpu_sum_s, _sum(metrics.cpu_sum_s)),
    ReportMetric("overhead (sum)", metrics.overhead_sum_s, _sum(metrics.overhead_sum_s)),
    ReportMetric("waiting (sum)", metrics.waiting_sum_s, _sum(metrics.waiting_sum_s)),
    ReportMetric("efficiency", metrics.parallel_efficiency, _efficiency),
    ReportMetric("candidates / s", metrics.candidates_per_s, _rate),
    ReportMetric("CPU of the notebook", metrics.own_cpu_sum_s, lambda p, _: seconds(metrics.own_cpu_sum_s(p) or None)),
    ReportMetric("check time (sum)", metrics.check_time_sum_s),
    ReportMetric("idle time of each worker", metrics.idle_s_by_lane),
    ReportMetric("CPU limit", metrics.cpu_limit_s),
    ReportMetric("CPU of candidates / all processors' time", metrics.core_efficiency),
    ReportMetric("speedup", metrics.speedup),
    ReportMetric("slowest", metrics.slowest),
    ReportMetric("in hand by status", metrics.running_sum_s_by_status),
    ReportMetric("critical path", critical_path),
    ReportMetric("what would help", remedies),
)
"""Those with a cell are the columns of the table of phases, in this order; those with a function are defined."""

COLUMNS = [(metric.name, metric.cell) for metric in METRICS if metric.cell is not None]
DEFINED = [metric for metric in METRICS if metric.function is not None]
