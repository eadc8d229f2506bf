"""What is wrong with a submission, and what it scores if the solutions are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import InputError, TaskError
from battnb.load.tasks import Competition
from battnb.model import Task, read_grid

ATTEMPTS = ("attempt_1", "attempt_2")


class _Twice(list[tuple[str, Any]]):
    """The pairs of a JSON object in which a key occurs twice."""


def read_submission(path: str | Path) -> Any:
    """The JSON value of a submission's file. Raises InputError as read_json does."""
    return read_json(path, "give the submission's file", _object)


def read_json(path: str | Path, advice: str, hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The JSON value of a file. Raises InputError, with line and column, if it cannot be read or is not JSON.

    advice: what to do if it cannot be read. hook: makes a value of an object's pairs; None for dict.
    """
    try:
        return json.loads(Path(path).read_bytes(), object_pairs_hook=hook)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; {advice}") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}, column {error.colno}: broken JSON: {error.msg}; write it again"
        ) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}; write it again") from None


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice(pairs)


def problems(value: Any, tasks: Sequence[Task]) -> list[str]:
    """What is wrong with a submission for these tasks, by id and index (from 0). Empty if it is valid."""
    if isinstance(value, _Twice):
        keys = [key for key, _ in value]
        return [f"{key}: occurs more than once" for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if not isinstance(value, dict):
        return [f"the file holds {_named(value)}; it must be an object of task ids"]
    known = {task.id: task for task in tasks}
    found = [f"{task_id}: is missing" for task_id in known if task_id not in value]
    found += [f"{task_id}: is not a task of the competition" for task_id in value if task_id not in known]
    for task_id, entries in value.items():
        if task_id in known:
            found += [f"{task_id}{problem}" for problem in _task_problems(entries, len(known[task_id].test))]
    return found


def _task_problems(entries: Any, count: int) -> Iterator[str]:
    if not isinstance(entries, list):
        yield f": is {_named(entries)}; it must be a list with an entry for each test input"
        return
    if len(entries) != count:
        yield f": has {len(entries)} entries for {count} test inputs"
    for index, entry in enumerate(entries):
        for problem in _entry_problems(entry):
            yield f", index {index}{problem}"


def _entry_problems(entry: Any) -> Iterator[str]:
    if isinstance(entry, _Twice):
        yield ": a key occurs more than once"
        return
    if not isinstance(entry, dict):
        yield f": is {_named(entry)}; it must be an object with {' and '.join(ATTEMPTS)}"
        return
    for name in entry:
        if name not in ATTEMPTS:
            yield f": {name!r:.40} is neither {' nor '.join(ATTEMPTS)}"
    for name in ATTEMPTS:
        if name not in entry:
            yield f": {name} is missing"
            continue
        try:
            read_grid(entry[name], "grid")
        except TaskError as error:
            yield f", {name}: {error}"


def _named(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "text", type(None): "null"}.get(type(value), f"{value!r:.40}")


def part_of(
    value: Any, competition: Competition, part: str | None = None, solved: bool = False
) -> tuple[str, tuple[Task, ...]]:
    """The part of a competition that a submission is for: the named one, or the one with most of its ids.

    Among equals it is the part that is submitted by default. solved: only parts whose solutions are known.
    Raises TaskError if the part does not exist, or if its solutions are wanted and not known.
    """
    with_solutions = [name for name, tasks in competition.parts.items() if has_solutions(tasks)]
    if part is not None:
        tasks = competition.part(part)
        if solved and part not in with_solutions:
            others = [f"--part {name}, or " for name in with_solutions]
            raise TaskError(
                f"the {part} part of {competition.folder} has no solutions to score against; "
                f"give {''.join(others)}data that has them"
            )
        return part, tasks
    ids = set(value) if isinstance(value, dict) else set()
    parts = {name: tasks for name, tasks in competition.parts.items() if not solved or name in with_solutions}
    if not parts:
        raise TaskError(f"{competition.folder} has no solutions to score against; give data that has them")
    default = competition.part()
    ranked = sorted(parts, key=lambda name: (-len(ids & {t.id for t in parts[name]}), parts[name] is not default))
    return ranked[0], parts[ranked[0]]


def has_solutions(tasks: Sequence[Task]) -> bool:
    return all([pair.output is not None for task in tasks for pair in task.test])


# The score


class TaskScore(msgspec.Struct, frozen=True):
    """What one task scores: how many of its test outputs one of the two attempts gives exactly.

    attempts: for each test input the number of the attempt that is right, 0 if none is.
    """

    task_id: str
    attempts: tuple[int, ...]

    @property
    def correct(self) -> int:
        return sum([number > 0 for number in self.attempts])


class Score(msgspec.Struct, frozen=True):
    """What a submission scores, as the competition counts it: test outputs right / all test outputs of all tasks."""

    tasks: tuple[TaskScore, ...]

    @property
    def correct(self) -> int:
        return sum([task.correct for task in self.tasks])

    @property
    def total(self) -> int:
        return sum([len(task.attempts) for task in self.tasks])

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0

    @property
    def solved(self) -> int:
        """Tasks with all test outputs right."""
        return sum([task.correct == len(task.attempts) for task in self.tasks])

    def __repr__(self) -> str:
        return (
            f"<Score {self.share:.2%}: {self.correct} of {self.total} test outputs, "
            f"{self.solved} of {len(self.tasks)} tasks whole>"
        )


def score(value: Mapping[str, Any], tasks: Sequence[Task]) -> Score:
    """Score a submission on tasks whose test outputs are known. What is missing or malformed counts as wrong."""
    return Score(tuple([TaskScore(task.id, _right_attempts(value.get(task.id), task)) for task in tasks]))


def _right_attempts(entries: Any, task: Task) -> tuple[int, ...]:
    given = entries if isinstance(entries, list) else []
    padded = [*given, *[None] * len(task.test)]
    return tuple([_right(entry, pair.output) for entry, pair in zip(padded, task.test, strict=False)])


def _right(entry: Any, wanted: Any) -> int:
    for number, name in enumerate(ATTEMPTS, 1):
        if isinstance(entry, dict) and wanted is not None and _as_grid(entry.get(name)) == wanted:
            return number
    return 0


def _as_grid(value: Any) -> Any:
    try:
        return read_grid(value, "")
    except TaskError:
        return None
