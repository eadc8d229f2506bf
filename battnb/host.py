"""The host of a pool as far as it may be used: processors, memory, accelerators, and how many workers that makes."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from battnb.watching import Memory

WORKER_BYTES = 256 * 2**20
"""Memory that a worker should have at least: at rest it has up to 130 MiB, with numpy loaded."""
PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")


class Host(msgspec.Struct, frozen=True):
    """What there is, and what of it this process may use.

    logical_cores: of the machine; physical_cores: None where that is not told. usable_cores: by the affinity of this
    process. quota_cores: that its control group allows on average, None where it sets no bound.
    accelerators: such as "NVIDIA L4 x 4" or "TPU x 8"; battnb runs candidates on processors alone.
    """

    logical_cores: int
    physical_cores: int | None
    usable_cores: int
    quota_cores: float | None
    memory: Memory
    accelerators: tuple[str, ...] = ()

    @property
    def workers(self) -> int:
        """How many workers a pool has that is not told: no more than processors, or than there is memory for."""
        return max(1, min(self._by_cores, self._by_memory))

    @property
    def _by_cores(self) -> int:
        quota = self.usable_cores if self.quota_cores is None else math.ceil(self.quota_cores - 0.01)
        return max(1, min(self.usable_cores, quota))

    @property
    def _by_memory(self) -> int:
        return max(1, self.memory.available // WORKER_BYTES)

    @property
    def reason(self) -> str:
        """Why it is so many workers, in words."""
        if self._by_memory < self._by_cores:
            return f"{_gib(self.memory.available)} of memory are available, and a worker should have 0.25 GiB"
        if self._by_cores < self.usable_cores:
            return f"the control group's quota is {self.quota_cores:g} cores"
        if self.usable_cores < self.logical_cores:
            return f"this process may use {self.usable_cores} of {self.logical_cores} logical cores"
        return "one for each logical core"

    def lines(self) -> list[str]:
        """What was found, a line each."""
        physical = f", {self.physical_cores} physical" if self.physical_cores else ""
        quota = f"quota {self.quota_cores:g} cores" if self.quota_cores is not None else "no quota"
        memory = f"{_gib(self.memory.available)} available of {_gib(self.memory.total)}"
        return [
            f"cores         {self.logical_cores} logical{physical}; {self.usable_cores} usable by affinity; {quota}",
            f"memory        {memory}",
            f"accelerators  {', '.join(self.accelerators) or 'none'}",
            f"workers       {self.workers}: {self.reason}",
        ]

    def __repr__(self) -> str:
        parts = [f"{self.logical_cores} logical cores", f"{_gib(self.memory.total)} of memory", *self.accelerators]
        return f"<Host: {', '.join(parts)}; {self.workers} workers: {self.reason}>"


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def this_host() -> Host:
    """Look at the machine, now."""
    return _host(_physical_cores(), _accelerators())


def default_workers() -> int:
    """How many workers a pool has that is not told."""
    return _host(None, ()).workers


def _host(physical: int | None, accelerators: tuple[str, ...]) -> Host:
    from battnb.watching import memory_now

    logical = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    return Host(logical, physical, usable, quota_cores(), memory_now(), accelerators)


# Processors


def quota_cores(proc: Path = PROC, cgroup: Path = CGROUP) -> float | None:
    """Processors that the control groups of this process allow on average, the least of all levels; None: no bound."""
    found = [cores for folder in group_folders("cpu", proc, cgroup) if (cores := _quota_of(folder)) is not None]
    return min(found, default=None)


def group_folders(controller: str, proc: Path = PROC, cgroup: Path = CGROUP) -> list[Path]:
    """The folders of this process's groups with this controller, and those above: in both versions of cgroups."""
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


def _physical_cores() -> int | None:
    with suppress(OSError):
        blocks = (PROC / "cpuinfo").read_text().strip().split("\n\n")
        fields = [dict([_field(line) for line in block.splitlines()]) for block in blocks]
        cores = {(f["physical id"], f["core id"]) for f in fields if "physical id" in f and "core id" in f}
        return len(cores) or None
    return None


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


# Accelerators


def _accelerators() -> tuple[str, ...]:
    gpus = nvidia_gpus()
    tpus = len(list(Path("/dev").glob("accel[0-9]*")))
    tpu = f"TPU x {tpus}" if tpus else "TPU" if os.environ.get("TPU_ACCELERATOR_TYPE") else ""
    return (*gpus, *([tpu] if tpu else []))


def nvidia_gpus(proc: Path = PROC, devices: Path = Path("/dev")) -> list[str]:
    """As the driver lists them, those of one kind together: without asking the GPUs, which may take seconds."""
    listed = [_model(file) for file in sorted((proc / "driver" / "nvidia" / "gpus").glob("*/information"))]
    models = [model for model in listed if model] or ["NVIDIA GPU"] * len(list(devices.glob("nvidia[0-9]*")))
    return [f"{model} x {models.count(model)}" for model in dict.fromkeys(models)]


def _model(information: Path) -> str:
    with suppress(OSError):
        for line in information.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "Model":
                return value.strip()
    return ""
