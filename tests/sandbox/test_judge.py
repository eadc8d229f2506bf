"""The judge makes a verdict of outcomes."""

from __future__ import annotations

import pytest
from making import candidate

from battnb.model import Failure, Limits, Pair, Status, Task
from battnb.sandbox import wire
from battnb.sandbox.parent.judge import Ending, Judge, cancelled, timeout

ONE, TWO = ((1,),), ((2, 2),)
TASK = Task("t", (Pair(ONE, ONE), Pair(ONE, TWO)), (Pair(ONE, ONE), Pair(ONE, None)))
LIMITS = Limits(timeout_s=1.0)


def grid(rows: tuple[tuple[int, ...], ...]) -> bytes:
    return bytes((wire.GRID,)) + wire.encode_grid(rows)


def failed(kind: int = wire.ERROR, line: int | None = 3) -> bytes:
    return wire.encode_text(kind, "ValueError", "no", line)


def judged(*outcomes: bytes, cpu_s: tuple[float, ...] | None = None, ending: Ending | None = None):  # type: ignore[no-untyped-def]
    return Judge(TASK).judge(b"".join(outcomes), cpu_s or (0.1,) * len(outcomes), ending, LIMITS)


def test_outputs_are_compared_and_counted() -> None:
    found = judged(grid(ONE), grid(TWO), grid(ONE), grid(TWO))
    assert found.sample_statuses == ("correct", "correct", "correct", None)
    assert (found.status, found.demo_correct, found.test_correct) == ("correct", 2, 1)
    assert found.outputs == (ONE, TWO, ONE, TWO)


def test_the_status_is_that_of_the_first_demo_pair_that_is_not_right() -> None:
    assert judged(grid(ONE), failed(), grid(ONE), grid(ONE)).status == "error"
    assert judged(grid(TWO), failed(), grid(ONE), grid(ONE)).status == "wrong"
    assert judged(grid(ONE), grid(TWO), failed(), grid(ONE)).status == "correct"


def test_a_grid_of_the_same_cells_in_another_shape_is_wrong() -> None:
    assert judged(grid(ONE), grid(((2,), (2,))), grid(ONE), grid(ONE)).sample_statuses[1] == "wrong"


@pytest.mark.parametrize("kind", [wire.MEMORY, wire.EXITED])
def test_an_outcome_that_ends_a_candidate_cancels_its_later_samples(kind: int) -> None:
    found = judged(grid(ONE), failed(kind))
    assert found.sample_statuses[2:] == ("cancelled", "cancelled")
    assert found.outputs == (ONE, None, None, None)
    assert found.error == Failure("ValueError", "no", 3, 1)


def test_what_fails_before_the_first_sample_fails_on_all() -> None:
    assert judged(failed(wire.NOT_A_SOLVER)).sample_statuses == ("not_a_solver",) * 4
    assert judged(failed()).sample_statuses == ("error",) * 4


def test_a_sample_over_its_time_is_a_timeout_though_it_gave_a_grid() -> None:
    found = judged(grid(ONE), grid(TWO), grid(ONE), grid(ONE), cpu_s=(0.1, 1.01, 0.1, 0.1))
    assert found.sample_statuses == ("correct", "timeout", "cancelled", "cancelled")
    assert found.error is not None
    assert (found.error.type, found.error.sample) == ("timeout_s", 1)


def test_an_ending_follows_what_was_reached() -> None:
    found = judged(grid(ONE), ending=timeout(1, LIMITS))
    assert found.sample_statuses == ("correct", "timeout", "cancelled", "cancelled")
    crash = Ending(Status.CRASHED, Failure("SIGSEGV", "ended by SIGSEGV", None, 0))
    assert judged(ending=crash).sample_statuses == ("crashed", "cancelled", "cancelled", "cancelled")


def test_equal_outcomes_of_different_times_are_not_mixed_up() -> None:
    judge, raw = Judge(TASK), b"".join([grid(ONE), grid(TWO), grid(ONE), grid(ONE)])
    assert judge.judge(raw, (0.1,) * 4, None, LIMITS).status == "correct"
    assert judge.judge(raw, (2.0,) * 4, None, LIMITS).status == "timeout"
    assert judge.judge(raw, (2.0,) * 4, None, Limits(timeout_s=3)).status == "correct"


def test_outcomes_that_are_cut_short_are_a_wire_error() -> None:
    with pytest.raises(wire.WireError):
        judged(grid(ONE)[:-1])


def test_a_candidate_that_never_ran_is_cancelled() -> None:
    verdict = cancelled(candidate("x"), Judge(TASK), 1.0, 2.0)
    assert (verdict.status, verdict.sample_statuses) == ("cancelled", ("cancelled",) * 4)
    assert (verdict.cpu_s, verdict.test_correct, verdict.worker) == (0, 0, None)
