from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import battnb as bn
from battnb.model import Profile, Span, Status
from battnb.model.phase_table import FILTER, STORE, VALIDATE
from battnb.trace.bottleneck import Remedy, Share, Use, bottleneck, remedies, shares

EMPTY = Profile("r", "parallel", 2, 0.0, ())


def phase(metric: str, started_s: float, ended_s: float) -> Span:
    return Span(metric, metric, started_s, ended_s)


def work(name: str, started_s: float, ended_s: float, lane: int, status: Status, cpu_s: float | None) -> Span:
    return Span(VALIDATE, name, started_s, ended_s, lane, status, 1.0, cpu_s)


@pytest.fixture
def profile() -> Profile:
    """10 s on 2 workers: 1 s of filter, 8 s of validate, 1 s of store."""
    spans = (
        phase(FILTER, 0.0, 1.0),
        phase(VALIDATE, 1.0, 9.0),
        work("a", 1.0, 5.0, 0, Status.CORRECT, 3.0),
        work("b", 1.0, 9.0, 1, Status.WRONG, 8.0),
        work("hangs", 5.0, 7.0, 0, Status.TIMEOUT, 1.0),
        phase(STORE, 9.0, 10.0),
    )
    return Profile("r", "parallel", 2, 10.0, spans)


def test_every_second_of_every_worker_went_to_one_thing(profile: bn.Profile) -> None:
    assert shares(profile) == [
        Share(Use.COMPUTING, 11.0),
        Share(Use.TIMED_OUT, 2.0),
        Share(Use.OVERHEAD, 1.0),
        Share(Use.UNEVEN, 2.0),
        Share(Use.OWN, 2.0, FILTER),
        Share(Use.OWN, 2.0, STORE),
    ]


spans = st.lists(
    st.builds(
        lambda start, length, lane, status, cpu: work("c", start, start + length, lane, status, cpu),
        st.integers(0, 20).map(float),
        st.integers(0, 10).map(float),
        st.integers(0, 2),
        st.sampled_from([Status.CORRECT, Status.TIMEOUT, Status.CRASHED]),
        st.one_of(st.none(), st.floats(0, 30)),
    )
)


@given(spans)
def test_the_shares_are_the_whole_of_the_workers_time_however_spans_lie(found: Any) -> None:
    whole = Profile("r", "parallel", 3, 30.0, (*found, phase(VALIDATE, 3.0, 20.0)))
    assert sum(share.worker_s for share in shares(whole)) == pytest.approx(30.0 * 3)


def test_the_bottleneck_is_the_largest_share(profile: bn.Profile) -> None:
    found = bottleneck(profile)
    assert found is not None
    assert (found.use, found.worker_s) == (Use.COMPUTING, 11.0)
    assert bottleneck(EMPTY) is None


def test_the_notebooks_own_process_is_one_bottleneck_whatever_its_phase() -> None:
    phases = (phase(FILTER, 0.0, 2.0), phase(STORE, 2.0, 5.0))
    spans = (*phases, work("a", 5.0, 9.0, 0, Status.WRONG, 4.0))
    assert bottleneck(Profile("r", "sequential", 1, 9.0, spans)) == Share(Use.OWN, 5.0, STORE)


def test_what_would_help_comes_with_what_it_saves_at_most(profile: bn.Profile) -> None:
    found = remedies(profile, cores=2)
    assert Remedy(Use.TIMED_OUT, 1.0) in found
    assert Remedy(Use.OVERHEAD, 0.5) in found
    assert Remedy(Use.UNEVEN, 1.0) in found
    assert Remedy(Use.OWN, 1.0, FILTER) in found
    assert [remedy.gain_s for remedy in found] == sorted([remedy.gain_s for remedy in found], reverse=True)


def test_more_workers_help_no_further_than_the_longest_piece_of_work(profile: bn.Profile) -> None:
    assert not [remedy for remedy in remedies(profile, cores=8) if remedy.use == Use.COMPUTING]
    even = tuple([work(str(n), float(n), n + 1.0, 0, Status.WRONG, 1.0) for n in range(8)])
    sequential = Profile("r", "sequential", 1, 8.0, even)
    assert remedies(sequential, cores=4)[0] == Remedy(Use.COMPUTING, 6.0, workers=4)
    assert remedies(sequential)[0] == Remedy(Use.COMPUTING, 4.0, workers=2)


def test_a_run_of_failures_alone_has_shares_too() -> None:
    failed = Profile("r", "parallel", 1, 2.0, (work("a", 0.0, 2.0, 0, Status.CRASHED, None),))
    assert shares(failed) == [Share(Use.UNMEASURED, 2.0)]
    assert shares(EMPTY) == []
    assert remedies(EMPTY) == []
