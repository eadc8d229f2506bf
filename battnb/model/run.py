"""A run as data: what it ran on, its results, and where its time went."""

from __future__ import annotations

import difflib
from collections import Counter

import msgspec

from battnb.errors import InputError
from battnb.model.battery import Programs
from battnb.model.limits import Limits
from battnb.model.span import Profile
from battnb.model.task import Task
from battnb.model.verdict import Status, Verdict, by_id, own_verdicts, t_log


class Rating(msgspec.Struct, frozen=True, gc=False):
    """What one differ says about one candidate.

    family: "iz" or "zo". score: points over the demo pairs, at most two for each. counts: the raw and the own count for
    each pair; None if there is none. cpu_s: CPU seconds of the differ's own steps. md5, source: the differ's program,
    the candidate's steps included. The source is empty if too many others are better for it to be kept.
    """

    candidate_id: str
    name: str
    family: str
    score: int
    counts: tuple[tuple[int | None, int | None], ...]
    cpu_s: float
    md5: str
    source: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """Score and speed; higher is better."""
        return self.score, t_log(self.cpu_s)


class Machine(msgspec.Struct, frozen=True):
    """The computer that a run took place on, and its software.

    cores: processors that the process could use, by its affinity and by its control group's quota.
    memory_bytes: memory of the machine, or of the control group if that has less; None if unknown.
    versions: versions of Python and of installed libraries.
    """

    system: str
    processor: str
    cores: int
    memory_bytes: int | None
    versions: dict[str, str]


class RunRecord(msgspec.Struct, frozen=True):
    """One battery on one task. Users hold it as a Run (battnb.result), which adds views.

    verdicts: one per candidate of the battery, in its order. ratings: what differs say about candidates.
    mode: "sequential" or "parallel". is_complete: False if it was interrupted or ran out of time.
    programs: the candidates. machine: where they ran. layers: every layer of the sandbox; None if it was active,
    otherwise why it was missing. started_unix_s: when the run began, in seconds of Unix time.
    """

    task: Task
    battery: str
    mode: str
    workers: int
    limits: Limits
    verdicts: list[Verdict]
    profile: Profile
    ratings: list[Rating] = []
    is_complete: bool = True
    programs: Programs = Programs()
    machine: Machine | None = None
    layers: dict[str, str | None] = {}
    started_unix_s: float | None = None

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """This run alone. Views that show one run or two ask for this."""
        return (self,)

    @property
    def own_verdicts(self) -> list[Verdict]:
        """Unique validated verdicts, in the battery's order."""
        return own_verdicts(self.verdicts)

    @property
    def best(self) -> list[Verdict]:
        """Unique validated verdicts, best first (Verdict.rank)."""
        return sorted(self.own_verdicts, key=lambda verdict: verdict.rank)

    @property
    def winner(self) -> Verdict | None:
        """The best candidate; None if none gave a grid."""
        return next((verdict for verdict in self.best[:1] if any(verdict.outputs)), None)

    def counts(self) -> dict[Status, int]:
        """How many of the battery's candidates have each status, in Status's order."""
        found = Counter(verdict.status for verdict in self.verdicts)
        return {status: found[status] for status in Status if status in found}

    def verdict(self, candidate_id: str) -> Verdict:
        """The verdict of a candidate. Raises InputError for an id that the run does not have, with close matches."""
        found = by_id(self.verdicts)
        if candidate_id not in found:
            close = difflib.get_close_matches(candidate_id, found, 3, 0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else "its verdicts have their ids"
            raise InputError(f"candidate {candidate_id!r} is not among the run's {len(found)}; {hint}")
        return found[candidate_id]

    def __repr__(self) -> str:
        counts = ", ".join([f"{count} {status}" for status, count in self.counts().items()]) or "no candidates"
        end = "" if self.is_complete else ", not complete"
        return f"<Run {self.task.id} {self.mode}: {counts}, {self.profile.wall_s:.3f} s{end}>"


class ComparisonRecord(msgspec.Struct, frozen=True):
    """The same work, run twice. Candidates are matched by their ids. Users hold it as a Comparison (battnb.result)."""

    before: RunRecord
    after: RunRecord

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """Both runs, the one before first."""
        return (self.before, self.after)

    def changed(self) -> list[tuple[Verdict, Verdict]]:
        """Candidates whose statuses or outputs differ between the runs. There should be none."""
        after = by_id(self.after.verdicts)
        pairs = [(a, after[a.candidate_id]) for a in self.before.verdicts if a.candidate_id in after]
        return [(a, b) for a, b in pairs if (a.sample_statuses, a.outputs) != (b.sample_statuses, b.outputs)]

    def not_in_both(self) -> tuple[list[str], list[str]]:
        """Ids of candidates that only the first run has, and of those that only the second has."""
        before, after = by_id(self.before.verdicts), by_id(self.after.verdicts)
        return [name for name in before if name not in after], [name for name in after if name not in before]


Runs = RunRecord | ComparisonRecord
"""One run, or two of the same work."""
