"""The report as a file: its numbers are those of the frames, and nothing in it reaches out or runs."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from report.pages import Page

import battnb as bn
from battnb.model import Status
from battnb.model.phase_table import BATT_DEMO, RUN_BATT, VALIDATE
from battnb.trace import metrics
from battnb.view.report.page import report_html
from battnb.view.report.report_metrics import METRICS
from battnb.view.report.sections import SECTIONS, Section
from battnb.view.words import seconds_words


@pytest.fixture(scope="module")
def page(both: bn.Comparison) -> Any:
    return Page(report_html(both.parallel))


@pytest.fixture(scope="module")
def two(both: bn.Comparison) -> Any:
    return Page(report_html(both))


def test_it_is_one_file_that_refers_to_nothing(page: Page, two: Page) -> None:
    for made in (page, two):
        addresses = [value for _, attrs in made.tags for key, value in attrs.items() if key in ("src", "href")]
        assert [address for address in addresses if not str(address).startswith("#")] == []
        targets = {attrs.get("id") for _, attrs in made.tags}
        assert {str(address)[1:] for address in addresses} <= targets
        assert not [tag for tag, _ in made.tags if tag in ("link", "iframe", "object", "img")]
        (policy,) = [str(attrs["content"]) for _, attrs in made.tags if "http-equiv" in attrs]
        assert policy.startswith("default-src 'none'; script-src 'nonce-")
        assert "unsafe-eval" not in policy


def test_it_has_a_language_a_title_and_headings_in_order(page: Page, both: bn.Comparison) -> None:
    assert page.tags[0] == ("html", {"lang": "en"})
    assert f"<title>007bbfb7, {both.after.battery}: battnb report</title>" in page.source
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(b - a for a, b in pairwise(levels)) <= 1


def test_a_run_in_which_most_failed_begins_with_the_reason(mirror_task: bn.Task, mixed: bn.Run) -> None:
    names = [bn.Candidate(f"a{n}", f"x = {n}\ndef solve(I):\n    return np.array(I)\n") for n in range(3)]
    run = bn.run_batt_sync(mirror_task, names, out_dir=None, workers=1, live=None)
    why = "3 of 3 candidates failed: NameError: name 'np' is not defined, such as a0, line 3."
    assert f'<p class="notice bad">No candidate gave a grid: {html.escape(why)}</p>' in report_html(run)
    assert "5 of 8 candidates failed; one reason is IndexError" in report_html(mixed)


def test_ids_are_given_once(two: Page) -> None:
    ids = [attrs["id"] for _, attrs in two.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_rows_are_those_of_the_frame(page: Page, both: bn.Comparison) -> None:
    values, frame = page.data()["values"], both.parallel.to_frame()
    assert values["name"] == frame["candidate_id"].tolist()
    assert [words.replace(" ", "_") for words in values["status"]] == frame["status"].tolist()
    for key, column in (("cpu_s", "cpu_s"), ("wall_s", "wall_s"), ("demo", "demo_correct")):
        assert values[key] == frame[column].tolist()
    assert values["wait_s"] == (frame["started_s"] - frame["queued_s"]).tolist()


def test_the_bars_are_the_spans_of_the_frame_that_have_a_lane(page: Page, both: bn.Comparison) -> None:
    bars, frame = page.data()["sources"]["bars"], both.parallel.profile.to_frame()
    frame = frame[frame["lane"].notna()]
    assert bars["name"] == frame["name"].tolist()
    for key in ("started_s", "ended_s", "wait_s", "wall_s"):
        assert bars[key] == frame[key].tolist()
    assert bars["left"] == bars["started_s"]
    names = page.data()["values"]["name"]
    assert all(names[row] == name for row, name in zip(bars["row"], bars["name"], strict=True) if row >= 0)


def test_the_phases_are_sums_of_the_frame(page: Page, both: bn.Comparison) -> None:
    frame = both.parallel.profile.to_frame()
    rows = {row[0]: row for row in page.tables["Phases"]}
    work = frame[frame["lane"].notna()]
    for words, metric in (("validate", VALIDATE), ("execute demo", BATT_DEMO)):
        part = work[work["phase"] == metric]
        whole = frame[(frame["phase"] == metric) & (frame["name"] == metric)]
        _, wall, _, pieces, running, cpu, overhead, *_ = rows[words]
        assert wall == seconds_words(whole["wall_s"].sum())
        assert pieces == f"{len(part):,}"
        assert running == seconds_words(part["wall_s"].sum())
        assert cpu == seconds_words(part["cpu_s"].sum())
        assert overhead == seconds_words((part["wall_s"] - part["cpu_s"]).sum())
    assert rows["whole run"][1] == seconds_words(frame["ended_s"].max())


def test_the_statuses_are_counts_of_the_frame(page: Page, both: bn.Comparison) -> None:
    counts = both.parallel.to_frame()["status"].value_counts()
    found = {row[0].replace(" ", "_"): int(row[1]) for row in page.tables["Statuses"][1:]}
    assert found == {status: count for status, count in counts.items() if count}


def test_the_first_screen_answers_in_words_and_numbers(page: Page, both: bn.Comparison) -> None:
    run = both.parallel
    assert (
        f"{len(run.verdicts)} candidates in {seconds_words(run.profile.wall_s)} on 2 workers: 1 correct" in page.words
    )
    for question in ("How long?", "How many?", "How fast?", "What was the bottleneck?", "What would help"):
        assert question in page.words


def test_the_conditions_are_there(page: Page, both: bn.Comparison) -> None:
    run = both.parallel
    assert run.machine is not None
    assert ["timeout_s", "1 s"] in page.tables["Limits"]
    assert ["processors to use", str(run.machine.cores)] in page.tables["Machine"]
    assert ["battnb", bn.__version__] in page.tables["Versions"]
    assert {row[0] for row in page.tables["Layers of the sandbox"][1:]} == set(run.layers)


def test_every_number_that_is_shown_is_defined(page: Page) -> None:
    defined = page.source[page.source.index('id="definitions"') :]
    heads = {head for caption in ("Phases", "Statuses", "Slowest", "Workers' time") for head in page.tables[caption][0]}
    sums = {head for head in heads if "(sum)" in head} | {"wall", "efficiency", "candidates / s"}
    assert {head for head in sums - {"seconds (sum)"} if f"<dt>{head}</dt>" not in defined} == set()


def test_of_two_runs_changed_verdicts_come_first(both: bn.Comparison) -> None:
    best = both.after.best[0]
    worse = msgspec.structs.replace(
        best, status=Status.TIMEOUT, sample_statuses=(Status.TIMEOUT, *best.sample_statuses[1:])
    )
    verdicts = [worse if verdict is best else verdict for verdict in both.after.verdicts]
    changed = bn.Comparison(both.before, msgspec.structs.replace(both.after, verdicts=verdicts))
    page = Page(report_html(changed))
    assert page.tables["Changed verdicts"][1:] == [[best.candidate_id, "correct", "timeout", "1"]]
    assert page.source.index("1 verdict changed") < page.source.index("How long?")
    assert "correct \N{RIGHTWARDS ARROW} timeout" in page.data()["values"]["status"]


def test_two_runs_are_compared_phase_by_phase(two: Page, both: bn.Comparison) -> None:
    rows = {row[0]: row for row in two.tables["Phase by phase"][1:]}
    _, before, after, _, factor = rows["main.run_batt"]
    before_s, after_s = [metrics.metric_s(run.profile, RUN_BATT) or 0.0 for run in both.runs]
    speedup = both.speedup
    assert speedup is not None
    assert (before, after) == (seconds_words(before_s), seconds_words(after_s))
    assert factor.startswith(f"{after_s / before_s:.2f}")
    assert "run_batt.check_solver_speed (sum over workers)" in rows
    assert f"{speedup:.2f} times faster" in two.words or f"{1 / speedup:.2f} times slower" in two.words


def test_runs_of_other_candidates_get_no_speedup(both: bn.Comparison) -> None:
    fewer = msgspec.structs.replace(both.after, verdicts=both.after.verdicts[:-2])
    page = Page(report_html(bn.Comparison(both.before, fewer)))
    assert "not the same work, so there is no speedup" in page.words
    assert "2 candidates only in the first run, 0 only in the second" in page.words
    assert len(page.data()["values"]["name"]) == 40


def test_more_candidates_than_it_holds_are_counted_and_said(both: bn.Comparison) -> None:
    page = Page(report_html(both.parallel, most=15))
    whole = len(both.parallel.verdicts)
    assert len(page.data()["values"]["name"]) == 15
    assert f"{whole - 15} more candidates are not in this table" in page.words
    spans = len(metrics.work_spans(both.parallel.profile))
    assert len(page.data()["sources"]["bars"]["name"]) == 15
    assert f"{spans - 15} shorter pieces of work have no bars of their own" in page.words
    assert page.data()["sources"]["areas"]["words"]
    assert both.parallel.best[0].candidate_id in page.data()["values"]["name"]
    assert sum(int(row[1]) for row in page.tables["Statuses"][1:]) == whole


def test_every_way_to_end_is_told_apart(mixed: bn.Run) -> None:
    page = Page(report_html(mixed))
    values = page.data()["values"]
    by_name = dict(zip(values["name"], zip(values["status"], values["note"], strict=True), strict=True))
    assert by_name["right"] == ("correct", "")
    assert by_name["raises"] == ("error", "IndexError (line 3): tuple index out of range")
    assert [by_name[name][0] for name in ("not a grid", "broken", "spins", "leaves")] == [
        "invalid output",
        "not a solver",
        "timeout",
        "exited",
    ]
    details = {name: page.data("pack-0")[n] for n, name in enumerate(values["name"])}
    assert {"title": "printed", "text": "said so\n" * 4, "cut": ""} in details["prints"]["runs"][0]["texts"]
    assert details["right"]["texts"][0]["text"] == mixed.programs.texts({"right"})["right"].source


def test_the_part_that_was_left_out_for_its_size_says_so(both: bn.Comparison) -> None:
    from battnb.view.report.candidates import packs

    names = [verdict.candidate_id for verdict in both.after.verdicts] * 20
    first, second, *_ = packs([both.after], names, [""], most_bytes=100)
    page = Page(f'<script type="text/plain" id="a">{first}</script><script type="text/plain" id="b">{second}</script>')
    assert page.data("a")[0]["texts"]
    assert page.data("b")[0]["texts"] is None


def test_nothing_that_candidates_wrote_is_in_the_page_as_it_is(hostile: bn.Run) -> None:
    made = report_html(hostile)
    assert not re.search(r"<script>window|<img", made)
    page = Page(made)
    assert [attrs for tag, attrs in page.tags if tag == "img"] == []
    assert not [tag for tag, attrs in page.tags if tag == "script" and not ({"nonce", "type"} & attrs.keys())]
    assert "\x00" not in made
    assert "\u202e" not in made
    assert len(made) < 4_000_000
    texts = [text for detail in page.data("pack-0") for text in detail["texts"]]
    assert max(len(text["text"]) for text in texts) < 30_000
    longest = max(len(text) for _, text in hostile.programs.given)
    assert longest > 10_000_000
    assert [text["cut"] for text in texts if text["cut"]] == [f"cut: the first 20,000 of {longest:,} characters"]


def test_a_report_that_cannot_be_written_leaves_nothing(both: bn.Comparison, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(bn.StoreError, match="choose another folder"):
        both.report(tmp_path / "file/report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_section_in_the_list_is_in_the_page_and_its_navigation(
    both: bn.Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Section(name="mine", title="My own", link="Mine", make=lambda report: [f"<p>{len(report.runs)} runs</p>"])
    nothing = Section(name="nothing", title="Nothing", link="Nothing", make=lambda report: [])
    monkeypatch.setattr("battnb.view.report.page.SECTIONS", (mine, nothing, *SECTIONS))
    page = Page(report_html(both))
    assert ("a", {"href": "#mine"}) in page.tags
    assert "My own 2 runs" in page.words
    assert page.source.index('id="mine"') < page.source.index('id="timeline"')
    assert "Nothing" not in page.words


def test_every_section_with_a_link_is_reached_by_it(page: Page) -> None:
    for section in SECTIONS:
        assert (f'href="#{section.name}"' in page.source) == bool(section.link)
        assert (f'id="{section.name}"' in page.source) == (section.name != "differences")


def test_every_metric_in_the_list_is_a_column_or_is_defined(page: Page) -> None:
    assert page.tables["Phases"][0] == ["phase", *[metric.name for metric in METRICS if metric.cell is not None]]
    for metric in METRICS:
        assert metric.cell is not None or metric.function is not None
        assert metric.function is None or (
            metric.definition and f"<dt>{metric.name}</dt>" in html.unescape(page.source)
        )
