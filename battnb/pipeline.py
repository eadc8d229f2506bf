"""A battery on a task, through all phases. Start reading here: PHASES in order, and one loop in run_phases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from battnb import phases
from battnb.executor import Executor
from battnb.machine import this_machine
from battnb.model import Arg, Battery, Candidate, Inputs, Limits, Span, Status, Step, StepValue, Task, Verdict
from battnb.phases.differs import Rating
from battnb.phases.execute import judge_values_in_turns
from battnb.phases.filter import KEEP, Filtered, candidate_ids
from battnb.phases.inline import InlinedCandidate
from battnb.phases.left_out import uses_s
from battnb.phases.store import Register, store_differs
from battnb.programs import programs_of
from battnb.run import Run, by_id
from battnb.trace import metrics
from battnb.trace.recorder import Recorder

DSL = ("battnb.dsl",)
"""The modules whose names programs see, unless others are named."""
WARM_UP_CANDIDATES = 12


class Draft:
    """A run as it comes to be: what it works on, and what the phases have made so far."""

    def __init__(
        self,
        task: Task,
        battery: Battery,
        executor: Executor,
        recorder: Recorder,
        limits: Limits,
        out_dir: Path | None,
        dsl: Sequence[str] = DSL,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.task = task
        self.battery = battery
        self.executor = executor
        self.recorder = recorder
        self.limits = limits
        self.out_dir = out_dir
        self.dsl = dsl
        self.say = say
        self.on_verdicts: Callable[[list[Verdict]], None] = lambda verdicts: None
        self.register: Register | None = None
        self.executed: list[Verdict] = []
        self.filtered = Filtered((), {}, ())
        self.programs: list[InlinedCandidate] = []
        self.validated: dict[str, Verdict] = {}
        self.leave_one_out = True
        self.keep: int | None = KEEP
        self.unseen: dict[str, int] = {}
        self.ratings: list[Rating] = []
        self.is_complete = False
        self.layers: dict[str, str | None] = {}
        self.started_unix_s: float | None = None

    @property
    def one_at_a_time(self) -> bool:
        return self.recorder.mode == "sequential"

    def run(self) -> Run:
        """The run so far; a candidate that was not reached is cancelled."""
        recorder = self.recorder
        return Run(
            self.task,
            self.battery.name,
            recorder.mode,
            recorder.workers,
            self.limits,
            self.verdicts(),
            recorder.profile(),
            self.ratings,
            self.is_complete,
            programs_of(self.battery),
            this_machine(),
            self.layers,
            self.started_unix_s,
        )

    def verdicts(self) -> list[Verdict]:
        """One for every candidate of the battery, in its order. Times are seconds of the run."""
        executed = by_id(self.executed)
        programs = by_candidate(self.programs)
        found: dict[str, Verdict] = {}
        for candidate_id in candidate_ids(self.battery):
            original = self.filtered.duplicate_of.get(candidate_id)
            if original is not None:
                found[candidate_id] = msgspec.structs.replace(
                    found[original], candidate_id=candidate_id, duplicate_of=original
                )
                continue
            verdict = self.validated.get(candidate_id) or executed.get(candidate_id) or self._unreached(candidate_id)
            program = programs.get(candidate_id)
            found[candidate_id] = verdict if program is None else self._as_program(verdict, program)
        return list(found.values())

    def _as_program(self, verdict: Verdict, program: InlinedCandidate) -> Verdict:
        """A verdict with what its program adds to it."""
        return msgspec.structs.replace(
            verdict,
            md5=program.md5,
            size_bytes=len(program.candidate.source),
            unseen_correct=self._unseen(verdict, program) if verdict.validated else None,
        )

    def _unseen(self, verdict: Verdict, program: InlinedCandidate) -> int | None:
        candidate_id = verdict.candidate_id
        if candidate_id not in self.unseen and verdict.demo_correct and uses_s(program.candidate, verdict.entry):
            return None
        return self.unseen.get(candidate_id, verdict.demo_correct)

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Validations as they are reached: into the profile, in seconds of the run, and to whoever watches."""
        since = self.recorder.since_start
        for v in verdicts:
            self.recorder.add(_span(v))
            self.validated[v.candidate_id] = msgspec.structs.replace(
                v, queued_s=since(v.queued_s), started_s=since(v.started_s), ended_s=since(v.ended_s)
            )
        self.recorder.total(metrics.CHECK_SOLVER_SPEED, sum([v.check_time for v in verdicts]))
        self.on_verdicts(list(verdicts))

    def add_samples(
        self, metric: str, name: str, values: Sequence[Sequence[StepValue]], is_phase: bool = False
    ) -> None:
        """What steps took, into the profile: a span a sample and lane, since no candidate owns shared steps.

        is_phase: also one over all, from the first sample's start to the last one's end. What was known is from now.
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
        self.recorder.add(*spans)

    def _unreached(self, candidate_id: str) -> Verdict:
        samples = len(self.task.samples)
        return Verdict(
            candidate_id,
            self.task.id,
            Status.CANCELLED,
            (Status.CANCELLED,) * samples,
            0,
            0 if any(pair.output for pair in self.task.test) else None,
            (None,) * samples,
            validated=False,
            task=self.task,
        )


def _span(v: Verdict) -> Span:
    """A validation in the profile."""
    return Span(
        metrics.VALIDATE,
        v.candidate_id,
        v.started_s,
        v.ended_s,
        v.worker,
        v.status,
        v.queued_s,
        v.executed_cpu_s,
        v.cached,
    )


def by_candidate(programs: Sequence[InlinedCandidate]) -> dict[str, InlinedCandidate]:
    return {program.candidate.id: program for program in programs}


async def check(draft: Draft) -> None:
    """Execute the battery's steps on demo and test pairs, all at once, and score every candidate."""
    values = await phases.execute(
        draft.battery,
        draft.task,
        draft.executor,
        limits=draft.limits,
        pairs="all",
        one_at_a_time=draft.one_at_a_time,
    )
    demo = len(draft.task.demo)
    draft.add_samples(metrics.BATT_DEMO, "demo", values[:demo], is_phase=True)
    draft.add_samples(metrics.BATT_TEST, "test", values[demo:], is_phase=True)
    draft.executed = await judge_values_in_turns(draft.battery, draft.task, values)


async def keep_unique(draft: Draft) -> None:
    draft.filtered = await phases.filter(draft.battery, draft.executed, keep=draft.keep)
    draft.say(f"-- Filtered to {len(draft.filtered.kept)} unique candidates (from {len(draft.battery)})")


async def inline(draft: Draft) -> None:
    with draft.recorder.summed(metrics.INLINE_TOTAL):
        draft.programs = await phases.inline(draft.battery, set(draft.filtered.kept), dsl=draft.dsl)


async def validate(draft: Draft) -> None:
    candidates = [program.candidate for program in draft.programs]
    started_s = time.monotonic()
    verdicts = await phases.validate(
        candidates,
        draft.task,
        draft.executor,
        limits=draft.limits,
        one_at_a_time=draft.one_at_a_time,
        on_verdicts=draft.add,
    )
    wall_s = time.monotonic() - started_s
    how = "sequential" if draft.one_at_a_time else "parallelized"
    draft.say(f"-- Phase 3a: Validated {len(candidates)} solvers in {wall_s:.3f}s ({how})")
    if cached := sum([verdict.cached for verdict in verdicts]):
        draft.say(f"-- Cached {cached} of {len(verdicts)} verdicts")
    if draft.leave_one_out:
        await leave_one_out(draft, candidates, verdicts)


async def leave_one_out(draft: Draft, candidates: Sequence[Candidate], verdicts: Sequence[Verdict]) -> None:
    """Judge what the programs that use S get right of what they cannot look up."""
    found = await phases.left_out(
        candidates,
        verdicts,
        draft.task,
        draft.executor,
        limits=draft.limits,
        one_at_a_time=draft.one_at_a_time,
    )
    for candidate_id, on_pairs in found.items():
        draft.unseen[candidate_id] = sum([verdict.test_correct or 0 for verdict in on_pairs])
        draft.recorder.add(*[_span(verdict) for verdict in on_pairs])


async def store(draft: Draft) -> None:
    if draft.out_dir is not None:
        await _store_programs(draft, draft.out_dir)


async def differs(draft: Draft) -> None:
    with draft.recorder.summed(metrics.INLINE_TOTAL):
        programs = phases.inline_differs(draft.battery, set(draft.filtered.kept), dsl=draft.dsl)
    draft.ratings = await phases.differs(
        draft.battery,
        programs,
        draft.task,
        _Recorded(draft),
        verdicts=draft.executed,
        limits=draft.limits,
        one_at_a_time=draft.one_at_a_time,
    )
    if draft.out_dir is not None:
        await _store_differs(draft, draft.out_dir)


PHASES: tuple[tuple[str, Callable[[Draft], Awaitable[None]]], ...] = (
    (metrics.CHECK_BATT, check),
    (metrics.FILTER, keep_unique),
    (metrics.INLINE, inline),
    (metrics.VALIDATE, validate),
    (metrics.STORE, store),
    (metrics.DIFFERS, differs),
)


async def run_phases(draft: Draft) -> None:
    """All phases in order, each under its span."""
    with draft.recorder.span(metrics.RUN_BATT):
        for metric, phase in PHASES:
            with draft.recorder.span(metric):
                await phase(draft)
            await asyncio.sleep(0)
    draft.is_complete = True


async def warm_up(task: Task, executor: Executor, limits: Limits, dsl: Sequence[str]) -> None:
    """A small run that nobody sees: what is made once, as forks and imports are, is no part of a later one's time."""
    from battnb.dsl.generate import generate_battery

    await executor.ready()
    battery = generate_battery(count=WARM_UP_CANDIDATES)
    await run_phases(Draft(task, battery, executor, Recorder("warm-up", "parallel", 0), limits, None, dsl))


async def store_again(draft: Draft, out_dir: Path) -> None:
    """Store what a run has found in another folder too. Raises StoreError where it cannot be written."""
    await _store_programs(draft, out_dir)
    await _store_differs(draft, out_dir)


async def _store_programs(draft: Draft, out_dir: Path) -> None:
    verdicts = [draft.validated[program.candidate.id] for program in draft.programs]
    names, register = draft.executor.names, draft.register
    await phases.store(draft.programs, verdicts, out_dir, dsl=draft.dsl, names=names, register=register)


async def _store_differs(draft: Draft, out_dir: Path) -> None:
    names, register = draft.executor.names, draft.register
    await store_differs(draft.ratings, draft.task.id, out_dir, dsl=draft.dsl, names=names, register=register)


class _Recorded:
    """The executor, with what it runs for the differs in the profile."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def execute(
        self, steps: Sequence[Step], values: Sequence[Arg], samples: Sequence[Inputs], **options: Any
    ) -> list[list[StepValue]]:
        found = await self._draft.executor.execute(steps, values, samples, **options)
        self._draft.add_samples(metrics.DIFFERS, "differs on demo", found)
        return found
