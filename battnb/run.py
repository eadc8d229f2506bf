"""What a run leaves: verdicts, a profile, and the views that are made of them. saved.py keeps them in files."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.errors import InputError
from battnb.machine import Machine
from battnb.model import Limits, Profile, Status, Task, Verdict
from battnb.phases.differs import Rating
from battnb.programs import Programs
from battnb.trace import metrics

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Views(msgspec.Struct, frozen=True):
    """What one run and two have in common: pictures, reports and files are made of a list of runs."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """One run, or two of the same work, the one before first."""
        raise NotImplementedError

    def gantt(self, ax: Axes | None = None) -> Figure:
        """The timeline as a picture; two are above each other on one time axis."""
        from battnb.view.gantt import gantt

        return gantt([run.profile for run in self.runs], ax)

    def report(self, path: str | os.PathLike[str] = "report.html") -> Path:
        """Write the performance report: one HTML file that needs no network, whole or not at all.

        Returns the path. Raises StoreError where it cannot be written.
        """
        from battnb.view.report import write_report

        return write_report(self, path)

    def export(self, folder: str | os.PathLike[str], formats: Sequence[str] | None = None) -> list[Path]:
        """Write tables, a trace and pictures for other tools; exports.export_runs says which.

        formats: some of "csv", "parquet", "trace", "png", "svg", "pdf"; None for all but parquet, which needs pyarrow.
        """
        from battnb.exports import FORMATS, export_runs

        usual = [kind for kind in FORMATS if kind != "parquet"]
        return export_runs(self.runs, folder, usual if formats is None else formats)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything that a view needs as JSON, whole or not at all. Raises StoreError."""
        from battnb.saved import save_runs

        return save_runs(path, self.runs)


class Run(Views, frozen=True):
    """One battery on one task.

    verdicts: one per candidate of the battery, in its order. ratings: what differs say of candidates.
    mode: "sequential" or "parallel". is_complete: False where it was interrupted or ran out of time.
    programs: what the candidates were. machine: where they ran. layers: every layer of the sandbox there, None where
    it was active, else why it was missing. started_unix_s: when it began, in seconds of Unix time.
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
    def runs(self) -> tuple[Run, ...]:
        return (self,)

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


class Comparison(Views, frozen=True):
    """The same work twice. Candidates are matched by their ids."""

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
    def runs(self) -> tuple[Run, ...]:
        return (self.before, self.after)

    @property
    def speedup(self) -> float | None:
        """Wall time of the first / wall time of the second; None where they did not both do all of the same work."""
        if not (self.before.is_complete and self.after.is_complete) or any(self.not_in_both()):
            return None
        return metrics.speedup(self.before.profile, self.after.profile)

    def changed(self) -> list[tuple[Verdict, Verdict]]:
        """Candidates whose statuses or outputs are not the same in both; there should be none."""
        after = by_id(self.after.verdicts)
        pairs = [(a, after[a.candidate_id]) for a in self.before.verdicts if a.candidate_id in after]
        return [(a, b) for a, b in pairs if (a.sample_statuses, a.outputs) != (b.sample_statuses, b.outputs)]

    def not_in_both(self) -> tuple[list[str], list[str]]:
        """Ids of candidates that only the first run has, and of those that only the second has."""
        before, after = by_id(self.before.verdicts), by_id(self.after.verdicts)
        return [name for name in before if name not in after], [name for name in after if name not in before]

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
        """How much of its work each run did not do twice. What the second avoided more of is no parallelism."""
        words = []
        for run in (self.before, self.after):
            computed = [verdict for verdict in _own(run) if not verdict.cached]
            counted_s = sum([v.cpu_s for v in computed])
            spent_s = sum([min(v.cpu_s, v.executed_cpu_s) for v in computed])
            if counted_s - spent_s > 0.01 * counted_s:
                words.append(
                    f"{run.mode}: candidates count {counted_s:.3f} CPU s (sum) but took {spent_s:.3f} (sum), since "
                    f"equal steps ran once: {1 - spent_s / counted_s:.0%} of their work was avoided"
                )
        return words


def _own(run: Run) -> list[Verdict]:
    """Verdicts of a run's own validations, not those of duplicates."""
    return [verdict for verdict in run.verdicts if verdict.validated and verdict.duplicate_of is None]


def by_id(verdicts: Sequence[Verdict]) -> dict[str, Verdict]:
    return {verdict.candidate_id: verdict for verdict in verdicts}
