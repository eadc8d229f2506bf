"""Turn JSON values into grids and tasks, or say in one sentence what is wrong with them and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from battnb.errors import TaskError
from battnb.model import MAX_SIDE, Grid, Pair, Task


def read_grid(value: Any, where: str) -> Grid:
    """Check a grid: a list of 1 to 30 rows of 1 to 30 integers from 0 to 9, all rows of one length.

    where: what the grid is, for the error: "a.json: task 007bbfb7, demo pair 2 output".
    Raises TaskError naming it and the row, counted from 1.
    """
    if not isinstance(value, list | tuple):
        raise TaskError(f"{where} is {value!r:.40}; give a list of rows")
    if not 1 <= len(value) <= MAX_SIDE:
        raise TaskError(f"{where} has {len(value)} rows; give 1 to {MAX_SIDE}")
    return tuple([_read_row(row, value[0], f"{where}, row {number}") for number, row in enumerate(value, 1)])


def _read_row(row: Any, first: Any, where: str) -> tuple[int, ...]:
    if not isinstance(row, list | tuple):
        raise TaskError(f"{where} is {row!r:.40}; give a list of integers")
    if not 1 <= len(row) <= MAX_SIDE:
        raise TaskError(f"{where} has {len(row)} cells; give 1 to {MAX_SIDE}")
    if len(row) != len(first):
        raise TaskError(f"{where} has {len(row)} cells and row 1 has {len(first)}; make all rows of one length")
    if set(map(type, row)) != {int} or min(row) < 0 or max(row) > 9:
        cell, wrong = next((n, c) for n, c in enumerate(row, 1) if type(c) is not int or not 0 <= c <= 9)
        raise TaskError(f"{where}, cell {cell} is {wrong!r:.40}; give an integer from 0 to 9")
    return tuple(row)


def read_task(task_id: str, value: Any, file: str, solutions: Sequence[Any] | None = None) -> Task:
    """Check a task: {"train": [{"input", "output"}, ...], "test": [{"input"}, ...]}.

    solutions: the test outputs, in order, if they are in a file of their own. Code Golf's "arc-gen" pairs count as
    test pairs, after the others, but those with a side above 30 are left out.
    Raises TaskError naming the file, the task, the pair and the row.
    """
    where = f"{file}: task {task_id}"
    if not isinstance(value, dict) or not isinstance(value.get("train"), list):
        raise TaskError(f'{where} has no "train"; give an object with lists of pairs as "train" and "test"')
    if not value["train"]:
        raise TaskError(f"{where} has no demo pair; give at least one")
    tests = value.get("test", [])
    if not isinstance(tests, list):
        raise TaskError(f'{where} has {tests!r:.40} as "test"; give a list of pairs')
    if solutions is not None:
        tests = _solved(tests, solutions, where)
    tests = [*tests, *_generated(value.get("arc-gen", []), where)]
    demo = [_read_pair(pair, f"{where}, demo pair {n}", is_demo=True) for n, pair in enumerate(value["train"], 1)]
    test = [_read_pair(pair, f"{where}, test pair {n}", is_demo=False) for n, pair in enumerate(tests, 1)]
    return Task(task_id, tuple(demo), tuple(test))


def _generated(pairs: Any, where: str) -> list[Any]:
    if not isinstance(pairs, list):
        raise TaskError(f'{where} has {pairs!r:.40} as "arc-gen"; give a list of pairs')
    return [pair for pair in pairs if not (isinstance(pair, dict) and any(map(_is_too_large, pair.values())))]


def _is_too_large(grid: Any) -> bool:
    return isinstance(grid, list) and (
        len(grid) > MAX_SIDE or any([len(r) > MAX_SIDE for r in grid if type(r) is list])
    )


def _solved(tests: list[Any], solutions: Any, where: str) -> list[Any]:
    if not isinstance(solutions, list | tuple) or len(solutions) != len(tests):
        raise TaskError(f"{where} has {len(tests)} test inputs and its solutions are not as many grids")
    pairs = zip(tests, solutions, strict=True)
    return [{**pair, "output": output} if isinstance(pair, dict) else pair for pair, output in pairs]


def _read_pair(value: Any, where: str, *, is_demo: bool) -> Pair:
    if not isinstance(value, dict) or "input" not in value:
        raise TaskError(f'{where} has no "input"; give an object with "input" and "output"')
    output = value.get("output")
    if output is None and is_demo:
        raise TaskError(f"{where} output is missing; demo pairs need one")
    given = None if output is None else read_grid(output, f"{where} output")
    return Pair(read_grid(value["input"], f"{where} input"), given)
