"""Limits behind the socket: only Limits lists them, and they travel by their names."""

from __future__ import annotations

import marshal

from battnb.model import Limits
from battnb.sandbox import wire
from battnb.sandbox.inside.watch import JobLimits
from battnb.sandbox.inside.worker import KERNEL_LIMITS
from battnb.sandbox.parent.judge import used_up_s
from battnb.sandbox.parent.lanes import job_head

LIMITS = Limits(timeout_s=1.5, memory_bytes=3 * 2**20, threads=5)


def test_a_job_has_every_limit_by_its_name() -> None:
    body = job_head(7, wire.SOLO, LIMITS, 0.2, "rest")[wire.LENGTH.size :]
    number, how, by_name, turn_s, rest = marshal.loads(body)
    assert (number, how, turn_s, rest) == (7, wire.SOLO, 0.2, "rest")
    limits = JobLimits(**by_name)
    assert all(getattr(limits, name) == getattr(LIMITS, name) for name in Limits.__struct_fields__)


def test_a_fork_that_is_kept_takes_on_all_limits_but_those_of_time() -> None:
    lasting = JobLimits(timeout_s=1.0, idle_s=2.0, threads=3).lasting()
    assert lasting == JobLimits(timeout_s=9.0, idle_s=9.0, threads=3).lasting()
    assert lasting != JobLimits(timeout_s=1.0, idle_s=2.0, threads=4).lasting()


def test_every_name_of_a_limit_is_a_field_of_limits() -> None:
    named = {name for name, _ in KERNEL_LIMITS} | {kill.limit for kill in wire.KILLS if kill.limit}
    assert named <= set(Limits.__struct_fields__)


def test_only_the_limit_of_cpu_time_says_how_much_was_used() -> None:
    assert [bool(used_up_s(reason, LIMITS)) for reason in range(len(wire.KILLS))] == [
        kill.limit == "timeout_s" for kill in wire.KILLS
    ]
    assert LIMITS.timeout_s < used_up_s(wire.CPU_LIMIT, LIMITS) < 1.01 * LIMITS.timeout_s
