"""The live panel in a real kernel: what is stored below the cell when the run has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kernels.kernel import Kernel
from kernels.starting import KERNELS, started

BEGIN = """
import battnb as bn
task = bn.load_task("007bbfb7")
SPIN = "def solve(I):\\n    n = {n}\\n    for i in range(600000):\\n        n = n * 31 % 1000003\\n    return I\\n"
candidates = [bn.Candidate(f"spin{n}", SPIN.format(n=n)) for n in range(8)]
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module", params=KERNELS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(request.param, "plain", tmp_path_factory.mktemp("panel")) as made:
        assert made.run(BEGIN).error is None
        yield made


def bundles(running: Kernel, code: str) -> tuple[list[list[dict[str, Any]]], str]:
    """All that each output of a cell ever showed, in order, the last being what is stored; and the printed text."""
    client: Any = running._client
    shown: dict[str, list[dict[str, Any]]] = {}
    text = ""

    def hear(message: dict[str, Any]) -> None:
        nonlocal text
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data", "execute_result"):
            name = content.get("transient", {}).get("display_id", f"result {len(shown)}")
            shown.setdefault(name, []).append(content["data"])
        elif kind == "stream":
            text += content["text"]
        elif kind == "error":
            text += f"{content['ename']}: {content['evalue']}|" + "\n".join(content["traceback"])

    # stop_on_error: after an error, a kernel would otherwise drop a cell that comes too soon.
    reply = client.execute_interactive(code, output_hook=hear, timeout=20, stop_on_error=False)
    assert reply is not None
    return list(shown.values()), text


@pytest.mark.parametrize("call", ["await bn.run_batt", "bn.run_batt_sync"])
def test_a_run_shows_widgets_and_leaves_plain_html(running: Kernel, call: str) -> None:
    [panel], _ = bundles(running, f"run = {call}(task, candidates, out_dir=None)")
    assert WIDGET in panel[1]
    assert panel[-1].keys() == {"text/html", "text/plain"}
    html = panel[-1]["text/html"]
    assert "8 of 8 validated" in html
    assert "<svg" in html
    for outside in ("<script", "<style", "<link", "src=", "url(", "@import"):
        assert outside not in html
    assert "8 wrong" in panel[-1]["text/plain"]


def test_a_run_that_is_cancelled_says_so(running: Kernel) -> None:
    code = (
        "import asyncio\nhandle = bn.start_batt(task, candidates, out_dir=None)\n"
        "while not handle.verdicts: await asyncio.sleep(0.01)\nhandle.cancel()\nrun = await handle"
    )
    [panel], _ = bundles(running, code)
    assert "stopped after" in panel[-1]["text/html"]


def test_a_short_run_shows_no_widget_at_all(running: Kernel) -> None:
    code = "run = await bn.run_batt(task, [bn.Candidate('same', 'def solve(I): return I')], out_dir=None, pool=pool)"
    bundles(running, "pool = bn.Pool(1); await pool.ready()")
    [panel], _ = bundles(running, code)
    assert not [bundle for bundle in panel if WIDGET in bundle]
    bundles(running, "pool.close()")


def test_a_kaggle_batch_run_prints_lines(running: Kernel) -> None:
    code = "import os\nos.environ['KAGGLE_KERNEL_RUN_TYPE'] = 'Batch'\n"
    shown, text = bundles(running, code + "run = await bn.run_batt(task, candidates[:2], out_dir=None)")
    bundles(running, "del os.environ['KAGGLE_KERNEL_RUN_TYPE']")
    assert shown == []
    assert "ended after" in text


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("bn.run_batt(task, candidates)", "await bn.run_batt(...)"),
        ("bn.compare(task, candidates)", "bn.compare_sync(...)"),
    ],
)
def test_a_forgotten_await_says_what_to_do(running: Kernel, code: str, says: str) -> None:
    [[result]], _ = bundles(running, code)
    assert result.keys() == {"text/plain"}
    assert says in result["text/plain"]
    assert "\n" not in result["text/plain"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("bn.load_task('007bbfb')", "did you mean 007bbfb7"),
        ("bn.Candidate('mine', lambda grid: grid)", "has a function as its source"),
        ("bn.run_batt(task, candidates).verdicts", "await bn.run_batt(...)"),
        ("await bn.run_batt(task, candidates, live='never')", "choose one of"),
    ],
)
def test_a_wrong_call_is_answered_with_one_sentence(running: Kernel, code: str, says: str) -> None:
    _, text = bundles(running, code)
    said, _, traceback = text.partition("|")
    assert says in said
    assert traceback == said
