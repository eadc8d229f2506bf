from __future__ import annotations

import asyncio
from typing import Any

import pytest

from battnb.model import Span, Status
from battnb.trace.recorder import Recorder


class FakeClock:
    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Any:
    return FakeClock(1000.0)


@pytest.fixture
def cpu() -> Any:
    return FakeClock(7.0)


@pytest.fixture
def recorder(clock: FakeClock, cpu: FakeClock) -> Any:
    return Recorder("007bbfb7", "parallel", 2, clock, cpu)


def test_a_span_is_in_seconds_of_the_run_with_its_wall_and_cpu_time(
    recorder: Recorder, clock: FakeClock, cpu: FakeClock
) -> None:
    clock.pass_s(0.5)
    with recorder.span("run_batt.phase1_filter"):
        clock.pass_s(2.0)
        cpu.pass_s(1.5)
    [span] = recorder.profile()
    assert span == Span("run_batt.phase1_filter", "run_batt.phase1_filter", 0.5, 2.5, cpu_s=1.5)


def test_spans_nest_and_parents_come_first(recorder: Recorder, clock: FakeClock) -> None:
    with recorder.span("main.run_batt"), recorder.span("run_batt.check_batt"):
        with recorder.span("batt.demo"):
            clock.pass_s(1.0)
        with recorder.span("batt.test", "sample 3"):
            clock.pass_s(1.0)
    spans = recorder.profile().spans
    assert [span.name for span in spans] == ["main.run_batt", "run_batt.check_batt", "batt.demo", "sample 3"]
    assert [span.wall_s for span in spans] == [2.0, 2.0, 1.0, 1.0]


def test_a_span_that_ends_by_an_exception_is_recorded_and_the_exception_goes_on(
    recorder: Recorder, clock: FakeClock
) -> None:
    def fail() -> None:
        with recorder.span("batt.demo"):
            clock.pass_s(1.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [span.wall_s for span in recorder.profile()] == [1.0]


def test_work_of_workers_is_turned_into_seconds_of_the_run(recorder: Recorder) -> None:
    recorder.add(Span("v", "a", 1002.0, 1003.0, 1, Status.WRONG, 1001.5, 0.9), Span("v", "b", 1001.0, 1001.5, 0))
    assert recorder.profile().spans == (
        Span("v", "b", 1.0, 1.5, 0),
        Span("v", "a", 2.0, 3.0, 1, Status.WRONG, 1.5, 0.9),
    )
    assert recorder.since_start(1004.0) == 4.0


def test_totals_add_up(recorder: Recorder) -> None:
    for seconds in (0.25, 0.5):
        recorder.total("run_batt.check_solver_speed", seconds)
    assert recorder.profile().totals == (("run_batt.check_solver_speed", 0.75),)


def test_a_profile_in_mid_run_has_the_open_spans_up_to_now(recorder: Recorder, clock: FakeClock) -> None:
    with recorder.span("main.run_batt"):
        clock.pass_s(1.0)
        half_way = recorder.profile()
        clock.pass_s(1.0)
    assert [span.ended_s for span in half_way] == [1.0]
    assert [span.ended_s for span in recorder.profile()] == [2.0]


def test_the_wall_time_ends_with_the_last_span_not_with_the_asking(recorder: Recorder, clock: FakeClock) -> None:
    with recorder.span("main.run_batt"):
        clock.pass_s(1.0)
    clock.pass_s(9.0)
    profile = recorder.profile()
    assert (profile.run, profile.mode, profile.workers, profile.wall_s) == ("007bbfb7", "parallel", 2, 1.0)


def test_a_run_in_which_nothing_happened_has_an_empty_profile(recorder: Recorder) -> None:
    assert recorder.profile().spans == ()
    assert recorder.profile().wall_s == 0.0


async def test_spans_of_coroutines_overlap_without_mixing(recorder: Recorder, clock: FakeClock) -> None:
    async def phase(name: str, turns: int) -> None:
        with recorder.span(name):
            for _ in range(turns):
                clock.pass_s(1.0)
                await asyncio.sleep(0)

    await asyncio.gather(phase("a", 1), phase("b", 3))
    ends = {span.name: (span.started_s, span.ended_s) for span in recorder.profile()}
    assert ends["a"][0] == 0.0
    assert ends["b"][0] < ends["a"][1] < ends["b"][1]
