"""Candidates: programs to judge."""

from __future__ import annotations

import hashlib
import io
import tokenize
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec.structs import force_setattr

from battnb.errors import InputError
from battnb.model.task import Shown, as_id, writable

GRIDS = ("tuple", "list", "ndarray", "transposed")
"""What grids may be handed over as."""


class Candidate(Shown, frozen=True, gc=False):
    """One program to judge.

    id: may be given as a number; so may task_id.
    source: Python source text, or its bytes in any encoding that Python accepts.
    entry: the function to call; None finds it by name and arity (load.entry).
    grids: what it gets its grids as: "tuple", "list", "ndarray", or "transposed" for arrays whose first index is x (its
        output is turned back). None decides by the entry point and, where that may want either, by the program.
    task_id: the only task that it runs on; None for all tasks.
    claims: names that may be the id of its task, such as its file's, best first. If there are any, they decide instead
        of task_id: the first that is the id of a task in the data counts; if none is, it runs on all tasks.
    extra: whatever else is known of it, such as the model that wrote it; kept as it is, and shown in frames.
    prelude: whether names that it takes for granted, such as np, are supplied (load.aliases).
    siblings: the texts of modules that lie beside it and that it may import, by name.
    unreadable: why there is no program, such as a record without an answer; its source is then empty, and its verdict
        is not_a_solver with this reason.
    Raises InputError for an id that cannot be one, if the source is neither text nor bytes, or if grids or siblings are
    something else.
    """

    id: str
    source: str | bytes
    entry: str | None = None
    grids: str | None = None
    task_id: str | None = None
    extra: Mapping[str, Any] = {}
    claims: tuple[str, ...] = ()
    prelude: bool = False
    siblings: Mapping[str, str] = {}
    unreadable: str | None = None

    def __post_init__(self) -> None:
        source = self.source
        force_setattr(self, "id", as_id(self.id, "a candidate"))
        if self.task_id is not None:
            force_setattr(self, "task_id", as_id(self.task_id, f"the task of candidate {self.id!r}"))
        if not isinstance(source, str | bytes):
            raise InputError(
                f"candidate {self.id!r} has {_article(source)} as its source; give the program's text, "
                + ("such as inspect.getsource(it) gives" if callable(source) else "as a str or bytes")
            )
        if type(source) is not str and type(source) is not bytes:  # such as numpy's text, which is no plain text
            force_setattr(self, "source", str(source) if isinstance(source, str) else bytes(source))
        if self.grids is not None:
            if self.grids not in GRIDS:
                raise InputError(f"candidate {self.id!r}: grids is {self.grids!r}; choose {', '.join(GRIDS)} or None")
            force_setattr(self, "grids", str(self.grids))
        if self.siblings:
            force_setattr(self, "siblings", self._plain_siblings())
        force_setattr(self, "prelude", bool(self.prelude))
        if self.unreadable is not None:
            force_setattr(self, "unreadable", str(self.unreadable))

    def _plain_siblings(self) -> dict[str, str]:
        given = self.siblings
        if not isinstance(given, Mapping) or not all(
            [isinstance(text, str) for pair in given.items() for text in pair]
        ):
            raise InputError(f"candidate {self.id!r}: siblings is {given!r:.60}; give the texts of modules by name")
        return {str(name): str(text) for name, text in given.items()}

    @property
    def source_bytes(self) -> bytes:
        """The source as bytes, of which digests are taken. Half a surrogate pair is kept."""
        return as_bytes(self.source)

    @property
    def source_md5(self) -> str:
        """The md5 of the source's bytes, and of grids and siblings if it says them, in hexadecimal digits."""
        said = (self.grids, _digests(self.siblings)) if self.grids or self.siblings else None
        more = repr(said).encode("utf-8", "backslashreplace") if said else b""
        return hashlib.md5(self.source_bytes + more).hexdigest()

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from other programs: equal ones do the same on the same task."""
        siblings = tuple(sorted(self.siblings.items()))
        return self.source, self.entry, self.grids, self.prelude, siblings, self.id if self.unreadable else None

    @property
    def source_text(self) -> str:
        """The source as text that any file can hold. What cannot be decoded or encoded becomes an escape sequence."""
        source = self.source
        if isinstance(source, str):
            return writable(source)
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            return source.decode(encoding, "backslashreplace")
        except (SyntaxError, LookupError):  # it names an unknown encoding, or one that is not for text
            return source.decode("utf-8", "backslashreplace")


def as_bytes(source: str | bytes) -> bytes:
    """Source as bytes. Half a surrogate pair is kept."""
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _digests(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted([(name, _digest(text)) for name, text in texts.items()])


@lru_cache(maxsize=256)
def _digest(text: str) -> str:
    """Thousands of programs may have the same large module beside them."""
    return hashlib.md5(as_bytes(text)).hexdigest()


def _article(source: object) -> str:
    kind = type(source).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
