"""Candidates: programs to judge."""

from __future__ import annotations

import hashlib
import io
import tokenize

from battnb.errors import InputError
from battnb.model.task import Shown


class Candidate(Shown, frozen=True, gc=False):
    """One program to judge.

    source: Python source text, or its bytes in any encoding that Python accepts.
    entry: the function to call; None finds it by name and arity (load.entry).
    grids: the type of the grids that it gets: "tuple", "list" or "ndarray". None decides by the entry point, and for
        transform by whether the program uses numpy.
    Raises InputError if the source is neither text nor bytes.
    """

    id: str
    source: str | bytes
    entry: str | None = None
    grids: str | None = None

    def __post_init__(self) -> None:
        source = self.source
        if not isinstance(source, str | bytes):
            raise InputError(
                f"candidate {self.id!r} has {_article(source)} as its source; give the program's text, "
                + ("such as inspect.getsource(it) gives" if callable(source) else "as a str or bytes")
            )

    @property
    def source_bytes(self) -> bytes:
        """The source as bytes, of which digests are taken. Half a surrogate pair is kept."""
        return as_bytes(self.source)

    @property
    def source_md5(self) -> str:
        """The md5 of the source's bytes, in hexadecimal digits."""
        return hashlib.md5(self.source_bytes).hexdigest()

    @property
    def source_text(self) -> str:
        """The source as text that any file can hold. What cannot be decoded or encoded becomes an escape sequence."""
        source = self.source
        if isinstance(source, str):
            return source if _is_encodable(source) else source.encode("utf-8", "backslashreplace").decode()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            return source.decode(encoding, "backslashreplace")
        except (SyntaxError, LookupError):  # it names an unknown encoding, or one that is not for text
            return source.decode("utf-8", "backslashreplace")


def as_bytes(source: str | bytes) -> bytes:
    """Source as bytes. Half a surrogate pair is kept."""
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _article(source: object) -> str:
    kind = type(source).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _is_encodable(text: str) -> bool:
    """Is the text free of halves of surrogate pairs?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
