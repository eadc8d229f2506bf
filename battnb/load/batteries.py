"""Load a battery or candidates from any kind of file: a module, a folder, a file of solvers, JSON Lines."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from battnb.errors import BatteryError
from battnb.load.battery_module import battery_module, read_battery_module
from battnb.load.pure import GRID_NAMES, parse_file, read_bytes, read_source
from battnb.load.written import names_used, step_text
from battnb.model import Battery, Candidate


def load_battery(path: str | Path) -> Battery:
    """Load a battery: a module (with or without .py), a folder of .py files, a .py file of solvers, a .jsonl file.

    Nothing in it is imported or run. Raises BatteryError naming the file, and the line and step if there is one.
    """
    return _read(_existing(Path(path)), READERS)


def load_candidates(path: str | Path) -> Sequence[Candidate]:
    """Load programs without checking them: a folder of .py files, a .py file of solvers, or a .jsonl file.

    Raises BatteryError if there is none, or if a line of JSON is broken, naming the file and the line.
    """
    return _read(Path(path), [reader for reader in READERS if reader is not battery_module]).programs


def _read(path: Path, readers: Iterable[Reader]) -> Battery:
    battery = next(found for reader in readers if (found := reader(path)) is not None)
    if not len(battery):
        raise BatteryError(f"{path} holds no candidate; give .py files, solve_<task> functions or lines of JSON")
    seen: set[str] = set()
    for candidate in battery.programs:
        if candidate.id in seen:
            raise BatteryError(f"{path} has two candidates with the id {candidate.id}; give each its own")
        seen.add(candidate.id)
    return battery


def _existing(path: Path) -> Path:
    module = path.with_name(f"{path.name}.py")
    if not path.exists() and module.is_file():
        return module
    if path.is_dir() and not any(path.glob("*.py")) and module.is_file():
        return module
    if not path.exists():
        raise BatteryError(
            f"no battery {path}: neither it nor {module} exists; write one with battnb generate -o {path}"
        )
    return path


def run_as(battery: Battery, entry: str | None = None, grids: str | None = None, prelude: bool = False) -> Battery:
    """The battery with candidates that are run so, where they do not say it themselves. Raises InputError."""
    if entry is None and grids is None and not prelude:
        return battery
    programs = [
        msgspec.structs.replace(one, entry=one.entry or entry, grids=one.grids or grids, prelude=one.prelude or prelude)
        for one in battery.programs
    ]
    return msgspec.structs.replace(battery, programs=tuple(programs))


def check_functions(battery: Battery, known_names: Collection[str], path: str | Path | None = None) -> None:
    """Check that the steps mention only known names.

    known_names: those of the DSL, and Python's if they are allowed. path: the battery's file, to find the line.
    Raises BatteryError naming the file, the step, its line and the unknown name, with close matches.
    """
    known = {*known_names, *GRID_NAMES}
    if names_used(battery.steps) <= known:
        return
    for number, step in enumerate(battery.steps):
        for name in sorted(names_used([step]) - known):
            close = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "give its module with --dsl"
            where = _place(battery, number, path)
            raise BatteryError(f"{where}, {step_text(step)[:80]}: there is no {name}; {hint}")


def _place(battery: Battery, number: int, path: str | Path | None) -> str:
    if path is None:
        return f"battery {battery.name}: step {number + 1} of {len(battery.steps)}"
    path = _existing(Path(path))
    module = read_battery_module(path)
    line = f", line {module[1][number]}" if module is not None else ""
    return f"{path}{line}: step {number + 1}"


# Python files: a folder of programs, or one file of solvers

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
                mentioned = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                waiting += [other for name in mentioned for other in self._defined.get(name, ())]
        numbers = sorted({number for node in kept for number in _line_numbers(node)})
        return "".join([self._lines[number - 1] for number in numbers])


def _defines(node: ast.stmt) -> list[str]:
    """The names that a statement defines; none if it may do more than define them."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _line_numbers(node: ast.stmt) -> Iterable[int]:
    first = min([node.lineno, *[decorator.lineno for decorator in getattr(node, "decorator_list", [])]])
    return range(first, (node.end_lineno or node.lineno) + 1)


# JSON Lines

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


class _JsonLine(msgspec.Struct):
    """A line of JSON Lines."""

    id: str | int | None = None
    source: str | None = None
    response: str | None = None
    entry: str | None = None


def json_lines(path: Path) -> Battery | None:
    """The candidates of a .jsonl or .ndjson file, one per line. Raises BatteryError naming a line that is broken."""
    if path.suffix not in (".jsonl", ".ndjson"):
        return None
    lines = read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    found = [_candidate(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return Battery(path.stem, programs=tuple(found))


def _candidate(path: Path, number: int, line: bytes) -> Candidate:
    try:
        read = msgspec.json.decode(line, type=_JsonLine)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatteryError(f'{path}, line {number}: {error}; give {{"id": ..., "source": ...}}') from None
    source = read.source if read.source is not None else read.response and code_in(read.response)
    if source is None:
        raise BatteryError(f'{path}, line {number}: neither "source" nor "response"; give one of them')
    return Candidate(str(number if read.id is None else read.id), source, read.entry)


def code_in(response: str) -> str:
    """The program in a model's response: its last fenced Python block that defines an entry point, else its last block.

    Blocks without a language are used only if no Python block defines an entry point. A response without blocks is
    taken as a program.
    """
    fences: list[tuple[str, str]] = [(language.lower(), code) for _, language, code in _FENCE.findall(response)]
    python = [code for language, code in fences if language in ("python", "py", "python3")]
    plain = [code for language, code in fences if not language]
    solvers = [code for code in plain + python if ENTRY.search(code)]
    return (solvers or python or plain or [response])[-1]


# The kinds of files

Reader = Callable[[Path], Battery | None]
"""Reads one kind of file. Returns None if the file or folder is of another kind."""

READERS: tuple[Reader, ...] = (
    program_folder,
    json_lines,
    battery_module,
    solver_file,
)
"""Asked in this order; the first one that knows the file reads it."""
