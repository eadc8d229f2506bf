"""Candidates as Python files: a folder of programs, or one file of solvers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from battnb.load.source_files import parse_file, read_source
from battnb.model import Battery, Candidate

ENTRY = re.compile(r"^(?:def[ \t]+(?:solve|solve_\w+|transform|p)[ \t]*\(|(?:p|solve|transform)[ \t]*=)", re.MULTILINE)
"""What looks like the definition of an entry point."""


def program_folder(path: Path) -> Battery | None:
    """The .py files of a folder, each a candidate."""
    if not path.is_dir():
        return None
    files = [file for file in sorted(path.glob("*.py")) if file.stem != "__init__"]
    return Battery(path.stem, programs=tuple([Candidate(file.stem, read_source(file)) for file in files]))


def solver_file(path: Path) -> Battery:
    """Each solve_<task> of a .py file, with what it needs of the rest. A file with fewer than two is one candidate."""
    text = read_source(path)
    module = parse_file(path, text)
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    solvers = {node.name: node for node in functions if node.name.startswith("solve_")}
    if isinstance(text, str) and len(solvers) > 1:
        cutter = _Cutter(text, module)
        return Battery(path.stem, programs=tuple([Candidate(name, cutter.cut(n), name) for name, n in solvers.items()]))
    is_program = solvers or ENTRY.search(text if isinstance(text, str) else text.decode("latin-1"))
    return Battery(path.stem, programs=(Candidate(path.stem, text),) if is_program else ())


class _Cutter:
    """Cuts single solvers out of a file: the function, all that it mentions, and statements that may have effects."""

    def __init__(self, text: str, module: ast.Module) -> None:
        self._lines = text.splitlines(keepends=True)
        self._always: list[ast.stmt] = []
        self._defined: dict[str, list[ast.stmt]] = {}
        for node in module.body:
            names = _defines(node)
            for name in names:
                self._defined.setdefault(name, []).append(node)
            if not names:
                self._always.append(node)

    def cut(self, solver: ast.stmt) -> str:
        kept: dict[ast.stmt, None] = {}
        waiting = [*self._always, solver]
        while waiting:
            node = waiting.pop()
            if node not in kept:
                kept[node] = None
                waiting += [other for name in _mentions(node) for other in self._defined.get(name, ())]
        numbers = sorted({number for node in kept for number in _line_numbers(node)})
        return "".join([self._lines[number - 1] for number in numbers])


def _defines(node: ast.stmt) -> list[str]:
    """The names that a statement defines; none if it may do more than define them."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _mentions(node: ast.stmt) -> Iterable[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _line_numbers(node: ast.stmt) -> Iterable[int]:
    first = min([node.lineno, *[decorator.lineno for decorator in getattr(node, "decorator_list", [])]])
    return range(first, (node.end_lineno or node.lineno) + 1)
