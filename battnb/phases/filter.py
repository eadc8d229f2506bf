"""Phase filter: drop candidates that are the same as an earlier one, and those whose score is too low to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from battnb.load.inlining import same_programs
from battnb.model import Battery, Verdict, by_id

KEEP = 32
"""Programs that the store keeps for a task, and differs that it keeps for a task and family."""


class Filtered(msgspec.Struct, frozen=True):
    """What is worth a validation.

    kept: ids of the candidates to validate, in the battery's order. duplicate_of: for the id of each duplicate, the id
    of the earlier candidate. dropped: ids of candidates that the store would not keep.
    """

    kept: tuple[str, ...] = ()
    duplicate_of: Mapping[str, str] = {}
    dropped: tuple[str, ...] = ()


async def filter(battery: Battery, verdicts: Sequence[Verdict], *, keep: int | None = KEEP) -> Filtered:  # noqa: A001
    """Choose the candidates that are worth a validation.

    verdicts: from execute, for battery.outputs. A battery of programs has none, and loses only duplicates.
    keep: how many places there are for the best scores; None for no bound.
    A candidate is dropped if its score is below the last place, or if it gave no grid on any sample. Candidates with
    the score of the last place are all kept, because it is not known yet which are faster.
    """
    duplicate_of = _duplicates(battery)
    executed = by_id(verdicts)
    unique = [candidate_id for candidate_id in battery.candidate_ids if candidate_id not in duplicate_of]
    scored = [executed[c] for c in unique if c in executed and any(executed[c].outputs)]
    best = sorted([verdict.o_score for verdict in scored], reverse=True)
    least = 0 if keep is None or len(best) < keep else best[keep - 1]
    worthy = {verdict.candidate_id for verdict in scored if verdict.o_score >= least}
    kept = tuple([c for c in unique if c not in executed or c in worthy])
    dropped = tuple([c for c in unique if c in executed and c not in worthy])
    return Filtered(kept, duplicate_of, dropped)


def _duplicates(battery: Battery) -> dict[str, str]:
    """For the id of each candidate whose program an earlier one has too, that one's id."""
    first: dict[object, str] = {}
    found = {}
    keys: list[object] = [*same_programs(battery.steps, [output.value for output in battery.outputs])]
    keys += [
        (p.source, p.entry, p.grids, p.prelude, p.unreadable, *sorted(p.siblings.items())) for p in battery.programs
    ]
    for key, candidate_id in zip(keys, battery.candidate_ids, strict=True):
        earlier = first.setdefault(key, candidate_id)
        if earlier != candidate_id:
            found[candidate_id] = earlier
    return found
