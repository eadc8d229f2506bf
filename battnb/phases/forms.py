"""Inlined forms of a battery's candidates and differs, as the pipeline asks for them: made anew each time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from battnb.model import Battery
from battnb.phases.differs import InlinedDiffer, inline_differs
from battnb.phases.inline import InlinedCandidate, inline


class Inliner:
    """Inlines the named candidates of a battery, and the differs that look at them. dsl: as for inline."""

    async def candidates(self, battery: Battery, ids: Collection[str], dsl: Sequence[str]) -> list[InlinedCandidate]:
        return await inline(battery, ids, dsl=dsl)

    def differs(self, battery: Battery, ids: Collection[str], dsl: Sequence[str]) -> list[InlinedDiffer]:
        return inline_differs(battery, ids, dsl=dsl)
