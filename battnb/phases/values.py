"""The values of a run: what is given, what it works with, and a record of what each phase has made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from battnb.executor import Executor
from battnb.model import Battery, Limits, Rating, Task, Verdict
from battnb.phases.inline import Forms, InlinedCandidate
from battnb.phases.store import Register
from battnb.trace.recorder import RunProgress

T = TypeVar("T")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked to do.

    one_at_a_time: one candidate runs, the others wait. forms: of the battery's steps, shared by the tasks of one call.
    """

    task: Task
    battery: Battery
    limits: Limits
    dsl: Sequence[str]
    out_dir: Path | None
    one_at_a_time: bool
    leave_one_out: bool
    keep: int | None
    forms: Forms


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a run works with once its executor is ready.

    register: is asked what belongs in the folders of programs, if there is a database that knows.
    """

    executor: Executor
    progress: RunProgress
    say: Callable[[str], None]
    register: Register | None = None


class Made:
    """What the phases have made so far: at most one record of a type, in the order in which they were made."""

    def __init__(self) -> None:
        self._records: dict[type, object] = {}

    def add(self, record: object | None) -> None:
        """Take in what a phase has made; None if it made nothing that others need."""
        if record is not None:
            self._records[type(record)] = record

    def get(self, kind: type[T]) -> T:
        """The record of this type; an empty one if its phase has not ended."""
        record = self._records.get(kind)
        return record if isinstance(record, kind) else kind()


class Executed(msgspec.Struct, frozen=True):
    """What executing the battery's steps gave: a verdict for each straight-line candidate, not validated."""

    verdicts: Sequence[Verdict] = ()


class InlinedBattery(msgspec.Struct, frozen=True):
    """The candidates that are worth a validation, as programs of their own."""

    programs: Sequence[InlinedCandidate] = ()


class Validated(msgspec.Struct, frozen=True):
    """verdicts: of InlinedBattery.programs, in their order.

    unseen: demo pairs that a candidate is right on when it cannot look them up, by id, for those that use S.
    """

    verdicts: Sequence[Verdict] = ()
    unseen: dict[str, int] = {}


class Rated(msgspec.Struct, frozen=True):
    """What differs say about candidates."""

    ratings: Sequence[Rating] = ()
