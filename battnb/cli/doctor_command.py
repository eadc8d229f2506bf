"""battnb doctor and battnb sandbox: the machine, the sandbox and the versions, for bug reports."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import sys
from typing import Any

from battnb.errors import SandboxError
from battnb.version import __version__

UNSOUND = 1
BESIDE = ("ipykernel", "ipython", "nest-asyncio2", "uvloop")
"""Packages that battnb does not need, but that change its behaviour."""


def doctor_command(options: argparse.Namespace) -> int:  # noqa: ARG001  (it has none)
    """Print everything; the exit code is 1 if the sandbox cannot start."""
    from battnb.machine.host import this_host

    print(f"battnb        {__version__}")
    print(f"python        {platform.python_version()} ({platform.python_implementation()}, {sys.platform})")
    print(f"system        {platform.system()} {platform.release()} {platform.machine()}, user id {os.getuid()}")
    for line in this_host().lines():
        print(line)
    for line in _kaggle():
        print(line)
    print("packages")
    for name, version in _versions():
        print(f"  {name:<18} {version}")
    print("sandbox")
    try:
        for layer, reason in _layers().items():
            print(f"  {_layer_line(layer, reason)}")
    except SandboxError as error:
        print(f"  cannot start: {error}")
        return UNSOUND
    return 0


def sandbox_command(options: argparse.Namespace) -> int:  # noqa: ARG001  (it has none)
    """Print each layer of the sandbox, and whether it is active here."""
    for layer, reason in _layers().items():
        print(_layer_line(layer, reason))
    return 0


def _layer_line(layer: str, reason: str | None) -> str:
    return f"{'missing' if reason else 'active':<8} {layer}{f': {reason}' if reason else ''}"


def _layers() -> dict[str, str | None]:
    from battnb.sandbox.parent.pool import Pool

    with Pool(workers=1) as pool:
        return pool.layers


def _kaggle() -> list[str]:
    from battnb.load.task_files import kaggle_root, mounted_competitions

    kind = os.environ.get("KAGGLE_KERNEL_RUN_TYPE")
    mounted = mounted_competitions()
    if kind is None and not mounted:
        return [f"kaggle        no: neither KAGGLE_KERNEL_RUN_TYPE nor a competition in {kaggle_root() / 'input'}"]
    competitions = ", ".join([f"{slug} ({folder})" for slug, folder in mounted.items()]) or "none"
    return [f"kaggle        {kind or 'no run type'}; competitions with ARC tasks: {competitions}"]


def _versions() -> list[tuple[str, str]]:
    """The versions of what battnb needs, and of what changes its behaviour."""
    try:
        needed = importlib.metadata.requires("battnb") or []
    except importlib.metadata.PackageNotFoundError:
        needed = []
    names = [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in needed if "extra ==" not in one]
    return [(name, _version(name)) for name in (*sorted(names), *BESIDE)]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="print the machine, the sandbox's layers and versions, for bug reports")
    doctor.set_defaults(command=doctor_command)


def add_sandbox(commands: Any) -> None:
    sandbox = commands.add_parser("sandbox", help="print which layers of the sandbox are active here")
    sandbox.set_defaults(command=sandbox_command)
