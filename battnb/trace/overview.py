"""Several runs in numbers: what became different between two, and what came of many, with a row a task and sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from battnb.model import ComparisonRecord, Profile, RunRecord, Verdict, own_verdicts
from battnb.model.task import Shown
from battnb.provided import provided
from battnb.trace import metrics

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SOLVED, PARTLY, NONE, STOPPED = "solved", "partly", "none", "stopped"
"""What a task came to: its best candidate gets all demo pairs right, some, or none; or it was cut off early."""


class TaskRow(msgspec.Struct, frozen=True):
    """What came of one task.

    best: the best candidate's id; None if none gave a grid. demo_correct, test_correct: how many pairs it gets right,
    out of demo_pairs and test_pairs (those whose output is known). validated: unique candidates with a verdict.
    cached: those of them that were known before. started_s: from the start of the first task. cpu_s: of the
    candidates that really ran.
    """

    task_id: str
    is_complete: bool
    best: str | None
    demo_correct: int
    demo_pairs: int
    test_correct: int | None
    test_pairs: int
    candidates: int
    validated: int
    cached: int
    started_s: float
    wall_s: float
    cpu_s: float

    @property
    def came_to(self) -> str:
        if self.best is not None and self.demo_correct == self.demo_pairs:
            return SOLVED
        if not self.is_complete:
            return STOPPED
        return PARTLY if self.demo_correct else NONE

    @property
    def ended_s(self) -> float:
        return self.started_s + self.wall_s


def task_row(run: RunRecord, since: float | None = None) -> TaskRow:
    """The row of a run. since: when the first task began, in seconds of Unix time; None for the run's own start."""
    own, best = run.own_verdicts, run.winner
    return TaskRow(
        task_id=run.task.id,
        is_complete=run.is_complete,
        best=best.candidate_id if best is not None else None,
        demo_correct=best.demo_correct if best is not None else 0,
        demo_pairs=len(run.task.demo),
        test_correct=best.test_correct if best is not None else 0 if own and run.task.knows_tests else None,
        test_pairs=len([pair for pair in run.task.test if pair.output is not None]),
        candidates=len(run.verdicts),
        validated=len(own),
        cached=sum([v.cached for v in own]),
        started_s=0.0 if since is None or run.started_unix_s is None else run.started_unix_s - since,
        wall_s=run.profile.wall_s,
        cpu_s=sum([v.executed_cpu_s for v in own]),
    )


class Overview(Shown, frozen=True):
    """Many tasks, in their order. total: how many there are to be; more than rows if some have not begun."""

    rows: tuple[TaskRow, ...]
    total: int

    @property
    def complete(self) -> int:
        """Tasks that came to their end."""
        return sum([row.is_complete for row in self.rows])

    @property
    def solved(self) -> int:
        """Tasks with a candidate that gets all demo pairs right."""
        return sum([row.came_to == SOLVED for row in self.rows])

    @property
    def tests_solved(self) -> int:
        """Tasks whose best candidate gets all test pairs right that are known."""
        return sum([row.test_pairs > 0 and row.test_correct == row.test_pairs for row in self.rows if row.best])

    @property
    def wall_s(self) -> float:
        """Seconds from the start of the first task to the end of the last."""
        return max([row.ended_s for row in self.rows if row.wall_s > 0], default=0.0)

    @property
    def validated(self) -> int:
        return sum([row.validated for row in self.rows])

    @property
    def cached(self) -> int:
        return sum([row.cached for row in self.rows])

    def __str__(self) -> str:
        text: str = provided("Overview.__str__")(self)
        return text

    def to_frame(self) -> pd.DataFrame:
        """A row a task. The columns are the fields of TaskRow, and came_to."""
        import pandas as pd

        rows = [{**msgspec.structs.asdict(row), "came_to": row.came_to} for row in self.rows]
        frame = pd.DataFrame(rows, columns=[*TaskRow.__struct_fields__, "came_to"])
        return frame.astype({"task_id": "string", "best": "string", "came_to": "string", "test_correct": "Int64"})

    def plot(self) -> Figure:
        """The tasks that ended and were solved over time, and each task's time, coloured by what it came to."""
        figure: Figure = provided("Overview.plot")(self)
        return figure


def overview(runs: Iterable[RunRecord]) -> Overview:
    """What came of many runs, such as those that run_tasks returns: a table, sums and a plot."""
    found = list(runs)
    begun = [run.started_unix_s for run in found if run.started_unix_s is not None]
    since = min(begun, default=None)
    return Overview(tuple([task_row(run, since) for run in found]), len(found))


SLOWER_BY, SLOWER_BY_S = 1.2, 0.001
"""A candidate is slower if it took this many times its CPU seconds, and this many more. Less is noise."""


class Change(msgspec.Struct, frozen=True):
    """A number of two runs, in seconds; None if a run does not have it.

    name: a metric, or a candidate's id.
    """

    name: str
    before_s: float | None
    after_s: float | None

    @property
    def difference_s(self) -> float | None:
        """After minus before; below 0 is faster."""
        return None if self.before_s is None or self.after_s is None else self.after_s - self.before_s

    @property
    def factor(self) -> float | None:
        """After / before; below 1 is faster. None if before is 0."""
        return self.after_s / self.before_s if self.after_s is not None and self.before_s else None


def phase_changes(before: Profile, after: Profile) -> list[Change]:
    """Every metric of the timing summary that at least one of the runs has, in the summary's order, sums included."""
    names = metrics.summary_metrics(after, before)
    found = [Change(name, metrics.metric_s(before, name), metrics.metric_s(after, name)) for name in names]
    return [change for change in found if change.before_s is not None or change.after_s is not None]


def slower(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[Change]:
    """Candidates that both runs validated and whose check time grew (SLOWER_BY and SLOWER_BY_S), most first.

    Check time is CPU time, so other work on the machine makes no candidate slower.
    """
    known = {verdict.candidate_id: verdict.check_time for verdict in own_verdicts(before)}
    both = [
        Change(verdict.candidate_id, known[verdict.candidate_id], verdict.check_time)
        for verdict in own_verdicts(after)
        if verdict.candidate_id in known
    ]
    return sorted([change for change in both if _is_slower(change)], key=lambda change: -(change.difference_s or 0.0))


def _is_slower(change: Change) -> bool:
    before_s, after_s = change.before_s or 0.0, change.after_s or 0.0
    return after_s > before_s * SLOWER_BY and after_s - before_s > SLOWER_BY_S


def comparable_speedup(both: ComparisonRecord) -> float | None:
    """Wall time of the first run / wall time of the second; None unless both did all of the same work."""
    if not (both.before.is_complete and both.after.is_complete) or any(both.not_in_both()):
        return None
    return metrics.speedup(both.before.profile, both.after.profile)


def counted_and_spent_s(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """CPU seconds that candidates count, and those that were spent: fewer if equal steps ran once for several."""
    computed = [verdict for verdict in own_verdicts(verdicts) if not verdict.cached]
    return sum([v.cpu_s for v in computed]), sum([min(v.cpu_s, v.executed_cpu_s) for v in computed])
