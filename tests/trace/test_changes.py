from __future__ import annotations

from battnb.model import Profile, Span, Status, Verdict
from battnb.model.phase_table import FILTER, STORE
from battnb.trace.overview import Change, phase_changes, slower


def verdict(name: str, cpu_s: float, **fields: object) -> Verdict:
    return Verdict(name, "t", Status.WRONG, (Status.WRONG,), 0, None, (None,), cpu_s=cpu_s, **fields)  # type: ignore[arg-type]


def profile(**seconds: float) -> Profile:
    spans = [Span(metric, metric, 0.0, took) for metric, took in seconds.items()]
    return Profile("r", "parallel", 1, max(seconds.values()), tuple(spans))


def test_phases_that_only_one_run_has_are_compared_too() -> None:
    before = profile(**{FILTER: 2.0, STORE: 1.0})
    after = profile(**{FILTER: 1.0})
    assert phase_changes(before, after) == [Change(FILTER, 2.0, 1.0), Change(STORE, 1.0, None)]
    kept, stored = phase_changes(before, after)
    assert (kept.difference_s, kept.factor) == (-1.0, 0.5)
    assert (stored.difference_s, stored.factor) == (None, None)


def test_slower_is_what_grew_by_more_than_noise_most_first() -> None:
    before = [verdict("a", 0.1), verdict("b", 0.1), verdict("c", 0.0001), verdict("d", 0.5), verdict("only before", 1)]
    after = [verdict("a", 0.2), verdict("b", 0.11), verdict("c", 0.0009), verdict("d", 0.9), verdict("only after", 1)]
    assert slower(before, after) == [Change("d", 0.5, 0.9), Change("a", 0.1, 0.2)]


def test_duplicates_and_what_was_not_validated_are_not_compared() -> None:
    before = [verdict("a", 0.1, duplicate_of="b"), verdict("c", 0.1, validated=False)]
    after = [verdict("a", 0.9, duplicate_of="b"), verdict("c", 0.9)]
    assert slower(before, after) == []


def test_a_time_of_nothing_before_has_no_factor() -> None:
    assert Change("a", 0.0, 1.0).factor is None
