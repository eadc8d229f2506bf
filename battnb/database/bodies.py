"""Verdicts, and values of a battery's steps, as compact bytes and back.

Most outputs are given by many candidates of a task, and many are the wanted ones: a wanted one is a mark, others are
packed once and read once, however many share them.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from battnb.database.serving import TIMEOUT, Used, serves
from battnb.model import Failure, Grid, Limits, Status, StepValue, Task, Verdict

STATUSES = tuple(Status)
_NUMBERS: dict[Status | None, int] = {None: 255, **{status: number for number, status in enumerate(STATUSES)}}
_OF_NUMBER = {number: status for status, number in _NUMBERS.items()}
_NONE, _WANTED, _GRID = range(3)
_LEAST_PACKED = 48
"""Bytes; fewer are not worth packing."""
_WINDOW = -12
"""Of raw deflate: 4 KiB."""
_PLAIN, _PACKED = b"p", b"z"
LIMITS = Limits.__struct_fields__


class VerdictBody(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a verdict has beside its row's columns."""

    statuses: bytes
    demo_correct: int
    test_correct: int | None
    outputs: bytes
    cpu_s: tuple[float, ...]
    wall_s: float
    slowest_s: float
    strict: bool
    limits: tuple[float, ...]
    error: Failure | None = None
    entry: str | None = None
    stdout: str = ""


class StepsBody(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one value of a battery came to on some samples. counts: of a differ; grids: of a candidate's output."""

    statuses: bytes
    grids: bytes
    counts: tuple[int | None, ...]
    cpu_s: tuple[float, ...]
    wall_s: float
    slowest_s: float
    limits: tuple[float, ...]
    failures: tuple[Failure | None, ...] = ()
    strict: bool = False


_verdict_body = msgspec.msgpack.Decoder(VerdictBody)
_steps_body = msgspec.msgpack.Decoder(StepsBody)
encode = msgspec.msgpack.Encoder().encode
decode_verdict_body = _verdict_body.decode
decode_steps_body = _steps_body.decode


def limit_values(limits: Limits) -> tuple[float, ...]:
    return tuple([getattr(limits, name) for name in LIMITS])


@lru_cache(maxsize=64)
def _limits_of(values: tuple[float, ...]) -> Limits:
    return Limits(**dict(zip(LIMITS, values, strict=True)))  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def statuses_of(data: bytes) -> tuple[Status | None, ...]:
    return tuple([_OF_NUMBER[number] for number in data])


class Packer:
    """Grids as bytes. wanted: a task's outputs, by sample; none for values that nothing is wanted of."""

    def __init__(self, wanted: Sequence[Grid | None] = ()) -> None:
        self._wanted = wanted
        # By identity, since to hash a tuple of grids takes longer than to pack it; they are kept, so ids stay theirs.
        self._packed: dict[int, tuple[object, bytes]] = {}

    def pack(self, grids: tuple[Grid | None, ...]) -> bytes:
        found = self._packed.get(id(grids))
        if found is not None:
            return found[1]
        parts = [self._part(sample, grid) for sample, grid in enumerate(grids)]
        plain = b"".join(parts)
        data = _PLAIN + plain if len(plain) < _LEAST_PACKED else _PACKED + _deflated(plain)
        if len(self._packed) > 10_000:
            self._packed.clear()
        self._packed[id(grids)] = grids, data
        return data

    def _part(self, sample: int, grid: Grid | None) -> bytes:
        if grid is None:
            return bytes((_NONE,))
        if sample < len(self._wanted) and grid == self._wanted[sample]:
            return bytes((_WANTED,))
        return bytes((_GRID, len(grid), len(grid[0]))) + b"".join(map(bytes, grid))


def _deflated(data: bytes) -> bytes:
    # With the window that zlib takes by itself, making it ready takes ten times as long as packing such a few bytes.
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, 5)
    return packer.compress(data) + packer.flush()


class Unpacker:
    """Bytes as grids again; equal ones are read once. wanted: as for the Packer that made them."""

    def __init__(self, wanted: Sequence[Grid | None] = ()) -> None:
        self._wanted = wanted
        self._grids: dict[bytes, tuple[Grid | None, ...]] = {}

    def unpack(self, data: bytes) -> tuple[Grid | None, ...]:
        grids = self._grids.get(data)
        if grids is None:
            grids = self._grids[data] = self._read(
                zlib.decompress(data[1:], _WINDOW) if data[:1] == _PACKED else data[1:]
            )
        return grids

    def _read(self, data: bytes) -> tuple[Grid | None, ...]:
        grids: list[Grid | None] = []
        at = 0
        while at < len(data):
            kind = data[at]
            at += 1
            if kind == _GRID:
                height, width = data[at], data[at + 1]
                at += 2 + height * width
                cells = iter(data[at - height * width : at])
                grids.append(tuple(zip(*[cells] * width)))  # noqa: B905  (strict would cost what this saves)
            else:
                grids.append(self._wanted[len(grids)] if kind == _WANTED else None)
        return tuple(grids)


def wanted_outputs(task: Task) -> tuple[Grid | None, ...]:
    return tuple([pair.output for pair in task.samples])


def verdict_body(verdict: Verdict, packer: Packer, slowest_s: float, strict: bool, limits: Limits) -> bytes:
    return encode(
        VerdictBody(
            bytes([_NUMBERS[status] for status in verdict.sample_statuses]),
            verdict.demo_correct,
            verdict.test_correct,
            packer.pack(verdict.outputs),
            verdict.sample_cpu_s,
            verdict.wall_s,
            slowest_s,
            strict,
            limit_values(limits),
            verdict.error,
            verdict.entry,
            verdict.stdout,
        )
    )


def used_of(kind: str, body: VerdictBody | StepsBody) -> Used:
    return Used(kind, _limits_of(body.limits), body.slowest_s, body.wall_s, body.strict)


VERDICT_COLUMNS = "candidate_id, status, cpu_s, source_md5, body"


class VerdictReader:
    """Makes verdicts of rows of one task.

    limits: those that are asked for; a row that does not answer for them gives None, and one of a timeout is told as
    it would be under them. None reads all, as they were.
    """

    def __init__(self, task: Task, limits: Limits | None = None) -> None:
        self._task = task
        self._limits = limits
        self._unpacker = Unpacker(wanted_outputs(task))
        self._now_s = time.monotonic()

    def read(self, kind: str, candidate_id: str, status: str, cpu_s: float, md5: str, data: bytes) -> Verdict | None:
        """A row's verdict, cached, as from now: it took no worker and no time."""
        body = decode_verdict_body(data)
        if self._limits is not None and not serves(used_of(kind, body), self._limits):
            return None
        verdict = Verdict(
            candidate_id,
            self._task.id,
            Status(status),
            statuses_of(body.statuses),
            body.demo_correct,
            body.test_correct,
            self._unpacker.unpack(body.outputs),
            body.error,
            body.cpu_s,
            cpu_s,
            0.0,
            md5,
            body.entry,
            None,
            True,
            True,
            None,
            self._now_s,
            self._now_s,
            self._now_s,
            0.0,
            body.stdout,
            self._task,
        )
        return under_limits(verdict, self._limits) if kind == TIMEOUT and self._limits is not None else verdict


def under_limits(verdict: Verdict, limits: Limits) -> Verdict:
    """A verdict of a CPU timeout as it is under a limit that is not above the one that it failed under."""
    sample = verdict.sample_statuses.index(Status.TIMEOUT)
    most_s = limits.timeout_s * 1.001
    cpu_s = tuple([min(used, most_s) if at == sample else used for at, used in enumerate(verdict.sample_cpu_s)])
    error = verdict.error
    if error is not None and error.type == "timeout_s":
        message = f"used more than {limits.timeout_s:g} CPU seconds on one sample"
        error = Failure(error.type, message, error.line, error.sample)
    return msgspec.structs.replace(verdict, sample_cpu_s=cpu_s, cpu_s=sum(cpu_s), error=error)


def steps_body(values: Sequence[StepValue], packer: Packer, used: Used) -> bytes:
    found = [value.value for value in values]
    failures = tuple([value.failure for value in values])
    return encode(
        StepsBody(
            bytes([_NUMBERS[value.status] for value in values]),
            packer.pack(tuple([value if isinstance(value, tuple) else None for value in found])),
            tuple([value if isinstance(value, int) else None for value in found]),
            tuple([value.cpu_s for value in values]),
            used.wall_s,
            used.slowest_s,
            limit_values(used.limits),
            failures if any(failures) else (),
            used.strict,
        )
    )


def step_values(body: StepsBody, unpacker: Unpacker) -> list[StepValue]:
    """One a sample, as if from no lane and at no time."""
    failures = body.failures or (None,) * len(body.statuses)
    grids = unpacker.unpack(body.grids)
    return [
        StepValue(grid if count is None else count, status, failure, cpu_s)
        for grid, count, status, failure, cpu_s in zip(
            grids, body.counts, statuses_of(body.statuses), failures, body.cpu_s, strict=True
        )
    ]
