"""What is shown of a run while it runs."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from making import MIRROR, candidate

import battnb as bn
from battnb.view.live import displays, kinds
from battnb.view.live.displays import Display, Log, ProgressBar
from battnb.view.live.panel_html import best_html
from battnb.view.live.snapshot import COMPLETE, FAILED, RUNNING, STOPPED, Snapshot


class Watched(Display):
    """Keeps what it is shown."""

    period_s = 0.02

    def __init__(self) -> None:
        self.seen: list[Snapshot] = []
        self.ended: list[Snapshot] = []

    def show(self, snapshot: Snapshot) -> None:
        self.seen.append(snapshot)

    def end(self, snapshot: Snapshot) -> None:
        self.ended.append(snapshot)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched()
    monkeypatch.setattr(displays, "make_display", lambda kind, cancel, parts: made)
    return made


SLOW = "import time\ndef solve(I):\n    time.sleep(0.1)\n    return I\n"


async def test_snapshots_follow_a_run_to_its_end(watched: Watched, pool: bn.Pool, mirror_task: bn.Task) -> None:
    candidates = [candidate(SLOW + f"# {n}", f"slow{n}") for n in range(4)] + [candidate(MIRROR, "right")]
    run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live="bar")
    assert {snapshot.state for snapshot in watched.seen} == {RUNNING}
    names = {work.candidate_id for snapshot in watched.seen for work in snapshot.at_work}
    assert {"slow0", "slow1"} <= names
    counts = [snapshot.reached for snapshot in watched.seen]
    assert counts == sorted(counts)
    [end] = watched.ended
    assert (end.state, end.reached, end.wanted, end.at_work) == (COMPLETE, 5, 5, ())
    assert dict(end.counts) == run.counts()
    assert end.best[0].candidate_id == "right"
    assert [phase.share for phase in end.phases] == [1.0] * 6
    assert end.elapsed_s == run.profile.wall_s


async def test_only_one_of_several_candidates_with_equal_outputs_is_among_the_best(
    watched: Watched, pool: bn.Pool, mirror_task: bn.Task
) -> None:
    candidates = [candidate(MIRROR + f"# {n}", str(n)) for n in range(6)]
    await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live="bar")
    assert len(watched.ended[0].best) == 1


async def test_without_a_grid_the_last_snapshot_names_no_best_candidate_but_the_reason(
    watched: Watched, pool: bn.Pool, mirror_task: bn.Task
) -> None:
    candidates = [candidate("def solve(I):\n    return I[50]\n", "past")]
    await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live="bar")
    [end] = watched.ended
    why = "1 of 1 candidates failed: IndexError: tuple index out of range, such as past, line 2"
    assert (end.best, end.why) == ((), why)
    assert end.line.endswith(f"1 error; {why}")
    assert f"No candidate gave a grid: {why}." in best_html(end)
    assert {snapshot.why for snapshot in watched.seen} <= {""}


async def test_the_steps_of_a_battery_are_seen_as_they_run(watched: Watched, pool: bn.Pool, arc_task: bn.Task) -> None:
    battery = bn.generate_battery("007bbfb7", 60)
    await bn.run_batt(arc_task, battery, pool=pool, out_dir=None, live="bar")
    [end] = watched.ended
    assert end.bars is not None
    assert "execute demo" in [phase.words for phase in end.bars.tracks[0].phases]
    assert None in end.bars.statuses


async def test_a_run_that_is_cancelled_or_fails_says_so(
    watched: Watched, pool: bn.Pool, mirror_task: bn.Task, tmp_path: Any
) -> None:
    handle = bn.start_batt(mirror_task, [candidate(SLOW)], pool=pool, out_dir=None, live="bar")
    while not watched.seen:
        await asyncio.sleep(0.01)
    handle.cancel()
    await handle
    (tmp_path / "file").touch()
    with pytest.raises(bn.StoreError):
        await bn.run_batt(mirror_task, [candidate(MIRROR)], pool=pool, out_dir=tmp_path / "file" / "x", live="bar")
    assert [end.state for end in watched.ended] == [STOPPED, FAILED]


@pytest.mark.usefixtures("watched")
async def test_what_goes_wrong_in_showing_does_not_harm_the_run(
    monkeypatch: pytest.MonkeyPatch, pool: bn.Pool, mirror_task: bn.Task
) -> None:
    monkeypatch.setattr(Watched, "show", lambda watched, snapshot: 1 / 0)
    monkeypatch.setattr(Watched, "end", lambda watched, snapshot: 1 / 0)
    run = await bn.run_batt(mirror_task, [candidate(SLOW)], pool=pool, out_dir=None, live="bar")
    assert run.is_complete


def test_what_auto_is_depends_on_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert kinds.display_kind("auto") is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert kinds.display_kind("auto") == "bar"
    assert kinds.display_kind("panel") == "bar"
    monkeypatch.setattr(kinds, "in_kernel", lambda: True)
    assert kinds.display_kind("auto") == "panel"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert kinds.display_kind("auto") == "bar"
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Batch")
    assert kinds.display_kind("auto") == "log"
    assert kinds.display_kind(None) is None


async def test_an_unknown_kind_is_refused_before_anything_begins(pool: bn.Pool, mirror_task: bn.Task) -> None:
    with pytest.raises(bn.InputError, match="live is 'never'; choose one of 'auto', 'panel', 'bar', 'log', None"):
        await bn.run_batt(mirror_task, [candidate(MIRROR)], pool=pool, live="never")


async def test_log_lines_say_each_phase_once_and_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pool: bn.Pool, mirror_task: bn.Task
) -> None:
    monkeypatch.setattr(Log, "period_s", 0.02)
    await bn.run_batt(mirror_task, [candidate(SLOW)], pool=pool, out_dir=None, live="log")
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if "validate" in line and "ended" not in line]) == 1
    assert lines[-1].startswith("-- mirror parallel: ended after")


async def test_a_bar_counts_validations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pool: bn.Pool, mirror_task: bn.Task
) -> None:
    from tqdm.auto import tqdm

    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # otherwise a thread of its own stays
    monkeypatch.setattr(ProgressBar, "period_s", 0.02)
    await bn.run_batt(mirror_task, [candidate(SLOW)], pool=pool, out_dir=None, live="bar")
    assert "1/1" in capsys.readouterr().err
