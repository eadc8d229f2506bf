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
    expression: the inlined form; None where it would be longer than 1 MiB, or the program is no straight line.
    length: of the inlined form in bytes, made or not. md5: of the expression; of the canonical steps where by_steps
    is true; of the source where there are no steps; in each case together with the DSL where that is files.
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
    Linear in the graph and in the text that is made. Equal inlined expressions over one DSL have equal md5.
    """
    modules = Dsl(dsl)
    outputs = [output for output in battery.outputs if output.candidate_id in candidate_ids]
    inlined = inline_batch(battery.steps, [output.value for output in outputs])
    texts = ProgramTexts(battery.steps)
    found = []
    async for output, form in in_turns(zip(outputs, inlined, strict=True)):
        candidate = Candidate(output.candidate_id, texts.source(output.value))
        found.append(InlinedCandidate(candidate, modules.md5(form.md5), form.text, form.length, form.by_steps))
    return found + [_given(program, modules) for program in battery.programs if program.id in candidate_ids]


def _given(candidate: Candidate, dsl: Dsl) -> InlinedCandidate:
    return InlinedCandidate(candidate, dsl.md5(hashlib.md5(candidate.source_bytes).hexdigest()))
