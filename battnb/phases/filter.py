"""Phase filter: drop what is the same as an earlier candidate, and what could not be kept for its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from battnb.load.inlining import same_programs
from battnb.model import Battery, Verdict

KEEP = 32
"""Programs that the store keeps for a task."""


class Filtered(msgspec.Struct, frozen=True):
    """What is worth a validation.

    kept: ids of candidates to validate, in the battery's order. duplicate_of: for each duplicate's id, the earlier
    one's. dropped: ids of those that the store could not keep.
    """

    kept: tuple[str, ...] = ()
    duplicate_of: Mapping[str, str] = {}
    dropped: tuple[str, ...] = ()


async def filter(battery: Battery, verdicts: Sequence[Verdict], *, keep: int | None = KEEP) -> Filtered:  # noqa: A001
    """Choose the candidates that are worth a validation.

    verdicts: what execute gave, for battery.outputs; a battery of programs has none, and loses only duplicates.
    keep: how many of the best scores are worth one; None for all.
    Dropped is what could not be kept for its score: below the last place, or without a grid on any sample. Those with
    the score of the last place are all kept: which are faster is not known yet.
    """
    duplicate_of = _duplicates(battery)
    executed = {verdict.candidate_id: verdict for verdict in verdicts}
    unique = [candidate_id for candidate_id in battery.candidate_ids if candidate_id not in duplicate_of]
    scored = [executed[c] for c in unique if c in executed and any(executed[c].outputs)]
    best = sorted([verdict.o_score for verdict in scored], reverse=True)
    least = 0 if keep is None or len(best) < keep else best[keep - 1]
    worthy = {verdict.candidate_id for verdict in scored if verdict.o_score >= least}
    kept = tuple([c for c in unique if c not in executed or c in worthy])
    dropped = tuple([c for c in unique if c in executed and c not in worthy])
    return Filtered(kept, duplicate_of, dropped)


def _duplicates(battery: Battery) -> dict[str, str]:
    found = _earlier(
        same_programs(battery.steps, [o.value for o in battery.outputs]), [o.candidate_id for o in battery.outputs]
    )
    sources = [(p.source, p.entry, p.grids) for p in battery.programs]
    return found | _earlier(sources, [p.id for p in battery.programs])


def _earlier(keys: Sequence[object], ids: Sequence[str]) -> dict[str, str]:
    first: dict[object, str] = {}
    found = {}
    for key, candidate_id in zip(keys, ids, strict=True):
        earlier = first.setdefault(key, candidate_id)
        if earlier != candidate_id:
            found[candidate_id] = earlier
    return found
