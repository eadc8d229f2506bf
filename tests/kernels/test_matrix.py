"""Every kernel, every way to patch its loop, await and sync: runs finish, and interrupts end them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernels.kernel import Kernel
from kernels.starting import KERNELS, MODES, started

CALLS = {"await": "await bn.run_batt({}, **options)", "sync": "bn.run_batt_sync({}, **options)"}
call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture(scope="module", params=[f"{name}-{mode}" for name in KERNELS for mode in MODES])
def notebook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    name, _, mode = request.param.partition("-")
    with started(name, mode, tmp_path_factory.mktemp("kernel")) as running:
        yield running


@call
def test_a_run_finishes(notebook: Kernel, call: str) -> None:
    cell = notebook.run(f"run = {call.format('task, good')}\nprint(run.is_complete, run is bn.last_run, last())")
    assert cell.text == "True True ['correct', 'correct']\n"
    assert notebook.left() == []
    assert notebook.run("own_threads()").text == "[]"


@call
def test_an_interrupt_ends_a_run_with_the_verdicts_so_far(notebook: Kernel, call: str) -> None:
    for _ in range(2):  # a second try, since a busy machine may delay the sandbox's processes too
        notebook.run("reached.clear()")
        cell = notebook.run(call.format("task, hanging, on_verdicts=tell"), lambda text: "both" in text)
        assert notebook.left() == []
        assert cell.error in ("CancelledError", "KeyboardInterrupt")
        after = notebook.run("last()[:2], {*last()[2:]}, own_threads()")
        assert after.text == "(['correct', 'correct'], {'cancelled'}, [])"
        if cell.is_prompt:
            break
    assert cell.is_prompt, cell
