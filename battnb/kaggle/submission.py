"""A competition's submission: two attempts for each test input of each task, complete however little was reached.

Attempts are chosen without looking at any test output. The first attempt is the grid that the best program gave for the
test input. The best program is the one with

    1. most demo pairs right that it could not look up (verdict.unseen_correct: if it uses S, only pairs that it gets
       right with that pair left out of S count; if that was not judged, it has none);
    2. most distinct programs of the same score that agree on the grid;
    3. the smallest source; then the highest speed, in powers of ten of CPU seconds above a tenth, so that noise of the
       clock decides nothing; then the first md5.

The second attempt is the best other grid. A program that takes only the input may have outputs written into it. Nothing
tells this apart from a program that generalises, so it earns what it gets right. If there is no grid, or no other one,
the input itself is given, and after it a grid of the input's size that is all 0.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from battnb.errors import InputError
from battnb.files import write_whole
from battnb.kaggle.checking import Score, problems, read_submission, score
from battnb.load.tasks import without_answers
from battnb.model import Grid, Task, Verdict, as_task
from battnb.result.views import Comparison, Run

Entry = dict[str, list[list[int]]]
"""{"attempt_1": grid, "attempt_2": grid}, grids as lists of rows."""


class Submission(dict[str, list[Entry]]):
    """{id: [{"attempt_1": grid, "attempt_2": grid}, ...]}, an entry for each test input, as the competition wants it.

    answered: how many of the test inputs have a grid that a candidate gave. The others have what stands in for one
    (the start of this module).
    """

    def __init__(self, attempts: Mapping[str, Sequence[Attempts]], answered: int = 0) -> None:
        super().__init__({task_id: [_entry(*two) for two in on_inputs] for task_id, on_inputs in attempts.items()})
        self.answered = answered

    @property
    def test_inputs(self) -> int:
        return sum(map(len, self.values()))

    def __repr__(self) -> str:
        return f"<Submission: {len(self)} tasks, {self.answered} of {self.test_inputs} test inputs answered>"

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
        return problems(dict(self), [as_task(task) for task in tasks])

    def score(self, tasks: Sequence[Task]) -> Score:
        """What it scores on tasks whose test outputs are known, as the competition counts it."""
        return score(self, [as_task(task) for task in tasks])

    def write(self, path: str | os.PathLike[str] = "submission.json") -> Path:
        """Write it as the competition wants it, whole or not at all. Raises StoreError."""
        return write_whole(path, msgspec.json.encode(dict(self)))


def _entry(first: Grid, second: Grid) -> Entry:
    return {"attempt_1": [*map(list, first)], "attempt_2": [*map(list, second)]}


def submission(runs: Run | Comparison | Iterable[Run], tasks: Sequence[Task] | None = None) -> Submission:
    """Choose two attempts for each test input of each task (the start of this module says how).

    runs: complete or not, of any batteries; several runs of one task count together. tasks: all that the file must
    have, in its order; None for the tasks of the runs. Test outputs are not looked at. Runs with leave_one_out=False,
    such as compare's, do not judge what programs that use S get right without looking it up, so the grids of those
    programs come last. Raises InputError if there is no task, or if a run's task differs from the given task of its id.
    """
    several = _several(runs)
    by_id = {run.task.id: run.task for run in several}
    chosen = list(by_id.values()) if tasks is None else [as_task(task) for task in tasks]
    if not chosen:
        raise InputError("there is no task to submit; give runs, or the competition's tasks")
    _check_same(several, chosen)
    by_task: dict[str, list[Verdict]] = {}
    for run in several:
        by_task.setdefault(run.task.id, []).extend(run.verdicts)
    return of_choices({task.id: choice(task, by_task.get(task.id, ())) for task in chosen})


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


def choice(task: Task, verdicts: Iterable[Verdict]) -> Choice:
    """What verdicts on a task give."""
    answers = answers_of(task, verdicts)
    return Choice(attempts_for(task, answers), answered(task, answers))


def of_choices(choices: Mapping[str, Choice]) -> Submission:
    """The submission of what was chosen for each task."""
    attempts = {task_id: chosen.attempts for task_id, chosen in choices.items()}
    return Submission(attempts, sum([chosen.answered for chosen in choices.values()]))


# Attempts

Attempts = tuple[Grid, Grid]
"""The two grids that are handed in for one test input."""


class Choice(NamedTuple):
    """Two grids for each test input of a task, and how many of the inputs have one that a candidate gave."""

    attempts: list[Attempts]
    answered: int


class Answers(msgspec.Struct, frozen=True, gc=False):
    """What one program says about a task: what it is ranked by, and a grid or None for each test input."""

    correct: int
    md5: str
    size_bytes: int
    cpu_s: float
    grids: tuple[Grid | None, ...]

    @property
    def rank(self) -> tuple[float, int, str]:
        """The order among programs of one score: the lowest is the best."""
        return (self.size_bytes or math.inf, _slowness(self.cpu_s), self.md5)


def _slowness(cpu_s: float) -> int:
    return max(0, math.ceil(math.log10(cpu_s * 10))) if cpu_s > 0 else 0


def answers_of(task: Task, verdicts: Iterable[Verdict]) -> list[Answers]:
    """What distinct programs say, from verdicts on the task. Only validated ones count."""
    found: dict[str, Answers] = {}
    for v in verdicts:
        if v.validated and v.duplicate_of is None and any(v.outputs[len(task.demo) :]):
            tests = v.outputs[len(task.demo) :]
            answers = Answers(v.unseen_correct or 0, v.md5 or v.candidate_id, v.size_bytes, v.cpu_s, tests)
            known = found.get(answers.md5)
            if known is None or answers.correct > known.correct:
                found[answers.md5] = answers
    return list(found.values())


def answered(task: Task, answers: Sequence[Answers]) -> int:
    """How many of the test inputs have a grid."""
    return sum([any([one.grids[test] for one in answers]) for test in range(len(task.test))])


def attempts_for(task: Task, answers: Sequence[Answers]) -> list[Attempts]:
    """Two grids for each test input of the task, in the task's order."""
    return [_two(pair.input, _ranked(answers, test)) for test, pair in enumerate(task.test)]


def _ranked(answers: Sequence[Answers], test: int) -> list[Grid]:
    """The distinct grids for a test input, best first."""
    by_grid: dict[Grid, list[Answers]] = {}
    for one in answers:
        if (grid := one.grids[test]) is not None:
            by_grid.setdefault(grid, []).append(one)
    return sorted(by_grid, key=lambda grid: _key(by_grid[grid]))


def _key(agreeing: Sequence[Answers]) -> tuple[object, ...]:
    most = max([one.correct for one in agreeing])
    best = [one for one in agreeing if one.correct == most]
    return (-most, -len(best), min([one.rank for one in best]))


def _two(given: Grid, grids: Sequence[Grid]) -> Attempts:
    blank = tuple([(0,) * len(row) for row in given])
    first, second, *_ = [*dict.fromkeys([*grids[:2], given, blank]), given]
    return first, second
