"""Folders of programs, read with all that is in them. What battnb has stored is such a folder too.

What is no program is left out and counted: hidden files, links that lead nowhere, modules that only help others.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import msgspec

from battnb.errors import BatteryError
from battnb.load.aliases import ALIASES
from battnb.load.beside import dsl_beside
from battnb.load.definitions import may_define_entry, task_in_name
from battnb.load.program_files import ProgramFile
from battnb.load.pure import imported_modules, parse_file, read_source
from battnb.model import Battery, Candidate

_NOT_READ = re.compile(r"__pycache__|node_modules|site-packages|dsl_[0-9a-f]{32}")
"""Folders that hold no candidates. The last is a DSL that battnb has stored beside programs."""
_STORED = "solver_dir"
"""Where an output folder links to its programs. Their texts lie beside it, and are not read twice."""


def program_folder(path: Path) -> Battery | None:
    """The .py files of a folder and of the folders in it; None if it is not a folder."""
    if not path.is_dir():
        return None
    left_out: Counter[str] = Counter()
    read = [_read(file, left_out) for file in _files(path, left_out, set())]
    found = [(file, candidate) for file, candidates in _without_helpers(read, left_out) for candidate in candidates]
    uses = Counter([candidate.id for _, candidate in found])
    programs = [_placed(path, file, candidate, uses[candidate.id] == 1) for file, candidate in found]
    counts = [f"{count} {what}" for what, count in left_out.items() if count]
    notes = (f"{path}: left out {', '.join(counts)}",) if counts else ()
    return Battery(path.stem, programs=tuple(programs), notes=notes, beside=dsl_beside(path))


def _files(folder: Path, left_out: Counter[str], seen: set[str]) -> Iterator[Path]:
    """The .py files, in order. A folder that several links lead to is read once."""
    seen.add(os.path.realpath(folder))
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        left_out["folders that cannot be read"] += 1
        return
    for name in [_STORED] if _STORED in names else names:
        path = folder / name
        if name.startswith("."):
            left_out["hidden files or folders"] += 1
        elif path.is_symlink() and not path.exists():
            left_out["links that lead nowhere"] += 1
        elif path.is_dir():
            if not _NOT_READ.fullmatch(name) and os.path.realpath(path) not in seen:
                yield from _files(path, left_out, seen)
        elif path.suffix.lower() == ".py" and path.is_file() and path.stem != "__init__":
            yield path


# Programs, and what only helps them

_Read = tuple[Path, ProgramFile | Candidate]


def _read(file: Path, left_out: Counter[str]) -> _Read:
    """A file's program. If it is not Python, a candidate whose verdict will say so."""
    claims = (task_in_name(file.stem) or file.stem,)
    try:
        source = read_source(file)
    except BatteryError as error:
        left_out["files that cannot be read"] += 1
        return file, Candidate(file.stem, "", claims=claims, unreadable=str(error))
    try:
        return file, ProgramFile(file, source, parse_file(file, source))
    except BatteryError:
        return file, Candidate(file.stem, source, claims=claims)


def _without_helpers(read: Sequence[_Read], left_out: Counter[str]) -> Iterator[tuple[Path, list[Candidate]]]:
    """The candidates of each file, without modules that are there for others, or that only call them."""
    modules = [program for _, program in read if isinstance(program, ProgramFile)]
    solvers = {module.path.stem for module in modules if module.has_entry}
    own = {module.path.stem for module in modules}
    asked = {module.path: _imported(module.module) & own - {module.path.stem} for module in modules}
    helping = set().union(*asked.values())
    for file, program in read:
        if isinstance(program, Candidate):
            yield file, [program]
        elif program.has_entry and file.stem not in ALIASES:
            yield file, program.candidates()
        elif (
            file.stem in helping
            or asked[file] & solvers
            or (asked[file] and not may_define_entry(program.module))
            or (file.stem in ALIASES and len(read) > 1)
        ):
            left_out["modules without a solver"] += 1
        else:
            yield file, program.candidates()


def _imported(module: ast.Module) -> set[str]:
    """The parts of the names of the modules that a module imports."""
    return {part for name in imported_modules(module, relative=True) for part in name.split(".")}


def _placed(folder: Path, file: Path, candidate: Candidate, is_only: bool) -> Candidate:
    """A candidate with the folders that it lies in among its claims, and in its id if another has the same."""
    parts = file.relative_to(folder).with_suffix("").parts
    within = [*reversed(parts[:-1]), os.path.basename(os.path.abspath(folder))]
    claims = [*candidate.claims, *[unquote(task) for name in within if (task := task_in_name(name))], *within]
    own = () if candidate.id == file.stem else (candidate.id,)
    return msgspec.structs.replace(
        candidate,
        id=candidate.id if is_only else "/".join([*parts, *own]),
        claims=tuple(dict.fromkeys(claims)),
    )
