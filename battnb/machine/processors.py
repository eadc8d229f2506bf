"""How many processors this process may use, by its affinity and by the quota of its control group."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")


def affinity_cores() -> int:
    """How many processors this process may run on, by its affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usable_cores(affinity: int, quota: float | None) -> int:
    """How many processors this process can keep busy: its affinity, but no more than a quota allows, rounded up."""
    return max(1, affinity if quota is None else min(affinity, math.ceil(quota - 0.01)))


def quota_cores(proc: Path = PROC, cgroup: Path = CGROUP) -> float | None:
    """Processors that the control groups of this process allow on average, at the strictest level. None: no bound."""
    found = [cores for folder in group_folders("cpu", proc, cgroup) if (cores := _quota_of(folder)) is not None]
    return min(found, default=None)


def group_folders(controller: str, proc: Path = PROC, cgroup: Path = CGROUP) -> list[Path]:
    """The folders of this process's groups with this controller, and of those above, in both versions of cgroups."""
    with suppress(OSError):
        lines = [line.split(":", 2) for line in (proc / "self" / "cgroup").read_text().splitlines()]
        found: list[Path] = []
        for _, controllers, path in lines:
            if controllers == "" or controller in controllers.split(","):
                for base in [cgroup] if controllers == "" else [cgroup / controllers, cgroup / controller]:
                    inner = base / path.lstrip("/")
                    found += [inner, *[folder for folder in inner.parents if folder.is_relative_to(base)]]
        return list(dict.fromkeys(found))
    return [cgroup, cgroup / controller]


def _quota_of(folder: Path) -> float | None:
    with suppress(OSError, ValueError):
        quota, period = (folder / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota_us = int((folder / "cpu.cfs_quota_us").read_text())
        return quota_us / int((folder / "cpu.cfs_period_us").read_text()) if quota_us > 0 else None
    return None


def physical_cores() -> int | None:
    with suppress(OSError):
        blocks = (PROC / "cpuinfo").read_text().strip().split("\n\n")
        fields = [dict([_field(line) for line in block.splitlines()]) for block in blocks]
        cores = {(f["physical id"], f["core id"]) for f in fields if "physical id" in f and "core id" in f}
        return len(cores) or None
    return None


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
