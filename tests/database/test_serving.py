"""Which limits a kept result answers for, and which results answer for none."""

from __future__ import annotations

import msgspec
import pytest

from battnb.database.serving import ENDED, MEMORY, PASSING, TIMEOUT, may_catch, serves, used_by_values, used_by_verdict
from battnb.model import Failure, Limits, Status, StepValue, Verdict

HAD = Limits(timeout_s=1.0, memory_bytes=100, idle_s=2.0, wall_s=60.0)
C, W, E, T, M, X, N = (
    Status.CORRECT, Status.WRONG, Status.ERROR, Status.TIMEOUT, Status.MEMORY, Status.CRASHED, Status.CANCELLED,
)  # fmt: skip


def verdict(*statuses: Status, cpu_s: tuple[float, ...] = (), error: Failure | None = None) -> Verdict:
    outputs = (None,) * len(statuses)
    return Verdict("c", "t", statuses[0], statuses, 0, None, outputs, error, cpu_s, sum(cpu_s), wall_s=0.5)


def asked(**limits: float) -> Limits:
    return msgspec.structs.replace(HAD, **limits)


def served(found: Verdict, **limits: float) -> bool:
    return serves(used_by_verdict(found, HAD), asked(**limits))


def test_what_ended_answers_for_every_limit_above_what_it_used() -> None:
    ended = verdict(C, W, cpu_s=(0.1, 0.4))
    assert used_by_verdict(ended, HAD).kind == ENDED
    assert [served(ended, timeout_s=s) for s in (0.3, 0.4, 1.0, 9.0)] == [False, True, True, True]
    assert [served(ended, memory_bytes=b) for b in (99, 100, 500)] == [False, True, True]
    assert [served(ended, idle_s=s) for s in (0.4, 0.5, 9.0)] == [False, True, True]
    assert [served(ended, wall_s=s) for s in (0.4, 0.5, 90.0)] == [False, True, True]


def test_a_cpu_timeout_answers_for_every_limit_not_above_its_own() -> None:
    late = verdict(C, T, N, cpu_s=(0.3, 1.001))
    assert used_by_verdict(late, HAD).kind == TIMEOUT
    assert [served(late, timeout_s=s) for s in (0.2, 0.3, 1.0, 1.1)] == [False, True, True, False]
    assert [served(late, memory_bytes=b) for b in (50, 100, 500)] == [False, True, True]


def test_a_full_memory_answers_for_every_limit_not_above_its_own() -> None:
    full = verdict(M, N, N, cpu_s=(0.3,))
    assert used_by_verdict(full, HAD).kind == MEMORY
    assert [served(full, memory_bytes=b) for b in (50, 100, 101)] == [True, True, False]
    assert [served(full, timeout_s=s) for s in (0.2, 0.3, 2.0)] == [False, True, True]


@pytest.mark.parametrize("found", [verdict(C, M, N), verdict(M, T, cpu_s=(0.1, 1.001))], ids=["ended", "late"])
def test_if_only_some_samples_filled_the_memory_it_answers_for_the_same_memory_only(found: Verdict) -> None:
    assert [served(found, memory_bytes=b) for b in (50, 100, 500)] == [False, True, False]


@pytest.mark.parametrize("found", [verdict(C, W), verdict(M, N), verdict(T, N, cpu_s=(1.001,))])
def test_what_may_go_on_after_a_full_memory_answers_for_the_same_memory_only(found: Verdict) -> None:
    used = used_by_verdict(found, HAD, catches=True)
    assert [serves(used, asked(memory_bytes=b)) for b in (50, 100, 500)] == [False, True, False]
    assert may_catch("def p(g):\n    try: return h(g)\n    except MemoryError: return g")
    assert not may_catch(b"def p(g): return h(g)")


def test_steps_that_filled_the_memory_on_some_samples_only_answer_for_the_same_memory_only() -> None:
    for values, served_memory in (
        ([value(M), value(M)], [True, True, False]),
        ([value(M), value(None)], [False, True, False]),
        ([value(M), value(T, 1.0)], [False, True, False]),
    ):
        used = used_by_values(values, HAD)
        assert [serves(used, asked(memory_bytes=b)) for b in (50, 100, 500)] == served_memory


def test_a_program_that_ended_its_process_answers_for_the_same_memory_only() -> None:
    crashed = verdict(X, N, cpu_s=(0.1,), error=Failure("SIGSEGV", "", None, 0))
    assert used_by_verdict(crashed, HAD).kind == ENDED
    assert [served(crashed, memory_bytes=b) for b in (50, 100, 500)] == [False, True, False]
    exited = verdict(Status.EXITED, N, cpu_s=(0.1,), error=Failure("exit code", "3", None, 0))
    assert [served(exited, memory_bytes=b) for b in (50, 100, 500)] == [False, True, False]


@pytest.mark.parametrize(
    "found",
    [
        verdict(T, N, cpu_s=(0.2,), error=Failure("idle_s", "", None, 0)),
        verdict(T, N, cpu_s=(0.2,), error=Failure("wall_s", "", None, 0)),
        verdict(E, T, N, cpu_s=(0.1, 0.2), error=Failure("ValueError", "", 1, 0)),
        verdict(X, N, cpu_s=(0.1,), error=Failure("SIGKILL", "", None, 0)),
        verdict(X, N, error=Failure("worker died", "", None, None)),
        verdict(E, X, N, cpu_s=(0.1, 0.1), error=Failure("ValueError", "", 1, 0)),
        verdict(N, N),
        verdict(C, N, N, cpu_s=(0.1,)),
        verdict(E, N, N, cpu_s=(0.1,), error=Failure("ValueError", "", 1, 0)),
    ],
    ids=["idle", "wall", "idle after an error", "killed", "lost", "crashed after an error", "never ran", "stopped",
         "stopped after an error"],
)  # fmt: skip
def test_what_depends_on_load_answers_for_nothing(found: Verdict) -> None:
    used = used_by_verdict(found, HAD)
    assert used.kind == PASSING
    assert not serves(used, HAD)


def value(status: Status | None, cpu_s: float = 0.1) -> StepValue:
    return StepValue(None, status, None, cpu_s)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([value(None), value(E)], ENDED), ([value(None), value(T, 1.0)], TIMEOUT), ([value(T, 0.2)], PASSING),
     ([value(M)], MEMORY), ([value(X)], PASSING), ([value(N)], PASSING)],
)  # fmt: skip
def test_values_of_steps_go_by_the_same_rules(values: list[StepValue], kind: str) -> None:
    assert used_by_values(values, HAD).kind == kind
