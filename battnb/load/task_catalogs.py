"""Where tasks are: files, opened so that only the tasks that are asked for are decoded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from battnb.errors import TaskError

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
"""The only part of data that is not divided as a competition's is: a folder of <id>.json, or one file."""


class FoundTasks(msgspec.Struct, frozen=True):
    """Tasks that were found.

    place: the folder or file, or the name of a data set. left_out: how many files are no tasks, by what they are.
    """

    place: Path
    parts: Parts
    left_out: Mapping[str, int] = {}

    @property
    def catalog(self) -> Catalog:
        """The tasks of all parts, merged."""
        return merged(self.parts)


def merged(catalogs: Mapping[str, Catalog]) -> Catalog:
    """The tasks of several catalogs, which have names.

    A task that is in two counts once: the later, unless only an earlier one has solutions. Different tasks with one id
    are told apart as <catalog>/<id>.
    """
    places: defaultdict[str, list[tuple[str, Entry]]] = defaultdict(list)
    for name, catalog in catalogs.items():
        for task_id, entry in catalog.items():
            places[task_id].append((name, entry))
    found: Catalog = {}
    for task_id, named in places.items():
        (_, first), *others = named
        if all([_is_same(first, other) for _, other in others]):
            entries = [entry for _, entry in named]
            found[task_id] = first if not others else ([entry for entry in entries if _is_solved(entry)] or entries)[-1]
        else:
            found |= {f"{name}/{task_id}" if name else task_id: entry for name, entry in named}
    return found


def _is_same(one: Entry, other: Entry) -> bool:
    """Do they have the same demo pairs and test inputs, and the same test outputs where both say them?"""
    if one.task is not None and one.task == other.task:
        return True
    try:
        (asked, outputs), (also_asked, other_outputs) = _parts_of(value_of(one)), _parts_of(value_of(other))
    except TaskError:
        return False
    return asked == also_asked and all([a == b for a, b in zip(outputs, other_outputs, strict=True) if a and b])


def _parts_of(value: Any) -> tuple[Any, list[Any]]:
    """What a task asks, and its test outputs, None where they are not known."""
    tests = value.get("test") if isinstance(value, dict) else None
    if not isinstance(tests, list) or not all([isinstance(pair, dict) for pair in tests]):
        return value, []
    asked = [value.get("train"), value.get("arc-gen"), *[pair.get("input") for pair in tests]]
    return asked, [pair.get("output") for pair in tests]


def _is_solved(entry: Entry) -> bool:
    return entry.solutions is not None or any(_parts_of(value_of(entry))[1])


def value_of(entry: Entry) -> Any:
    """The JSON value of a task. Raises TaskError as decode does."""
    return decode(entry.file, entry.task if entry.task is not None else entry.file)


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
