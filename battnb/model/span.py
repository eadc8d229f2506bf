"""Spans and profiles: where the time of a run went, and what its workers are doing now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.model.phase_table import PHASES, Phase
from battnb.model.shown import Shown
from battnb.model.verdict import Status
from battnb.provided import provided

if TYPE_CHECKING:
    import pandas as pd


class Span(msgspec.Struct, frozen=True, gc=False):
    """A named piece of work.

    phase: the metric of the phase that it belongs to ("run_batt.phase3a_validate_batch"); name: the phase's
    metric again for the span of a whole phase, else what was done, such as a candidate's id.
    lane: None for work in the notebook's own process, else the worker's number.
    status: the verdict's, if there is one. Times are seconds from the start of the run.
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
        """Seconds between being queued and being started; 0 where it was never queued."""
        return 0.0 if self.queued_s is None else self.started_s - self.queued_s


class AtWork(msgspec.Struct, frozen=True, gc=False):
    """What a worker has in hand.

    candidate_id: the candidate that it is running, as far as is known; None if it runs a battery's steps.
    since_s: when it began that, seconds on the monotonic clock. more: further candidates that it has been given.
    done, total: values of the battery that all workers have, and how many there are to be; both 0 if it runs a
        candidate.
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
    phases: the run's phases in their order, each with its metric and what pictures call it.
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
        """A tidy row a span (trace.frames.spans_frame says what the columns are)."""
        frame: pd.DataFrame = provided("Profile.to_frame")(self)
        return frame

    def to_chrome_trace(self, path: str | os.PathLike[str]) -> Path:
        """Write the spans as Chrome Trace Event JSON, which Perfetto opens. Returns the path."""
        written: Path = provided("Profile.to_chrome_trace")(self, path)
        return written
