"""The tables of the run store, as the steps that lead from each version to the next.

tasks       the tasks that were run, by a digest of their grids
runs        one row per run: one battery on one task
verdicts    one row per validation, as soon as it is reached. key: what determines it (keys.py). kind: which limits it
            answers for (serving.py); "passing" ones answer for none. body: the rest of it (bodies.py)
steps       the same for each value of a battery on a task's samples
programs    the sources that were judged, by the md5 of their bytes
results     one row per candidate of a run, in the battery's order; its verdict has the same key and kind
spans       one row per span of a run's profile
files       the programs of the folders solver_md5 and differ_md5, as they are written there
links       which of them belong to a task: all that earned a place, not only those that the folders keep
packages    the DSLs that files import
"""

from __future__ import annotations

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

_WITHOUT_INLININGS = "DROP TABLE inlinings"
"""Inlined forms are made again. Bodies of results have another form from here on; the earlier form is still read."""

MIGRATIONS = [_FIRST, _WITHOUT_INLININGS]
"""The script at place n leads from version n to the next. An empty file is version 0."""
