"""Load a battery, whatever it comes in: a module, a folder, a file of solvers, JSON Lines."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

from battnb.errors import BatteryError
from battnb.load.battery_module import battery_function, parse_file, read_battery_module
from battnb.load.battery_text import write_battery
from battnb.load.candidate_files import load_candidates, read_bytes
from battnb.load.pure import GRID_NAMES
from battnb.load.written import names_used, step_text
from battnb.model import Battery

__all__ = ["check_functions", "load_battery", "load_candidates", "write_battery"]


def load_battery(path: str | Path) -> Battery:
    """Load a battery: a module (with or without .py), a folder of .py files, a .py file of solvers, a .jsonl file.

    Nothing in it is imported or run. Raises BatteryError naming the file, and the line and step where there is one.
    """
    path = _existing(Path(path))
    if path.is_dir() or path.suffix in (".jsonl", ".ndjson"):
        return Battery(path.stem, programs=load_candidates(path))
    text = read_bytes(path)
    module = parse_file(path, text)
    if battery_function(module) is not None:
        return read_battery_module(path, text, module).battery
    return Battery(path.stem, programs=load_candidates(path))


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
    """Check that the steps mention only names that there are.

    known_names: those of the DSL, and of Python where they are allowed. path: the battery's file, for the line.
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
    line = read_battery_module(path, read_bytes(path)).lines[number]
    return f"{path}, line {line}: step {number + 1}"
