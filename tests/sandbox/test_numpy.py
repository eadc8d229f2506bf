"""A numpy that cannot be loaded affects only the programs that need it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from leaks import Newcomers
from making import MIRROR, QUICK, STRAIGHT, body, candidate

import battnb as bn
from battnb.model import Task

NEEDS = "import numpy\n" + MIRROR
TRIES = "try:\n    import numpy\nexcept ImportError:\n    pass\n" + MIRROR


def break_numpy(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sandboxes that are made after this find a numpy that runs this text when it is loaded."""
    (folder / "numpy").mkdir()
    (folder / "numpy/__init__.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))


async def verdicts_with(text: str, folder: Path, task: Task, monkeypatch: pytest.MonkeyPatch) -> list[bn.Verdict]:
    """Verdicts of programs that need numpy and of others before and after them, all in one pool."""
    break_numpy(folder, text, monkeypatch)
    mixed = [MIRROR, NEEDS, STRAIGHT, TRIES, NEEDS, MIRROR]
    candidates = [candidate(source, str(n)) for n, source in enumerate(mixed)]
    candidates.append(candidate(MIRROR, "arrays", grids="ndarray"))
    async with bn.Pool(2, QUICK) as pool:
        first: list[bn.Verdict] = await asyncio.wait_for(pool.validate(candidates, task), 20)
        again = await asyncio.wait_for(pool.validate(candidates, task), 20)
    assert [(v.status, v.error) for v in first] == [(v.status, v.error) for v in again]
    return first


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("raise ImportError('libopenblas is not there')\n", ("ImportError", "libopenblas is not there")),
        ("import no_such_part\n", ("ModuleNotFoundError", "No module named 'no_such_part'")),
        ("1 / 0\n", ("ZeroDivisionError", "division by zero")),
    ],
)
async def test_a_broken_numpy_is_an_error_of_those_that_import_it(
    tmp_path: Path, mirror_task: Task, monkeypatch: pytest.MonkeyPatch, text: str, error: tuple[str, str]
) -> None:
    verdicts = await verdicts_with(text, tmp_path, mirror_task, monkeypatch)
    tries = "error" if error[0] == "ZeroDivisionError" else "correct"
    assert [v.status for v in verdicts] == ["correct", "error", "correct", tries, "error", "correct", "error"]
    for verdict in (verdicts[1], verdicts[4], verdicts[6]):
        assert verdict.error is not None
        assert (verdict.error.type, verdict.error.message) == error
    assert verdicts[1].error is not None
    assert verdicts[1].error.line == 1


async def test_a_numpy_that_crashes_crashes_those_that_import_it(
    tmp_path: Path, mirror_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n"
    verdicts = await verdicts_with(text, tmp_path, mirror_task, monkeypatch)
    wanted = ["correct", "crashed", "correct", "crashed", "crashed", "correct", "crashed"]
    assert [v.status for v in verdicts] == wanted
    assert {v.error.type for v in verdicts if v.error is not None} == {"SIGILL"}


async def test_numpy_is_loaded_beforehand_even_if_its_nursery_was_killed(mirror_task: Task) -> None:
    source = "import sys\nassert 'numpy' in sys.modules\n" + MIRROR
    mine = Newcomers()
    async with bn.Pool(1, QUICK) as pool:
        await pool.ready()
        plain = mine.nurseries()
        call = asyncio.create_task(pool.validate([candidate(source)], mirror_task))
        while len(mine.nurseries()) == len(plain):  # without a pause, to find it while it starts
            await asyncio.sleep(0)
        (starting,) = [pid for pid in mine.nurseries() if pid not in plain]
        os.kill(starting, signal.SIGKILL)
        (verdict,) = await asyncio.wait_for(call, 20)
    assert verdict.status == "correct"


async def test_a_program_that_shares_its_process_is_no_exception(
    tmp_path: Path, mirror_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_numpy(tmp_path, "raise ImportError('no')\n", monkeypatch)
    async with bn.Pool(1, QUICK) as pool:
        sources = [NEEDS, MIRROR, body("import numpy", "return I")]
        mixed = [candidate(source, str(n)) for n, source in enumerate(sources)]
        verdicts = await asyncio.wait_for(pool.validate(mixed, mirror_task, isolation="worker"), 20)
    assert [v.status for v in verdicts] == ["error", "correct", "error"]
