"""What the report costs for a run of tiny candidates: writing it, its size, and its speed in a browser.

python -m benchmarks.report [--count N] [--json] [--keep FILE]

The browser is Chromium, headless, without a network and without a graphics processor.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import battnb as bn
from benchmarks.bars import Bar, bars_text
from benchmarks.table import table
from benchmarks.workloads import TINY_TASK, tiny

if TYPE_CHECKING:
    from playwright.sync_api import Page

COUNT = 20_000
MOST_WRITE_S, MOST_MB, MOST_PAINT_S, MOST_FRAME_S = 10.0, 25.0, 3.0, 0.05
_ZOOM = """async () => {
    document.querySelector("#plot").scrollIntoView({ block: "center", behavior: "instant" });
    for (const button of ["in", "in"]) document.querySelector(`[data-move=${button}]`).click();
    window.frames_ms = [];
    let last = performance.now();
    const next = () => {
        frames_ms.push(performance.now() - last);
        last = performance.now();
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""
_MEDIAN_FRAME = "frames_ms.sort((a, b) => a - b)[Math.floor(frames_ms.length / 2)]"
_FILTER = """async () => {
    const began = performance.now();
    document.querySelector("#filter-status input").click();
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
_SORT = """async () => {
    const began = performance.now();
    document.querySelector("#table thead th:nth-child(5)").click();
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


class ReportCost(msgspec.Struct, frozen=True):
    """Seconds, except size_mb. paint_s: from asking for the page to its first words. ready_s: until all of it works.

    frame_s: the median time of a frame while the timeline is dragged. What a browser measures is None without one.
    """

    count: int
    save_s: float
    load_s: float
    write_s: float
    size_mb: float
    paint_s: float | None = None
    ready_s: float | None = None
    frame_s: float | None = None
    filter_s: float | None = None
    sort_s: float | None = None


def measure(count: int, path: Path) -> ReportCost:
    """Run tiny candidates, write their report to a path, and open it."""
    candidates = [job.candidate for job in tiny(count).jobs]
    run = bn.run_batt_sync(TINY_TASK, candidates, out_dir=None, live=None)
    saved = path.with_suffix(".json")
    save_s = _seconds(lambda: run.save(saved))
    load_s = _seconds(lambda: bn.load_run(saved))
    write_s = _seconds(lambda: run.report(path))
    size_mb = path.stat().st_size / 1e6
    cost = ReportCost(count=count, save_s=save_s, load_s=load_s, write_s=write_s, size_mb=size_mb)
    chromium = shutil.which("chromium")
    return msgspec.structs.replace(cost, **_browsed(chromium, path)) if chromium else cost


def _seconds(call: object) -> float:
    assert callable(call)
    started_s = time.perf_counter()
    call()
    return time.perf_counter() - started_s


def _browsed(chromium: str, path: Path) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        found = {
            "paint_s": page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
            "ready_s": page.evaluate("performance.getEntriesByName('ready')[0].startTime"),
            "frame_s": _dragged(page),
            "filter_s": page.evaluate(_FILTER),
            "sort_s": page.evaluate(_SORT),
        }
        browser.close()
    return {name: milliseconds / 1e3 for name, milliseconds in found.items()}


def _dragged(page: Page) -> float:
    """The median milliseconds of a frame while a quarter of the timeline is dragged along."""
    page.evaluate(_ZOOM)
    box = page.locator("#plot").bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(left - step * 8, top)
    page.mouse.up()
    return float(page.evaluate(_MEDIAN_FRAME))


def _text(cost: ReportCost) -> str:
    words = {
        "save the run": cost.save_s,
        "load it": cost.load_s,
        "write the report": cost.write_s,
        "first paint": cost.paint_s,
        "all of it works": cost.ready_s,
        "a frame while dragging": cost.frame_s,
        "filter": cost.filter_s,
        "sort": cost.sort_s,
    }
    rows = [(name, "-" if seconds is None else f"{seconds:.3f}") for name, seconds in words.items()]
    bars = [
        Bar("report: written, s", cost.write_s, MOST_WRITE_S, at_most=True),
        Bar("report: size, MB", cost.size_mb, MOST_MB, at_most=True),
        Bar("report: first paint, s", cost.paint_s, MOST_PAINT_S, at_most=True),
        Bar("report: a frame while dragging, s", cost.frame_s, MOST_FRAME_S, at_most=True),
    ]
    return f"{table((f'{cost.count:,} candidates', 'seconds'), rows)}\n\n{bars_text(bars)}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"candidates ({COUNT:,})")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the report, and the run beside it")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        cost = measure(options.count, options.keep or Path(folder) / "report.html")
    print(json.dumps(msgspec.to_builtins(cost)) if options.json else _text(cost))


if __name__ == "__main__":
    main()
