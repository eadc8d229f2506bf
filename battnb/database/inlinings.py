"""Inlined forms of batteries, kept: in memory for the tasks of one call, in the store for those that follow."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from battnb.database.connection import Database
from battnb.database.keys import SEMANTICS, battery_digest, digest
from battnb.load.dsl_files import Dsl
from battnb.model import Battery, Candidate
from battnb.phases.differs import InlinedDiffer
from battnb.phases.filter import candidate_ids
from battnb.phases.forms import Inliner
from battnb.phases.inline import InlinedCandidate

_AT_ONCE = 500


class KeptInliner(Inliner):
    """Inlines what nobody has inlined yet. A battery of programs has no steps, and nothing to inline or keep."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, dict[str, list[Any]]] = defaultdict(dict)
        self._last: tuple[Battery, bytes] | None = None

    async def candidates(self, battery: Battery, ids: Collection[str], dsl: Sequence[str]) -> list[InlinedCandidate]:
        if not battery.steps:
            return await super().candidates(battery, ids, dsl)
        what = self._key(battery, dsl, "candidates")
        missing = self._missing(what, ids, list[_Form])
        if missing:
            made = await super().candidates(battery, missing, dsl)
            self._keep(what, {form.candidate.id: [_Form.of(form)] for form in made})
        known = self._known[what]
        return [form.inlined(name) for name in candidate_ids(battery) if name in ids for form in known[name]]

    def differs(self, battery: Battery, ids: Collection[str], dsl: Sequence[str]) -> list[InlinedDiffer]:
        if not battery.differs:
            return []
        what = self._key(battery, dsl, "differs")
        missing = self._missing(what, ids, list[InlinedDiffer])
        if missing:
            made: dict[str, list[InlinedDiffer]] = {name: [] for name in missing}  # also those that none looks at
            for form in super().differs(battery, missing, dsl):
                made[form.candidate_id].append(form)
            self._keep(what, made)
        places = {mark.id: place for place, mark in enumerate(battery.differs)}
        known = self._known[what]
        found = [form for name in candidate_ids(battery) if name in ids for form in known[name]]
        return sorted(found, key=lambda form: places[form.mark.id])

    def _key(self, battery: Battery, dsl: Sequence[str], what: str) -> bytes:
        """Of what all forms of a battery have in common."""
        if self._last is None or self._last[0] is not battery:
            self._last = battery, battery_digest(battery)
        package = Dsl(dsl).package
        return digest(SEMANTICS, what, self._last[1], package.name if package is not None else "")

    def _missing(self, what: bytes, ids: Collection[str], kind: Any) -> set[str]:
        """Those of some candidates whose forms are nowhere; what the store has is in memory then."""
        known = self._known[what]
        asked = {digest(what, name): name for name in ids if name not in known}
        keys = list(asked)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for key, body in self._database.rows(f"SELECT key, body FROM inlinings WHERE key IN ({marks})", some):
                known[asked.pop(key)] = msgspec.msgpack.decode(zlib.decompress(body), type=kind)
        return set(asked.values())

    def _keep(self, what: bytes, made: dict[str, list[Any]]) -> None:
        self._known[what].update(made)
        now_s = time.time()
        rows = [
            (digest(what, name), now_s, zlib.compress(msgspec.msgpack.encode(forms), 1)) for name, forms in made.items()
        ]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO inlinings VALUES (?, ?, ?)", rows)


class _Form(msgspec.Struct, frozen=True, array_like=True):
    """An InlinedCandidate of steps: its source is always text."""

    source: str
    md5: str
    expression: str | None
    length: int
    by_steps: bool

    @classmethod
    def of(cls, inlined: InlinedCandidate) -> _Form:
        source = str(inlined.candidate.source)
        return cls(source, inlined.md5, inlined.expression, inlined.length, inlined.by_steps)

    def inlined(self, candidate_id: str) -> InlinedCandidate:
        candidate = Candidate(candidate_id, self.source)
        return InlinedCandidate(candidate, self.md5, self.expression, self.length, self.by_steps)
