"""What all tests share: pools, small tasks, candidates, and a watch over what a test leaves behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from leaks import descendants, held, held_at_last
from making import QUICK, Mode, make_task, patience
from tiers import SLOW

import battnb as bn
from battnb.database.keeping import Keeping
from battnb.executor import Executor
from battnb.model import Candidate, Code, Inputs, Pair, Profile, Ref, RunRecord, Step, Task

if TYPE_CHECKING:
    from browser import Browser

PATIENCE_S = 60
ROOT = Path(__file__).parents[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested because this machine lacks something for it: reasons that begin with NO."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    for reason, count in Counter([reason for reason in reasons if reason.startswith("NO ")]).items():
        terminalreporter.write_line(f"{reason} ({count} tests)", red=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW) or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True, scope="session")
def interrupts_arrive() -> None:
    """Handle SIGINT even if the tests were started in the background with SIGINT ignored, as children inherit that."""
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
    """Three demo pairs and a test pair, in which each row is reversed."""
    inputs = ([[1, 2], [3, 4]], [[5, 6, 7]], [[0, 8], [9, 0], [1, 2]], [[3, 1, 4]])
    return make_task(lambda grid: tuple([row[::-1] for row in grid]), inputs, task_id="mirror")


@pytest.fixture(scope="session")
def arc_task() -> Task:
    return bn.load_task("007bbfb7")


# Executors


ALL_PROCESSES = 2 * 2 + 2 * (4 + 1)
"""Two guardians and two nurseries (with numpy and without); in each lane four kinds of worker, and the kept fork."""


@pytest.fixture(scope="session")
def pool() -> Iterator[bn.Pool]:
    """Two workers, for tests that only use them. All its processes run from the start: none looks like a leak."""
    before = len(descendants(os.getpid()))
    with bn.Pool(2, QUICK) as made:
        for _ in range(20):  # on a busy machine one lane may do all the work, and the other then lacks a kind of worker
            asyncio.run(_warm(made))
            if len(descendants(os.getpid())) - before == ALL_PROCESSES:
                break
        yield made


async def _warm(pool: bn.Pool) -> None:
    """Make each lane start a worker of every kind: with and without numpy, with and without S."""
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


@contextmanager
def with_a_store(pool: bn.Pool, folder: Path) -> Iterator[Executor]:
    """A pool behind a store in which nothing is known yet."""
    task = make_task(lambda grid: grid, [[[1]], [[2]]])
    profile = Profile(run=task.id, mode="parallel", workers=pool.workers, wall_s=0.0, spans=())
    run = RunRecord(
        task=task, battery="made", mode="parallel", workers=pool.workers, limits=QUICK, verdicts=[], profile=profile
    )
    with Keeping.opened(folder) as keeping, keeping.run(lambda: run, pool) as (executor, _):
        yield executor


EXECUTORS: dict[str, Callable[[bn.Pool, Path], AbstractContextManager[Executor]]] = {
    "parallel": lambda pool, folder: nullcontext(Mode(pool, one_at_a_time=False)),
    "one at a time": lambda pool, folder: nullcontext(Mode(pool, one_at_a_time=True)),
    "with a store": with_a_store,
}
"""Every executor that there is. To test another one, add it here."""


@pytest.fixture(params=EXECUTORS)
def executor(
    request: pytest.FixtureRequest, pool: bn.Pool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Executor]:
    """Every executor in turn, for tests of what they have in common."""
    with EXECUTORS[request.param](pool, tmp_path_factory.mktemp("store")) as made:
        yield made


@pytest.fixture(params=["auto", "worker", "fork"])
def isolation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the current directory."""
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
    """A browser that cannot reach anything beyond this machine."""
    from browser import Browser

    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "NO CHROMIUM, so nothing was tested in a browser: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Browser(chromium) as started:
        yield started
