"""Which tasks a command runs on: by id, from a number on, all, or a random sample. run_batt.py has the same flags."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from battnb.errors import InputError
from battnb.view.words import named_words

if TYPE_CHECKING:
    from battnb.model import Task

ALL = 0
"""The count that stands for all tasks."""
NAMED = 20
"""So many tasks of a random sample are named."""


def add_choice(parser: argparse.ArgumentParser) -> None:
    """-i, -s, -c, --all and --seed."""
    parser.add_argument(
        "-i", "--ids", "--task_ids", "--task-ids", nargs="*", metavar="ID",
        help="tasks by id; without any id, all tasks, or those of -s and -c",
    )  # fmt: skip
    parser.add_argument("-s", "--start", type=int, default=0, metavar="N", help="without ids: the first's number (0)")
    parser.add_argument(
        "-c", "--count", type=int, metavar="N", help="without ids: how many tasks (1); 0 for all, -N for N at random"
    )
    parser.add_argument("--all", dest="count", action="store_const", const=ALL, help="all tasks: the same as -c 0")
    parser.add_argument("--seed", type=int, metavar="N", help="with -c -N: takes the same tasks again")


def chosen_tasks(options: argparse.Namespace) -> tuple[Task, ...]:
    """The tasks that the flags name. Says which a random sample is. Raises InputError if the flags name none."""
    from battnb.load.tasks import load_tasks

    if options.ids:
        return load_tasks(options.ids, options.data)
    start, count = options.start, options.count
    if count is None:
        count = 1 if options.ids is None else ALL
    if start < 0:
        raise InputError(f"-s {start} names no task; -s counts from 0")
    tasks = load_tasks(data=options.data)
    rest = tasks[start:]
    if not rest:
        raise InputError(f"-s {start} is past the last of {len(tasks)} tasks")
    return _sample(rest, -count, options.seed) if count < 0 else rest[: count or None]


def _sample(tasks: Sequence[Task], count: int, seed: int | None) -> tuple[Task, ...]:
    """This many of the tasks at random, or all if they are fewer; says which, and the seed that takes them again."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    taken = tuple(random.Random(seed).sample(tasks, min(count, len(tasks))))
    named = named_words([task.id for task in taken], NAMED)
    print(f"-- Took {len(taken):,} of {len(tasks):,} tasks at random (--seed {seed}): {named}", flush=True)
    return taken
