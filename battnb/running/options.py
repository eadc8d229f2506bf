"""What a caller may say about a run: one frozen record, filled by whatever starts runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from battnb.errors import InputError
from battnb.executor import Executor
from battnb.load.batteries import battery_of
from battnb.load.beside import stood_in_for
from battnb.load.dsl_files import Dsl
from battnb.load.streamed import StreamedPrograms
from battnb.load.tasks import Data
from battnb.model import Battery, Candidate, Limits, Task, Verdict, as_task, is_like_task
from battnb.phases.filter import KEEP
from battnb.sandbox.parent.pool import DEFAULT_DSL, Pool
from battnb.view.live.kinds import display_kind

MODES = ("parallel", "sequential")

Say = Callable[[str, str], None]
"""Gets a task's id and a log line."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How runs are made; start_batt, run_tasks and submit say what each option means.

    dsl: DEFAULT_DSL itself if the caller names none; a Dsl if it has been chosen for several runs. deadline_s: wall
    seconds after which all ends with what was reached: the deadline of one run, the budget of many.
    store: keep all that is reached in battnb.db of out_dir. any_task: run each candidate on all tasks, also if it
    belongs to one. data: where the tasks come from, if that is known, to know more names that are ids of tasks.
    Raises InputError for values that make no sense.
    """

    timeout_s: float | None = None
    limits: Limits | None = None
    workers: int | None = None
    mode: str = "parallel"
    out_dir: str | Path | None = "."
    dsl: Sequence[str] = DEFAULT_DSL
    deadline_s: float | None = None
    pool: Executor | None = None
    say: Say | None = None
    on_verdicts: Callable[[list[Verdict]], None] | None = None
    live: str | None = "auto"
    store: bool = False
    cache: bool = True
    leave_one_out: bool = True
    keep: int | None = KEEP
    any_task: bool = False
    data: Data = None

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Options:
        """The options among some names and values, such as the parameters of a function that starts runs."""
        known: dict[str, Any] = {name: given[name] for name in cls.__struct_fields__ if name in given}
        return cls(**known)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"mode is {self.mode!r}; choose one of {', '.join(MODES)}")
        if self.pool is not None and self.workers is not None:
            raise InputError("both pool and workers are given; the pool has its own workers, so leave one out")
        if self.timeout_s is not None and self.limits is not None:
            raise InputError("both timeout_s and limits are given; give one, as limits=Limits(timeout_s=...)")
        keep = self.keep
        if keep is not None and (not isinstance(keep, int) or isinstance(keep, bool) or keep < 1):
            raise InputError(
                f"keep is {keep!r}; give how many of the best scores are validated, from 1, or None for all"
            )
        display_kind(self.live)

    @property
    def is_sequential(self) -> bool:
        return self.mode == "sequential"

    @property
    def folder(self) -> Path | None:
        """The output folder as a path."""
        return None if self.out_dir is None else Path(self.out_dir)

    def limits_in_force(self) -> Limits:
        """Those given, else the pool's, else the usual ones."""
        if self.timeout_s is not None:
            return Limits(timeout_s=self.timeout_s)
        return self.limits or (self.pool.limits if self.pool is not None else Limits())

    def executor(self, battery: Battery) -> Executor:
        """The caller's pool, or a new one. If the caller names no DSL, it has the one beside the battery's programs.

        Says what of the programs' folder is used.
        """
        is_named = self.dsl is not DEFAULT_DSL
        dsl = self.dsl if is_named or not battery.beside else battery.beside
        pool = self.pool if self.pool is not None else Pool(self.workers, self.limits_in_force(), dsl=dsl)
        if not isinstance(self.dsl, Dsl):  # otherwise this is one of several runs, and it has been said for all
            for line in _lines_about_folder(battery, pool.dsl, is_named):
                self.tell("", line)
        return pool

    def tell(self, task_id: str, line: str) -> None:
        """Hand a log line to the caller. task_id: empty for a line about the whole."""
        if self.say is not None:
            self.say(task_id, line)

    def hear(self, verdicts: list[Verdict]) -> None:
        """Hand verdicts that have been reached to the caller."""
        if self.on_verdicts is not None:
            self.on_verdicts(verdicts)

    def lanes(self, executor: Executor) -> int:
        """How many candidates run at once."""
        return 1 if self.is_sequential else executor.workers


def _lines_about_folder(battery: Battery, dsl: Dsl, is_named: bool) -> Iterator[str]:
    """Log lines about what of the programs' folder is used. is_named: the caller has said which DSL to take."""
    yield from [f"-- {note}" for note in battery.notes]
    names = ", ".join([Path(file).name for file in battery.beside])
    if battery.beside and tuple(dsl) == battery.beside:
        yield f"-- The DSL is that of the folder: {names}"
    elif battery.beside and not is_named:
        yield f"-- The DSL is the pool's, {', '.join(dsl)}: not {names} of the folder"
    elif tuple(dsl) == DEFAULT_DSL and (missing := stood_in_for(battery.programs)):
        yield f"-- battnb.dsl stands in for {', '.join(missing)}: no such file lies beside the programs"
    in_memory = () if isinstance(battery.programs, StreamedPrograms) else battery.programs  # records have none
    if siblings := sorted({name for program in in_memory for name in program.siblings}):
        yield f"-- Modules beside the programs: {', '.join([f'{name}.py' for name in siblings])}"


def of_one_task(say: Callable[[str], None] | None) -> Say | None:
    """What to tell a caller who runs one task, and so needs no task's id."""
    return None if say is None else lambda task_id, line: say(line)


def checked_tasks(tasks: Sequence[Task], function: str, source: str) -> list[Task]:
    """The tasks. Raises InputError for a single one, and for none."""
    if is_like_task(tasks) or not tasks:
        raise InputError(f"{function} wants a list of tasks, with at least one in it; {source}")
    return [as_task(task) for task in tasks]


def checked_battery(battery: Battery | Sequence[Candidate]) -> Battery:
    """A battery, or one made of some candidates. Raises InputError for anything else."""
    found = battery_of(battery)
    if found is None:
        raise InputError(
            f"the battery is of type {type(battery).__name__}; give a Battery, such as load_battery(path) makes, "
            "or a list of Candidate(id, source)"
        )
    return found
