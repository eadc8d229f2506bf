from __future__ import annotations

from typing import Any

import pytest

import battnb as bn
from battnb.model import Profile, Span, Status
from battnb.model.phase_table import BATT_DEMO, CHECK_BATT, RUN_BATT, STORE, VALIDATE
from battnb.trace import metrics

EMPTY = Profile("r", "parallel", 2, 0.0, ())


def phase(name: str, started_s: float, ended_s: float) -> Span:
    return Span(name, name, started_s, ended_s)


def work(name: str, started_s: float, ended_s: float, lane: int, status: Status, cpu_s: float | None) -> Span:
    return Span(VALIDATE, name, started_s, ended_s, lane, status, 1.0, cpu_s)


@pytest.fixture
def profile() -> Any:
    """A run of 5 s: 1 s of execute, 4 s of validate on 2 workers with 6 s of CPU."""
    spans = (
        phase(RUN_BATT, 0.0, 5.0),
        phase(BATT_DEMO, 0.0, 1.0),
        phase(VALIDATE, 1.0, 5.0),
        work("a", 1.0, 3.0, 0, Status.CORRECT, 1.5),
        work("b", 1.0, 5.0, 1, Status.TIMEOUT, 3.5),
        work("c", 3.0, 4.0, 0, Status.CORRECT, 1.0),
        Span(VALIDATE, "d", 5.0, 5.0, None, Status.CANCELLED, 1.0),
    )
    return Profile("007bbfb7", "parallel", 2, 5.0, spans)


def test_cpu_time_is_that_of_the_workers(profile: bn.Profile) -> None:
    assert metrics.cpu_sum_s(profile) == 6.0
    assert metrics.cpu_limit_s(profile) == 3.0


def test_parallel_efficiency_is_cpu_time_against_wall_time_times_workers(profile: bn.Profile) -> None:
    assert metrics.parallel_efficiency(profile) == pytest.approx(6.0 / (5.0 * 2))


def test_cpu_overhead_and_idle_time_make_up_the_time_of_all_workers(profile: bn.Profile) -> None:
    assert metrics.overhead_sum_s(profile) == pytest.approx(0.5 + 0.5 + 0.0)
    assert metrics.idle_s_by_lane(profile) == {0: 2.0, 1: 1.0}
    parts = metrics.cpu_sum_s(profile) + metrics.overhead_sum_s(profile) + sum(metrics.idle_s_by_lane(profile).values())
    assert parts == pytest.approx(profile.wall_s * profile.workers)


def test_waiting_is_not_part_of_running(profile: bn.Profile) -> None:
    assert metrics.waiting_sum_s(profile) == 0.0 + 0.0 + 2.0 + 4.0
    assert metrics.running_sum_s(profile) == 2.0 + 4.0 + 1.0


def test_a_worker_without_work_is_idle_all_the_time() -> None:
    assert metrics.idle_s_by_lane(Profile("r", "parallel", 2, 5.0, ())) == {0: 5.0, 1: 5.0}


def test_running_time_is_summed_for_each_status_there_is(profile: bn.Profile) -> None:
    assert metrics.running_sum_s_by_status(profile) == {Status.CORRECT: 3.0, Status.TIMEOUT: 4.0}


def test_the_slowest_are_those_with_most_cpu_time(profile: bn.Profile) -> None:
    assert [span.name for span in metrics.slowest(profile, 2)] == ["b", "a"]


def test_a_speedup_is_wall_time_against_wall_time(profile: bn.Profile) -> None:
    sequential = Profile("007bbfb7", "sequential", 1, 8.0, ())
    assert metrics.speedup(sequential, profile) == 1.6


def test_candidates_a_second_are_those_judged_while_validating(profile: bn.Profile) -> None:
    assert metrics.candidates_per_s(profile) == 1.0
    assert metrics.candidates_per_s(profile, candidates=100) == 25.0


def test_check_time_is_the_total_if_one_was_kept(profile: bn.Profile) -> None:
    assert metrics.check_time_sum_s(profile) == 6.0
    kept = Profile("r", "parallel", 2, 5.0, profile.spans, ((metrics.CHECK_SOLVER_SPEED, 9.0),))
    assert metrics.check_time_sum_s(kept) == 9.0


def test_a_phase_that_runs_twice_at_once_is_counted_once() -> None:
    twice = (phase(STORE, 0.0, 2.0), phase(STORE, 1.0, 3.0), phase(STORE, 4.0, 5.0))
    assert metrics.metric_s(Profile("r", "parallel", 2, 5.0, twice), STORE) == 4.0


def test_workers_spans_are_not_the_wall_time_of_their_phase(profile: bn.Profile) -> None:
    assert metrics.metric_s(profile, VALIDATE) == 4.0


def test_an_empty_profile_has_sums_of_0_and_no_ratios() -> None:
    assert metrics.wall_s(EMPTY) == 0.0
    sums = (metrics.cpu_sum_s, metrics.check_time_sum_s, metrics.waiting_sum_s, metrics.running_sum_s)
    assert [total(EMPTY) for total in (*sums, metrics.overhead_sum_s, metrics.cpu_limit_s)] == [0.0] * 6
    assert metrics.parallel_efficiency(EMPTY) is None
    assert metrics.candidates_per_s(EMPTY) is None
    assert metrics.speedup(EMPTY, EMPTY) is None
    assert metrics.metric_s(EMPTY, VALIDATE) is None
    assert metrics.slowest(EMPTY) == []
    assert metrics.running_sum_s_by_status(EMPTY) == {}


def test_a_run_with_only_failures_has_numbers_too() -> None:
    spans = (work("a", 1.0, 2.0, 0, Status.CRASHED, None), work("b", 1.0, 2.0, 1, Status.MEMORY, None))
    failed = Profile("r", "parallel", 2, 2.0, spans)
    assert metrics.parallel_efficiency(failed) == 0.0
    assert metrics.running_sum_s_by_status(failed) == {Status.MEMORY: 1.0, Status.CRASHED: 1.0}
    assert metrics.candidates_per_s(failed) == 1.0


def test_the_timing_summary_is_in_a_fixed_order_and_says_what_is_a_sum() -> None:
    spans = (phase(BATT_DEMO, 0.0, 0.05), phase(CHECK_BATT, 0.0, 0.0611))
    totals = ((metrics.INLINE_TOTAL, 12.5), (metrics.CHECK_SOLVER_SPEED, 0.0706))
    profile = Profile("r", "parallel", 2, 0.21, (phase(RUN_BATT, 0.0, 0.21), *spans), totals)
    assert metrics.timing_summary(profile).splitlines() == [
        "Timing summary (seconds):",
        "  main.run_batt                       0.210",
        "  run_batt.check_batt                 0.061",
        "  batt.demo                           0.050",
        "  run_batt.check_solver_speed         0.071 (sum over workers)",
        "  utils.inline_variables.total       12.500 (sum)",
    ]


def test_the_timing_summary_of_nothing_is_its_first_line() -> None:
    assert metrics.timing_summary(EMPTY) == "Timing summary (seconds):"
