"""A store in use: what the runs of one call have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from battnb.database.cached_executor import KeepingExecutor
from battnb.database.folders import Shelf
from battnb.database.journal import Journal
from battnb.database.keys import Environment
from battnb.database.run_store import RunStore

if TYPE_CHECKING:
    from battnb.pipeline import Draft
    from battnb.sandbox.pool import Pool


class Keeping:
    """Makes runs take from a store what it knows, and record there what they reach.

    use_cache: if False, runs do all work again; it is recorded all the same.
    """

    def __init__(self, store: RunStore, use_cache: bool = True) -> None:
        self.store = store
        self._use_cache = use_cache
        self._shelf = Shelf(store.database)
        self._environments: dict[Pool, Environment] = {}

    @contextmanager
    def run(self, draft: Draft, pool: Pool) -> Iterator[None]:
        """Wraps the phases of a run in a pool that is ready."""
        journal = Journal(self.store.database, self._environment(pool), self._use_cache)
        draft.executor = KeepingExecutor(pool, journal, pool.limits, pool.isolation)
        draft.register = self._shelf.register
        with journal.run(draft.run):
            yield

    def _environment(self, pool: Pool) -> Environment:
        if pool not in self._environments:
            missing = [layer for layer, reason in pool.layers.items() if reason is not None]
            self._environments[pool] = Environment(pool.dsl, pool.packages, missing, pool.made_at)
        return self._environments[pool]
