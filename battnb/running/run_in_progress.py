"""A run in progress: from the values of a run to the Run that it comes to, at any moment."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from battnb.executor import Executor
from battnb.machine.host import this_machine
from battnb.model import Battery, Programs, Status, Task, Verdict, by_id
from battnb.phases.filter import Filtered
from battnb.phases.inline import Forms, InlinedCandidate
from battnb.phases.values import Executed, Given, InlinedBattery, Made, Rated, Tools, Validated
from battnb.result.views import Run
from battnb.running import phase_work
from battnb.running.options import Options
from battnb.running.pipeline import PROFILED, run_phases
from battnb.trace.recorder import Recorder, RunProgress


class RunInProgress:
    """One run: what is given, how far it has come, and what it has made. run() may be asked for at any moment."""

    def __init__(self, given: Given, progress: RunProgress) -> None:
        self.given = given
        self.progress = progress
        self._made = Made()
        self._tools: Tools | None = None
        self._layers: dict[str, str | None] = {}
        self._started_unix_s: float | None = None
        self._is_complete = False

    def begin(self, executor: Executor) -> None:
        """The executor is ready: the run's time begins now.

        What the run needs to know of the executor is taken now, since it must also be told if the executor fails.
        """
        self.progress.recorder.start()
        self._layers, self._started_unix_s = executor.layers, time.time()

    async def work(self, tools: Tools) -> None:
        """Run the phases."""
        self._tools = tools
        await run_phases(self.given, self._made, tools)
        self._is_complete = True

    async def store_again(self, out_dir: Path) -> None:
        """Store what a finished run has found in another folder too. Raises StoreError if it cannot be written."""
        assert self._tools is not None
        await phase_work.store_again(self.given, self._made, self._tools, out_dir)

    def run(self) -> Run:
        """The run so far; a candidate that was not reached is cancelled."""
        recorder = self.progress.recorder
        return Run(
            task=self.given.task,
            battery=self.given.battery.name,
            mode=recorder.mode,
            workers=recorder.workers,
            limits=self.given.limits,
            verdicts=self._verdicts(),
            profile=recorder.profile(),
            ratings=list(self._made.get(Rated).ratings),
            is_complete=self._is_complete,
            programs=Programs.of(self.given.battery),
            machine=this_machine(),
            layers=self._layers,
            started_unix_s=self._started_unix_s,
        )

    def _verdicts(self) -> list[Verdict]:
        """One for every candidate of the battery, in its order. Times are seconds of the run."""
        executed, validated = by_id(self._made.get(Executed).verdicts), self.progress.validated
        programs = {program.candidate.id: program for program in self._made.get(InlinedBattery).programs}
        duplicate_of, unseen = self._made.get(Filtered).duplicate_of, self._made.get(Validated).unseen
        found: dict[str, Verdict] = {}
        for candidate_id in self.given.battery.candidate_ids:
            original = duplicate_of.get(candidate_id)
            if original is not None:
                found[candidate_id] = msgspec.structs.replace(
                    found[original], candidate_id=candidate_id, duplicate_of=original
                )
                continue
            verdict = validated.get(candidate_id) or executed.get(candidate_id) or self._unreached(candidate_id)
            program = programs.get(candidate_id)
            found[candidate_id] = verdict if program is None else _as_program(verdict, program, unseen)
        return list(found.values())

    def _unreached(self, candidate_id: str) -> Verdict:
        task, samples = self.given.task, len(self.given.task.samples)
        return Verdict(
            candidate_id=candidate_id,
            task_id=task.id,
            status=Status.CANCELLED,
            sample_statuses=(Status.CANCELLED,) * samples,
            demo_correct=0,
            test_correct=0 if task.knows_tests else None,
            outputs=(None,) * samples,
            validated=False,
            task=task,
        )


def run_in_progress(
    task: Task, battery: Battery, options: Options, executor: Executor, forms: Forms | None = None
) -> RunInProgress:
    """A run that is ready to begin, by a caller's options. forms: those that other runs of the battery share."""
    recorder = Recorder(options.mode.capitalize(), options.mode, options.lanes(executor), phases=PROFILED)
    given = Given(
        task=task,
        battery=battery,
        limits=options.limits_in_force(),
        dsl=executor.dsl,
        out_dir=options.folder,
        one_at_a_time=options.is_sequential,
        leave_one_out=options.leave_one_out,
        keep=options.keep,
        forms=forms or Forms(battery.steps),
    )
    return RunInProgress(given, RunProgress(task.id, battery.name, len(battery), recorder, options.hear))


def _as_program(verdict: Verdict, program: InlinedCandidate, unseen: dict[str, int]) -> Verdict:
    """A verdict with what its program adds to it."""
    return msgspec.structs.replace(
        verdict,
        md5=program.md5,
        size_bytes=len(program.candidate.source),
        unseen_correct=_unseen_correct(verdict, unseen) if verdict.validated else None,
    )


def _unseen_correct(verdict: Verdict, unseen: dict[str, int]) -> int | None:
    return unseen.get(verdict.candidate_id, None if verdict.may_be_looked_up else verdict.demo_correct)
