"""The competitions that Kaggle has mounted."""

from __future__ import annotations

import os
from pathlib import Path

from battnb.load.task_files import FoundTasks
from battnb.load.task_paths import path_source, task_files

ROOT_VARIABLE = "BATTNB_KAGGLE_ROOT"
"""The environment variable that says where the folder /kaggle is, for a rehearsal elsewhere."""


def kaggle_root() -> Path:
    """The folder that has Kaggle's folders input and working: /kaggle, unless BATTNB_KAGGLE_ROOT says otherwise."""
    return Path(os.environ.get(ROOT_VARIABLE) or "/kaggle")


def mounted_competitions(root: Path | None = None) -> dict[str, Path]:
    """The folders with ARC tasks that Kaggle has mounted, by their slugs, in both of its layouts.

    These are input/competitions/<slug> and input/<slug>. If a slug is in both, the first counts.
    """
    places = (root or kaggle_root()) / "input"
    found: dict[str, Path] = {}
    for folder in [*sorted(places.glob("competitions/*")), *sorted(places.glob("*"))]:
        if folder.name not in found and any(task_files(folder)):
            found[folder.name] = folder
    return found


def mounted_source(data: str | Path) -> FoundTasks | None:
    """The tasks of a competition that is mounted under this slug. A path that exists is not a slug."""
    folder = None if os.path.exists(data) else mounted_competitions().get(str(data))
    return None if folder is None else path_source(folder)
