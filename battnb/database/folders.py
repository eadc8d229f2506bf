"""The folders of programs, and the rows that they can be made from again: the rows are the truth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from battnb.database.connection import Database
from battnb.load.dsl_files import Package
from battnb.phases.filter import KEEP
from battnb.phases.program_folders import Entries, Place, put_in_place

_PACKAGE = re.compile(rb"dsl_[0-9a-f]{32}")
_BEST = """
SELECT l.md5, f.text, l.score, l.t_log FROM links l JOIN files f ON f.folder = l.texts AND f.md5 = l.md5
WHERE l.folder = ? ORDER BY l.score DESC, l.t_log DESC, l.length, l.md5 LIMIT ?
"""


class Shelf:
    """The rows of what belongs in the folders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self, place: Place, entries: Entries, package: Package | None, keep: int
    ) -> tuple[Entries, Sequence[Package]]:
        """Note a task's new programs. A program that was noted before gets its new score and speed.

        Returns the best of all that were ever noted for the task, which belong in its folder, and the packages that
        these import.
        """
        files = [(place.texts, md5, text) for md5, (text, *_) in entries.items()]
        links = [
            (place.links, place.texts, md5, score, speed, len(text)) for md5, (text, score, speed) in entries.items()
        ]
        with self._database.writing() as connection:
            if package is not None:
                body = msgspec.msgpack.encode(package)
                connection.execute("INSERT OR IGNORE INTO packages VALUES (?, ?)", (package.name, body))
            connection.executemany("INSERT OR IGNORE INTO files VALUES (?, ?, ?)", files)
            connection.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?)", links)
        return self._best(place.links, keep)

    def make_folders(self, out_dir: Path, keep: int = KEEP) -> int:
        """Make the folders of all tasks agree with the rows. Returns how many links they have."""
        places = self._database.rows("SELECT DISTINCT folder, texts FROM links ORDER BY folder")
        return sum(
            [
                put_in_place(Place(out_dir, texts, folder), *self._best(folder, keep), keep).linked
                for folder, texts in places
            ]
        )

    def _best(self, folder: str, keep: int) -> tuple[Entries, Sequence[Package]]:
        rows = self._database.rows(_BEST, (folder, keep))
        imported = {name.decode() for _, text, *_ in rows for name in _PACKAGE.findall(text)}
        packages = [self._package(name) for name in sorted(imported)]
        return {md5: (text, score, speed) for md5, text, score, speed in rows}, [p for p in packages if p is not None]

    def _package(self, name: str) -> Package | None:
        for (body,) in self._database.rows("SELECT body FROM packages WHERE name = ?", (name,)):
            return msgspec.msgpack.decode(body, type=Package)
        return None  # the program itself has a word that looks like a package's name
