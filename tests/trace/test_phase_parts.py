from __future__ import annotations

import pytest

from battnb.model import Profile, Span, Status
from battnb.model.phase_table import BATT_DEMO, FILTER, RUN_BATT, VALIDATE
from battnb.trace import metrics

SPANS = (
    Span(RUN_BATT, RUN_BATT, 0.0, 5.0, cpu_s=2.0),
    Span(BATT_DEMO, BATT_DEMO, 0.0, 1.0),
    Span(BATT_DEMO, "demo 0", 0.0, 0.8, 0, cpu_s=0.6),
    Span(FILTER, FILTER, 1.0, 1.5, cpu_s=0.4),
    Span(VALIDATE, VALIDATE, 1.5, 5.0, cpu_s=1.0),
    Span(VALIDATE, "a", 2.0, 4.0, 0, Status.CORRECT, 1.5, 1.5),
    Span(VALIDATE, "b", 2.0, 5.0, 1, Status.ERROR, 1.5, 2.0),
)
PROFILE = Profile("r", "parallel", 2, 5.0, SPANS, ((metrics.CHECK_SOLVER_SPEED, 4.5),))


def test_a_part_for_each_phase_in_order_and_the_run_last() -> None:
    assert [metric for metric, _ in metrics.phase_parts(PROFILE)] == [BATT_DEMO, FILTER, VALIDATE, RUN_BATT]


def test_the_numbers_are_those_of_the_phase_alone() -> None:
    demo, kept, validate, run = [part for _, part in metrics.phase_parts(PROFILE)]
    assert (demo.wall_s, len(metrics.work_spans(demo)), metrics.cpu_sum_s(demo)) == (1.0, 1, 0.6)
    assert metrics.verdict_spans(demo) == []
    assert (kept.wall_s, metrics.own_cpu_sum_s(kept), metrics.work_spans(kept)) == (0.5, 0.4, [])
    assert (validate.wall_s, metrics.running_sum_s(validate), metrics.cpu_sum_s(validate)) == (3.5, 5.0, 3.5)
    assert metrics.overhead_sum_s(validate) == pytest.approx(1.5)
    assert metrics.waiting_sum_s(validate) == pytest.approx(1.0)
    assert metrics.parallel_efficiency(validate) == pytest.approx(3.5 / (3.5 * 2))
    assert metrics.candidates_per_s(validate) == pytest.approx(2 / 3.5)
    assert (run.wall_s, len(metrics.work_spans(run)), metrics.own_cpu_sum_s(run)) == (5.0, 3, 2.0)
    assert metrics.cpu_sum_s(run) == pytest.approx(4.1)


def test_the_check_time_of_validate_is_that_of_the_run() -> None:
    assert metrics.check_time_sum_s(metrics.of_phase(PROFILE, VALIDATE)) == 4.5
    assert metrics.check_time_sum_s(metrics.of_phase(PROFILE, FILTER)) == 0.0


def test_a_phase_that_is_not_known_is_there_too() -> None:
    profile = Profile("r", "parallel", 1, 2.0, (Span("mine.phase", "mine.phase", 0.0, 2.0),))
    assert [metric for metric, _ in metrics.phase_parts(profile)] == ["mine.phase", RUN_BATT]


def test_an_empty_run_has_its_own_numbers_alone() -> None:
    [(_, run)] = metrics.phase_parts(Profile("r", "parallel", 2, 0.0, ()))
    assert (run.wall_s, metrics.cpu_sum_s(run), metrics.parallel_efficiency(run)) == (0.0, 0.0, None)


def test_efficiency_against_cores_counts_those_that_no_worker_had() -> None:
    assert metrics.core_efficiency(PROFILE, 4) == pytest.approx(4.1 / 20)
    assert metrics.core_efficiency(Profile("r", "parallel", 2, 0.0, ()), 4) is None
