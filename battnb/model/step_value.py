"""What a battery's steps run on, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from battnb.model.task import Grid, Pair
from battnb.model.verdict import Failure, Status


class Inputs(msgspec.Struct, frozen=True):
    """What a battery's steps run on: I, the demo pairs for S, and C (None, or the wanted output for differs).

    known: steps whose values are known, with their grids, None where they gave none; they are not run again where
    they are known for all samples.
    """

    input: Grid
    demo: tuple[Pair, ...]
    compared: Grid | None = None
    known: Mapping[int, Grid | None] = {}


class StepValue(msgspec.Struct, frozen=True, gc=False):
    """What a marked value of a battery came to on one sample.

    value: a candidate's grid, or a differ's count; None where there is none, and then status and failure say why.
    cpu_s: CPU seconds of all steps that it needs, whether or not an earlier value needed them too.
    executed_cpu_s: CPU seconds of those that had not run for an earlier value. Times are on the monotonic clock, of
    the values that were handed over together.
    """

    value: Grid | int | None
    status: Status | None = None
    failure: Failure | None = None
    cpu_s: float = 0.0
    executed_cpu_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    lane: int | None = None
