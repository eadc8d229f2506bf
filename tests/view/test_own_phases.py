"""A phase that only the profile knows is shown everywhere, in its place and with its words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from making import MIRROR

import battnb as bn
from battnb.model import PHASES, Phase, Profile, Span, Status
from battnb.model.phase_table import DIFFERS, RUN_BATT, STORE, VALIDATE
from battnb.trace import metrics
from battnb.trace.chrome import to_chrome_trace
from battnb.trace.recorder import Recorder, RunProgress
from battnb.view.gantt import gantt
from battnb.view.gantt_bars import gantt_bars
from battnb.view.live.follower import Follower
from battnb.view.live.panel_html import run_parts
from battnb.view.live.snapshot import RUNNING
from battnb.view.report.answer import cards, what_would_help
from battnb.view.report.page import report_html
from battnb.view.svg import gantt_svg

EXPLAIN = "run_batt.phase5_explain"
NINE = (*PHASES[:-1], Phase(EXPLAIN, "explain & guess"), PHASES[-1])
ENDS_S = {VALIDATE: 1.0, STORE: 1.5, EXPLAIN: 9.0, DIFFERS: 10.0}


@pytest.fixture
def run(mirror_task: bn.Task) -> bn.Run:
    """A run that spent most of its time in the ninth phase."""
    phases = [
        Span(metric, metric, start_s, end_s) for (_, start_s), (metric, end_s) in pairwise([("", 0.0), *ENDS_S.items()])
    ]
    work = Span(VALIDATE, "c", 0.1, 0.9, 0, Status.CORRECT, 0.0, 0.8)
    profile = Profile(
        run="made",
        mode="parallel",
        workers=1,
        wall_s=10.0,
        spans=(Span(RUN_BATT, RUN_BATT, 0.0, 10.0), *phases, work),
        phases=NINE,
    )
    return bn.Run(
        task=mirror_task, battery="b", mode="parallel", workers=1, limits=bn.Limits(), verdicts=[], profile=profile
    )


def test_numbers_and_the_summary_have_it_between_its_neighbours(run: bn.Run) -> None:
    assert metrics.phases_in(run.profile) == list(ENDS_S)
    assert [line.split()[0] for line in run.timing_summary().splitlines()[1:]] == [RUN_BATT, *ENDS_S]


def test_pictures_and_traces_have_it(run: bn.Run) -> None:
    words = ["validate", "store", "explain & guess", "differs"]
    [track] = gantt_bars(run.profile).tracks
    assert [phase.words for phase in track.phases if phase.is_leaf] == words
    assert "explain &amp; guess 7.5 s" in gantt_svg(gantt_bars(run.profile))
    [ax] = gantt(run.profile).axes
    assert "explain & guess 7.5 s" in [text.get_text() for text in ax.texts]
    names = [event["name"] for event in to_chrome_trace(run.profile)["traceEvents"] if event["ph"] == "X"]
    assert names.index(STORE) < names.index(EXPLAIN) < names.index(DIFFERS)


def test_the_report_names_it_in_tables_timeline_answers_and_advice(run: bn.Run) -> None:
    page = report_html(bn.Comparison(run, run))
    rows = [page.index(f'<tr><th scope="row">{words}</th>') for words in ("store", "explain &amp; guess", "differs")]
    assert rows == sorted(rows)
    assert f'<tr><th scope="row">{EXPLAIN}</th>' in page
    assert "no worker busy: explain &amp; guess" in page
    assert cards(run)[3].beside.endswith("most of it in explain & guess")
    assert "the notebook's process was in explain & guess" in what_would_help(run)[0]


def test_the_panel_has_it_while_it_runs() -> None:
    recorder = Recorder("r", "parallel", 1, phases=NINE)
    progress = RunProgress("t", "b", 1, recorder, lambda _: None)
    follower = Follower(progress, list)
    with recorder.span(EXPLAIN):
        snapshot = follower.snapshot(RUNNING)
    assert [phase.words for phase in snapshot.phases][-3:] == ["store", "explain & guess", "differs"]
    assert snapshot.topic == "explain & guess"
    assert "explain &amp; guess" in "".join(run_parts(snapshot))
    assert recorder.profile().phases == NINE


def test_what_contains_phases_says_so_itself(run: bn.Run) -> None:
    around = msgspec.structs.replace(
        run.profile, phases=(*NINE[:-2], Phase(EXPLAIN, "explain", is_around=True), NINE[-1])
    )
    assert EXPLAIN not in metrics.phases_in(around)
    [track] = gantt_bars(around).tracks
    assert [phase.words for phase in track.phases if not phase.is_leaf] == ["run", "explain"]


async def test_a_saved_run_keeps_it(pool: bn.Pool, mirror_task: bn.Task, tmp_path: Path) -> None:
    run = await bn.run_batt(mirror_task, [bn.Candidate("a", MIRROR)], pool=pool, out_dir=None)
    assert run.profile.phases == PHASES
    nine = msgspec.structs.replace(run, profile=msgspec.structs.replace(run.profile, phases=NINE))
    read = bn.load_run(nine.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    assert read.profile.phases == NINE
