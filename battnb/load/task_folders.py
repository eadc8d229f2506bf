"""Folders of task files, read with all that is in them, and what Kaggle has mounted."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from battnb.load.task_catalogs import ALL, Catalog, Entry, FoundTasks, Parts, merged
from battnb.load.task_files import PARTS, file_catalog, mounted_competitions, part_of

METADATA = ("dataset-metadata.json", "kernel-metadata.json")
"""What Kaggle's client puts beside tasks."""


def path_source(data: str | Path) -> FoundTasks | None:
    """The tasks in a folder or a file."""
    path = Path(data)
    if path.is_dir():
        return folder_tasks(path)
    return FoundTasks(path, {part_of(path): file_catalog(path)}) if path.is_file() else None


def mounted_source(data: str | Path) -> FoundTasks | None:
    """The tasks of a competition that is mounted under this slug. A path that exists is not a slug."""
    folder = None if os.path.exists(data) else mounted_competitions().get(str(data))
    return None if folder is None else path_source(folder)


def folder_tasks(folder: Path) -> FoundTasks:
    """The tasks of a folder: those of Kaggle's challenges files if it has any, else a task for each other JSON file.

    Files below training/, evaluation/ and test/ are in the part of that name, if no task is outside of these folders.
    """
    challenges = [file for file in _json_files(folder, Counter(), None) if file.stem.endswith("challenges")]
    if challenges:
        return FoundTasks(folder, _challenge_parts(challenges))
    left_out: Counter[str] = Counter()
    files: defaultdict[str, list[Path]] = defaultdict(list)
    for file in _json_files(folder, left_out, set()):
        files[next((name for name in file.relative_to(folder).parts[:-1] if name in PARTS), ALL)].append(file)
    if len(files) != 1 and ALL in files:
        files = defaultdict(list, {ALL: [file for some in files.values() for file in some]})
    parts = {part: _catalog(folder, sorted(some)) for part, some in files.items()}
    return FoundTasks(folder, parts or {ALL: {}}, left_out)


def _challenge_parts(challenges: Sequence[Path]) -> Parts:
    by_part: defaultdict[str, dict[str, Catalog]] = defaultdict(dict)
    for file in reversed(challenges):
        by_part[part_of(file)][file.stem] = file_catalog(file)
    return {part: merged(catalogs) for part, catalogs in by_part.items()}


def _catalog(folder: Path, files: Sequence[Path]) -> Catalog:
    """Tasks by the names of their files."""
    catalogs: defaultdict[str, Catalog] = defaultdict(dict)
    for file in files:
        within = file.parent.relative_to(folder).as_posix()
        catalog = catalogs["" if within == "." else within]
        catalog[file.name if file.stem in catalog else file.stem] = Entry(file)
    return merged(catalogs)


def _json_files(folder: Path, left_out: Counter[str], seen: set[str] | None) -> Iterator[Path]:
    """The JSON files of a folder, in order. seen: of its subfolders too, each once; None for those of the folder."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        left_out["folder that cannot be read"] += 1
        return
    if seen is not None:
        seen.add(os.path.realpath(folder))
    for name in names:
        path = folder / name
        if name.startswith("."):
            left_out["hidden"] += 1
        elif name in METADATA:
            left_out["metadata"] += 1
        elif path.suffix.lower() == ".json" and path.is_file():
            yield path
        elif seen is not None and path.is_dir() and os.path.realpath(path) not in seen:
            yield from _json_files(path, left_out, seen)
