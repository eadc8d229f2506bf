"""Phase differs: rate candidates by how their outputs differ from the wanted ones.

All differs run at once, in a pass of their own. They need the wanted output as C, so they run on demo pairs only, and
only as straight-line DSL steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from battnb.executor import StepRunner
from battnb.load.dsl_files import Dsl
from battnb.loops import in_turns
from battnb.model import (
    FAMILIES,
    Arg,
    Battery,
    DifferMark,
    Grid,
    Inputs,
    Limits,
    Rating,
    Ref,
    StepValue,
    Task,
    Verdict,
    by_id,
)
from battnb.phases.filter import KEEP
from battnb.phases.inline import Forms


class InlinedDiffer(msgspec.Struct, frozen=True, gc=False):
    """A differ on a candidate's output, and the md5 of both as one program."""

    mark: DifferMark
    candidate_id: str
    md5: str


def inline_differs(
    battery: Battery, candidate_ids: Collection[str], *, dsl: Sequence[str] = (), forms: Forms | None = None
) -> list[InlinedDiffer]:
    """The differs of the named candidates, inlined as a batch, in the battery's order. dsl, forms: as for inline.

    If a battery has the same differ on the same candidate several times, as it does for duplicates, the first counts.
    """
    owners, modules = _Owners(battery), Dsl(dsl)
    owned: dict[tuple[str, str, Arg], DifferMark] = {}
    for mark in battery.differs:
        for owner in owners.of(mark):
            if owner in candidate_ids:
                owned.setdefault((owner, mark.name, mark.value), mark)
    inlined = (forms or Forms(battery.steps)).inlined([value for _, _, value in owned])
    return [
        InlinedDiffer(mark, owner, modules.md5(form.md5))
        for ((owner, _, _), mark), form in zip(owned.items(), inlined, strict=True)
    ]


async def differs(
    battery: Battery,
    programs: Sequence[InlinedDiffer],
    task: Task,
    executor: StepRunner,
    *,
    verdicts: Sequence[Verdict] = (),
    limits: Limits | None = None,
    one_at_a_time: bool = False,
    forms: Forms | None = None,
) -> list[Rating]:
    """Rate candidates by differs.

    programs: from inline_differs. verdicts: known verdicts of the candidates, such as judge_values gives; their
    outputs are then used, and their steps do not run again.
    On each demo pair a candidate earns (raw > 0) + (own == 0) points for an iz differ, and (raw == 0) + (own > 0) for
    a zo differ. raw and own are the differ's counts on the raw input and on the candidate's output. A result that is
    not a count earns nothing. Returns a Rating for each of programs and each family that its differ is rated in, in
    their order.
    """
    if not programs:
        return []
    raw_marks = [mark for mark in battery.differs if mark.solver_id is None]
    marks = raw_marks + [program.mark for program in programs]
    values = [mark.value for mark in marks]
    samples = _samples(battery, task, verdicts)
    on_pairs = await executor.execute(
        battery.steps, values, samples, differs=True, limits=limits, one_at_a_time=one_at_a_time
    )
    by_mark = list(zip(*on_pairs, strict=True))
    raw = {mark.name: values for mark, values in zip(raw_marks, by_mark, strict=False)}
    own = by_mark[len(raw_marks) :]
    rated = [
        (program, _rating(program, family, raw.get(program.mark.name, ()), mine))
        async for program, mine in in_turns(zip(programs, own, strict=True))
        for family in program.mark.families
    ]
    return _with_sources(forms or Forms(battery.steps), rated)


def _samples(battery: Battery, task: Task, verdicts: Sequence[Verdict]) -> list[Inputs]:
    """The demo pairs, with the known grids of the steps that are candidates' outputs."""
    verdict_of = by_id(verdicts)
    outputs: dict[int, tuple[Grid | None, ...]] = {
        output.value.step: verdict_of[output.candidate_id].outputs
        for output in battery.outputs
        if isinstance(output.value, Ref) and output.candidate_id in verdict_of
    }
    return [
        Inputs(pair.input, task.demo, pair.output, {step: grids[index] for step, grids in outputs.items()})
        for index, pair in enumerate(task.demo)
    ]


def points(family: str, raw: int | None, own: int | None) -> int:
    """What a candidate earns on one pair."""
    if raw is None or own is None:
        return 0
    return (raw > 0) + (own == 0) if family == "iz" else (raw == 0) + (own > 0)


def _rating(program: InlinedDiffer, family: str, raw: Sequence[StepValue], own: Sequence[StepValue]) -> Rating:
    counts = tuple([(_count(r), _count(o)) for r, o in zip(raw, own, strict=False)])
    return Rating(
        candidate_id=program.candidate_id,
        name=program.mark.name,
        family=family,
        score=sum([points(family, r, o) for r, o in counts]),
        counts=counts,
        cpu_s=sum([value.cpu_s for value in own]),
        md5=program.md5,
    )


def _with_sources(forms: Forms, rated: Sequence[tuple[InlinedDiffer, Rating]]) -> list[Rating]:
    """Write out the differs that may be kept: the best of each family, and those as good as the last of them."""
    least = {family: _least([rating for _, rating in rated], family) for family in FAMILIES}
    return [
        msgspec.structs.replace(rating, source=forms.source(program.mark.value, "differ"))
        if rating.rank >= least[rating.family]
        else rating
        for program, rating in rated
    ]


def _least(rated: Sequence[Rating], family: str) -> tuple[int, int]:
    """The rank of the last differ of a family that is kept."""
    ranks = sorted([rating.rank for rating in rated if rating.family == family], reverse=True)
    return ranks[KEEP - 1] if len(ranks) >= KEEP else (-1, -(2**31))


def _count(value: StepValue) -> int | None:
    return value.value if isinstance(value.value, int) else None


class _Owners:
    """Which candidates' outputs differs look at."""

    def __init__(self, battery: Battery) -> None:
        self._steps = battery.steps
        self._of_value: dict[tuple[str, Arg], list[str]] = defaultdict(list)
        self._of_solver: dict[str, list[str]] = defaultdict(list)
        for output in battery.outputs:
            self._of_value[output.solver_id, output.value].append(output.candidate_id)
            self._of_solver[output.solver_id].append(output.candidate_id)

    def of(self, mark: DifferMark) -> list[str]:
        """Those whose value the differ's step takes, or else those of its solver. None if it looks at the raw input."""
        if mark.solver_id is None:
            return []
        taken = [self._of_value.get((mark.solver_id, arg), []) for arg in self._taken(mark.value)]
        return [owner for owners in taken for owner in owners] or self._of_solver.get(mark.solver_id, [])

    def _taken(self, value: Arg) -> tuple[Arg, ...]:
        """The arguments of the step that made a differ's result."""
        if isinstance(value, Ref):
            return tuple(dict.fromkeys(self._steps[value.step].args))
        return tuple([Ref(step) for step in value.used])
