"""One .py file: a program, or many solvers with what each needs of the rest. It is read as Python reads it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from battnb.load.beside import dsl_beside, siblings_of
from battnb.load.definitions import definitions, has_named_entry, is_dynamic, may_have_entry, task_in_name, task_solvers
from battnb.load.pure import parse_file, read_source
from battnb.model import Battery, Candidate

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""A line as Python's parser counts them: a form feed or U+2028 ends none."""
_TASK_ID = re.compile(r"[0-9a-f]{8}|task\d+")


def solver_file(path: Path) -> Battery:
    """A .py file: one candidate, or one for each solve_<task> and verify_<task> where nothing else is its entry point.

    Raises BatteryError if it is not Python. The battery is empty if nothing in the file can be called.
    """
    file = ProgramFile.read(path)
    programs = tuple(file.candidates()) if file.may_be_program else ()
    return Battery(path.stem, programs=programs, beside=dsl_beside(path.parent))


class ProgramFile(NamedTuple):
    """A .py file that was read."""

    path: Path
    source: str | bytes
    module: ast.Module

    @classmethod
    def read(cls, path: Path) -> ProgramFile:
        """Raises BatteryError if the file cannot be read, or is not Python."""
        source = read_source(path)
        return cls(path, source, parse_file(path, source))

    @property
    def may_be_program(self) -> bool:
        return may_have_entry(self.module)

    @property
    def has_entry(self) -> bool:
        """Does it define an entry point, by its name?"""
        return bool(task_solvers(self.module)) or has_named_entry(self.module)

    def candidates(self) -> list[Candidate]:
        """Its candidates, with the names that may be the ids of their tasks."""
        solvers = solvers_of(self.module)
        stem = self.path.stem
        if len(solvers) < 2:
            claims = [task for name in solvers if (task := task_in_name(name))]
            claims = list(dict.fromkeys([*claims, task_in_name(stem) or stem, stem]))
            has_helpers = len(task_solvers(self.module)) > 1
            entry = solvers[0] if solvers and has_helpers else None
            return [self._candidate(stem, self.source, entry, tuple(claims))]
        cut = (lambda name: self.source) if is_dynamic(self.module) else _Cutter(self.source, self.module).cut
        return [self._candidate(name, cut(name), name, (task_in_name(name) or name,)) for name in solvers]

    def _candidate(self, name: str, source: str | bytes, entry: str | None, claims: tuple[str, ...]) -> Candidate:
        return Candidate(name, source, entry, claims=claims, siblings=siblings_of(self.path, source))


def solvers_of(module: ast.Module) -> list[str]:
    """The functions of a file that are solvers of tasks, in its order; none if it has an entry point for every task.

    What another of them mentions is its helper, unless it is named as tasks are.
    """
    if has_named_entry(module):
        return []
    found = task_solvers(module)
    mentioned = {name for own, node in found.items() for name in _mentioned(node) if name != own}
    return [name for name in found if name not in mentioned or _TASK_ID.fullmatch(task_in_name(name) or "")]


class _Cutter:
    """Cuts single solvers out of a file: the function, all that it mentions, and statements that may have effects."""

    def __init__(self, source: str | bytes, module: ast.Module) -> None:
        text = source if isinstance(source, str) else Candidate("", source).source_text
        self._lines = _LINE.findall(text)
        self._always: list[ast.stmt] = []
        self._defined: dict[str, list[ast.stmt]] = {}
        self._names: dict[ast.stmt, set[str]] = {}
        for node in module.body:
            names = _only_defines(node)
            for name in names:
                self._defined.setdefault(name, []).append(node)
            if not names and not _is_main_guard(node):
                self._always.append(node)

    def cut(self, solver: str) -> str:
        """The text of one solver."""
        kept: dict[ast.stmt, None] = {}
        waiting = [*self._always, *self._defined.get(solver, ())]
        while waiting:
            node = waiting.pop()
            if node not in kept:
                kept[node] = None
                if node not in self._names:
                    self._names[node] = _mentioned(node)
                waiting += [other for name in self._names[node] for other in self._defined.get(name, ())]
        numbers = sorted({number for node in kept for number in _line_numbers(node)})
        return "".join([self._lines[number - 1] for number in numbers])


def _mentioned(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _only_defines(node: ast.stmt) -> list[str]:
    """The names that a statement defines; none if it may do more than define them."""
    if isinstance(node, ast.Assign) and not all(isinstance(target, ast.Name) for target in node.targets):
        return []
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign):
        return [name for name, _ in definitions([node])]
    return []


def _is_main_guard(node: ast.stmt) -> bool:
    """Is it `if __name__ == "__main__":`, which never runs here?"""
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) == "__name__ == '__main__'"


def _line_numbers(node: ast.stmt) -> Iterator[int]:
    first = min([node.lineno, *[decorator.lineno for decorator in getattr(node, "decorator_list", [])]])
    yield from range(first, (node.end_lineno or node.lineno) + 1)
