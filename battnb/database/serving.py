"""Which limits a kept result may answer for.

A result is served again only if it does not depend on load. There are three kinds: it ended by itself, it passed the
CPU limit, or it passed the memory limit. One that ended answers for all limits above what it used. One that passed a
limit answers for all limits that are not above that one. If a program may have reacted to a full memory by itself, its
result answers for the same memory limit only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from battnb.model import Limits, Status, StepValue, Verdict

SOFT = ("timeout_s", "memory_bytes", "idle_s", "wall_s")
"""The limits that the rules here are about. All others are part of a result's key (keys.py). New ones go to the end."""
ENDED, TIMEOUT, MEMORY, PASSING = "ended", "timeout", "memory", "passing"
"""Kinds of results. A passing one says nothing about another run: it idled, was killed from outside, or never ran."""

OWN_SIGNALS = ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGSYS", "SIGTRAP")
"""Signals that a program causes itself. Others, and the SIGBUS of a full memory, may come from outside."""
_CATCHING = re.compile(r"except|finally|suppress|contextlib|exit__|del__|exec|eval|[tT]hread|futures|process|resource")
"""What a program needs to go on after a MemoryError, or to find out its limits. A name too many only costs time."""


class Used(NamedTuple):
    """What a result says about limits.

    limits: those that it ran under. slowest_s: CPU seconds of its slowest sample, leaving out one that passed the
    limit. wall_s: seconds from its start to its end. strict: it answers for the same memory limit only, because it
    ended its process, may have gone on after a MemoryError, or passed the memory limit on some samples only.
    """

    kind: str
    limits: Limits
    slowest_s: float
    wall_s: float
    strict: bool = False


def may_catch(source: str | bytes) -> bool:
    """May a program with this source go on when memory is full?"""
    text = source if isinstance(source, str) else source.decode("latin-1")
    return _CATCHING.search(text) is not None


@lru_cache(maxsize=256)
def may_catch_beside(module: str) -> bool:
    """The same for a module beside programs. Many may have the same one, which may be large."""
    return may_catch(module)


def serves(used: Used, asked: Limits) -> bool:
    """Would the result be the same under these limits? Only those in SOFT can differ: the others are in its key."""
    had = used.limits
    if used.kind == PASSING or (used.strict and asked.memory_bytes != had.memory_bytes):
        return False
    if not (_is_roomy(asked.idle_s, had.idle_s, used.wall_s) and _is_roomy(asked.wall_s, had.wall_s, used.wall_s)):
        return False
    if used.kind == TIMEOUT:
        return used.slowest_s <= asked.timeout_s <= had.timeout_s and asked.memory_bytes >= had.memory_bytes
    if not _is_roomy(asked.timeout_s, had.timeout_s, used.slowest_s):
        return False
    if used.kind == MEMORY:
        return asked.memory_bytes <= had.memory_bytes
    return asked.memory_bytes >= had.memory_bytes


def _is_roomy(asked: float, had: float, used: float) -> bool:
    return asked >= had or asked >= used


# Verdicts


def used_by_verdict(verdict: Verdict, limits: Limits, catches: bool = False) -> Used:
    """What a validation under these limits says about others. catches: may the program go on when memory is full?"""
    statuses, cpu_s = verdict.sample_statuses, verdict.sample_cpu_s
    kind = _kind(verdict, limits)
    counted = [s for s, status in zip(cpu_s, statuses, strict=False) if status != Status.TIMEOUT]
    strict = catches or Status.CRASHED in statuses or Status.EXITED in statuses
    strict = strict or _is_partly_full(set(statuses) - {Status.CANCELLED})
    return Used(kind, limits, max(counted, default=0.0), verdict.wall_s, strict)


def _is_partly_full(statuses: Set[Status | None]) -> bool:
    """Did only some samples pass the memory limit? Under a lower limit the others may pass it too."""
    return Status.MEMORY in statuses and len(statuses) > 1


def _kind(verdict: Verdict, limits: Limits) -> str:
    statuses = verdict.sample_statuses
    if not statuses or statuses[0] == Status.CANCELLED:
        return PASSING
    if Status.TIMEOUT in statuses:
        return TIMEOUT if _passed_cpu_limit(verdict, statuses.index(Status.TIMEOUT), limits) else PASSING
    if Status.MEMORY in statuses:
        return MEMORY
    if Status.CRASHED in statuses:
        return ENDED if _error_type(verdict, statuses.index(Status.CRASHED)) in OWN_SIGNALS else PASSING
    return PASSING if Status.CANCELLED in statuses and not _ended_itself(verdict) else ENDED


def _passed_cpu_limit(verdict: Verdict, sample: int, limits: Limits) -> bool:
    """Did the sample pass the CPU limit? One that passed the idle or the wall limit used less than it was allowed."""
    if sample < len(verdict.sample_cpu_s):
        return verdict.sample_cpu_s[sample] > limits.timeout_s
    error = verdict.error
    return error is not None and error.type == "timeout_s" and error.sample in (sample, None)


def _ended_itself(verdict: Verdict) -> bool:
    """Its last samples never ran: was that the program's own doing, rather than a run that was stopped?"""
    last = verdict.sample_statuses.index(Status.CANCELLED) - 1
    return verdict.sample_statuses[last] == Status.EXITED or _error_type(verdict, last) == "threads"


def _error_type(verdict: Verdict, sample: int) -> str | None:
    error = verdict.error
    return error.type if error is not None and error.sample == sample else None


# Values of a battery's steps


def used_by_values(values: Sequence[StepValue], limits: Limits, catches: bool = False) -> Used:
    """What one value of a battery on some samples says about other limits. catches: as for a verdict."""
    statuses = {value.status for value in values}
    timed_out = [value for value in values if value.status == Status.TIMEOUT]
    if statuses & {Status.CRASHED, Status.EXITED, Status.CANCELLED}:
        kind = PASSING
    elif timed_out:
        # A step that was ended for idling did not use up its time.
        kind = TIMEOUT if all([value.cpu_s >= limits.timeout_s for value in timed_out]) else PASSING
    else:
        kind = MEMORY if Status.MEMORY in statuses else ENDED
    counted = [value.cpu_s for value in values if value.status != Status.TIMEOUT]
    wall_s = max([value.ended_s - value.started_s for value in values], default=0.0)
    return Used(kind, limits, max(counted, default=0.0), wall_s, catches or _is_partly_full(statuses))
