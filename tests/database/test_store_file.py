"""The store's file: damaged, foreign, newer, older, read-only, on a full disk. A sentence each, nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from database.keeping import Counting, kept, named
from making import MIRROR

import battnb as bn
from battnb.database import connection
from battnb.database.connection import Database
from battnb.errors import StoreError
from battnb.model import Task

ROOT = Path(__file__).parents[2]


@pytest.fixture
def filled(tmp_path: Path, counting: Counting, mirror_task: Task) -> Path:
    """A folder with a store of one verdict."""
    bn.run_sync(lambda: kept(mirror_task, named(MIRROR), tmp_path, counting))
    return tmp_path


def test_a_store_that_is_cut_short_is_named_and_left_as_it_is(filled: Path) -> None:
    file = filled / "battnb.db"
    data = file.read_bytes()
    for cut in (50, 4096, len(data) - 4096):
        file.write_bytes(data[:cut])
        with pytest.raises(StoreError, match=r"battnb\.db is damaged.*restore a copy, or move it away"):
            bn.open_store(filled)
        assert file.read_bytes() == data[:cut]


def test_a_page_that_is_overwritten_is_noticed_when_it_is_read(filled: Path) -> None:
    file = filled / "battnb.db"
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), bn.open_store(filled) as store:
        store.runs()


def test_a_file_that_is_not_a_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "battnb.db").write_bytes(b"these are my notes, and not a database at all\n" * 9)
    with pytest.raises(StoreError, match="damaged"):
        bn.open_store(tmp_path)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE mine (a)")
    made.close()
    with pytest.raises(StoreError, match=r"other\.db is a database, but not a store of battnb"):
        bn.open_store(other)


def test_a_newer_store_is_named_and_left_as_it_is(filled: Path) -> None:
    with sqlite3.connect(filled / "battnb.db") as store:
        store.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(StoreError, match=r"has version 99.*install a newer"):
        bn.open_store(filled)
    with pytest.raises(StoreError, match="has version 99"):
        bn.run_tasks_sync([bn.load_task("007bbfb7")], named(MIRROR), out_dir=filled, workers=1, live=None)


def test_an_older_store_is_brought_to_the_newest_schema_and_keeps_its_rows(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = [*connection.MIGRATIONS, "ALTER TABLE runs ADD COLUMN note TEXT; CREATE TABLE notes (text TEXT)"]
    monkeypatch.setattr(connection, "MIGRATIONS", added)
    for _ in range(2):
        database = Database(filled / "battnb.db")
        assert database.rows("PRAGMA user_version") == [(len(added),)]
        assert database.rows("SELECT count(*) FROM verdicts, notes") == [(0,)]
        assert database.rows("SELECT count(*), max(note) FROM runs") == [(1, None)]
        database.close()


def test_a_migration_that_fails_changes_nothing(filled: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "MIGRATIONS", [*connection.MIGRATIONS, "CREATE TABLE notes (a); NONSENSE"])
        with pytest.raises(StoreError, match="NONSENSE"):
            Database(filled / "battnb.db")
    with bn.open_store(filled) as store:
        assert store.count("runs") == 1
        assert store.database.rows("SELECT name FROM sqlite_master WHERE name = 'notes'") == []


def test_if_there_is_no_store_this_is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store .*battnb\.db; battnb run"):
        bn.open_store(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_store_says_so(filled: Path) -> None:
    store = bn.open_store(filled)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed; open it again"):
        store.runs()


def test_a_store_that_cannot_be_written_can_be_read(filled: Path) -> None:
    database = Database(filled / "battnb.db", read_only=True)
    assert database.rows("SELECT status FROM verdicts") == [("correct",)]
    with (
        pytest.raises(StoreError, match="read-only; make it writable, or choose another folder"),
        database.writing() as c,
    ):
        c.execute("DELETE FROM verdicts")
    database.close()


# File systems of their own


def on_a_small_disk(folder: Path, size: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a mount namespace of its own, in which folder/disk is a file system in memory of that size."""
    disk = folder / "disk"
    disk.mkdir()
    mounts = 'mount --make-rprivate / && mount -t tmpfs -o "size=$1" tmpfs "$2"'
    command = ["unshare", "-m", "sh", "-c", f'{mounts} || exit 77; exec "$3" -c "$4" "$2"', "sh", size, str(disk)]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here, so no small disk could be mounted")
    done = subprocess.run([*command, sys.executable, script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode in (1, 77) and ("mount" in done.stderr or "unshare" in done.stderr):
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done


FILL = """
import os, sys
from pathlib import Path
import battnb as bn
from battnb.errors import StoreError

out = Path(sys.argv[1]) / "out"
tasks, battery = bn.load_tasks(data="arc-agi-1")[:30], bn.generate_battery("007bbfb7", 149)
reached = []
try:
    bn.run_tasks_sync(tasks, battery, out_dir=out, workers=2, live=None, on_verdicts=reached.extend)
    print("it did not fill")
except StoreError as error:
    print(error)
with bn.open_store(out) as store:
    kept = store.verdicts()
    print("kept", len(kept), "of", len({(v.task_id, v.md5) for v in reached}))
    print("sound", store.database.rows("PRAGMA integrity_check")[0][0])
"""


def test_a_full_disk_ends_the_run_in_a_sentence_and_the_store_opens(tmp_path: Path) -> None:
    said, kept_line, sound = on_a_small_disk(tmp_path, "2m", FILL).stdout.splitlines()
    assert "is full" in said
    assert "make room and run again" in said
    kept_count, reached = (int(word) for word in kept_line.split() if word.isdigit())
    assert kept_count >= reached > 0
    assert sound == "sound ok"


READ_ONLY = """
import subprocess, sys
from pathlib import Path
import battnb as bn
from battnb.errors import StoreError

out, task = Path(sys.argv[1]), bn.load_task("007bbfb7")
mirror = [bn.Candidate("a", "def solve(I): return I")]
bn.run_tasks_sync([task], mirror, out_dir=out, workers=1, live=None)
subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
try:
    bn.run_tasks_sync([task], mirror, out_dir=out, workers=1, live=None)
except StoreError as error:
    print(error)
with bn.open_store(out) as store:
    print(list(store.verdicts()["status"]))
"""


def test_a_store_on_a_read_only_disk_is_named_and_can_be_read(tmp_path: Path) -> None:
    said, statuses = on_a_small_disk(tmp_path, "20m", READ_ONLY).stdout.splitlines()
    assert "Read-only" in said
    assert "choose another folder" in said
    assert statuses == "['wrong']"


AS_ANOTHER_USER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ordinary import SCRATCH, become_ordinary
import battnb as bn
from battnb.database.run_store import store_in
from battnb.errors import StoreError

data, place = Path(sys.argv[1]).read_bytes(), SCRATCH / "store"
become_ordinary()
place.mkdir()
(place / "battnb.db").write_bytes(data)
(place / "battnb.db").chmod(0o444)
try:
    with store_in(place) as store, store.database.writing() as connection:
        connection.execute("DELETE FROM verdicts")
except StoreError as error:
    print(error)
with bn.open_store(place) as store:
    print(store.count("verdicts"))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="takes a file system of its own, which root may have, to leave nothing")
def test_a_file_without_permission_to_write_is_named_and_can_be_read(filled: Path) -> None:
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(filled / "battnb.db"), str(ROOT / "tests")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if "PermissionError" in done.stderr:
        pytest.skip(f"no ordinary user can be had here: {done.stderr.splitlines()[-1]}")
    said, count = done.stdout.splitlines()
    assert "read-only; make it writable, or choose another folder" in said
    assert count == "1"
