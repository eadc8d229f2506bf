"""The programs of a run as text, made when somebody wants to read them."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from battnb.load.inlining import inline_batch
from battnb.load.written import ProgramTexts
from battnb.model import Programs

READABLE_BYTES = 10_000
"""A longer inlined form is not written out: nobody would read it."""


class ProgramText(msgspec.Struct, frozen=True):
    """A program for readers.

    source: the text that was given, or a function of readable steps. inlined: one expression; None if the program was
    given as text, or if its inlined form is too long. inlined_bytes: the length of that form, written out or not.
    """

    source: str
    inlined: str | None = None
    inlined_bytes: int = 0


def texts_of(
    programs: Programs, candidate_ids: Collection[str], most_bytes: int = READABLE_BYTES
) -> dict[str, ProgramText]:
    """The programs of some candidates, by id. Unknown ids are left out.

    most_bytes: longer inlined forms are not written out.
    """
    given = {name: ProgramText(text) for name, text in programs.given if name in candidate_ids}
    outputs = [output for output in programs.outputs if output.candidate_id in candidate_ids]
    if not outputs:
        return given
    forms = inline_batch(programs.steps, [output.value for output in outputs], most_bytes)
    readable = ProgramTexts(programs.steps)
    found = {
        output.candidate_id: ProgramText(readable.source(output.value), form.text, form.length)
        for output, form in zip(outputs, forms, strict=True)
    }
    return found | given
