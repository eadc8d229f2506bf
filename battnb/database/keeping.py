"""A store in use: what the runs of one call have in common, and an executor that runs only what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from battnb.database.journal import Journal, Reached
from battnb.database.keys import Environment
from battnb.database.run_store import RunStore, store_in
from battnb.executor import Executor, ExecutorAround
from battnb.model import Arg, Candidate, Inputs, Limits, RunRecord, Step, StepValue, Task, Verdict
from battnb.phases.store import Register


class Keeping:
    """Makes runs take from a store what it knows, and record there what they reach.

    use_cache: if False, runs do all work again; it is recorded all the same.
    """

    def __init__(self, store: RunStore, use_cache: bool = True) -> None:
        self.store = store
        self._use_cache = use_cache
        self._environments: dict[Executor, Environment] = {}

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, use_cache: bool = True) -> Iterator[Keeping]:
        """With the store of an output folder."""
        with store_in(folder) as store:
            yield cls(store, use_cache)

    @contextmanager
    def run(self, so_far: Callable[[], RunRecord], executor: Executor) -> Iterator[tuple[Executor, Register]]:
        """Around the phases of a run in an executor that is ready. so_far: gives the run as it is at the moment.

        Yields the executor that the run is to use, and the function that says what belongs in the folders of programs.
        """
        journal = Journal(self.store.database, self._environment(executor), self._use_cache)
        with journal.run(so_far):
            yield KeepingExecutor(executor, journal), self.store.register

    def _environment(self, executor: Executor) -> Environment:
        if executor not in self._environments:
            missing = [layer for layer, reason in executor.layers.items() if reason is not None]
            self._environments[executor] = Environment(executor.dsl, executor.packages, missing, executor.made_at)
        return self._environments[executor]


class KeepingExecutor(ExecutorAround):
    """Takes what a journal knows from it, lets an executor run the rest, and records that as it is reached."""

    def __init__(self, executor: Executor, journal: Journal) -> None:
        super().__init__(executor)
        self._journal = journal

    async def validate(
        self,
        candidates: Sequence[Candidate],
        task: Task,
        *,
        limits: Limits | None = None,
        isolation: str | None = None,
        one_at_a_time: bool = False,
        on_verdicts: Callable[[list[Verdict]], None] | None = None,
    ) -> list[Verdict]:
        """Like the executor's. Verdicts that were known come first and are marked as cached."""
        limits, isolation = limits or self.limits, isolation or self.isolation
        tell = on_verdicts or (lambda verdicts: None)
        keys = self._journal.keys(candidates, task, limits, isolation)
        known = self._journal.known_verdicts(keys, candidates, task, limits)
        if known:
            tell(list(known.values()))
        missing = [index for index in range(len(candidates)) if index not in known]
        if not missing:
            return [known[index] for index in range(len(candidates))]
        by_id = _by_id(candidates, missing)

        def reached(verdicts: list[Verdict]) -> None:
            found = [(by_id[v.candidate_id], v) for v in verdicts if v.candidate_id in by_id]
            self._journal.record_verdicts([Reached(keys[i], candidates[i], task, v) for i, v in found], limits)
            tell(verdicts)

        made = await self._executor.validate(
            [candidates[index] for index in missing],
            task,
            limits=limits,
            isolation=isolation,
            one_at_a_time=one_at_a_time,
            on_verdicts=reached,
        )
        all_of_them = known | dict(zip(missing, made, strict=True))
        return [all_of_them[index] for index in range(len(candidates))]

    async def execute(
        self,
        steps: Sequence[Step],
        values: Sequence[Arg],
        samples: Sequence[Inputs],
        *,
        differs: bool = False,
        limits: Limits | None = None,
        one_at_a_time: bool = False,
    ) -> list[list[StepValue]]:
        """Like the executor's. Only values that are not known run, and only the first of equal ones."""
        limits = limits or self.limits
        if not samples:
            return []
        finder = self._journal.value_keys(steps, samples, differs, limits)
        keys = [finder.key(value) for value in values]
        known = self._journal.known_values(keys, limits)
        missing = {key: value for key, value in zip(keys, values, strict=True) if key not in known}
        if missing:
            options = {"differs": differs, "limits": limits, "one_at_a_time": one_at_a_time}
            found = await self._executor.execute(steps, list(missing.values()), samples, **options)  # type: ignore[arg-type]
            made = {key: list(on_samples) for key, on_samples in zip(missing, zip(*found, strict=True), strict=True)}
            self._journal.record_values(made, limits)
            known = known | made
        by_value = [known[key] for key in keys]
        for again in _repeated(keys):  # their steps ran for the first one
            by_value[again] = [msgspec.structs.replace(value, executed_cpu_s=0.0) for value in by_value[again]]
        return [list(on_sample) for on_sample in zip(*by_value, strict=True)]


def _by_id(candidates: Sequence[Candidate], indexes: Sequence[int]) -> dict[str, int]:
    """Indexes by id, leaving out ids that occur twice: nothing tells whose their verdicts are."""
    counts = Counter([candidate.id for candidate in candidates])
    return {candidates[index].id: index for index in indexes if counts[candidates[index].id] == 1}


def _repeated(keys: Sequence[bytes]) -> list[int]:
    seen: set[bytes] = set()
    return [index for index, key in enumerate(keys) if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
