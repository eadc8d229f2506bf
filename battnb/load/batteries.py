"""Load a battery or candidates from any kind of file: a module, a folder, a file of solvers, JSON Lines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from battnb.errors import BatteryError
from battnb.load.battery_module import battery_module, read_battery_module
from battnb.load.candidate_files import json_lines, program_folder, solver_file
from battnb.load.pure import GRID_NAMES
from battnb.load.written import names_used, step_text
from battnb.model import Battery, Candidate

Reader = Callable[[Path], Battery | None]
"""Reads one kind of file. Returns None if the file or folder is of another kind."""

READERS: tuple[Reader, ...] = (program_folder, json_lines, battery_module, solver_file)
"""Asked in this order; the first one that knows the file reads it."""


def load_battery(path: str | Path) -> Battery:
    """Load a battery: a module (with or without .py), a folder of .py files, a .py file of solvers, a .jsonl file.

    Nothing in it is imported or run. Raises BatteryError naming the file, and the line and step if there is one.
    """
    return _read(_existing(Path(path)), READERS)


def load_candidates(path: str | Path) -> tuple[Candidate, ...]:
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
    line = f", line {module.lines[number]}" if module is not None else ""
    return f"{path}{line}: step {number + 1}"
