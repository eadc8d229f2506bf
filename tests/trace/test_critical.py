from __future__ import annotations

import pytest

from battnb.model import Profile, Span, Status
from battnb.model.phase_table import BATT_DEMO, BATT_TEST, CHECK_BATT, FILTER, RUN_BATT, STORE, VALIDATE
from battnb.trace.bottleneck import by_phase, critical_path


def phase(metric: str, started_s: float, ended_s: float) -> Span:
    return Span(metric, metric, started_s, ended_s)


def work(name: str, started_s: float, ended_s: float, lane: int) -> Span:
    return Span(VALIDATE, name, started_s, ended_s, lane, Status.WRONG, 1.0, ended_s - started_s)


SPANS = (
    phase(RUN_BATT, 0.0, 10.0),
    phase(FILTER, 0.0, 1.0),
    phase(VALIDATE, 1.0, 9.0),
    work("a", 1.5, 4.0, 0),
    work("b", 1.5, 6.0, 1),
    work("c", 4.0, 5.0, 0),
    work("d", 6.5, 8.5, 0),
    phase(STORE, 9.0, 9.5),
)


def test_the_path_goes_back_from_the_end_to_what_ended_last_before() -> None:
    path = critical_path(Profile("r", "parallel", 2, 10.0, SPANS))
    assert [span.name for span in path.work] == ["b", "d"]
    assert path.work_s == pytest.approx(4.5 + 2.0)


def test_what_lies_between_is_the_notebooks_process_by_phase() -> None:
    path = critical_path(Profile("r", "parallel", 2, 10.0, SPANS))
    assert dict(path.own) == {
        FILTER: 1.0,
        VALIDATE: pytest.approx(0.5 + 0.5 + 0.5),
        STORE: 0.5,
        None: 0.5,
    }
    assert path.work_s + path.own_s == pytest.approx(10.0)


def test_nothing_has_an_empty_path() -> None:
    path = critical_path(Profile("r", "parallel", 2, 0.0, ()))
    assert (path.work, path.own) == ((), ())


def test_a_run_whose_workers_did_nothing_is_all_the_notebooks() -> None:
    path = critical_path(Profile("r", "parallel", 2, 2.0, (phase(FILTER, 0.0, 2.0),)))
    assert (path.work_s, path.own) == (0.0, ((FILTER, 2.0),))


def test_each_second_is_in_one_phase_though_phases_overlap() -> None:
    spans = (
        phase(CHECK_BATT, 0.0, 4.0),
        phase(BATT_DEMO, 0.0, 2.0),
        phase(BATT_TEST, 1.0, 3.0),
    )
    found = by_phase(Profile("r", "parallel", 1, 5.0, spans), [(0.0, 5.0)])
    assert found == {BATT_DEMO: 2.0, BATT_TEST: 1.0, CHECK_BATT: 1.0, None: 1.0}
