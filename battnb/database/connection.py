"""The file of a run store: opened and brought to the newest schema, with its errors said in a sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from battnb.errors import StoreError

NAME = "battnb.db"
BUSY_S = 60.0
"""How long a process waits for another's transaction. Transactions take milliseconds."""
LOG_PAGES = 4000
"""Pages of 4 KiB that the log beside the file grows to before it is merged into the file, which waits for the disk."""
_MAGIC = b"SQLite format 3\0"


class Database:
    """One SQLite file. Several processes may have it open; the threads of this process take turns.

    Raises StoreError if the file is not battnb's, is damaged or newer, or cannot be read or written.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        _check_head(path)
        with self._errors():
            self._connection = self._connected()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a SELECT gives."""
        with self._lock, self._errors():
            return self._open().execute(question, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. If it raises, nothing of it is done."""
        with self._lock, self._errors():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled it back already
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with self._errors():
                    connection.close()

    def shrink(self) -> None:
        """Give the space of deleted rows back to the disk, unless another process is busy with the file."""
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            self._open().execute("VACUUM")

    # Opening

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"the store {self.path} is closed; open it again with bn.open_store")
        return self._connection

    def _connected(self) -> sqlite3.Connection:
        if not self.read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._connect("mode=rwc")
        connection = self._connect("mode=ro")
        try:
            connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError:
            # Readers share memory through a file, which a folder that cannot be written has no place for.
            connection.close()
            connection = self._connect("mode=ro&immutable=1")
        return connection

    def _connect(self, how: str) -> sqlite3.Connection:
        # One connection for all threads: the lock makes them take turns.
        address = f"file:{quote(os.fspath(self.path.absolute()))}?{how}"
        return sqlite3.connect(address, BUSY_S, isolation_level=None, check_same_thread=False, uri=True)

    def _prepare(self) -> None:
        version = self._checked_version()
        if self.read_only:
            return
        with self._errors():
            self._write_ahead()
            self._open().execute("PRAGMA synchronous = NORMAL")
            self._open().execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        if version < len(MIGRATIONS):
            with self.writing() as connection:
                for script in MIGRATIONS[self._checked_version() :]:  # another process may have been first
                    for statement in script.split(";"):
                        connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _write_ahead(self) -> None:
        """Allow readers and writers at once. SQLite refuses while another process does the same, instead of waiting."""
        until_s = time.monotonic() + BUSY_S
        while True:
            try:
                self._open().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                    raise
                time.sleep(0.01)

    def _checked_version(self) -> int:
        (version,), (application,) = self.rows("PRAGMA user_version") + self.rows("PRAGMA application_id")
        if application != APPLICATION_ID and self.rows("SELECT name FROM sqlite_master LIMIT 1"):
            raise StoreError(f"{self.path} is a database, but not a store of battnb; choose another folder")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path} has version {version}; this battnb reads up to {len(MIGRATIONS)}: install a newer "
                "battnb, or choose another folder"
            )
        return int(version)

    # Errors

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(self._sentence(error)) from error

    def _sentence(self, error: sqlite3.Error) -> str:
        code = _code(error)
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free_bytes(self.path) < 2**20):
            return full_disk_sentence(self.path)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return damaged_sentence(self.path, str(error))
        if code == sqlite3.SQLITE_READONLY:
            return f"{self.path} cannot be written: it is read-only; make it writable, or choose another folder"
        if code == sqlite3.SQLITE_BUSY:
            return f"another process has kept {self.path} busy for {BUSY_S:g} s; end it, or choose another folder"
        return f"cannot use {self.path}: {error}; choose another folder"


def full_disk_sentence(path: Path) -> str:
    free = _free_bytes(path) / 2**20
    return (
        f"the disk of {path} is full ({free:.1f} MiB free); make room and run again: what was reached is kept, and the "
        "run goes on from there"
    )


def damaged_sentence(path: Path, how: str) -> str:
    return f"{path} is damaged ({how}); nothing in it was changed: restore a copy, or move it away to begin a new one"


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 if SQLite was not even asked."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _free_bytes(path: Path) -> int:
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return 2**62
    return disk.f_bavail * disk.f_frsize


def _check_head(path: Path) -> None:
    """Check that a file is a whole database: SQLite itself notices a missing part only when it reads it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}; choose another folder") from error
    if size == 0:
        return
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise StoreError(damaged_sentence(path, "it does not begin like a database"))
    if _has_log(path):
        return  # a process that was killed left part of the data there, and SQLite restores it
    page = int.from_bytes(head[16:18], "big")
    wanted = int.from_bytes(head[28:32], "big") * (2**16 if page == 1 else page)
    if size < wanted:
        raise StoreError(damaged_sentence(path, f"it is cut short: {size:,} of {wanted:,} bytes"))


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


# The tables, as the steps that lead from each version to the next

APPLICATION_ID = 0x62746E62

_FIRST = """
CREATE TABLE tasks (digest BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, task_id TEXT NOT NULL, task BLOB NOT NULL, battery TEXT NOT NULL, mode TEXT NOT NULL,
    workers INTEGER NOT NULL, limits TEXT NOT NULL, state TEXT NOT NULL, started_at REAL NOT NULL,
    ended_at REAL, wall_s REAL,
    candidates INTEGER NOT NULL, validated INTEGER NOT NULL DEFAULT 0, cached INTEGER NOT NULL DEFAULT 0,
    best TEXT, demo_correct INTEGER, demo_pairs INTEGER NOT NULL, test_correct INTEGER, test_pairs INTEGER NOT NULL
);
CREATE INDEX runs_of_task ON runs (task_id);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, kind TEXT NOT NULL, run_id INTEGER NOT NULL, task_id TEXT NOT NULL,
    candidate_id TEXT NOT NULL, source_md5 TEXT NOT NULL, status TEXT NOT NULL, demo_correct INTEGER NOT NULL,
    test_correct INTEGER, cpu_s REAL NOT NULL, timeout_s REAL NOT NULL, memory_bytes INTEGER NOT NULL,
    reached_at REAL NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX verdicts_by_key ON verdicts (key, kind) WHERE kind != 'passing';
CREATE INDEX verdicts_of_task ON verdicts (task_id);
CREATE TABLE steps (
    key BLOB NOT NULL, kind TEXT NOT NULL, task_id TEXT NOT NULL, timeout_s REAL NOT NULL,
    memory_bytes INTEGER NOT NULL, reached_at REAL NOT NULL, body BLOB NOT NULL, PRIMARY KEY (key, kind)
) WITHOUT ROWID;
CREATE TABLE inlinings (
    key BLOB PRIMARY KEY, reached_at REAL NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE programs (md5 TEXT PRIMARY KEY, source BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE results (
    run_id INTEGER NOT NULL, position INTEGER NOT NULL, candidate_id TEXT NOT NULL, key BLOB, kind TEXT,
    status TEXT NOT NULL, demo_correct INTEGER NOT NULL, test_correct INTEGER, cpu_s REAL NOT NULL, md5 TEXT NOT NULL,
    duplicate_of TEXT, validated INTEGER NOT NULL, cached INTEGER NOT NULL, PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
CREATE TABLE spans (
    run_id INTEGER NOT NULL, phase TEXT NOT NULL, name TEXT NOT NULL, lane INTEGER, status TEXT, queued_s REAL,
    started_s REAL NOT NULL, ended_s REAL NOT NULL, cpu_s REAL, cached INTEGER NOT NULL
);
CREATE INDEX spans_of_run ON spans (run_id);
CREATE TABLE files (
    folder TEXT NOT NULL, md5 TEXT NOT NULL, text BLOB NOT NULL, PRIMARY KEY (folder, md5)
) WITHOUT ROWID;
CREATE TABLE links (
    folder TEXT NOT NULL, texts TEXT NOT NULL, md5 TEXT NOT NULL, score INTEGER NOT NULL, t_log INTEGER NOT NULL,
    length INTEGER NOT NULL, PRIMARY KEY (folder, md5)
) WITHOUT ROWID;
CREATE TABLE packages (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
"""
"""
tasks       the tasks that were run, by a digest of their grids
runs        one row per run: one battery on one task
verdicts    one row per validation, as soon as it is reached. key: what determines it (keys.py). kind: which limits it
            answers for (serving.py); "passing" ones answer for none. body: the rest of it (bodies.py)
steps       the same for each value of a battery on a task's samples
programs    the sources that were judged, by their md5 (that of a program with modules beside it covers these)
results     one row per candidate of a run, in the battery's order; its verdict has the same key and kind
spans       one row per span of a run's profile
files       the programs of the folders solver_md5 and differ_md5, as they are written there
links       which of them belong to a task: all that earned a place, not only those that the folders keep
packages    the DSLs that files import
"""

_WITHOUT_INLININGS = "DROP TABLE inlinings"
"""Inlined forms are made again. Bodies of results have another form from here on; the earlier form is still read."""

MIGRATIONS = [_FIRST, _WITHOUT_INLININGS]
"""The script at place n leads from version n to the next. An empty file is version 0."""
