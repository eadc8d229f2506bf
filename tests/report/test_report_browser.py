"""The report as its reader has it: headless Chromium, opened from disk, with the network blocked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from report.reading import Reading

import battnb as bn


@pytest.fixture(scope="module")
def of_one(both: bn.Comparison, folder: Path) -> Any:
    return both.parallel.report(folder / "one.html")


@pytest.fixture(scope="module")
def of_two(both: bn.Comparison, folder: Path) -> Any:
    return both.report(folder / "two.html")


def widest(bars: Any) -> Any:
    """The bar that is easiest to point at."""
    return max(range(len(bars["left"])), key=lambda n: bars["right"][n] - bars["left"][n] if bars["row"][n] >= 0 else 0)


def test_it_requests_nothing_and_complains_about_nothing(browser: Browser, of_one: Path, both: bn.Comparison) -> None:
    report = Reading(browser, of_one)
    assert (report.errors, browser.asked) == ([], [])
    said = report.page.locator("main").inner_text()
    assert "What was the bottleneck?" in said
    assert "What would help" in said
    assert report.page.title() == f"007bbfb7, {both.after.battery}: battnb report"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_made_to_be_looked_at(browser: Browser, of_one: Path, of_two: Path, artefacts: Path, dark: bool) -> None:
    theme = "dark" if dark else "light"
    for name, path in (("one", of_one), ("two", of_two)):
        report = Reading(browser, path, dark)
        report.page.screenshot(path=artefacts / f"report-{name}-{theme}.png")
        report.open_row(report.names[0])
        report.page.screenshot(path=artefacts / f"report-{name}-{theme}-whole.png", full_page=True)
        paper = report.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == ("rgb(20, 24, 29)" if dark else "rgb(255, 255, 255)")
        labels = report.model("plot", "m.below[0].major_label_text_color")
        assert labels == ("#aab4be" if dark else "#56616d")
        assert report.errors == []


def test_pointing_at_a_bar_shows_its_candidate(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)
    bars = report.bars
    bar = widest(bars)
    report.point_at(bar)
    said = report.tooltip()
    for label, key in (("what", "name"), ("status", "status"), ("phase", "phase"), ("worker", "lane")):
        assert said[label] == str(bars[key][bar])
    assert said["CPU"] == f"{bars['cpu_s'][bar] * 1e3:.3f} ms"
    assert {"queued", "waited", "started", "ended", "wall", "from the cache"} <= said.keys()


def test_a_filter_changes_the_number_of_bars_and_of_rows(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)
    bars = report.bars
    everything = len(bars["left"])
    assert report.shown_bars == everything
    for key, value in (("status", "wrong"), ("lane", 1), ("phase", "validate")):
        box = report.page.locator(f"#filter-{key} input[value='{value}']")
        box.uncheck()
        left = everything - bars[key].count(value)
        report.until(lambda left=left: report.shown_bars == left)
        assert report.page.locator("#bars-shown").inner_text() == f"{left} of {everything} bars shown"
        report.page.get_by_role("button", name="Show all").click()
    report.page.get_by_role("button", name="phase: none").click()
    report.until(lambda: report.shown_bars == 0)
    report.page.get_by_role("button", name="phase: all").click()
    report.until(lambda: report.shown_bars == everything)
    report.page.locator("#filter-status input[value='wrong']").uncheck()
    statuses = report.page.locator("#table td.status")
    report.until(lambda: "wrong" not in statuses.all_inner_texts())


def test_the_table_sorts_and_searches(browser: Browser, of_one: Path, both: bn.Comparison) -> None:
    report = Reading(browser, of_one)
    as_it_was = report.names
    costs = {verdict.candidate_id: verdict.cpu_s for verdict in both.after.verdicts}
    head = report.page.locator("#table thead th", has_text="CPU s")
    for direction in ("ascending", "descending"):
        head.click()
        page_of = sorted(costs.values(), reverse=direction == "descending")[: len(as_it_was)]
        report.until(lambda page_of=page_of: [costs[name] for name in report.names] == page_of)
        assert head.get_attribute("aria-sort") == direction
    report.page.get_by_role("searchbox", name="Search").fill("correct")
    report.until(lambda: report.names == [both.after.best[0].candidate_id])


def test_a_row_opens_to_its_source_and_its_grids(browser: Browser, of_one: Path, both: bn.Comparison) -> None:
    report = Reading(browser, of_one)
    best = both.after.best[0]
    report.page.get_by_role("searchbox", name="Search").fill(best.candidate_id)
    detail = report.open_row(best.candidate_id)
    pairs = len(both.after.task.samples)
    assert detail.locator("figure", has_text="wanted").count() == pairs
    assert detail.locator("figure", has_text="got").locator("svg").count() == pairs - best.outputs.count(None)
    assert "def solve(" in detail.locator("pre").first.inner_text()
    inlined = both.after.programs.texts([best.candidate_id])[best.candidate_id].inlined
    detail.get_by_text("inlined form").click()
    assert detail.locator("pre").nth(1).inner_text() == inlined


def test_a_bar_and_its_row_find_each_other(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)
    bars = report.bars
    bar = widest(bars)
    report.point_at(bar)
    report.page.mouse.down()
    report.page.mouse.up()
    report.page.get_by_role("button", name="Open it in the table").click()
    row = report.page.locator("#table tr.open")
    row.wait_for()
    assert row.locator("td.name").inner_text() == bars["name"][bar]
    assert report.model("bars", "m.selected.indices") == [bar]
    assert row.get_by_role("button").get_attribute("aria-expanded") == "true"
    row.get_by_role("button").click()
    report.until(lambda: report.model("bars", "m.selected.indices") == [])


def test_two_runs_share_a_time_axis(browser: Browser, of_two: Path, both: bn.Comparison) -> None:
    report = Reading(browser, of_two)
    bars = report.bars
    assert set(bars["run"]) == {0, 1}
    tops = {run: [top for top, of in zip(bars["top"], bars["run"], strict=True) if of == run] for run in (0, 1)}
    assert max(tops[0]) < min(tops[1])
    assert report.model("time", "m.end") >= both.before.profile.wall_s
    assert "All verdicts are the same in both runs" in report.page.locator("main").inner_text()
    report.page.locator("#filter-run input[value='0']").uncheck()
    report.until(lambda: report.shown_bars == bars["run"].count(1))


def test_the_buttons_move_the_time_axis(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)

    def width() -> Any:
        return report.model("time", "m.end - m.start")

    whole = width()
    report.page.get_by_role("button", name="Zoom in").click()
    assert width() == pytest.approx(whole / 2)
    start = report.model("time", "m.start")
    report.page.get_by_role("button", name="Later").click()
    assert report.model("time", "m.start") > start
    report.page.get_by_role("button", name="Whole run").click()
    assert width() == pytest.approx(whole)


def test_a_phase_is_named_if_there_is_room(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)

    def names() -> Any:
        return [label for label in report.model("phases", "m.data.label") if label]

    report.until(names)
    wide = names()
    report.page.set_viewport_size({"width": 300, "height": 800})
    report.until(lambda: len("".join(names())) < len("".join(wide)))
    report.page.set_viewport_size({"width": 1280, "height": 800})
    report.until(lambda: names() == wide)


def test_it_can_be_used_with_the_keyboard_alone(browser: Browser, of_one: Path) -> None:
    report = Reading(browser, of_one)
    page = report.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the timeline"
    page.get_by_role("searchbox", name="Search").focus()
    page.locator("#table thead th [role='button'], #table thead th [tabindex='0']").first.focus()
    page.keyboard.press("Enter")
    page.locator("#table thead th[aria-sort='ascending']").wait_for()
    page.locator("#table tbody tr.row button").first.focus()
    page.keyboard.press("Enter")
    page.locator("tr.detail-row").wait_for()
    page.keyboard.press("Enter")
    report.until(lambda: page.locator("tr.detail-row").count() == 0)
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, a')].filter(e => !(e.labels?.length"
        " || e.ariaLabel || e.textContent.trim() || e.getAttribute('aria-label'))).map(e => e.outerHTML)"
    )
    assert nameless == []


def test_it_prints_as_words_tables_and_a_still_picture(browser: Browser, of_two: Path, artefacts: Path) -> None:
    report = Reading(browser, of_two, dark=True)
    report.page.emulate_media(media="print")
    assert report.page.locator(".still svg").is_visible()
    assert not report.page.locator("#plot").is_visible()
    assert not report.page.locator("nav[aria-label='Parts of the report']").is_visible()
    printed = report.page.pdf(path=artefacts / "report-printed.pdf", print_background=True)
    assert printed.startswith(b"%PDF")


def test_what_candidates_wrote_is_shown_and_never_run(browser: Browser, hostile: bn.Run, folder: Path) -> None:
    report = Reading(browser, hostile.report(folder / "hostile.html"))
    page = report.page
    assert len(report.names) == 5
    page.get_by_role("searchbox", name="Search").fill("&<img")
    page.get_by_role("searchbox", name="Search").fill("")
    report.until(lambda: len(report.names) == 5)
    for button in page.locator("#table tbody tr.row button").all():
        button.click()
    report.until(lambda: page.locator("tr.detail-row").count() == 5)
    page.evaluate("document.querySelectorAll('.detail details').forEach(part => (part.open = true))")
    said = page.locator("#candidates").inner_text()
    assert "window.hacked = 1" in said
    assert "\\x00\\u2028\\u202e" in said
    assert "cut: the first 20,000 of 10," in said
    report.point_at(widest(report.bars))
    assert report.tooltip()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert (report.errors, browser.asked) == ([], [])


def test_a_run_without_anything_has_a_report_too(browser: Browser, mirror_task: bn.Task, folder: Path) -> None:
    import battnb as bn

    nothing = bn.Run(
        mirror_task, "none", "parallel", 2, bn.Limits(), [], bn.Profile("Parallel", "parallel", 2, 0.0, ())
    )
    report = Reading(browser, nothing.report(folder / "nothing.html"))
    assert "The run has no candidates" in report.page.locator("#candidates").inner_text()
    assert report.errors == []
