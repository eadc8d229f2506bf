"""What the candidates of a run were, kept in little room and written out as text when somebody wants to read them."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Collection

import msgspec

from battnb.model import Battery, Output, Step

READABLE_BYTES = 10_000
"""An inlined form longer than this is not written out: nobody reads it."""


class ProgramText(msgspec.Struct, frozen=True):
    """A program to be read.

    source: as it was given, or a function of readable steps. inlined: one expression; None where the program was
    given as text, or its inlined form is longer than asked for. inlined_bytes: its length, written out or not.
    """

    source: str
    inlined: str | None = None
    inlined_bytes: int = 0


class Programs(msgspec.Struct, frozen=True):
    """The programs of a battery.

    steps, outputs: the graph that straight-line candidates share. given: (id, source text) of all others.
    """

    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    given: tuple[tuple[str, str], ...] = ()

    def texts(self, candidate_ids: Collection[str], most_bytes: int = READABLE_BYTES) -> dict[str, ProgramText]:
        """The programs of some candidates, by id; ids that are not among them are left out.

        most_bytes: longer inlined forms are not written out.
        """
        from battnb.load.program import ProgramTexts, inline_batch

        outputs = [output for output in self.outputs if output.candidate_id in candidate_ids]
        if not outputs:
            return self._given(candidate_ids)
        forms = inline_batch(self.steps, [output.value for output in outputs], most_bytes)
        readable = ProgramTexts(self.steps)
        found = {
            output.candidate_id: ProgramText(readable.source(output.value), form.text, form.length)
            for output, form in zip(outputs, forms, strict=True)
        }
        return found | self._given(candidate_ids)

    def _given(self, candidate_ids: Collection[str]) -> dict[str, ProgramText]:
        return {name: ProgramText(text) for name, text in self.given if name in candidate_ids}


def programs_of(battery: Battery) -> Programs:
    """What is to be kept of a battery."""
    given = tuple([(program.id, _text(program.source)) for program in battery.programs])
    return Programs(battery.steps, battery.outputs, given)


def _text(source: str | bytes) -> str:
    """Source as text that can be written to any file: in the encoding that it names, what is no text as escapes."""
    if isinstance(source, str):
        return source if _is_plain(source) else source.encode("utf-8", "backslashreplace").decode()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, "backslashreplace")
    except (SyntaxError, LookupError):  # it names none, or one that is no encoding of text
        return source.decode("utf-8", "backslashreplace")


def _is_plain(text: str) -> bool:
    """Has it no half of a surrogate pair?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
