"""How far one run has come. What runs it writes this down, and what shows it reads it, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from battnb.model import Span, Verdict
from battnb.model.phase_table import VALIDATE
from battnb.trace import metrics
from battnb.trace.recorder import Recorder

Hear = Callable[[list[Verdict]], None]


class RunProgress:
    """A run's recorder, and the verdicts that it has reached.

    battery, candidates: the battery's name, and how many candidates it has.
    wanted: how many of them are to be validated; 0 until that is known.
    """

    def __init__(self, task_id: str, battery: str, candidates: int, recorder: Recorder, hear: Hear) -> None:
        self.task_id = task_id
        self.battery = battery
        self.candidates = candidates
        self.recorder = recorder
        self.wanted = 0
        self._hearing = [hear]
        self._validated: dict[str, Verdict] = {}

    def tell(self, hear: Hear) -> None:
        """Call this function with verdicts as they are reached."""
        self._hearing.insert(0, hear)

    def want(self, candidates: int) -> None:
        """Say how many candidates are to be validated."""
        self.wanted = candidates

    def reach(self, verdicts: Sequence[Verdict]) -> None:
        """Note validations in the profile, in seconds of the run, and tell whoever listens."""
        since = self.recorder.since_start
        for v in verdicts:
            self.recorder.add(verdict_span(v))
            self._validated[v.candidate_id] = msgspec.structs.replace(
                v, queued_s=since(v.queued_s), started_s=since(v.started_s), ended_s=since(v.ended_s)
            )
        self.recorder.total(metrics.CHECK_SOLVER_SPEED, sum([v.check_time for v in verdicts]))
        for hear in self._hearing:
            hear(list(verdicts))

    @property
    def validated(self) -> dict[str, Verdict]:
        """The verdicts reached so far, by candidate. Times are seconds of the run."""
        return dict(self._validated)


def verdict_span(v: Verdict) -> Span:
    """A validation as a span of the profile."""
    return Span(
        phase=VALIDATE,
        name=v.candidate_id,
        started_s=v.started_s,
        ended_s=v.ended_s,
        lane=v.worker,
        status=v.status,
        queued_s=v.queued_s,
        cpu_s=v.executed_cpu_s,
        cached=v.cached,
    )
