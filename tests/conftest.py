"""What all tests share: pools, small tasks, candidates, and a watch over what a test leaves behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from leaks import descendants, held, held_at_last
from making import QUICK, Mode, make_task, patience

import battnb as bn
from battnb.executor import Executor
from battnb.model import Candidate, Code, Inputs, Pair, Ref, Step, Task

if TYPE_CHECKING:
    from browser import Browser

PATIENCE_S = 60
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True, scope="session")
def interrupts_arrive() -> None:
    """Whatever runs the tests in the background may have had SIGINT ignored, which every child would inherit."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def within_patience() -> Iterator[None]:
    """A test that hangs fails, and says where it hung."""
    with patience(PATIENCE_S):
        yield


@pytest.fixture(autouse=True)
def nothing_is_left(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Every test ends with no process, thread, descriptor or temporary file more than it began with."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    before = held()
    yield
    left = held_at_last(before).more_than(before)
    assert not left, f"{request.node.nodeid} left (before, after): {left}"


# Tasks and candidates


@pytest.fixture(scope="session")
def mirror_task() -> Task:
    """Three demo pairs and a test pair; each row is turned round."""
    inputs = ([[1, 2], [3, 4]], [[5, 6, 7]], [[0, 8], [9, 0], [1, 2]], [[3, 1, 4]])
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), inputs, task_id="mirror")


@pytest.fixture(scope="session")
def arc_task() -> Task:
    return bn.load_task("007bbfb7")


# Executors


ALL_PROCESSES = 2 * 2 + 2 * (4 + 1)
"""A guardian and a nursery with numpy and without; in each lane a worker of each kind, and the fork that is kept."""


@pytest.fixture(scope="session")
def pool() -> Iterator[bn.Pool]:
    """Two workers, for tests that only use them. All its processes are there from the start: none looks like a leak."""
    before = len(descendants(os.getpid()))
    with bn.Pool(2, QUICK) as made:
        for _ in range(20):  # on a busy machine one lane may take all there is, so that the other has nothing of a kind
            asyncio.run(_warm(made))
            if len(descendants(os.getpid())) - before == ALL_PROCESSES:
                break
        yield made


async def _warm(pool: bn.Pool) -> None:
    """Have a worker of every kind in every lane: with and without numpy, seeing S and not."""
    grid = ((1,),)
    task = Task("warm", (Pair(grid, grid),), ())
    slow = "import time\ntime.sleep(0.02)\n"
    for text in ("", "import numpy\n"):
        for head in ("def solve(I): return I\n", "def solve(S, I, C): return I\n"):
            await pool.validate([Candidate(str(n), slow + text + head) for n in range(8)], task)
    slow_step = Step(Code("(lambda grid: [grid for _ in range(500_000)][0])"), (Code("I"),))
    await pool.execute([slow_step], [Ref(0)], [Inputs(grid, task.demo)] * 4)


@pytest.fixture
def one_worker_pool() -> Iterator[bn.Pool]:
    with bn.Pool(1, QUICK) as made:
        yield made


@pytest.fixture(params=["parallel", "one_at_a_time"])
def executor(request: pytest.FixtureRequest, pool: bn.Pool) -> Executor:
    """Every executor that there is, for behaviour that they share."""
    return Mode(pool, request.param == "one_at_a_time")


@pytest.fixture(params=["auto", "worker", "fork"])
def isolation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Browsers


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures are kept for a person to look at. Git ignores it."""
    folder = ROOT / "artefacts" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser that reaches nothing beyond this machine."""
    from browser import Browser

    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "NO CHROMIUM, so nothing was tested in a browser: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Browser(chromium) as started:
        yield started
