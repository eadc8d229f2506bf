"""Results as bytes: what a verdict, or a value of a battery, came to on each sample, as compressed msgpack."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from battnb.database.serving import SOFT, TIMEOUT, Used, serves
from battnb.model import Failure, Grid, Limits, Status, StepValue, Task, Verdict
from battnb.sandbox import wire
from battnb.sandbox.parent.judge import timeout, used_up_s

_STATUSES = {status.value: status for status in Status}
_LEVEL = 3
"""The level of compression. For a few hundred bytes, higher ones take longer than they are worth."""
VERDICT_COLUMNS = "candidate_id, status, demo_correct, test_correct, cpu_s, source_md5, body"


class Found(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was found, which is often the same for many programs. New fields go to the end and have defaults.

    outputs: a grid, a differ's count or None per sample. failures: one per sample for a battery's value; for a verdict
    its error, if there is one.
    """

    statuses: tuple[Status | None, ...]
    outputs: tuple[Grid | int | None, ...]
    failures: tuple[Failure | None, ...] = ()
    entry: str | None = None
    stdout: str = ""
    grids: str | None = None
    supplied: tuple[str, ...] = ()
    saw_s: bool | None = None


class Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a result has beside its row's columns. New fields go to the end and have defaults: old rows lack them.

    found: a Found as compressed msgpack. limits: those in SOFT, in its order. The rest is as in Used.
    """

    found: bytes
    cpu_s: tuple[float, ...]
    wall_s: float
    slowest_s: float
    strict: bool
    limits: tuple[float, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Body).decode
_decode_found = msgspec.msgpack.Decoder(Found).decode


def _packed(used: Used, found: Found, cpu_s: Sequence[float]) -> bytes:
    limits = tuple([getattr(used.limits, name) for name in SOFT])
    found_bytes = zlib.compress(_encode(found), _LEVEL)
    return _encode(Body(found_bytes, tuple(cpu_s), used.wall_s, used.slowest_s, used.strict, limits))


class BodyReader:
    """Reads bodies; what several have in common is decoded once.

    wanted: the outputs that a task wants, which bodies of verdicts from battnb 0.1.0 refer to.
    """

    def __init__(self, wanted: Sequence[Grid | None] = ()) -> None:
        self._wanted = wanted
        self._found: dict[bytes, Found | None] = {}

    def read(self, data: bytes) -> tuple[Body, Found] | None:
        """None if a newer battnb wrote in it what this one does not know, such as another status."""
        body = _decode(modernized(data, self._wanted) if is_old(data) else data)
        if body.found not in self._found:
            self._found[body.found] = _found(body.found)
        found = self._found[body.found]
        return None if found is None else (body, found)


def _found(data: bytes) -> Found | None:
    try:
        return _decode_found(zlib.decompress(data))
    except msgspec.ValidationError:
        return None


def used_of(kind: str, body: Body) -> Used:
    return Used(kind, _limits_of(body.limits), body.slowest_s, body.wall_s, body.strict)


@lru_cache(maxsize=64)
def _limits_of(values: tuple[float, ...]) -> Limits:
    return Limits(**dict(zip(SOFT, values, strict=False)))  # type: ignore[arg-type]


# Verdicts


def wanted_outputs(task: Task) -> tuple[Grid | None, ...]:
    return tuple([pair.output for pair in task.samples])


def verdict_body(verdict: Verdict, used: Used) -> bytes:
    found = Found(
        statuses=verdict.sample_statuses,
        outputs=verdict.outputs,
        failures=() if verdict.error is None else (verdict.error,),
        entry=verdict.entry,
        stdout=verdict.stdout,
        grids=verdict.grids,
        supplied=verdict.supplied,
        saw_s=verdict.saw_s,
    )
    return _packed(used, found, verdict.sample_cpu_s)


class VerdictReader:
    """Makes verdicts of rows of one task.

    limits: those that are asked for. A row that does not answer for them gives None, and a timeout is shown as it
    would be under them. With None all rows are read as they are.
    """

    def __init__(self, task: Task, limits: Limits | None = None) -> None:
        self._task = task
        self._limits = limits
        self._reader = BodyReader(wanted_outputs(task))
        self._now_s = time.monotonic()

    def read(self, kind: str, row: Sequence[Any]) -> Verdict | None:
        """The verdict of a row of VERDICT_COLUMNS, cached: it took no worker and no time, and is from now."""
        candidate_id, status, demo_correct, test_correct, cpu_s, md5, data = row
        read = self._reader.read(data)
        if read is None or status not in _STATUSES:
            return None
        body, found = read
        if self._limits is not None and not serves(used_of(kind, body), self._limits):
            return None
        verdict = Verdict(
            candidate_id=candidate_id,
            task_id=self._task.id,
            status=_STATUSES[status],
            sample_statuses=found.statuses,
            demo_correct=demo_correct,
            test_correct=test_correct,
            outputs=found.outputs,  # type: ignore[arg-type]  # only values of steps are counts
            error=found.failures[0] if found.failures else None,
            sample_cpu_s=body.cpu_s,
            cpu_s=cpu_s,
            md5=md5,
            entry=found.entry,
            cached=True,
            queued_s=self._now_s,
            started_s=self._now_s,
            ended_s=self._now_s,
            stdout=found.stdout,
            task=self._task,
            grids=found.grids,
            supplied=found.supplied,
            saw_s=found.saw_s,
        )
        return under_limits(verdict, self._limits) if kind == TIMEOUT and self._limits is not None else verdict


def under_limits(verdict: Verdict, limits: Limits) -> Verdict:
    """A verdict of a CPU timeout as it is under a limit that is not above the one that it failed under."""
    sample = verdict.sample_statuses.index(Status.TIMEOUT)
    most_s = used_up_s(wire.CPU_LIMIT, limits)
    cpu_s = tuple([min(used, most_s) if at == sample else used for at, used in enumerate(verdict.sample_cpu_s)])
    error = verdict.error
    if error is not None and error.type == "timeout_s":
        error = timeout(error.sample, limits).failure
    return msgspec.structs.replace(verdict, sample_cpu_s=cpu_s, cpu_s=sum(cpu_s), error=error)


# Values of a battery's steps


def steps_body(values: Sequence[StepValue], used: Used) -> bytes:
    failures = tuple([value.failure for value in values])
    found = Found(
        statuses=tuple([value.status for value in values]),
        outputs=tuple([value.value for value in values]),
        failures=failures if any(failures) else (),
    )
    return _packed(used, found, [value.cpu_s for value in values])


def step_values(body: Body, found: Found) -> list[StepValue]:
    """One per sample, as if from no lane and at no time."""
    failures = found.failures or (None,) * len(found.statuses)
    return [
        StepValue(value, status, failure, cpu_s)
        for value, status, failure, cpu_s in zip(found.outputs, found.statuses, failures, body.cpu_s, strict=True)
    ]


# Bodies as battnb 0.1.0 wrote them: still read, never written

_OLD_VERDICT, _OLD_VALUE = 0x9C, 0x99
"""The first byte of a body: a msgpack array of 12 fields for a verdict, of 9 for a battery's value."""
_OLD_STATUSES = (
    "correct", "wrong", "invalid_output", "error", "timeout", "memory", "crashed", "exited", "not_a_solver",
    "cancelled",
)  # fmt: skip
_NO_STATUS = 255
_NO_GRID, _WANTED_GRID = 0, 1
_WINDOW = -12
_OLD_LIMITS = (0, 3, 1, 2)
"""Where timeout_s, memory_bytes, idle_s and wall_s were among all limits."""


def is_old(data: bytes) -> bool:
    """Newer ones are shorter arrays."""
    return data[0] in (_OLD_VERDICT, _OLD_VALUE)


def modernized(data: bytes, wanted: Sequence[Grid | None]) -> bytes:
    """An old body as a newer one (bodies.Body). wanted: what its task wants, per sample."""
    fields = msgspec.msgpack.decode(data)
    if data[0] == _OLD_VERDICT:
        statuses, _, _, grids, cpu_s, wall_s, slowest_s, strict, limits, error, *others = fields
        failures, counts = ([] if error is None else [error]), [None] * len(statuses)
    else:
        statuses, grids, counts, cpu_s, wall_s, slowest_s, limits, failures, strict = fields
        others = []
    outputs = [grid if count is None else count for grid, count in zip(_grids(grids, wanted), counts, strict=True)]
    named = [None if number == _NO_STATUS else _OLD_STATUSES[number] for number in statuses]
    found = zlib.compress(msgspec.msgpack.encode([named, outputs, failures, *others]), 0)
    return msgspec.msgpack.encode([found, cpu_s, wall_s, slowest_s, strict, [limits[place] for place in _OLD_LIMITS]])


def _grids(packed: bytes, wanted: Sequence[Grid | None]) -> Iterator[object]:
    """Each is a byte that says what it is; if it is a grid that is not the wanted one, its sides and cells follow."""
    data = zlib.decompress(packed[1:], _WINDOW) if packed[:1] == b"z" else packed[1:]
    at = sample = 0
    while at < len(data):
        if data[at] == _NO_GRID:
            yield None
        elif data[at] == _WANTED_GRID:
            yield wanted[sample]
        else:
            height, width = data[at + 1], data[at + 2]
            starts = range(at + 3, at + 3 + height * width, width)
            yield [list(data[start : start + width]) for start in starts]
            at += 2 + height * width
        at += 1
        sample += 1
