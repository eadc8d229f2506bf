"""What a run leaves: verdicts, a profile, and the views that are made of them."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.errors import InputError, ProfileError
from battnb.files import write_whole
from battnb.model import Limits, Profile, Status, Task, Verdict
from battnb.phases.differs import Rating
from battnb.trace import metrics

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMAT = "battnb run"
VERSION = 1


class Run(msgspec.Struct, frozen=True):
    """One battery on one task.

    verdicts: one per candidate of the battery, in its order. ratings: what differs say of candidates.
    mode: "sequential" or "parallel". is_complete: False where it was interrupted or ran out of time.
    started_at: seconds since the epoch.
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
    started_at: float = 0.0

    @property
    def best(self) -> list[Verdict]:
        """Unique validated verdicts, best first: by demo pairs right, then by grids given, then by speed.

        Test pairs count nothing.
        """
        unique = [v for v in self.verdicts if v.duplicate_of is None and v.validated]
        return sorted(unique, key=lambda v: (-v.demo_correct, v.outputs.count(None), v.cpu_s, v.md5))

    def counts(self) -> dict[Status, int]:
        """How many of the battery's candidates have each status, in Status's order."""
        found = Counter(verdict.status for verdict in self.verdicts)
        return {status: found[status] for status in Status if status in found}

    def __repr__(self) -> str:
        counts = ", ".join([f"{count} {status}" for status, count in self.counts().items()])
        end = "" if self.is_complete else ", not complete"
        return f"<Run {self.task.id} {self.mode}: {counts}, {self.profile.wall_s:.3f} s{end}>"

    def _repr_html_(self) -> str:
        from battnb.view.rich import run_html

        return run_html(self)

    def show(self, *which: Verdict | str) -> None:
        """Show candidates, by verdict or id, with what was wanted beside what they gave; without any the best one.

        Raises InputError for an id that the run does not have.
        """
        from battnb.view.show import show

        verdicts = [self.verdict(one) if isinstance(one, str) else one for one in which] or self.best[:1]
        if not verdicts:
            raise InputError("the run has no verdict to show: no candidate was validated")
        show(*verdicts)

    def verdict(self, candidate_id: str) -> Verdict:
        """The verdict of a candidate. Raises InputError for an id that the run does not have, with close matches."""
        found = by_id(self.verdicts)
        if candidate_id not in found:
            close = difflib.get_close_matches(candidate_id, found, 3, 0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else "its verdicts have their ids"
            raise InputError(f"candidate {candidate_id!r} is not among the run's {len(found)}; {hint}")
        return found[candidate_id]

    def to_frame(self) -> pd.DataFrame:
        """A row a candidate, in the battery's order (trace.frames.verdicts_frame says what the columns are)."""
        from battnb.trace.frames import verdicts_frame

        return verdicts_frame(self.verdicts)

    def timing_summary(self) -> str:
        """The metrics of the run as text, in seconds; sums of parallel work are labelled as sums."""
        return metrics.timing_summary(self.profile)

    def gantt(self, ax: Axes | None = None) -> Figure:
        """The run's timeline as a picture."""
        from battnb.view.gantt import gantt

        return gantt(self.profile, ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything that a view needs as JSON, whole or not at all. Raises StoreError."""
        return write_json(path, _Saved(FORMAT, VERSION, [_with_task(self, None)]))


class Comparison(msgspec.Struct, frozen=True):
    """The same work twice."""

    before: Run
    after: Run

    def __repr__(self) -> str:
        return f"<Comparison {self.before!r} {self.after!r}>"

    def _repr_html_(self) -> str:
        from battnb.view.rich import comparison_html

        return comparison_html(self)

    @property
    def sequential(self) -> Run:
        return self.before

    @property
    def parallel(self) -> Run:
        return self.after

    @property
    def speedup(self) -> float | None:
        """Wall time of the first / wall time of the second; None where one of them did not do all of the work."""
        if not (self.before.is_complete and self.after.is_complete):
            return None
        return metrics.speedup(self.before.profile, self.after.profile)

    def changed(self) -> list[tuple[Verdict, Verdict]]:
        """Candidates whose statuses or outputs are not the same in both; there should be none."""
        pairs = zip(self.before.verdicts, self.after.verdicts, strict=True)
        return [(a, b) for a, b in pairs if (a.sample_statuses, a.outputs) != (b.sample_statuses, b.outputs)]

    def timing_summary(self) -> str:
        """Both summaries, and wall time against wall time."""
        parts = [f"{run.mode}\n{run.timing_summary()}" for run in (self.before, self.after)]
        before_s, after_s = self.before.profile.wall_s, self.after.profile.wall_s
        words = f"{self.before.mode} {before_s:.3f} s, {self.after.mode} {after_s:.3f} s"
        ratio = f": {self.speedup:.2f} x" if self.speedup else ""
        return "\n\n".join([*parts, words + ratio, *self.cached_words(), *self.avoided_words()])

    def cached_words(self) -> list[str]:
        """Which of the runs did not do all of its work, since verdicts were known: then no speedup means anything."""
        words = []
        for run in (self.before, self.after):
            own = _own(run)
            if cached := sum([verdict.cached for verdict in own]):
                words.append(f"{run.mode}: {cached} of {len(own)} verdicts came from the cache, and took no time")
        return words

    def avoided_words(self) -> list[str]:
        """How much of the second run's gain is no parallelism, but work that was not done twice."""
        computed = [verdict for verdict in _own(self.after) if not verdict.cached]
        counted_s = sum([v.cpu_s for v in computed])
        spent_s = sum([min(v.cpu_s, v.executed_cpu_s) for v in computed])
        if counted_s - spent_s <= 0.01 * counted_s:
            return []
        return [
            f"{self.after.mode}: candidates count {counted_s:.3f} CPU s (sum) but took {spent_s:.3f} (sum), since "
            f"equal steps ran once: {1 - spent_s / counted_s:.0%} of their work was avoided, not parallelised"
        ]

    def gantt(self, ax: Axes | None = None) -> Figure:
        """Both timelines above each other on one time axis."""
        from battnb.view.gantt import gantt

        return gantt([self.before.profile, self.after.profile], ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write both runs as JSON, whole or not at all. Raises StoreError."""
        return write_json(path, _Saved(FORMAT, VERSION, [_with_task(run, None) for run in (self.before, self.after)]))


def _own(run: Run) -> list[Verdict]:
    """Verdicts of a run's own validations, not those of duplicates."""
    return [verdict for verdict in run.verdicts if verdict.validated and verdict.duplicate_of is None]


class _Head(msgspec.Struct):
    format: str
    version: int


class _Saved(msgspec.Struct):
    format: str
    version: int
    runs: list[Run]


def load_run(path: str | os.PathLike[str]) -> Run | Comparison:
    """Read a saved run, or a comparison. Raises ProfileError for a file that is none, is cut short, or is newer."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ProfileError(f"cannot read {path}: {error.strerror}") from error
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise ProfileError(f"{path} is no saved run: its format is {head.format!r}, not {FORMAT!r}")
        if head.version != VERSION:
            raise ProfileError(f"{path} has version {head.version}; this battnb reads {VERSION}: install a newer one")
        runs = msgspec.json.decode(data, type=_Saved).runs
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProfileError(f"{path} is no saved run, or is cut short: {error}") from error
    if len(runs) not in (1, 2):
        raise ProfileError(f"{path} holds {len(runs)} runs; a file has one, or two to compare")
    runs = [_with_task(run, run.task) for run in runs]
    return runs[0] if len(runs) == 1 else Comparison(*runs)


def _with_task(run: Run, task: Task | None) -> Run:
    """A run whose verdicts have a task, or have none: a file holds it once."""
    verdicts = [msgspec.structs.replace(verdict, task=task) for verdict in run.verdicts]
    return msgspec.structs.replace(run, verdicts=verdicts)


def write_json(path: str | os.PathLike[str], what: msgspec.Struct) -> Path:
    """Write a record as JSON: a temporary file, then a rename."""
    return write_whole(path, msgspec.json.encode(what))


def by_id(verdicts: Sequence[Verdict]) -> dict[str, Verdict]:
    return {verdict.candidate_id: verdict for verdict in verdicts}
