"""Tasks in a file or folder: <id>.json, or the files of a competition.

A competition's folder holds arc-agi_{training,evaluation,test}_challenges.json, and arc-agi_*_solutions.json for the
parts whose test outputs are known. Code Golf's folder holds task001.json and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from battnb.load.task_files import ALL, Entry, FoundTasks, Parts, file_catalog

PARTS = ("training", "evaluation", "test")
_SUFFIX = "_challenges.json"


def path_source(data: str | Path) -> FoundTasks | None:
    """The tasks in a folder or a file."""
    path = Path(data)
    if path.is_dir():
        return FoundTasks(path, _folder_parts(path))
    return FoundTasks(path, {part_of(path): file_catalog(path)}) if path.is_file() else None


def _folder_parts(folder: Path) -> Parts:
    files = sorted(folder.glob("*.json"))
    parts: Parts = {}
    for file in reversed(files):
        if file.stem.endswith("challenges"):
            part = part_of(file)
            parts[part] = FoundTasks(file, {"": parts.get(part, {}), part: file_catalog(file)}).catalog
    files = files or sorted(folder.glob("*/*.json"))
    return parts or {ALL: {file.stem: Entry(file) for file in files}}


def part_of(file: Path) -> str:
    """The part of a competition that a challenges file is."""
    return next((part for part in PARTS if file.name.endswith(f"{part}{_SUFFIX}")), ALL)


def task_files(folder: Path) -> Iterator[Path]:
    """What shows that a folder is a competition's with ARC tasks."""
    yield from folder.glob(f"*{_SUFFIX}")
    yield from folder.glob("task[0-9][0-9][0-9].json")
