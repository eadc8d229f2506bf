from __future__ import annotations

import pytest

from battnb.errors import InputError
from battnb.model import Profile, Span, Status
from battnb.model.phase_table import BATT_DEMO, BATT_TEST, CHECK_BATT, FILTER, RUN_BATT, VALIDATE
from battnb.view.gantt_bars import Bar, PhaseBar, gantt_bars


def work(name: str, started_s: float, ended_s: float, lane: int = 0, status: Status | None = Status.CORRECT) -> Span:
    return Span(VALIDATE, name, started_s, ended_s, lane, status, 0.0, ended_s - started_s)


def profile(*spans: Span, mode: str = "parallel", workers: int = 2, wall_s: float = 4.0) -> Profile:
    return Profile("007bbfb7", mode, workers, wall_s, spans)


def many(count: int, wall_s: float) -> list[Span]:
    step = wall_s / count
    return [work(f"c{index}", index * step, (index + 1) * step, 0, Status.WRONG) for index in range(count)]


def test_each_candidate_is_a_bar_in_its_lane() -> None:
    [track] = gantt_bars(profile(work("a", 0.0, 2.0), work("b", 0.0, 4.0, 1, Status.TIMEOUT))).tracks
    assert track.bars == (Bar(0, Status.CORRECT, 0.0, 2.0, "a"), Bar(1, Status.TIMEOUT, 0.0, 4.0, "b"))
    assert track.areas == ()


def test_a_worker_with_nothing_to_do_has_a_lane_too() -> None:
    [track] = gantt_bars(profile(work("a", 0.0, 2.0, 2), workers=4)).tracks
    assert track.lanes == (0, 1, 2, 3)


def test_two_runs_are_tracks_on_one_time_axis() -> None:
    sequential = profile(work("a", 0.0, 8.0), mode="sequential", workers=1, wall_s=8.0)
    bars = gantt_bars([sequential, profile(work("a", 0.0, 4.0))])
    assert bars.end_s == 8.0
    assert [track.label for track in bars.tracks] == ["Sequential", "Parallel"]
    assert "2.00 x faster" in bars.title


def test_ten_thousand_candidates_become_a_few_areas() -> None:
    spans = [*many(10_000, 3.0), work("slow", 3.0, 4.0, 0, Status.TIMEOUT)]
    [track] = gantt_bars(profile(*spans), resolution=400).tracks
    assert [bar.name for bar in track.bars] == ["slow"]
    [area] = track.areas
    assert (area.lane, area.status, len(area.tops)) == (0, Status.WRONG, 400)
    assert area.tops[0] == pytest.approx(1.0)
    assert area.tops[399] == 0.0


def test_a_few_short_candidates_stay_bars_wide_enough_to_be_seen() -> None:
    spans = [work("short", 1.0, 1.0001, 0, Status.CRASHED), work("long", 2.0, 4.0)]
    [track] = gantt_bars(profile(*spans), resolution=400).tracks
    assert [bar.name for bar in track.bars] == ["long", "short"]
    assert track.bars[1].ended_s - track.bars[1].started_s == pytest.approx(4.0 / 400)


def test_only_the_statuses_that_occur_are_in_the_legend() -> None:
    spans = [work("a", 0.0, 2.0, 0, Status.ERROR), work("b", 2.0, 4.0, 0, None), work("c", 0.0, 4.0, 1)]
    assert gantt_bars(profile(*spans)).statuses == (Status.CORRECT, Status.ERROR, None)


def test_phases_know_whether_they_contain_others() -> None:
    names = ((RUN_BATT, 0, 4), (CHECK_BATT, 0, 2), (BATT_DEMO, 0, 1), (BATT_TEST, 1, 2))
    spans = [Span(name, name, start_s, end_s) for name, start_s, end_s in (*names, (FILTER, 2, 4))]
    [track] = gantt_bars(profile(*spans)).tracks
    assert [phase.words for phase in track.phases] == ["run", "check", "execute demo", "execute test", "filter"]
    assert [phase.is_leaf for phase in track.phases] == [False, False, True, True, True]
    assert track.phases[-1] == PhaseBar("filter", 2, 4, True)


def test_of_two_overlapping_phases_the_earlier_is_shown_until_the_later_begins() -> None:
    names = ((CHECK_BATT, 0, 4), (BATT_DEMO, 0, 4), (BATT_TEST, 2, 3))
    [track] = gantt_bars(profile(*[Span(name, name, start_s, end_s) for name, start_s, end_s in names])).tracks
    assert track.phases[1:] == (PhaseBar("execute demo", 0, 2, True), PhaseBar("execute test", 2, 3, True))


def test_waiting_goes_from_queued_to_started() -> None:
    [track] = gantt_bars(profile(work("a", 0.0, 2.0), work("b", 2.0, 4.0), work("c", 1.0, 4.0, 1))).tracks
    assert track.waiting == ((0.0, 2), (1.0, 1), (2.0, 0))
    assert track.most_waiting == 2
    assert track.queued == ((0, 0.0, 2.0), (1, 0.0, 1.0))


def test_the_cpu_limit_is_cpu_seconds_by_workers() -> None:
    assert gantt_bars(profile(work("a", 0.0, 2.0), work("b", 0.0, 4.0, 1))).tracks[0].cpu_limit_s == 3.0
    assert gantt_bars(profile()).tracks[0].cpu_limit_s is None


def test_the_axis_reaches_the_cpu_limit_even_if_shared_steps_made_the_run_shorter() -> None:
    shared = Span(VALIDATE, "a", 0.0, 1.0, 0, Status.CORRECT, 0.0, 10.0)
    assert gantt_bars(profile(shared, workers=1)).end_s == 10.0


def test_an_empty_run_has_its_lanes_and_an_axis() -> None:
    bars = gantt_bars(Profile("r", "parallel", 2, 0.0, ()))
    assert bars.tracks[0].lanes == (0, 1)
    assert bars.end_s == 1.0
    assert bars.statuses == ()


def test_no_profile_at_all_is_bad_input() -> None:
    with pytest.raises(InputError, match="hand it a run's profile"):
        gantt_bars([])
