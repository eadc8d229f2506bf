"""Phase inline: fold the steps of every candidate into one expression, as a batch, and take its md5."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from battnb.load.dsl_files import Dsl
from battnb.load.inlining import Inlined, inline_batch
from battnb.load.written import ProgramTexts
from battnb.loops import in_turns
from battnb.model import Arg, Battery, Candidate, Step


class InlinedCandidate(msgspec.Struct, frozen=True):
    """A candidate as a program of its own.

    candidate: its source is a function solve(S, I, C) of readable steps, or the program as it was given.
    expression: the inlined form; None if it would be longer than 1 MiB, or if the program is not a straight line.
    length: of the inlined form in bytes, whether or not it was made. md5: of the expression; of the canonical steps if
    by_steps is true; of the source if there are no steps. If the DSL is files, the md5 covers them too.
    """

    candidate: Candidate
    md5: str
    expression: str | None = None
    length: int = 0
    by_steps: bool = False


async def inline(
    battery: Battery, candidate_ids: Collection[str], *, dsl: Sequence[str] = (), forms: Forms | None = None
) -> list[InlinedCandidate]:
    """The named candidates as programs of their own, in the battery's order.

    dsl: the modules that they get their names from. forms: those of the battery's steps, if several tasks share them.
    The time is linear in the graph and in the text that is made. Equal inlined expressions over one DSL have equal md5.
    """
    modules, forms = Dsl(dsl), forms or Forms(battery.steps)
    outputs = [output for output in battery.outputs if output.candidate_id in candidate_ids]
    inlined = forms.inlined([output.value for output in outputs])
    found = [
        InlinedCandidate(
            candidate=Candidate(output.candidate_id, forms.source(output.value)),
            md5=modules.md5(form.md5),
            expression=form.text,
            length=form.length,
            by_steps=form.by_steps,
        )
        async for output, form in in_turns(zip(outputs, inlined, strict=True))
    ]
    given = [program for program in battery.programs if program.id in candidate_ids]
    return found + [InlinedCandidate(p, modules.md5(p.source_md5)) for p in given]


class Forms:
    """What is made of the values of one graph of steps, each once. Runs of one battery on many tasks share it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._texts = ProgramTexts(steps)
        self._inlined: dict[Arg, Inlined] = {}
        self._sources: dict[tuple[Arg, str], str] = {}

    def inlined(self, values: Sequence[Arg]) -> list[Inlined]:
        """The inlined form of each value."""
        missing = [value for value in dict.fromkeys(values) if value not in self._inlined]
        self._inlined.update(zip(missing, inline_batch(self._steps, missing), strict=True) if missing else ())
        return [self._inlined[value] for value in values]

    def source(self, value: Arg, name: str = "solve") -> str:
        """The program of a value as a function of one call a line."""
        if (value, name) not in self._sources:
            self._sources[value, name] = self._texts.source(value, name)
        return self._sources[value, name]
