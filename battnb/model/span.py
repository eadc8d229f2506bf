"""Spans and profiles: where the time of a run went, and what its workers are doing now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.model.phase_table import PHASES, Phase
from battnb.model.task import Shown
from battnb.model.verdict import Status
from battnb.provided import provided

if TYPE_CHECKING:
    import pandas as pd


class Span(msgspec.Struct, frozen=True, gc=False):
    """A named piece of work.

    phase: the metric of the phase that it belongs to ("run_batt.phase3a_validate_batch"). name: what was done, such
    as a candidate's id; for the span of a whole phase, the phase's metric again.
    lane: the worker's number; None for work in the notebook's own process.
    status: the verdict's status, if there is a verdict. Times are seconds from the start of the run.
    cpu_s: CPU seconds; None if not measured.
    """

    phase: str
    name: str
    started_s: float
    ended_s: float
    lane: int | None = None
    status: Status | None = None
    queued_s: float | None = None
    cpu_s: float | None = None
    cached: bool = False

    @property
    def wall_s(self) -> float:
        return self.ended_s - self.started_s

    @property
    def wait_s(self) -> float:
        """Seconds between being queued and being started; 0 if it was never queued."""
        return 0.0 if self.queued_s is None else self.started_s - self.queued_s


class AtWork(msgspec.Struct, frozen=True, gc=False):
    """What a worker is doing.

    candidate_id: the candidate that it is running, as far as is known; None if it runs a battery's steps.
    since_s: when it began, in seconds on the monotonic clock. more: how many further candidates it has been given.
    done, total: how many of the battery's values all workers have computed, and how many there will be. Both are 0 if
        the worker runs a candidate.
    """

    worker: int
    candidate_id: str | None
    since_s: float
    more: int = 0
    done: int = 0
    total: int = 0


class Profile(Shown, frozen=True):
    """All the spans of a run, and what is needed to read them.

    totals: metrics that sum the work of many workers, in seconds (run_batt.check_solver_speed,
        utils.inline_variables.total). They are sums, never wall time.
    phases: the run's phases, in order. Each has its metric and the words that pictures use for it.
    """

    run: str
    mode: str
    workers: int
    wall_s: float
    spans: tuple[Span, ...]
    totals: tuple[tuple[str, float], ...] = ()
    phases: tuple[Phase, ...] = PHASES

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def to_frame(self) -> pd.DataFrame:
        """A table with one row per span (trace.tables.spans_frame describes the columns)."""
        frame: pd.DataFrame = provided("Profile.to_frame")(self)
        return frame

    def to_chrome_trace(self, path: str | os.PathLike[str]) -> Path:
        """Write the spans as Chrome Trace Event JSON, which Perfetto opens. Returns the path."""
        written: Path = provided("Profile.to_chrome_trace")(self, path)
        return written
