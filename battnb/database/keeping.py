"""A store in use: what the runs of one call have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from battnb.database.cached_executor import KeepingExecutor
from battnb.database.folders import Shelf
from battnb.database.journal import Journal
from battnb.database.keys import Environment
from battnb.database.run_store import RunStore, store_in
from battnb.executor import Executor
from battnb.model import RunRecord
from battnb.phases.store import Register


class Kept(NamedTuple):
    """What a run works with so that the store knows of it: an executor, and whom to ask what belongs in the folders."""

    executor: Executor
    register: Register


class Keeping:
    """Makes runs take from a store what it knows, and record there what they reach.

    use_cache: if False, runs do all work again; it is recorded all the same.
    """

    def __init__(self, store: RunStore, use_cache: bool = True) -> None:
        self.store = store
        self._use_cache = use_cache
        self._shelf = Shelf(store.database)
        self._environments: dict[int, Environment] = {}

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, use_cache: bool = True) -> Iterator[Keeping]:
        """With the store of an output folder."""
        with store_in(folder) as store:
            yield cls(store, use_cache)

    @contextmanager
    def run(self, so_far: Callable[[], RunRecord], executor: Executor) -> Iterator[Kept]:
        """Around the phases of a run in an executor that is ready. so_far: gives the run as it is at the moment."""
        journal = Journal(self.store.database, self._environment(executor), self._use_cache)
        with journal.run(so_far):
            yield Kept(KeepingExecutor(executor, journal), self._shelf.register)

    def _environment(self, executor: Executor) -> Environment:
        if id(executor) not in self._environments:
            missing = [layer for layer, reason in executor.layers.items() if reason is not None]
            found = Environment(executor.dsl, executor.packages, missing, executor.made_at)
            self._environments[id(executor)] = found
        return self._environments[id(executor)]
