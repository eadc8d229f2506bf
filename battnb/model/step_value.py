"""What a battery's steps run on, and the values that they give."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from battnb.model.task import Grid, Pair
from battnb.model.verdict import Failure, Status


class Inputs(msgspec.Struct, frozen=True):
    """What a battery's steps run on: I, the demo pairs for S, and C (None, or the wanted output for differs).

    known: steps whose values are known, with their grids; None if a step gave no grid. A step that is known for all
    samples does not run again.
    """

    input: Grid
    demo: tuple[Pair, ...]
    compared: Grid | None = None
    known: Mapping[int, Grid | None] = {}


class StepValue(msgspec.Struct, frozen=True, gc=False):
    """The result of a marked value of a battery on one sample.

    value: a candidate's grid, or a differ's count. If it is None, status and failure say why.
    cpu_s: CPU seconds of all steps that it needs, whether or not an earlier value needed them too.
    executed_cpu_s: CPU seconds of the steps that had not already run for an earlier value. started_s, ended_s: on the
    monotonic clock; values that are handed over together have the same times.
    """

    value: Grid | int | None
    status: Status | None = None
    failure: Failure | None = None
    cpu_s: float = 0.0
    executed_cpu_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    lane: int | None = None
