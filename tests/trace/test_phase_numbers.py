import pytest

from battnb.model import Profile, Span, Status
from battnb.trace import metrics
from battnb.trace.phase_numbers import phase_numbers

SPANS = (
    Span(metrics.RUN_BATT, metrics.RUN_BATT, 0.0, 5.0, cpu_s=2.0),
    Span(metrics.BATT_DEMO, metrics.BATT_DEMO, 0.0, 1.0),
    Span(metrics.BATT_DEMO, "demo 0", 0.0, 0.8, 0, cpu_s=0.6),
    Span(metrics.FILTER, metrics.FILTER, 1.0, 1.5, cpu_s=0.4),
    Span(metrics.VALIDATE, metrics.VALIDATE, 1.5, 5.0, cpu_s=1.0),
    Span(metrics.VALIDATE, "a", 2.0, 4.0, 0, Status.CORRECT, 1.5, 1.5),
    Span(metrics.VALIDATE, "b", 2.0, 5.0, 1, Status.ERROR, 1.5, 2.0),
)
PROFILE = Profile("r", "parallel", 2, 5.0, SPANS, ((metrics.CHECK_SOLVER_SPEED, 4.5),))


def test_a_record_a_phase_in_order_and_the_run_last():
    assert [numbers.metric for numbers in phase_numbers(PROFILE)] == [
        metrics.BATT_DEMO,
        metrics.FILTER,
        metrics.VALIDATE,
        metrics.RUN_BATT,
    ]


def test_the_numbers_are_those_of_the_phase_alone():
    demo, kept, validate, run = phase_numbers(PROFILE)
    assert (demo.wall_s, demo.pieces, demo.cpu_sum_s, demo.candidates_per_s) == (1.0, 1, 0.6, None)
    assert (kept.wall_s, kept.own_cpu_s, kept.efficiency) == (0.5, 0.4, None)
    assert (validate.wall_s, validate.running_sum_s, validate.cpu_sum_s) == (3.5, 5.0, 3.5)
    assert validate.overhead_sum_s == pytest.approx(1.5)
    assert validate.waiting_sum_s == pytest.approx(1.0)
    assert validate.efficiency == pytest.approx(3.5 / (3.5 * 2))
    assert validate.candidates_per_s == pytest.approx(2 / 3.5)
    assert (run.wall_s, run.pieces, run.own_cpu_s) == (5.0, 3, 2.0)
    assert run.cpu_sum_s == pytest.approx(4.1)


def test_the_check_time_of_validate_is_that_of_the_run():
    assert metrics.check_time_sum_s(metrics.of_phase(PROFILE, metrics.VALIDATE)) == 4.5
    assert metrics.check_time_sum_s(metrics.of_phase(PROFILE, metrics.FILTER)) == 0.0


def test_a_phase_that_is_not_known_is_there_too():
    profile = Profile("r", "parallel", 1, 2.0, (Span("mine.phase", "mine.phase", 0.0, 2.0),))
    assert [numbers.metric for numbers in phase_numbers(profile)] == ["mine.phase", metrics.RUN_BATT]


def test_an_empty_run_has_its_own_numbers_alone():
    (run,) = phase_numbers(Profile("r", "parallel", 2, 0.0, ()))
    assert (run.wall_s, run.cpu_sum_s, run.efficiency) == (0.0, 0.0, None)


def test_efficiency_against_cores_counts_those_that_no_worker_had():
    assert metrics.core_efficiency(PROFILE, 4) == pytest.approx(4.1 / 20)
    assert metrics.core_efficiency(Profile("r", "parallel", 2, 0.0, ()), 4) is None
