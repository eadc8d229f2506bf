"""Accelerators, as the system lists them. battnb runs candidates only on processors."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from battnb.machine.processors import PROC


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
