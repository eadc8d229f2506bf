"""The phases as the pipeline runs them: each makes a record of its own from what is given and what was made before."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from battnb import phases
from battnb.model import Arg, Candidate, Inputs, Span, Step, StepValue, Verdict, phase_table
from battnb.phases.execute import judge_values_in_turns
from battnb.phases.filter import Filtered
from battnb.phases.store import Stored, store_differs
from battnb.phases.values import Executed, Given, InlinedBattery, Made, Rated, Tools, Validated
from battnb.trace import metrics
from battnb.trace.recorder import Recorder, verdict_span

MOST_NAMES = 8
"""Names that a line of the summary lists, the most common first."""


async def check(given: Given, made: Made, tools: Tools) -> Executed:  # noqa: ARG001  (the first phase)
    """Execute the battery's steps on demo and test pairs, all at once, and score every candidate."""
    values = await phases.execute(
        given.battery,
        given.task,
        tools.executor,
        limits=given.limits,
        pairs="all",
        one_at_a_time=given.one_at_a_time,
    )
    demo = len(given.task.demo)
    recorder = tools.progress.recorder
    _add_samples(recorder, phase_table.BATT_DEMO, "demo", values[:demo], is_phase=True)
    _add_samples(recorder, phase_table.BATT_TEST, "test", values[demo:], is_phase=True)
    return Executed(await judge_values_in_turns(given.battery, given.task, values))


async def keep_unique(given: Given, made: Made, tools: Tools) -> Filtered:
    filtered = await phases.filter(given.battery, made.get(Executed).verdicts, keep=given.keep)
    tools.say(f"-- Filtered to {len(filtered.kept)} unique candidates (from {len(given.battery)})")
    return filtered


async def inline(given: Given, made: Made, tools: Tools) -> InlinedBattery:
    with tools.progress.recorder.summed(metrics.INLINE_TOTAL):
        programs = await phases.inline(given.battery, set(made.get(Filtered).kept), dsl=given.dsl, forms=given.forms)
    tools.progress.wanted = len(programs)
    return InlinedBattery(programs)


async def validate(given: Given, made: Made, tools: Tools) -> Validated:
    candidates = [program.candidate for program in made.get(InlinedBattery).programs]
    started_s = time.monotonic()
    verdicts = await phases.validate(
        candidates,
        given.task,
        tools.executor,
        limits=given.limits,
        one_at_a_time=given.one_at_a_time,
        on_verdicts=tools.progress.reach,
    )
    wall_s = time.monotonic() - started_s
    how = "sequential" if given.one_at_a_time else "parallelized"
    tools.say(f"-- Phase 3a: Validated {len(candidates)} solvers in {wall_s:.3f}s ({how})")
    if cached := sum([verdict.cached for verdict in verdicts]):
        tools.say(f"-- Cached {cached} of {len(verdicts)} verdicts")
    if given_names := Counter([name for verdict in verdicts for name in verdict.supplied]):
        named = ", ".join([f"{name} to {count}" for name, count in given_names.most_common(MOST_NAMES)])
        tools.say(f"-- Supplied names that candidates took for granted: {named}")
    unseen = await _left_out(given, tools, candidates, verdicts) if given.leave_one_out else {}
    return Validated(verdicts, unseen)


async def _left_out(
    given: Given, tools: Tools, candidates: Sequence[Candidate], verdicts: Sequence[Verdict]
) -> dict[str, int]:
    """For programs that use S: how many demo pairs each gets right when that pair is left out of S."""
    found = await phases.left_out(
        candidates,
        verdicts,
        given.task,
        tools.executor,
        limits=given.limits,
        one_at_a_time=given.one_at_a_time,
    )
    for on_pairs in found.values():
        tools.progress.recorder.add(*[verdict_span(verdict) for verdict in on_pairs])
    return {name: sum([verdict.test_correct or 0 for verdict in on_pairs]) for name, on_pairs in found.items()}


async def store(given: Given, made: Made, tools: Tools) -> Stored | None:
    return None if given.out_dir is None else await store_programs(given, made, tools, given.out_dir)


async def differs(given: Given, made: Made, tools: Tools) -> Rated:
    recorder = tools.progress.recorder
    with recorder.summed(metrics.INLINE_TOTAL):
        kept = set(made.get(Filtered).kept)
        programs = phases.inline_differs(given.battery, kept, dsl=given.dsl, forms=given.forms)
    ratings = await phases.differs(
        given.battery,
        programs,
        given.task,
        _RecordedRunner(tools),
        verdicts=made.get(Executed).verdicts,
        limits=given.limits,
        one_at_a_time=given.one_at_a_time,
        forms=given.forms,
    )
    rated = Rated(ratings)
    made.add(rated)  # before they are stored, which may fail
    if given.out_dir is not None:
        await _store_ratings(given, ratings, tools, given.out_dir)
    return rated


# Storing


async def store_again(given: Given, made: Made, tools: Tools, out_dir: Path) -> None:
    """Store what a run has found in another folder too. Raises StoreError if it cannot be written."""
    await store_programs(given, made, tools, out_dir)
    await _store_ratings(given, made.get(Rated).ratings, tools, out_dir)


async def store_programs(given: Given, made: Made, tools: Tools, out_dir: Path) -> Stored:
    programs, reached = made.get(InlinedBattery).programs, tools.progress.validated
    verdicts = [reached[program.candidate.id] for program in programs]
    names, register = tools.executor.names, tools.register
    return await phases.store(programs, verdicts, out_dir, dsl=given.dsl, names=names, register=register)


async def _store_ratings(given: Given, ratings: Sequence[Any], tools: Tools, out_dir: Path) -> None:
    names, register = tools.executor.names, tools.register
    await store_differs(ratings, given.task.id, out_dir, dsl=given.dsl, names=names, register=register)


# Steps in the profile


class _RecordedRunner:
    """The executor, with what it runs for the differs in the profile."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def execute(
        self, steps: Sequence[Step], values: Sequence[Arg], samples: Sequence[Inputs], **options: Any
    ) -> list[list[StepValue]]:
        found = await self._tools.executor.execute(steps, values, samples, **options)
        _add_samples(self._tools.progress.recorder, phase_table.DIFFERS, "differs on demo", found)
        return found


def _add_samples(
    recorder: Recorder, metric: str, name: str, values: Sequence[Sequence[StepValue]], is_phase: bool = False
) -> None:
    """Put what steps took into the profile: a span a sample and lane, since no candidate owns shared steps.

    is_phase: also one span over all, from the first sample's start to the last one's end. What was known is from now.
    """
    spans, now_s = [], time.monotonic()
    for number, on_sample in enumerate(values):
        lanes = {value.lane for value in on_sample} - {None}
        if on_sample and not lanes:
            spans.append(Span(metric, f"{name} {number}", now_s, now_s, cached=True))
        for lane in lanes:
            ran = [value for value in on_sample if value.lane == lane]
            started_s, ended_s = min([v.started_s for v in ran]), max([v.ended_s for v in ran])
            cpu_s = sum([v.executed_cpu_s for v in ran])
            spans.append(Span(metric, f"{name} {number}", started_s, ended_s, lane, cpu_s=cpu_s))
    if spans and is_phase:
        spans.insert(0, Span(metric, metric, min(s.started_s for s in spans), max(s.ended_s for s in spans)))
    recorder.add(*spans)
