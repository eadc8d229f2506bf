"""Phase inline: fold the steps of every candidate into one expression, as a batch, and take its md5."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

import msgspec

from battnb.load.dsl_files import Dsl
from battnb.load.inlining import inline_batch
from battnb.load.written import ProgramTexts
from battnb.loops import in_turns
from battnb.model import Battery, Candidate


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
    battery: Battery, candidate_ids: Collection[str], *, dsl: Sequence[str] = ()
) -> list[InlinedCandidate]:
    """The named candidates as programs of their own, in the battery's order.

    dsl: the modules that they get their names from.
    The time is linear in the graph and in the text that is made. Equal inlined expressions over one DSL have equal md5.
    """
    modules = Dsl(dsl)
    outputs = [output for output in battery.outputs if output.candidate_id in candidate_ids]
    inlined = inline_batch(battery.steps, [output.value for output in outputs])
    texts = ProgramTexts(battery.steps)
    found = [
        InlinedCandidate(
            candidate=Candidate(output.candidate_id, texts.source(output.value)),
            md5=modules.md5(form.md5),
            expression=form.text,
            length=form.length,
            by_steps=form.by_steps,
        )
        async for output, form in in_turns(zip(outputs, inlined, strict=True))
    ]
    given = [program for program in battery.programs if program.id in candidate_ids]
    return found + [InlinedCandidate(p, modules.md5(hashlib.md5(p.source_bytes).hexdigest())) for p in given]
