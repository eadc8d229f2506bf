"""A competition's submission: two attempts for each test input of each task, complete however little was reached."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from battnb.errors import InputError
from battnb.files import write_whole
from battnb.kaggle.attempts import Attempts, answered, answers_of, attempts_for
from battnb.kaggle.checking import Score, problems, read_submission, score
from battnb.load.competition import without_answers
from battnb.model import Grid, Task, Verdict
from battnb.result.views import Comparison, Run

Entry = dict[str, list[list[int]]]
"""{"attempt_1": grid, "attempt_2": grid}, grids as lists of rows."""


class Submission(dict[str, list[Entry]]):
    """{id: [{"attempt_1": grid, "attempt_2": grid}, ...]}, an entry for each test input, as the competition wants it.

    answered: how many of the test inputs have a grid that a candidate gave. The others have what stands in for one
    (kaggle.attempts).
    """

    def __init__(self, attempts: Mapping[str, Sequence[Attempts]], answered: int = 0) -> None:
        super().__init__({task_id: [_entry(*two) for two in on_inputs] for task_id, on_inputs in attempts.items()})
        self.answered = answered

    @property
    def test_inputs(self) -> int:
        return sum(map(len, self.values()))

    def __repr__(self) -> str:
        return f"<Submission: {len(self)} tasks, {self.answered} of {self.test_inputs} test inputs answered>"

    def in_order(self, ids: Sequence[str]) -> Submission:
        """The same submission with its tasks in this order."""
        found = Submission({}, self.answered)
        found.update({task_id: self[task_id] for task_id in ids})
        return found

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Submission:
        """Read a submission's file, valid or not. Raises InputError if it is not a JSON object."""
        value = read_submission(Path(path))
        if not isinstance(value, dict):
            raise InputError(f"{path} is not an object of task ids; battnb submit --check says what is wrong")
        found = cls({})
        found.update(value)
        return found

    def problems(self, tasks: Sequence[Task]) -> list[str]:
        """What is wrong with it as a submission for these tasks: one sentence for each problem, none if it is valid."""
        return problems(dict(self), tasks)

    def score(self, tasks: Sequence[Task]) -> Score:
        """What it scores on tasks whose test outputs are known, as the competition counts it."""
        return score(self, tasks)

    def write(self, path: str | os.PathLike[str] = "submission.json") -> Path:
        """Write it as the competition wants it, whole or not at all. Raises StoreError."""
        return write_whole(path, msgspec.json.encode(dict(self)))


def _entry(first: Grid, second: Grid) -> Entry:
    return {"attempt_1": [*map(list, first)], "attempt_2": [*map(list, second)]}


def submission(runs: Run | Comparison | Iterable[Run], tasks: Sequence[Task] | None = None) -> Submission:
    """Choose two attempts for each test input of each task (kaggle.attempts says how).

    runs: complete or not, of any batteries; several runs of one task count together. tasks: all that the file must
    have, in its order; None for the tasks of the runs. Test outputs are not looked at. Runs with leave_one_out=False,
    such as compare's, do not judge what programs that use S get right without looking it up, so the grids of those
    programs come last. Raises InputError if there is no task, or if a run's task differs from the given task of its id.
    """
    several = _several(runs)
    by_id = {run.task.id: run.task for run in several}
    chosen = list(by_id.values()) if tasks is None else list(tasks)
    if not chosen:
        raise InputError("there is no task to submit; give runs, or the competition's tasks")
    _check_same(several, chosen)
    by_task: dict[str, list[Verdict]] = {}
    for run in several:
        by_task.setdefault(run.task.id, []).extend(run.verdicts)
    return submission_of(chosen, by_task)


def _check_same(runs: Sequence[Run], tasks: Sequence[Task]) -> None:
    """Raise InputError if a run's task has other demo pairs or test inputs than the given task of its id."""
    wanted = {task.id: without_answers(task) for task in tasks}
    for run in runs:
        if wanted.get(run.task.id, without_answers(run.task)) != without_answers(run.task):
            raise InputError(
                f"a run of {run.task.id} is of another task of that id, with other demo pairs or test inputs; "
                "run the battery on the tasks that are to be submitted"
            )


def _several(runs: Run | Comparison | Iterable[Run]) -> list[Run]:
    if isinstance(runs, Comparison):
        return [runs.before, runs.after]
    found = [runs] if isinstance(runs, Run) else list(runs)
    for run in found:
        if not isinstance(run, Run):
            raise InputError(f"submission takes runs, as run_tasks gives them, not a {type(run).__name__}")
    return found


def submission_of(tasks: Sequence[Task], verdicts: Mapping[str, Sequence[Verdict]]) -> Submission:
    """The submission for tasks. verdicts: by task id."""
    attempts: dict[str, list[Attempts]] = {}
    count = 0
    for task in tasks:
        answers = answers_of(task, verdicts.get(task.id, ()))
        attempts[task.id] = attempts_for(task, answers)
        count += answered(task, answers)
    return Submission(attempts, count)
