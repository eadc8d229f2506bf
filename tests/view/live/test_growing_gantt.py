from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from battnb.model import Span, Status
from battnb.model.phase_table import BATT_DEMO, FILTER, VALIDATE
from battnb.view.gantt_bars import Bar, gantt_bars
from battnb.view.live.follower import PARTS, Timeline
from battnb.view.svg import gantt_svg


def work(started_s: Any, ended_s: Any, lane: Any = 0, status: Any = Status.WRONG, name: Any = "c") -> Any:
    return Span(VALIDATE, name, started_s, ended_s, lane, status, 0.0, ended_s - started_s)


def one_track(timeline: Any, now_s: Any, own: Any = ()) -> Any:
    [track] = timeline.bars(now_s, own).tracks
    return track


def test_wide_work_is_bars_and_narrow_work_density() -> None:
    timeline = Timeline(2)
    timeline.add([work(0.0, 1.0), work(1.0, 2.0, 1, Status.CORRECT), work(1.0, 1.0001)])
    track = one_track(timeline, 2.0)
    assert track.bars == (Bar(0, Status.WRONG, 0.0, 1.0, "c"), Bar(1, Status.CORRECT, 1.0, 2.0, "c"))
    [area] = track.areas
    assert (area.lane, area.status) == (0, Status.WRONG)
    assert max(area.tops) > 0


def test_however_much_there_is_the_picture_stays_small() -> None:
    timeline = Timeline(1)
    for second in range(20):
        timeline.add([work(second + n / 1000, second + (n + 1) / 1000) for n in range(1000)])
        track = one_track(timeline, second + 1.0)
        assert len(track.bars) + sum(len(area.tops) for area in track.areas) <= 2 * PARTS
    assert len(gantt_svg(timeline.bars(20.0, []))) < 20_000


def test_time_that_was_worked_is_kept_when_the_axis_grows() -> None:
    timeline = Timeline(1)
    timeline.add([work(n * 0.004, n * 0.004 + 0.002) for n in range(5000)])
    [area] = one_track(timeline, 20.0).areas
    worked_s = sum(top - bottom for bottom, top in zip(area.bottoms, area.tops, strict=True)) * area.part_s
    assert worked_s == pytest.approx(10.0, rel=0.02)


def test_one_failure_among_thousands_is_seen() -> None:
    timeline = Timeline(1)
    timeline.add([work(n / 1000, (n + 1) / 1000) for n in range(9000)])
    timeline.add([work(9.0, 9.0001, 0, Status.CRASHED)])
    assert Status.CRASHED in timeline.bars(9.1, []).statuses


def test_phases_that_run_and_that_have_ended_are_in_the_band() -> None:
    timeline = Timeline(1)
    timeline.add([Span(BATT_DEMO, BATT_DEMO, 0.0, 1.0), Span("x", "cancelled one", 0.0, 0.0)])
    track = one_track(timeline, 2.0, [Span(FILTER, FILTER, 1.0, 2.0)])
    assert [phase.words for phase in track.phases] == ["execute demo", "filter"]


def test_waiting_is_shown_from_when_it_began_and_not_from_the_first_look() -> None:
    timeline = Timeline(1)
    timeline.wait(3.0, 5, since_s=0.5)
    timeline.wait(4.0, 2, since_s=0.5)
    assert one_track(timeline, 5.0, []).waiting == ((0.5, 5), (4.0, 2), (5.0, 0))


def test_a_gantt_in_svg_is_well_formed_and_has_what_runs_now() -> None:
    timeline = Timeline(2)
    timeline.add([work(0.0, 1.0), work(0.5, 1.0, 1, Status.CRASHED)])
    timeline.wait(0.1, 5)
    timeline.wait(0.9, 2)
    svg = gantt_svg(timeline.bars(1.5, []), [(0, 1.0), (7, 1.0)])
    ET.fromstring(svg)
    assert svg.count("running now") == 1
    assert "at most 5" in svg
    for outside in ("<script", "<style", "url("):
        assert outside not in svg


def test_two_runs_in_svg_have_their_words() -> None:
    from battnb.model import Profile

    runs = [Profile("r", mode, 1, 2.0, (work(0.0, 2.0),)) for mode in ("sequential", "parallel")]
    svg = gantt_svg(gantt_bars(runs))
    ET.fromstring(svg)
    assert "Sequential" in svg
    assert "CPU limit" in svg
