"""Sources of records, read one after the other in flat memory: lines of JSON, Parquet, tables and lists.

A source can be read again from any row on. A row that cannot be read is a row too, which says why.
"""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from battnb.errors import BatteryError

MOST_LINE_BYTES = 64 * 2**20
"""A longer line is one that cannot be read."""
MOST_WHOLE_BYTES = 2**30
"""JSON that is not one record a line must be read as a whole, and only up to this size."""
_CHUNK = 2**18
_ROWS = 1_000


class Row(NamedTuple):
    """A record. number: of its line or row, from 1. place: from where it can be read again.

    value: a dict, a text or a list. problem: why it cannot be read; None if it can.
    """

    number: int
    place: int
    value: Any
    problem: str | None = None


class Rows(Protocol):
    """A source of records. word: what a row is called."""

    word: str

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        """The rows from a place on. number: of the row there. Raises BatteryError if they cannot be read."""


def _row(number: int, place: int, value: Any, word: str) -> Row:
    if isinstance(value, dict | str | list):
        return Row(number, place, value)
    kind = "null" if value is None else type(value).__name__
    return Row(number, place, None, f"{word} {number} is {kind}; a record is an object with keys")


# Lines


class JsonLines:
    """A file of one JSON value a line: plain or gzip, in UTF-8, UTF-16 or UTF-32, with line ends of any system."""

    word = "line"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state = self._stat()

    def _stat(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)
        except OSError as error:
            raise BatteryError(f"{self._path} cannot be read: {error.strerror}") from None
        return found.st_size, found.st_mtime_ns

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        if self._stat() != self._state:
            raise BatteryError(f"{self._path} has changed since it was loaded; load it again")
        with open_text(self._path) as file:
            lines = _lines(file, place)
            for at in itertools.count(number):
                try:
                    place, line = next(lines)
                except StopIteration:
                    return
                except (OSError, EOFError, zlib.error, UnicodeError) as error:
                    yield Row(at, place, None, f"line {at} cannot be read: {error}")
                    return
                if line is None:
                    yield Row(at, place, None, f"line {at} is longer than {MOST_LINE_BYTES // 2**20} MiB")
                elif line := line.strip():
                    yield _json_row(at, place, line)


def _json_row(number: int, place: int, line: bytes) -> Row:
    try:
        return _row(number, place, json_value(line), "line")
    except json.JSONDecodeError as error:
        return Row(number, place, None, f"line {number} is not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return Row(number, place, None, f"line {number} is not JSON: {error}")


def json_value(text: bytes) -> Any:
    """What json reads in UTF-8 text, NaN, Infinity and halves of surrogate pairs included. Raises as json does."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return json.loads(text.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogatepass"))


def _lines(file: io.BufferedIOBase, place: int) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its place; None for one that is too long. Lines end as in Python's text files."""
    file.seek(place)
    held: list[bytes] = []
    size = 0
    while chunk := file.read(_CHUNK):
        while chunk.endswith(b"\r") and (more := file.read(1)):
            chunk += more  # a line end is never cut in two
        for piece in chunk.splitlines(keepends=True):
            held.append(piece)
            size += len(piece)
            if size > MOST_LINE_BYTES:
                held.clear()
            if piece.endswith((b"\n", b"\r")):
                yield place, b"".join(held) or None
                place, size = place + size, 0
                held.clear()
    if size:
        yield place, b"".join(held) or None


def open_text(path: Path) -> io.BufferedIOBase:
    """Open a file as UTF-8 bytes, unpacked and whatever its encoding is. Raises BatteryError if that cannot be done."""
    try:
        with open(path, "rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
        opened: Any = gzip.open(path) if is_packed else open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise BatteryError(f"{path} cannot be read: {error.strerror}") from None
    try:
        encoding = json.detect_encoding(opened.read(4))
    except (OSError, EOFError, zlib.error):
        encoding = "utf-8"  # the same error comes again where lines are read
    opened.seek(0)
    return opened if encoding.startswith("utf-8") else io.BufferedReader(_Recoded(opened, encoding))


class _Recoded(io.RawIOBase):
    """A file in another encoding, as UTF-8."""

    def __init__(self, file: io.BufferedIOBase, encoding: str) -> None:
        self._file, self._encoding = file, encoding
        self._begin()

    def _begin(self) -> None:
        self._file.seek(0)
        self._decoder = codecs.getincrementaldecoder(self._encoding)("surrogatepass")
        self._left, self._at = b"", 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, by reading up to it."""
        target = offset + (self._at if whence == os.SEEK_CUR else 0)
        if target < self._at:
            self._begin()
        while self._at < target and self.read(min(_CHUNK, target - self._at)):
            pass
        return self._at

    def readinto(self, buffer: Any) -> int:
        while not self._left and (chunk := self._file.read(_CHUNK)):
            self._left = self._decoder.decode(chunk).encode("utf-8", "surrogatepass")
        given = self._left[: len(buffer)]
        buffer[: len(given)] = given
        self._left, self._at = self._left[len(given) :], self._at + len(given)
        return len(given)

    def close(self) -> None:
        self._file.close()
        super().close()


# Whole values, and tables


def _rows(values: Iterable[Any], place: int, word: str) -> Iterator[Row]:
    """Values as rows, of which the first has this place."""
    for at, value in enumerate(values, place):
        yield _row(at + 1, at, value, word)


class ListRows:
    """Values that are in memory."""

    word = "record"

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        return _rows(itertools.islice(self._values, number - 1, None), place, self.word)


class FrameRows:
    """A pandas DataFrame. What is missing is None, and arrays are lists."""

    word = "row"

    def __init__(self, frame: Any) -> None:
        self._frame = frame.reset_index() if any([name is not None for name in frame.index.names]) else frame

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        return _rows(self._records(number - 1), place, self.word)

    def _records(self, first: int) -> Iterator[dict[str, Any]]:
        for start in range(first, len(self._frame), _ROWS):
            chunk = self._frame.iloc[start : start + _ROWS]
            for record in chunk.astype(object).where(chunk.notna(), None).to_dict("records"):
                yield {str(key): _plain(value) for key, value in record.items()}


def _plain(value: Any) -> Any:
    """Numpy's arrays and numbers as Python's."""
    return value.tolist() if hasattr(value, "tolist") else value


class ArrowRows:
    """A pyarrow Table."""

    word = "row"

    def __init__(self, table: Any) -> None:
        self._table = table

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        batches = self._table.slice(number - 1).to_batches(max_chunksize=_ROWS)
        return _rows((record for batch in batches for record in batch.to_pylist()), place, self.word)


class ParquetRows:
    """A Parquet file, read in pieces of its row groups."""

    word = "row"

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, place: int = 0, number: int = 1) -> Iterator[Row]:
        try:
            yield from _rows(self._records(number - 1), place, self.word)
        except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
            raise BatteryError(f"{self._path} cannot be read as Parquet: {error}") from None

    def _records(self, first: int) -> Iterator[dict[str, Any]]:
        try:
            from pyarrow import OSFile
            from pyarrow.parquet import ParquetFile
        except ModuleNotFoundError:
            raise BatteryError(f"{self._path} is Parquet, which needs pyarrow; pip install pyarrow") from None
        with OSFile(str(self._path)) as opened:
            file = ParquetFile(opened, pre_buffer=False)
            counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            starts = list(itertools.accumulate(counts, initial=0))
            groups = [group for group, end in enumerate(starts[1:]) if end > first]
            batches = file.iter_batches(batch_size=_ROWS, row_groups=groups, use_threads=False)
            records = (record for batch in batches for record in batch.to_pylist())
            yield from itertools.islice(records, first - starts[groups[0]] if groups else 0, None)
