"""Batteries: many candidates that share steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from battnb.model.candidate import Candidate
from battnb.model.grid import Grid
from battnb.model.program import Arg, Step
from battnb.model.task import Pair, Shown, writable
from battnb.model.verdict import Failure, Status
from battnb.provided import provided

FAMILIES = ("iz", "zo")
"""Of differs: iz counts what is in the current grid but not in the wanted one, zo the reverse."""


class Output(msgspec.Struct, frozen=True):
    """A mark in a battery: this value is the output of a candidate."""

    candidate_id: str
    solver_id: str
    mutated: bool
    value: Arg


class DifferMark(msgspec.Struct, frozen=True):
    """A mark in a battery: this value is what a differ says about a grid.

    id: as in the file. name: the differ's; its family, "iz" or "zo", may be part of it (see families).
    solver_id: the solver whose output it compares; None if it compares the raw input.
    """

    id: str
    name: str
    solver_id: str | None
    value: Arg

    @property
    def families(self) -> tuple[str, ...]:
        """The families that it is rated in: the one that its name says, or both."""
        name = self.name.lower()
        said = [family for family in FAMILIES if family in name.split("_") or name.endswith(family)]
        return (said[-1],) if said else FAMILIES


class Battery(Shown, frozen=True):
    """Many candidates, and the steps that they share.

    steps: the graph, in an order in which each step uses only earlier ones.
    outputs: one for every straight-line candidate, in the file's order. differs: in the file's order too.
    programs: candidates that are source text instead of steps (a folder, a file of solvers, JSON Lines).
    A battery has outputs or programs, not both.
    beside: DSL files that lie beside its programs, used unless the caller names a DSL.
    notes: what its reader left out, a line each.
    """

    name: str
    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    differs: tuple[DifferMark, ...] = ()
    programs: Sequence[Candidate] = ()
    beside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.outputs) + len(self.programs)

    def __repr__(self) -> str:
        return f"<Battery {self.name}: {len(self)} candidates, {len(self.steps)} steps, {len(self.differs)} differs>"

    @property
    def candidate_ids(self) -> list[str]:
        """The ids of its candidates, in the battery's order."""
        return [output.candidate_id for output in self.outputs] + [program.id for program in self.programs]


class Programs(msgspec.Struct, frozen=True):
    """The candidates of a run in compact form. load.inlining writes them out as text.

    steps, outputs: the graph that straight-line candidates share. given: (id, source text) of all others.
    extra: what else is known of a candidate, by id and name, as JSON can hold it.
    """

    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    extra: dict[str, dict[str, Any]] = {}

    @classmethod
    def of(cls, battery: Battery) -> Programs:
        """What a run keeps of a battery."""
        given, extra = list[tuple[str, str]](), {}
        for program in battery.programs:
            given.append((program.id, program.source_text))
            if program.extra:
                extra[program.id] = {writable(key): _as_json(value) for key, value in program.extra.items()}
        return cls(battery.steps, battery.outputs, tuple(given), extra)

    def texts(self, candidate_ids: Collection[str], **options: int) -> dict[str, Any]:
        """The programs of some candidates as text, by id (load.inlining.texts_of says more)."""
        texts: dict[str, Any] = provided("Programs.texts")(self, candidate_ids, **options)
        return texts


def _as_json(value: object) -> Any:
    """A value as a file of JSON gives it back; as text if JSON cannot hold it."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))
    except (ValueError, TypeError, OverflowError, RecursionError):  # half a surrogate pair, or keys of other kinds
        return writable(str(value))


class Inputs(msgspec.Struct, frozen=True):
    """What a battery's steps run on: I, the demo pairs for S, and C (None, or the wanted output for differs).

    known: steps whose values are known, with their grids; None if a step gave no grid. A step that is known for all
    samples does not run again.
    """

    input: Grid
    demo: tuple[Pair, ...]
    compared: Grid | None = None
    known: Mapping[int, Grid | None] = {}


class StepValue(msgspec.Struct, frozen=True, gc=False):
    """The result of a marked value of a battery on one sample.

    value: a candidate's grid, or a differ's count. If it is None, status and failure say why.
    cpu_s: CPU seconds of all steps that it needs, whether or not an earlier value needed them too.
    executed_cpu_s: CPU seconds of the steps that had not already run for an earlier value. started_s, ended_s: on the
    monotonic clock; values that are handed over together have the same times.
    """

    value: Grid | int | None
    status: Status | None = None
    failure: Failure | None = None
    cpu_s: float = 0.0
    executed_cpu_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    lane: int | None = None
