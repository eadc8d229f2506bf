"""What a candidate may use."""

from __future__ import annotations

import math

import msgspec

from battnb.errors import InputError


class Limits(msgspec.Struct, frozen=True):
    """What a candidate may use.

    timeout_s: CPU seconds on one sample, all threads together. The same limit holds for importing and defining the
        program.
    idle_s: seconds on one sample in which no thread ran or waited for a processor.
    wall_s: wall seconds on one sample: a last resort, far above the other two.
    memory_bytes: address space beyond what the worker has at rest.
    output_bytes: the most that it may return for one sample.
    capture_bytes: bytes of standard output and error, together, that are kept per candidate; the rest is dropped.
    threads: threads beside the main one. Processes are refused; without seccomp they count as threads.
    open_files: file descriptors.
    Raises InputError if a value is not positive.
    """

    timeout_s: float = 1.0
    idle_s: float = 2.0
    wall_s: float = 60.0
    memory_bytes: int = 512 * 2**20
    output_bytes: int = 64 * 2**10
    capture_bytes: int = 64 * 2**10
    threads: int = 16
    open_files: int = 64

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not (isinstance(value, int | float) and value > 0 and math.isfinite(value)):
                raise InputError(f"Limits.{name} is {value!r}; give a number above 0")
