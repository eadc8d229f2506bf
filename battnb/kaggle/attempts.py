"""Two attempts for each test input, chosen without a look at any test output.

Of the grids that candidates gave for a test input the first is the one of the best program, by

    1. demo pairs right that it could not look up (verdict.unseen_correct: for a program that uses S those that it gets
       right with that pair left out of S; what was not judged counts nothing);
    2. how many distinct programs of this score agree on the grid;
    3. the size of its source, the smallest first; then its speed, in powers of ten of CPU seconds from a tenth on, so
       that what a clock happened to measure decides nothing; then its md5.

The second is the best other grid. A program that takes only the input may have outputs written into it; that cannot be
told from knowledge, and earns what it gets right. Where there is no grid, or no other one, the input itself is given,
and after it a grid of its size that is all 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from battnb.model import Grid, Task, Verdict

Attempts = tuple[Grid, Grid]
"""What is handed in for one test input: two grids."""


class Answers(msgspec.Struct, frozen=True, gc=False):
    """What one program says of a task: its rank among others, and a grid or None for each test input."""

    correct: int
    md5: str
    size_bytes: int
    cpu_s: float
    grids: tuple[Grid | None, ...]

    @property
    def rank(self) -> tuple[float, int, str]:
        """Among programs of one score: the least is the best."""
        return (self.size_bytes or math.inf, _slowness(self.cpu_s), self.md5)


def _slowness(cpu_s: float) -> int:
    return max(0, math.ceil(math.log10(cpu_s * 10))) if cpu_s > 0 else 0


def answers_of(task: Task, verdicts: Iterable[Verdict]) -> list[Answers]:
    """What distinct programs say: verdicts on the task, of which those that were validated count."""
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
    """For how many of the test inputs there is a grid."""
    return sum([any([one.grids[test] for one in answers]) for test in range(len(task.test))])


def attempts_for(task: Task, answers: Sequence[Answers]) -> list[Attempts]:
    """Two grids for each test input of the task, in their order."""
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
