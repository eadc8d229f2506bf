"""Bodies of results as battnb 0.1.0 wrote them: still read, never written."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import msgspec

from battnb.model import Grid

_VERDICT, _VALUE = 0x9C, 0x99
"""The first byte of a body: a msgpack array of 12 fields for a verdict, of 9 for a battery's value."""
_STATUSES = (
    "correct", "wrong", "invalid_output", "error", "timeout", "memory", "crashed", "exited", "not_a_solver",
    "cancelled",
)  # fmt: skip
_NO_STATUS = 255
_NO_GRID, _WANTED_GRID = 0, 1
_WINDOW = -12
_LIMITS = (0, 3, 1, 2)
"""Where timeout_s, memory_bytes, idle_s and wall_s were among all limits."""


def is_old(data: bytes) -> bool:
    """Newer ones are shorter arrays."""
    return data[0] in (_VERDICT, _VALUE)


def modernized(data: bytes, wanted: Sequence[Grid | None]) -> bytes:
    """An old body as a newer one (bodies.Body). wanted: what its task wants, per sample."""
    fields = msgspec.msgpack.decode(data)
    if data[0] == _VERDICT:
        statuses, _, _, grids, cpu_s, wall_s, slowest_s, strict, limits, error, *others = fields
        failures, counts = ([] if error is None else [error]), [None] * len(statuses)
    else:
        statuses, grids, counts, cpu_s, wall_s, slowest_s, limits, failures, strict = fields
        others = []
    outputs = [grid if count is None else count for grid, count in zip(_grids(grids, wanted), counts, strict=True)]
    named = [None if number == _NO_STATUS else _STATUSES[number] for number in statuses]
    found = zlib.compress(msgspec.msgpack.encode([named, outputs, failures, *others]), 0)
    return msgspec.msgpack.encode([found, cpu_s, wall_s, slowest_s, strict, [limits[place] for place in _LIMITS]])


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
