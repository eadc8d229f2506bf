"""Load a battery or candidates from whatever holds them: modules, folders, files of programs, records."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from battnb.errors import BatteryError
from battnb.load.battery_module import battery_module, read_battery_module
from battnb.load.program_files import solver_file
from battnb.load.program_folders import program_folder
from battnb.load.pure import GRID_NAMES
from battnb.load.records.record_answers import Reading
from battnb.load.records.record_files import record_file, record_object
from battnb.load.streamed import StreamedPrograms, changed
from battnb.load.written import names_used, step_text
from battnb.model import Battery, Candidate

Reader = Callable[[Path], Battery | None]
"""Reads one kind of file. Returns None if the file or folder is of another kind."""

READERS: tuple[Reader, ...] = (
    program_folder,
    battery_module,
    solver_file,
)
"""Asked in this order, after records (RECORD_KINDS); the first one that knows the file reads it."""

Prelude = bool | Literal["auto"]


def load_battery(
    path_or_object: object,
    *,
    task: str | None = None,
    code: str | None = None,
    text: str | None = None,
    prelude: Prelude = "auto",
) -> Battery:
    """Load a battery from a path, or from records that are in memory.

    path_or_object: a module (with or without .py), a folder of .py files, a .py file of solvers; .jsonl, .ndjson,
        .json (also .gz) or .parquet; a pandas DataFrame, a pyarrow Table, a list of dicts, a dict of programs by task.
    task, code, text: the keys that hold the task's id, the program, and a model's text with the program in it; None
        for the usual ones (load/records/record_answers.py). Dots lead into a record inside the record.
    prelude: whether names that programs take for granted, such as np, are supplied. "auto": to programs out of
        records, and not to .py files.
    Nothing in it is imported or run. A long file is not held in memory: its programs are read when they are asked for.
    A record that cannot be read, or that has no answer, is a candidate too; its verdict says why.
    Raises BatteryError naming the file, and the line and step if there is one.
    """
    reading = Reading(task, code, text, prelude is not False)
    if not isinstance(path_or_object, str | os.PathLike):
        return _checked(_of_object(path_or_object, reading), f"the {type(path_or_object).__name__}", prelude)
    path = _existing(Path(path_or_object))
    return _checked(_read(path, reading, READERS), str(path), prelude)


def load_candidates(
    path_or_object: object,
    *,
    task: str | None = None,
    code: str | None = None,
    text: str | None = None,
    prelude: Prelude = "auto",
) -> Sequence[Candidate]:
    """Load programs as load_battery does, but of a battery module the text of the file.

    Raises BatteryError if there is none, naming the file and the line.
    """
    if isinstance(path_or_object, str | os.PathLike):
        path, reading = Path(path_or_object), Reading(task, code, text, prelude is not False)
        readers = [reader for reader in READERS if reader is not battery_module]
        return _checked(_read(path, reading, readers), str(path), prelude).programs
    return load_battery(path_or_object, task=task, code=code, text=text, prelude=prelude).programs


def _of_object(value: object, reading: Reading) -> Battery:
    return battery_of(value) or record_object(value, reading)


def battery_of(value: object) -> Battery | None:
    """A battery as it is, or one made of a list of candidates; None for anything else."""
    if isinstance(value, list | tuple) and value and all([isinstance(item, Candidate) for item in value]):
        return Battery("candidates", programs=tuple(value))
    return value if isinstance(value, Battery) else None


def _read(path: Path, reading: Reading, readers: Sequence[Reader]) -> Battery:
    records = record_file(path, reading)
    return records or next(found for reader in readers if (found := reader(path)) is not None)


def _checked(battery: Battery, where: str, prelude: Prelude) -> Battery:
    """The battery, with the caller's prelude. Raises BatteryError if it is empty, or if two candidates have one id."""
    if not len(battery):
        raise BatteryError(f"{where} holds no candidate; give .py files, solve_<task> functions or records of programs")
    seen: set[str] = set()
    is_streamed = isinstance(battery.programs, StreamedPrograms)  # then each has an id of its own
    for candidate in () if is_streamed else battery.programs:
        if candidate.id in seen:
            raise BatteryError(f"{where} has two candidates with the id {candidate.id}; give each its own")
        seen.add(candidate.id)
    return battery if prelude == "auto" else changed(battery, lambda one: msgspec.structs.replace(one, prelude=prelude))


def _existing(path: Path) -> Path:
    path = path if path.name else path.resolve()  # "." is a folder with a name
    module = path.with_name(f"{path.name}.py")
    if not path.exists() and module.is_file():
        return module
    if path.is_dir() and module.is_file() and not any(path.rglob("*.py")):
        return module
    if path.suffix.lower() == ".ipynb":
        raise BatteryError(f"{path} is a notebook; save its programs as .py files, or judge a cell with %%candidate")
    if path.suffix.lower() in (".csv", ".tsv") and path.is_file():
        raise BatteryError(f"{path} is a table in text; read it with pandas, and give the frame to bn.load_battery")
    if not path.exists():
        if path.suffix:
            raise BatteryError(f"there is no file {path}; check the path")
        raise BatteryError(
            f"no battery {path}: neither it nor {module} exists; write one with battnb generate -o {path}"
        )
    return path


def run_as(battery: Battery, entry: str | None = None, grids: str | None = None, prelude: bool = False) -> Battery:
    """The battery with candidates that are run so, where they do not say it themselves. Raises InputError."""
    if entry is None and grids is None and not prelude:
        return battery

    def change(one: Candidate) -> Candidate:
        how = {"entry": one.entry or entry, "grids": one.grids or grids, "prelude": one.prelude or prelude}
        return msgspec.structs.replace(one, **how)

    return changed(battery, change)


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
