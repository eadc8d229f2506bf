"""The programs of a source of records, as a sequence in which nothing is held but where each record is."""

from __future__ import annotations

import hashlib
import itertools
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from battnb.load.records.record_answers import Reading, RecordReader
from battnb.load.records.record_rows import Row, Rows
from battnb.load.streamed import StreamedPrograms
from battnb.model import Candidate


class RecordPrograms(StreamedPrograms):
    """The candidates of a source, read when they are asked for, and again each time.

    Equal ids are told apart by their lines: t1, t1@812. A million records take some 13 MB, and 40 MB while they are
    counted. In a .gz file, a candidate is found by unpacking what is before it.
    first_keys: the keys of the first record that has no answer under a key that is known. first_problem: why the
    first record that cannot be read cannot. is_usable: whether any record has an answer, if only an empty one.
    """

    def __init__(self, source: Rows, reading: Reading) -> None:
        self._source, self._reading = source, reading
        self._places, self._numbers = array("Q"), array("I")
        self._starts: array[int] | None = None
        self._renamed = bytearray()
        self.first_keys: list[str] = []
        self.first_problem: str | None = None
        self.is_usable = False
        self._count()

    def _count(self) -> None:
        seen = IdTable()
        for row in self._source.rows():
            ids, line = self._ids_of(row), f"@{row.number}"
            if len(ids) != 1 and self._starts is None:
                self._starts = array("I", range(len(self._places)))
            if self._starts is not None:
                self._starts.append(len(self._renamed))
            self._places.append(row.place)
            self._numbers.append(row.number)
            self._renamed.extend([next(n for n in range(256) if seen.add(name + line * n)) for name in ids])

    def _ids_of(self, row: Row) -> list[str]:
        if row.problem is not None:
            self.first_problem = self.first_problem or row.problem
            return [str(row.number)]
        record = self._record(row)
        self.is_usable |= record.has_known_key
        self.first_keys = self.first_keys or ([] if record.has_known_key else record.keys)
        return record.ids()

    def _record(self, row: Row) -> RecordReader:
        return RecordReader(row.value, row.number, f"{self._source.word} {row.number}", self._reading)

    @property
    def reaches(self) -> int:
        """The place of its last record: a byte, or a row."""
        return self._places[-1] if self._places else 0

    def __len__(self) -> int:
        return len(self._renamed)

    def at(self, numbers: Sequence[int]) -> Iterator[Candidate]:
        if not numbers:
            return
        first = self._record_of(numbers[0])
        rows = enumerate(self._source.rows(self._places[first], self._numbers[first]), first)
        for wanted, inside in itertools.groupby(numbers, self._record_of):
            row = next(row for place, row in rows if place == wanted)
            start = wanted if self._starts is None else self._starts[wanted]
            candidates = list(self._candidates(row, start))
            yield from [candidates[number - start] for number in inside]

    def _record_of(self, number: int) -> int:
        """Which record a candidate is in."""
        return number if self._starts is None else bisect_right(self._starts, number) - 1

    def _candidates(self, row: Row, number: int) -> Iterator[Candidate]:
        line = f"@{row.number}"
        if row.problem is not None:
            yield Candidate(f"{row.number}{line * self._renamed[number]}", "", unreadable=row.problem)
            return
        record = self._record(row)
        for place, name in enumerate(record.ids()):
            yield record.candidate(place, name + line * self._renamed[number + place])


class IdTable:
    """Which ids there have been: 64 bits of a digest each, in a table with open addresses, instead of the texts."""

    def __init__(self) -> None:
        self._table = array("Q", [0]) * 1024
        self._count = 0

    def add(self, name: str) -> bool:
        """Note an id. Returns False if it was there."""
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if not self._put(int.from_bytes(digest, "little") or 1):
            return False
        self._count += 1
        if 4 * self._count > 3 * len(self._table):
            self._grow()
        return True

    def _put(self, digest: int) -> bool:
        table, last = self._table, len(self._table) - 1
        place = digest & last
        while there := table[place]:
            if there == digest:
                return False
            place = (place + 1) & last
        table[place] = digest
        return True

    def _grow(self) -> None:
        before, self._table = self._table, array("Q", [0]) * (2 * len(self._table))
        for digest in before:
            if digest:
                self._put(digest)
