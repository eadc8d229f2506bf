"""Candidates as source text: a folder of programs, a file of solvers, or JSON Lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from battnb.errors import BatteryError
from battnb.load.battery_module import parse_file
from battnb.model import Candidate

_ENTRY = re.compile(r"^(?:def[ \t]+(?:solve|solve_\w+|transform|p)[ \t]*\(|(?:p|solve|transform)[ \t]*=)", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


class _Line(msgspec.Struct):
    """A line of JSON Lines."""

    id: str | int | None = None
    source: str | None = None
    response: str | None = None
    entry: str | None = None


def load_candidates(path: str | Path) -> tuple[Candidate, ...]:
    """Load programs, unread and unjudged: a folder of .py files, a .py file of solvers, or a .jsonl file.

    Raises BatteryError where there is none, or a line of JSON is broken, naming the file and the line.
    """
    path = Path(path)
    if path.is_dir():
        found = [Candidate(file.stem, _text(file)) for file in sorted(path.glob("*.py")) if file.stem != "__init__"]
    elif path.suffix in (".jsonl", ".ndjson"):
        found = [_from_line(path, number, line) for number, line in enumerate(_lines(path), 1) if line.strip()]
    else:
        found = solvers_in(path, _text(path))
    if not found:
        raise BatteryError(f"{path} holds no candidate; give .py files, solve_<task> functions or lines of JSON")
    return _checked(path, found)


def _checked(path: Path, found: list[Candidate]) -> tuple[Candidate, ...]:
    seen: set[str] = set()
    for candidate in found:
        if candidate.id in seen:
            raise BatteryError(f"{path} has two candidates with the id {candidate.id}; give each its own")
        seen.add(candidate.id)
    return tuple(found)


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises BatteryError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BatteryError(f"{path} cannot be read: {error.strerror}") from None


def _text(path: Path) -> str | bytes:
    """Its text; its bytes where they are not UTF-8, since Python may know better."""
    data = read_bytes(path)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _lines(path: Path) -> list[bytes]:
    return read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _from_line(path: Path, number: int, line: bytes) -> Candidate:
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatteryError(f'{path}, line {number}: {error}; give {{"id": ..., "source": ...}}') from None
    source = read.source if read.source is not None else read.response and code_in(read.response)
    if source is None:
        raise BatteryError(f'{path}, line {number}: neither "source" nor "response"; give one of them')
    return Candidate(str(number if read.id is None else read.id), source, read.entry)


def code_in(response: str) -> str:
    """The program in a model's response: its last fenced Python block that defines an entry point, else the last one.

    A block without a language counts where none of Python defines one; a response without blocks is all program.
    """
    fences: list[tuple[str, str]] = [(language.lower(), code) for _, language, code in _FENCE.findall(response)]
    python = [code for language, code in fences if language in ("python", "py", "python3")]
    plain = [code for language, code in fences if not language]
    solvers = [code for code in plain + python if _ENTRY.search(code)]
    return (solvers or python or plain or [response])[-1]


def solvers_in(path: Path, text: str | bytes, module: ast.Module | None = None) -> list[Candidate]:
    """Each solve_<task> of a file with what it needs of the file's rest; a file with none is one candidate itself."""
    module = module or parse_file(path, text)
    solvers = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef) and _is_solver(node.name)}
    if isinstance(text, bytes) or len(solvers) < 2:
        return [Candidate(path.stem, text)] if solvers or _ENTRY.search(_as_text(text)) else []
    cutter = _Cutter(text, module)
    return [Candidate(name, cutter.cut(node), name) for name, node in solvers.items()]


def _as_text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("latin-1")


def _is_solver(name: str) -> bool:
    return name.startswith("solve_")


class _Cutter:
    """Cuts single solvers out of a file: the function, all that it mentions, and what may have effects."""

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
    """The names that a statement only defines; none where it may do more."""
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
