"""Everyday programs: what honest candidates use runs behind every layer."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from making import candidate
from sandbox.everyday import PACKAGES, STANDARD_LIBRARY

import battnb as bn
from battnb.model import Limits, Task

LIMITS = Limits(timeout_s=50, idle_s=30, memory_bytes=3 * 2**30)  # most of it is spent on imports


async def failed(programs: dict[str, str], task: Task, isolation: str) -> dict[str, object]:
    """The programs that are not right in a pool that allows all packages, with their errors."""
    async with bn.Pool(1, LIMITS, packages=tuple(PACKAGES)) as pool:
        candidates = [candidate(source, name) for name, source in programs.items()]
        verdicts = await pool.validate(candidates, task, isolation=isolation)
    return {v.candidate_id: (str(v.status), v.error) for v in verdicts if v.status != "correct"}


@pytest.mark.parametrize("isolation", ["fork", "worker"])
async def test_the_standard_library_works(mirror_task: Task, isolation: str) -> None:
    assert await failed(STANDARD_LIBRARY, mirror_task, isolation) == {}


@pytest.mark.parametrize("package", PACKAGES)
async def test_a_package_works(mirror_task: Task, package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"NO {package}: install it to test that its programs run in the sandbox")
    assert await failed({package: PACKAGES[package]}, mirror_task, "fork") == {}
