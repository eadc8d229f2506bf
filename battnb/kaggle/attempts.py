"""Two attempts for each test input, chosen without looking at any test output.

The first attempt is the grid that the best program gave for the test input. The best program is the one with

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
from collections.abc import Iterable, Sequence

import msgspec

from battnb.model import Grid, Task, Verdict

Attempts = tuple[Grid, Grid]
"""The two grids that are handed in for one test input."""


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
