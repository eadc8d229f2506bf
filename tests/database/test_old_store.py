"""A store that battnb 0.1.0 wrote still opens, shows what it holds, and answers for what it knows."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from database.keeping import Counting, facts, kept

import battnb as bn
from battnb.database import keys
from battnb.database.connection import MIGRATIONS, Database
from battnb.database.run_store import RunStore
from battnb.phases.left_out import WITHOUT

OLD = Path(__file__).parents[1] / "fixtures" / "0.1.0"
ENVIRONMENT = bytes.fromhex("519653aefb703c0a1451fb13608a1fdf")
"""The digest of the Python, the DSL and the sandbox that made the store. Under any other, nothing would be cached."""
LIMITS = bn.Limits(timeout_s=0.5)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a copy of the old store."""
    shutil.copy(OLD / "battnb.db", tmp_path)
    return tmp_path


def saved(name: str) -> bn.Run:
    run = bn.load_run(OLD / name)
    assert isinstance(run, bn.Run)
    return run


def battery_of(run: bn.Run) -> bn.Battery:
    if run.programs.steps:
        return bn.generate_battery("007bbfb7", 8, seed=2)
    sources = {name: text.source for name, text in run.programs.texts({v.candidate_id for v in run.verdicts}).items()}
    as_bytes = {"bytes": sources["bytes"].encode("latin-1")}
    given = tuple([bn.Candidate(name, source) for name, source in (sources | as_bytes).items()])
    return bn.Battery("programs", programs=given)


def test_its_frames_show_what_its_runs_came_to(old: Path) -> None:
    runs = [saved("run.json"), saved("battery_run.json")]
    with bn.open_store(old) as store:
        assert list(store.runs()["candidates"]) == [12, 8]
        assert list(store.runs()["state"]) == ["complete", "complete"]
        for number, run in enumerate(runs, 1):
            results = store.results(number)
            assert list(results["candidate_id"]) == [verdict.candidate_id for verdict in run.verdicts]
            assert list(results["status"]) == [verdict.status for verdict in run.verdicts]
            assert len(store.spans(number)) == len(run.profile.spans)
        frame = store.verdicts("007bbfb7", outputs=True)
        assert "".join(store.programs()["source"]).count("def solve(") == len(store.programs()) == 15
        assert store.make_folders() == len(list(old.glob("*_dir/**/*.py"))) > 0
    rows = frame.set_index("candidate_id")
    for verdict in [verdict for run in runs for verdict in run.verdicts if verdict.validated]:
        row = rows.loc[verdict.candidate_id]
        assert row["sample_statuses"] == verdict.sample_statuses
        assert row["outputs"] == verdict.outputs
        assert row["status"] == verdict.status
        assert (row["error_type"] == verdict.error.type) if verdict.error else row.isna()["error_type"]


def test_it_is_brought_to_the_newest_schema_or_read_as_it_is(old: Path) -> None:
    database = Database(old / "battnb.db", read_only=True)
    assert database.rows("PRAGMA user_version") == [(1,)]
    read_only = RunStore(database).verdicts(outputs=True)
    database.close()
    with bn.open_store(old) as store:
        assert store.database.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
        assert read_only.equals(store.verdicts(outputs=True))


def test_several_may_bring_it_to_the_newest_schema_at_once(old: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(Database, [old / "battnb.db"] * 4))
    for database in opened:
        assert database.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
        assert database.rows("SELECT count(*) FROM runs") == [(2,)]
        database.close()


def test_it_says_what_it_knows_of_a_task(old: Path) -> None:
    with bn.open_store(old) as store:
        known = store.known_tasks()["007bbfb7"]
    assert known.share == 1.0
    assert known.cpu_s > 0


async def test_what_it_knows_is_not_run_again(
    old: Path, counting: Counting, arc_task: bn.Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But it does not know of its verdicts whether S was in sight, so what they may owe to S is judged, once."""
    made = keys.Environment.__init__

    def as_it_was(self: keys.Environment, *arguments: Any) -> None:
        made(self, *arguments)
        self.digest = ENVIRONMENT

    monkeypatch.setattr(keys.Environment, "__init__", as_it_was)
    for before in (saved("run.json"), saved("battery_run.json")):
        again = await kept(arc_task, battery_of(before), old, counting, limits=LIMITS)
        assert facts(again.verdicts) == facts(before.verdicts)
        assert [v.unseen_correct for v in again.verdicts] == [v.unseen_correct for v in before.verdicts]
        assert all([verdict.cached for verdict in again.verdicts if verdict.validated])
        assert all([WITHOUT in name for name in counting.validated])
        assert counting.values == 0
        counting.validated.clear()
        await kept(arc_task, battery_of(before), old, counting, limits=LIMITS)
        assert (counting.validated, counting.values) == ([], 0)


async def test_what_is_new_is_added_to_it(old: Path, counting: Counting, mirror_task: bn.Task) -> None:
    candidates = [bn.Candidate("new", "def solve(I):\n    return I[::-1]\n")]
    for is_cached in (False, True):
        run = await kept(mirror_task, candidates, old, counting, limits=msgspec.structs.replace(LIMITS, timeout_s=0.2))
        assert run.verdicts[0].cached == is_cached
    with bn.open_store(old) as store:
        assert len(store.runs()) == 4
        assert set(store.verdicts()["task_id"]) == {"007bbfb7", "mirror"}
