"""Memory that this process may still take: the machine's, or its control group's."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from battnb.machine.processors import CGROUP, PROC, group_folders

_FILES_OF_GROUP = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
"""The files with a group's limit and its use, in both versions of cgroups."""


class Memory(msgspec.Struct, frozen=True):
    """available: bytes that this process and its children may still take. total: bytes that they may have in all."""

    available: int
    total: int


def memory_now(proc: Path = PROC, cgroup: Path = CGROUP) -> Memory:
    """The machine's memory, or that of a control group of this process, at any level, if less of that is available."""
    return min(_memories(proc, cgroup), key=lambda memory: memory.available, default=Memory(2**62, 2**62))


def total_bytes(proc: Path = PROC, cgroup: Path = CGROUP) -> int | None:
    """The memory of the machine, or the limit of a control group of this process if that is less; None if unknown."""
    return min([memory.total for memory in _memories(proc, cgroup)], default=None)


def _memories(proc: Path, cgroup: Path) -> list[Memory]:
    groups = [
        _of_group(folder, *files) for folder in group_folders("memory", proc, cgroup) for files in _FILES_OF_GROUP
    ]
    return [memory for memory in (_of_machine(proc), *groups) if memory is not None]


def _of_machine(proc: Path) -> Memory | None:
    with suppress(OSError, ValueError, KeyError):
        lines = (proc / "meminfo").read_text().splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in [line.partition(":") for line in lines]}
        return Memory(kib["MemAvailable"] * 1024, kib["MemTotal"] * 1024)
    return None


def _of_group(folder: Path, limit_file: str, used_file: str) -> Memory | None:
    with suppress(OSError, ValueError):
        limit = int((folder / limit_file).read_text())  # "max" if there is none
        stat = dict([line.split() for line in (folder / "memory.stat").read_text().splitlines()])
        # Pages of files count as used, but they are given back when memory is needed. In the first version of cgroups
        # the names with total_ include the groups below; in the second version the names without it do.
        files = int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))
        used = int((folder / used_file).read_text()) - files
        return Memory(max(limit - used, 0), limit) if limit < 2**60 else None
    return None
