"""The stop button, cancel() and deadlines on every kernel, at awkward moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernels.kernel import Cell, Kernel
from kernels.starting import KERNELS, started

CALLS = {"await": "await bn.run_batt(", "sync": "bn.run_batt_sync("}
call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
ERRORS = ("CancelledError", "KeyboardInterrupt")
SOON_S = 10
"""A run that is stopped ends within these seconds. One that goes on to its limits takes far longer."""


@pytest.fixture(scope="module", params=KERNELS)
def notebook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(request.param, "plain", tmp_path_factory.mktemp("kernel")) as running:
        yield running


def is_time(text: str) -> bool:
    return "now" in text or "both are reached" in text


def promptly(notebook: Kernel, code: str, again_s: tuple[float, ...] = ()) -> Cell:
    """Interrupt a cell when it prints "now", and check that it ends soon, with the error of an interrupt.

    It has a second try, since a busy machine may delay the sandbox's processes too.
    """
    for _ in range(2):
        cell = notebook.run(f"reached.clear()\n{code}", is_time, again_s)
        # A second interrupt may hit IPython while it shows the first; then it shows the second only.
        assert cell.error in ERRORS or (again_s and "KeyboardInterrupt" in cell.text), cell
        assert notebook.run("own_threads()").text == "[]"
        assert notebook.left() == []
        if cell.is_prompt:
            break
    assert cell.is_prompt, cell
    return cell


@call
def test_while_the_pool_is_starting(notebook: Kernel, call: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(5)\n")
    in_a_moment = "threading.Timer(0.1, lambda: print('now', flush=True)).start()"
    promptly(notebook, f"{in_a_moment}\n{call}task, good, dsl=[{str(slow)!r}], **options)")
    assert notebook.run("last()").text == "['cancelled', 'cancelled']"
    promptly(notebook, f"{in_a_moment}\n{call}task, hanging, **options)")


@call
def test_while_it_stores(notebook: Kernel, call: str, tmp_path: Path) -> None:
    slowly = """
import battnb.load.standalone, sys
store = sys.modules["battnb.phases.store"]
def slow(*arguments):
    print("now", flush=True)
    time.sleep(0.05)
    return battnb.load.standalone.with_imports(*arguments)
store.with_imports = slow
many = [bn.Candidate(str(n), good[0].source + f"# {n}") for n in range(100)]
try:
    CALL task, many, workers=2, out_dir=FOLDER)
finally:
    store.with_imports = battnb.load.standalone.with_imports
"""
    promptly(notebook, slowly.replace("CALL", call).replace("FOLDER", repr(str(tmp_path))))
    assert notebook.run("len(last()), {*last()}").text == "(100, {'correct'})"
    assert list(tmp_path.rglob("*.py")) == []


@call
def test_again_while_the_first_is_being_handled(notebook: Kernel, call: str) -> None:
    promptly(notebook, f"{call}task, hanging, on_verdicts=tell, **options)", again_s=(0.002, 0.004, 0.02))
    assert notebook.run("last()[:2], {*last()[2:]}").text == "(['correct', 'correct'], {'cancelled'})"


def test_a_sync_call_in_a_cell_that_also_awaits(notebook: Kernel) -> None:
    """In such a cell, the kernel's own handler only notes the interrupt for its loop, which stands still."""
    cell = promptly(notebook, "await asyncio.sleep(0)\nbn.run_batt_sync(task, hanging, on_verdicts=tell, **options)")
    assert cell.error == "KeyboardInterrupt"


@pytest.mark.parametrize("call", ["await bn.compare(", "bn.compare_sync("], ids=CALLS)
def test_a_comparison(notebook: Kernel, call: str) -> None:
    promptly(notebook, f"{call}task, hanging, on_verdicts=tell, **options)")
    assert notebook.run("bn.last_run.mode").text == "'sequential'"


PHASES = {
    "await": "await pool.validate(hanging, task, on_verdicts=tell)",
    "sync": "bn.run_sync(pool.validate(hanging, task, on_verdicts=tell))",
    "phase": "await bn.phases.validate(hanging, task, pool, on_verdicts=tell)",
    "stream": "async for v in pool.stream((c, task) for c in hanging): tell([v])",
    "execute": """
from battnb.model import Code, Inputs, Ref, Step
step = Step(Code("(lambda grid: 7 ** 7 ** 9)"), (Code("I"),))
print("now", flush=True)
await pool.execute([step], [Ref(0)], [Inputs(((1,),), task.demo)])
""",
}


@pytest.mark.parametrize("code", PHASES.values(), ids=PHASES)
def test_a_phase_by_itself_in_a_pool_that_stays(notebook: Kernel, code: str) -> None:
    notebook.run("pool = bn.Pool(2, bn.Limits(timeout_s=60)); bn.run_sync(pool.validate(good, task))")
    try:
        for _ in range(2):
            cell = notebook.run(f"reached.clear()\n{code}", is_time)
            assert cell.error in ERRORS
            if cell.is_prompt:
                break
        assert cell.is_prompt, cell
        after = "[str(v.status) for v in bn.run_sync(pool.validate(good, task))], own_threads()"
        assert notebook.run(after).text == "(['correct', 'correct'], ['battnb-engine'])"
    finally:
        notebook.run("pool.close()")
    assert notebook.left() == []


def test_cancelling_from_a_later_cell_and_from_a_thread(notebook: Kernel) -> None:
    start = "reached.clear(); handle = bn.start_batt(task, hanging, on_verdicts=tell, **options)\n"
    see = "while len(reached) < 2: await asyncio.sleep(0.01)\n"
    ways = ["handle.cancel()", "threading.Thread(target=handle.cancel).start()"]
    wait = f"began_s = time.monotonic()\n{{}}\nrun = await handle\nprint(time.monotonic() - began_s < {SOON_S})"
    for way in ways:
        assert notebook.run(f"{start}await asyncio.sleep(0)").error is None
        assert notebook.run(see).error is None
        assert notebook.run("[str(v.status) for v in handle.verdicts]").text == "['correct', 'correct']"
        assert notebook.run(wait.format(way)).text == "True\n"
        assert notebook.run("run.is_complete, last()[:2], own_threads()").text == "(False, ['correct', 'correct'], [])"
        assert notebook.left() == []


@call
def test_a_deadline(notebook: Kernel, call: str) -> None:
    run = f"run = {call}task, hanging, deadline_s=3, **options)"
    cell = notebook.run(f"began_s = time.monotonic()\n{run}\nprint(time.monotonic() - began_s)")
    assert cell.error is None
    assert float(cell.text) < SOON_S
    assert notebook.run("last()[:2], run.is_complete").text == "(['correct', 'correct'], False)"
    assert notebook.left() == []


def test_a_run_within_the_loop_once_that_is_allowed(notebook: Kernel) -> None:
    """The last test of a kernel, because its loop stays patched."""
    nested = "asyncio.run(bn.run_batt(task, good, **options)).is_complete"
    assert notebook.run(nested).error == "RuntimeError"
    assert notebook.run("bn.allow_nested_run()").error == "InputError"  # neither can be imported, says the first cell
    notebook.run("for name in ('nest_asyncio', 'nest_asyncio2'): del sys.modules[name]")
    assert notebook.run("bn.allow_nested_run(); bn.allow_nested_run()").error is None
    assert notebook.run(nested).text == "True"
    assert notebook.run("'nest_asyncio2' in sys.modules, 'nest_asyncio' in sys.modules").text == "(True, False)"
    promptly(notebook, "asyncio.run(bn.run_batt(task, hanging, on_verdicts=tell, **options))")
    promptly(notebook, "await bn.run_batt(task, hanging, on_verdicts=tell, **options)")
