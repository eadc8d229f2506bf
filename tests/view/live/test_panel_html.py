from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest

from battnb.model import AtWork, Pair, Status, Task, Verdict
from battnb.view.live.follower import Timeline
from battnb.view.live.panel_html import best_html, gantt_html, head_html, run_parts
from battnb.view.live.snapshot import PhaseProgress, Snapshot
from battnb.view.markup import framed

TASK = Task("mirror", (Pair(((1, 2),), ((2, 1),)),), (Pair(((3, 4),), None),))
RIGHT = Verdict("mine<&>", "mirror", Status.CORRECT, (Status.CORRECT, None), 1, None, (((2, 1),), ((4, 3),)), task=TASK)
MID = Snapshot(
    task_id="mirror",
    battery="batt",
    mode="parallel",
    workers=2,
    candidates=40,
    state="running",
    elapsed_s=2.0,
    phases=(PhaseProgress("filter", 0.1), PhaseProgress("validate", 1.9, True, 10, 40), PhaseProgress("store")),
    reached=10,
    wanted=40,
    per_s=5.0,
    left_s=6.0,
    counts={Status.CORRECT: 1, Status.TIMEOUT: 9},
    at_work=(AtWork(0, "mine<&>", 99.5, 3), AtWork(1, None, 99.0, 0, 5, 20)),
    now_s=100.0,
    best=(RIGHT,),
    bars=Timeline(2).bars(2.0, []),
)
END = msgspec.structs.replace(MID, state="complete", left_s=None, at_work=(), reached=40)
FAILED = Snapshot(task_id="t", battery="b", mode="parallel", workers=2, candidates=0, state="failed", elapsed_s=0.0)


def words(html: Any) -> Any:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_the_panel_says_how_far_it_is_and_what_each_worker_is_doing() -> None:
    said = words(head_html(MID))
    assert "mirror batt, 40 candidates, parallel on 2 workers" in said
    assert "2.0 s, about 6.0 s left" in said
    assert "10 of 40 validated, 5.0 a second" in said
    assert "1 correct 9 timeout" in said
    assert "worker 0 mine&lt;&amp;&gt;, 0.50 s, 3 more at hand" in said
    assert "worker 1 the battery&#x27;s steps, 5 of 20 values" in said


def test_a_phase_is_done_runs_or_is_to_come() -> None:
    assert [phase.share for phase in MID.phases] == [1.0, 0.25, 0.0]
    assert PhaseProgress("check", 1.0, True).share is None
    assert MID.topic == "validate"


def test_best_candidates_show_what_was_wanted_beside_what_they_gave() -> None:
    said = words(best_html(MID))
    assert "mine&lt;&amp;&gt; correct demo 1 of 1" in said
    assert "demo 1: wanted got ✓ correct test 1: wanted not known got not judged" in said


def test_what_runs_now_is_in_the_gantt_until_the_end() -> None:
    assert gantt_html(MID).count("running now") == 2
    assert "running now" not in gantt_html(END)


@pytest.mark.parametrize("snapshot", [MID, END, FAILED])
def test_the_panel_is_one_element_that_needs_nothing(snapshot: Snapshot) -> None:
    html = framed(*run_parts(snapshot))
    ET.fromstring(html)
    for outside in ("<script", "<style", "<link", "src=", "url(", "href="):
        assert outside not in html


def test_a_snapshot_is_one_line_of_text() -> None:
    assert MID.line == (
        "mirror parallel: validate 2.0 s, about 6.0 s left; 10 of 40 validated, 5.0 a second; 1 correct, 9 timeout"
    )
    assert END.time_words == "ended after 2.0 s"
