"""Whole runs: all phases, sequential and parallel, and what they leave behind."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alone import run_alone
from leaks import until
from making import MIRROR, STRAIGHT, body, candidate

import battnb as bn
from battnb import last
from battnb.model import Limits, Task
from battnb.model.phase_table import VALIDATE
from battnb.running import comparing, one_run
from battnb.trace import metrics
from battnb.view.gantt_bars import gantt_bars

SPIN = body("while True: pass")
LONG = Limits(timeout_s=30)


def programs(*sources: str) -> bn.Battery:
    return bn.Battery("programs", programs=tuple([candidate(s, str(n)) for n, s in enumerate(sources)]))


# Verdicts


@pytest.mark.parametrize(("task_id", "count", "seed"), [("007bbfb7", 80, 0), ("67a3c6ac", 40, 1), ("00d62c1b", 25, 2)])
async def test_sequential_and_parallel_runs_give_the_same_verdicts(
    pool: bn.Pool, tmp_path: Path, task_id: str, count: int, seed: int
) -> None:
    task, battery = bn.load_task(task_id), bn.generate_battery(task_id, count, seed)
    both = await bn.compare(task, battery, pool=pool, limits=Limits(), out_dir=tmp_path)
    assert both.changed() == []
    assert [v.status for v in both.sequential.verdicts] == [v.status for v in both.parallel.verdicts]
    assert [v.md5 for v in both.sequential.verdicts] == [v.md5 for v in both.parallel.verdicts]
    assert (both.sequential.mode, both.parallel.mode) == ("sequential", "parallel")
    assert both.speedup == pytest.approx(both.sequential.profile.wall_s / both.parallel.profile.wall_s)


async def test_a_run_has_a_verdict_for_every_candidate_in_order(pool: bn.Pool, arc_task: Task) -> None:
    battery = bn.generate_battery("007bbfb7", 100, 3)
    run = await bn.run_batt(arc_task, battery, pool=pool, limits=Limits(), out_dir=None)
    assert run.is_complete
    assert bn.last_run is run
    assert [v.candidate_id for v in run.verdicts] == [output.candidate_id for output in battery.outputs]
    places = {v.candidate_id: n for n, v in enumerate(run.verdicts)}
    duplicates = [(v, run.verdicts[places[v.duplicate_of]]) for v in run.verdicts if v.duplicate_of is not None]
    assert duplicates
    for v, original in duplicates:
        assert original.duplicate_of is None
        assert places[original.candidate_id] < places[v.candidate_id]
        assert (v.md5, v.status, v.outputs) == (original.md5, original.status, original.outputs)
    unique = [v for v in run.verdicts if v.validated and v.duplicate_of is None]
    assert len({v.md5 for v in unique}) == len(unique)
    assert run.best[0].status == "correct"


async def test_what_is_dropped_by_score_keeps_what_execute_gave(pool: bn.Pool, mirror_task: Task) -> None:
    sys.path.insert(0, str(Path(__file__).parent / "phases"))
    from making_batteries import battery

    right = [f"(lambda g, n: vmirror(g))(I, {n})" for n in range(33)]
    made = battery(["rot90(I)", *right, "crop(I, 5)"], {str(n): f"t{n + 1}" for n in range(35)})
    run = await bn.run_batt(mirror_task, made, pool=pool, out_dir=None)
    wrong, *correct, failed = run.verdicts
    assert {(v.status, v.validated) for v in correct} == {("correct", True)}
    assert (wrong.status, wrong.validated, wrong.duplicate_of) == ("wrong", False, None)
    assert all(wrong.outputs)
    assert (failed.status, failed.validated, failed.outputs) == ("error", False, (None,) * 4)


async def test_what_execute_found_and_what_validate_found_agree(pool: bn.Pool, arc_task: Task) -> None:
    from battnb import phases
    from battnb.phases.execute import judge_values

    battery = bn.generate_battery("007bbfb7", 60, 4)
    run = await bn.run_batt(arc_task, battery, pool=pool, limits=Limits(), out_dir=None)
    values = []
    for pairs in ("demo", "test"):
        values += await phases.execute(battery, arc_task, pool, pairs=pairs, limits=Limits())
    executed = judge_values(battery, arc_task, values)
    assert [v.outputs for v in executed] == [v.outputs for v in run.verdicts]
    assert [v.demo_correct for v in executed] == [v.demo_correct for v in run.verdicts]


async def test_a_battery_of_programs_runs_through_all_phases(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    folder = tmp_path / "solvers"
    folder.mkdir()
    for name, text in {"a": MIRROR, "b": STRAIGHT, "c": MIRROR, "d": "def", "e": SPIN}.items():
        (folder / f"{name}.py").write_text(text)
    run = await bn.run_batt(mirror_task, bn.load_battery(folder), pool=pool, out_dir=tmp_path / "out")
    assert [v.status for v in run.verdicts] == ["correct", "correct", "correct", "not_a_solver", "timeout"]
    assert run.verdicts[2].duplicate_of == "a"
    lines = [{"id": "x", "source": MIRROR}, {"id": "y", "response": f"Here:\n```python\n{STRAIGHT}```\n"}]
    file = tmp_path / "models.jsonl"
    file.write_text("".join([json.dumps(line) + "\n" for line in lines]))
    run = await bn.run_batt(mirror_task, bn.load_battery(file), pool=pool, out_dir=tmp_path / "out")
    assert [(v.candidate_id, v.status) for v in run.verdicts] == [("x", "correct"), ("y", "correct")]
    assert len(list((tmp_path / "out/solver_md5").glob("*.py"))) == 2


async def test_a_candidate_that_hangs_costs_no_other(pool: bn.Pool, mirror_task: Task) -> None:
    battery = programs(SPIN, MIRROR, body("return pow(10, 10**9)"), STRAIGHT)
    run = await bn.run_batt(mirror_task, battery, pool=pool, out_dir=None)
    assert [v.status for v in run.verdicts] == ["timeout", "correct", "timeout", "correct"]


async def test_a_run_in_which_most_fail_says_why(pool: bn.Pool, mirror_task: Task) -> None:
    without_np = [body(f"x = {n}", "return np.array(I)") for n in range(3)]
    said: list[str] = []
    run = await bn.run_batt(mirror_task, programs(*without_np, MIRROR), pool=pool, out_dir=None, say=said.append)
    why = "3 of 4 candidates failed: NameError: name 'np' is not defined, such as 0, line 3"
    assert said[-1] == f"-- {why}"
    assert f"{why.replace(chr(39), '&#x27;')}." in run._repr_html_()
    assert (run.winner and run.winner.candidate_id) == "3"


async def test_a_run_in_which_few_fail_does_not(pool: bn.Pool, mirror_task: Task) -> None:
    said: list[str] = []
    await bn.run_batt(mirror_task, programs(MIRROR, STRAIGHT, "def"), pool=pool, out_dir=None, say=said.append)
    assert not [line for line in said if "failed" in line]


# The profile


async def test_the_profile_has_every_metric_and_every_validation(pool: bn.Pool, arc_task: Task, tmp_path: Path) -> None:
    battery = bn.generate_battery("007bbfb7", 60)
    run = await bn.run_batt(arc_task, battery, pool=pool, limits=Limits(), out_dir=tmp_path)
    for metric in metrics.summary_metrics(run.profile):
        assert metrics.metric_s(run.profile, metric) is not None
        assert metric in run.timing_summary()
    validated = [v for v in run.verdicts if v.validated and v.duplicate_of is None]
    spans = [s for s in run.profile if s.phase == VALIDATE and s.lane is not None]
    assert sorted(s.name for s in spans) == sorted(v.candidate_id for v in validated)
    (whole,) = [s for s in run.profile if s.name == VALIDATE]
    for span in spans:
        assert span.queued_s is not None
        assert whole.started_s <= span.queued_s <= span.started_s <= span.ended_s <= whole.ended_s
        assert span.lane in (0, 1)
    total_s = metrics.metric_s(run.profile, metrics.CHECK_SOLVER_SPEED)
    assert total_s == pytest.approx(sum(v.check_time for v in validated))
    for v in validated:
        assert 0 <= v.queued_s <= v.started_s <= v.ended_s <= run.profile.wall_s


async def test_shared_steps_are_counted_once_in_the_profile(one_worker_pool: bn.Pool, arc_task: Task) -> None:
    battery = bn.generate_battery("007bbfb7", 100)
    run = await bn.run_batt(arc_task, battery, pool=one_worker_pool, limits=Limits(), out_dir=None)
    validated = [v for v in run.verdicts if v.validated and v.duplicate_of is None]
    executed_s = sum(v.executed_cpu_s for v in validated)
    spans_s = sum(s.cpu_s or 0 for s in run.profile if s.phase == VALIDATE and s.lane is not None)
    assert spans_s == pytest.approx(executed_s)
    wall_s = metrics.metric_s(run.profile, VALIDATE)
    assert wall_s is not None
    assert executed_s <= wall_s


async def test_a_run_gives_the_data_of_a_gantt_and_of_tables(pool: bn.Pool, mirror_task: Task) -> None:
    run = await bn.run_batt(mirror_task, programs(MIRROR, STRAIGHT, SPIN, "def"), pool=pool, out_dir=None)
    assert gantt_bars(run.profile)
    assert len(run.to_frame()) == 4
    assert len(run.profile.to_frame()) == len(list(run.profile))


# Saving


async def test_a_run_and_a_comparison_come_back_from_their_files(pool: bn.Pool, arc_task: Task, tmp_path: Path) -> None:
    battery = bn.generate_battery("007bbfb7", 30)
    both = await bn.compare(arc_task, battery, pool=pool, limits=Limits(), out_dir=None)
    assert bn.load_run(both.save(tmp_path / "both.json")) == both
    assert bn.load_run(both.parallel.save(tmp_path / "deep/er/one.json")) == both.parallel
    assert [path.name for path in (tmp_path / "deep/er").iterdir()] == ["one.json"]


@pytest.fixture
async def saved(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> Path:
    run = await bn.run_batt(mirror_task, programs(MIRROR, "def"), pool=pool, out_dir=None)
    return run.save(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: b"", "cut short"),
        (lambda data: b"[]", "not a saved run"),
        (lambda data: b'{"nbformat": 4}', "not a saved run"),
        (lambda data: b"\x89PNG\r\n\x1a\n", "not a saved run"),
        (lambda data: data.replace(b'"version":2', b'"version":99', 1), "newer"),
        (lambda data: data.replace(b"battnb run", b"other tool", 1), "other tool"),
        (lambda data: data[: data.index(b'"runs":')] + b'"runs":[]}', "0 runs"),
        (
            lambda data: data.replace(b'"status":"correct"', b'"status":"splendid"'),
            "'splendid', which this battnb does not know",
        ),
        (lambda data: data[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not a saved run"),
    ],
)
async def test_what_is_no_saved_run_is_a_profile_error(saved: Path, spoil: Any, says: str) -> None:
    saved.write_bytes(spoil(saved.read_bytes()))
    with pytest.raises(bn.ProfileError, match=says) as caught:
        bn.load_run(saved)
    assert str(saved) in str(caught.value)


def test_a_saved_run_that_is_not_there_is_a_profile_error(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(bn.ProfileError, match="cannot read"):
            bn.load_run(path)


async def test_a_run_that_cannot_be_saved_leaves_nothing(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    run = await bn.run_batt(mirror_task, programs(MIRROR), pool=pool, out_dir=None)
    (tmp_path / "file").write_text("")
    with pytest.raises(bn.StoreError, match="choose another folder"):
        run.save(tmp_path / "file/run.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# The store


async def test_every_stored_program_runs_by_itself_and_gives_what_its_verdict_says(
    pool: bn.Pool, arc_task: Task, tmp_path: Path
) -> None:
    battery = bn.generate_battery("007bbfb7", 60)
    run = await bn.run_batt(arc_task, battery, pool=pool, limits=Limits(), out_dir=tmp_path)
    links = list((tmp_path / "solver_dir/solve_007bbfb7").rglob("*.py"))
    by_md5 = {v.md5: v for v in run.verdicts}
    assert 10 < len(links) <= 32
    assert all(path.exists() for path in tmp_path.rglob("*.py"))
    found = run_alone(arc_task, links, "solve")
    for link in links:
        verdict = by_md5[link.stem]
        assert link.parts[-3:-1] == (str(verdict.o_score), str(verdict.t_log))
        for gave, output in zip(found[str(link)], verdict.outputs, strict=True):
            assert output is None or gave == [list(row) for row in output]
    for family in ("iz", "zo"):
        differs = list((tmp_path / f"differ_dir/{family}/solve_007bbfb7").rglob("*.py"))
        assert differs
        counts = {rating.md5: [own for _, own in rating.counts] for rating in run.ratings}
        for path, gave in run_alone(arc_task, differs, "differ").items():
            expected = counts[Path(path).stem]
            assert [g and g[0] for g in gave[: len(expected)]] == expected


async def test_running_again_doubles_no_link(pool: bn.Pool, arc_task: Task, tmp_path: Path) -> None:
    battery = bn.generate_battery("007bbfb7", 30)
    for _ in range(3):
        await bn.run_batt(arc_task, battery, pool=pool, limits=Limits(), out_dir=tmp_path)
        links = [path.stem for path in (tmp_path / "solver_dir").rglob("*.py")]
        assert len(links) == len(set(links)) <= 32


async def test_without_a_folder_nothing_is_stored(pool: bn.Pool, mirror_task: Task, in_folder: Path) -> None:
    await bn.run_batt(mirror_task, programs(MIRROR), pool=pool, out_dir=None)
    assert list(in_folder.iterdir()) == []


# Ending early


async def test_a_deadline_ends_a_run_with_what_it_has(mirror_task: Task) -> None:
    said: list[str] = []
    battery = programs(MIRROR, STRAIGHT, *[f"{SPIN}# {n}" for n in range(6)])
    async with bn.Pool(2, LONG) as pool:
        await pool.ready()
        started_s = time.monotonic()
        run = await bn.run_batt(mirror_task, battery, pool=pool, out_dir=None, deadline_s=1.0, say=said.append)
        assert time.monotonic() - started_s < 15  # to their limits, the slow ones would take 90 s on two workers
        after = await bn.run_batt(mirror_task, programs(MIRROR), pool=pool, out_dir=None)
    assert not run.is_complete
    assert [v.status for v in run.verdicts] == ["correct"] * 2 + ["cancelled"] * 6
    assert [v.validated for v in run.verdicts] == [True] * 2 + [False] * 6
    assert "deadline" in said[-1]
    assert after.verdicts[0].status == "correct"
    assert run.timing_summary()
    assert len(run.to_frame()) == 8


async def test_cancelling_a_handle_keeps_the_verdicts_so_far(mirror_task: Task, tmp_path: Path) -> None:
    handle = bn.start_batt(mirror_task, programs(MIRROR, STRAIGHT, SPIN), limits=LONG, workers=2, out_dir=None)
    assert await until(lambda: len(handle.verdicts) == 2)
    handle.cancel()
    run = await asyncio.wait_for(handle, 20)
    assert handle.done()
    assert not run.is_complete
    assert [v.status for v in run.verdicts] == ["correct", "correct", "cancelled"]
    assert bn.load_run(run.save(tmp_path / "part.json")) == run


async def test_a_handle_that_is_cancelled_at_once_gives_an_empty_run(mirror_task: Task) -> None:
    handle = bn.start_batt(mirror_task, programs(MIRROR), workers=1, out_dir=None)
    handle.cancel()
    run = await asyncio.wait_for(handle, 20)
    assert [v.status for v in run.verdicts] == ["cancelled"]
    assert (run.is_complete, list(run.profile)) == (False, [])


async def ended(handle: bn.RunHandle) -> None:
    """Wait for a run's end without awaiting it."""
    assert await until(handle.done)
    await asyncio.sleep(0)  # one turn of the loop, for who waits for the same


async def test_a_run_that_nobody_awaits_is_the_last_run_too(pool: bn.Pool, mirror_task: Task) -> None:
    handle = bn.start_batt(mirror_task, programs(MIRROR, STRAIGHT), pool=pool, out_dir=None)
    await ended(handle)
    run = bn.last_run
    assert run is not None
    assert run.is_complete
    assert [v.status for v in run.verdicts] == ["correct", "correct"]
    other = await bn.run_batt(mirror_task, programs(MIRROR), pool=pool, out_dir=None)
    assert await handle is run
    assert bn.last_run is other


async def test_a_run_that_is_cancelled_and_never_awaited_is_the_last_run_too(mirror_task: Task) -> None:
    handle = bn.start_batt(mirror_task, programs(MIRROR, SPIN), limits=LONG, workers=2, out_dir=None)
    assert await until(lambda: handle.verdicts)
    handle.cancel()
    await ended(handle)
    assert bn.last_run is not None
    assert not bn.last_run.is_complete
    assert [v.status for v in bn.last_run.verdicts] == ["correct", "cancelled"]


def test_a_run_that_its_loop_leaves_behind_is_the_last_run_and_leaves_no_process(mirror_task: Task) -> None:
    async def start(count: int) -> None:
        """Leave the loop as soon as there are so many verdicts."""
        handle = bn.start_batt(mirror_task, programs(MIRROR, SPIN), limits=LONG, workers=1, out_dir=None)
        assert await until(lambda: len(handle.verdicts) >= count)

    for count in (0, 1):
        last.run = None
        asyncio.run(start(count))
        assert bn.last_run is not None
        assert [v.status for v in bn.last_run.verdicts] == ["correct"] * count + ["cancelled"] * (2 - count)


async def test_a_run_that_fails_and_is_never_awaited_is_the_last_run_too(mirror_task: Task) -> None:
    def fail(_: object) -> None:
        raise ArithmeticError("from the panel")

    handle = bn.start_batt(mirror_task, programs(MIRROR), workers=1, out_dir=None, on_verdicts=fail)
    await ended(handle)
    assert bn.last_run is not None
    assert not bn.last_run.is_complete
    with pytest.raises(ArithmeticError, match="panel"):
        await handle


async def test_a_handle_tells_its_verdicts_at_any_time_and_in_any_thread(pool: bn.Pool, mirror_task: Task) -> None:
    battery = programs(MIRROR, STRAIGHT, *[f"{MIRROR}# {n}" for n in range(300)])
    handle = bn.start_batt(mirror_task, battery, pool=pool, out_dir=None)
    seen = [len(handle.verdicts)]

    def watch() -> None:
        while seen[-1] < 302 and not handle.done():
            seen.append(len(handle.verdicts))

    watcher = asyncio.create_task(asyncio.to_thread(watch))
    await ended(handle)
    await watcher
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert {v.status for v in handle.verdicts} == {"correct"}
    assert [v.candidate_id for v in (await handle).verdicts] == [str(n) for n in range(302)]
    assert len(handle.verdicts) == 302


async def test_runs_that_end_together_are_given_to_those_that_await_them(pool: bn.Pool, mirror_task: Task) -> None:
    batteries = [programs(*[f"{MIRROR}# {n}" for n in range(count)]) for count in (1, 2, 3, 4)]
    handles = [bn.start_batt(mirror_task, battery, pool=pool, out_dir=None) for battery in batteries]
    assert [len((await handle).verdicts) for handle in handles] == [1, 2, 3, 4]


async def test_cancelling_the_one_who_waits_ends_the_run_and_is_not_swallowed(mirror_task: Task) -> None:
    battery, reached = programs(MIRROR, SPIN), asyncio.Event()
    running = bn.run_batt(
        mirror_task, battery, limits=LONG, workers=2, out_dir=None, on_verdicts=lambda verdicts: reached.set()
    )
    waiting = asyncio.create_task(running)
    await reached.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert bn.last_run is not None
    assert [v.status for v in bn.last_run.verdicts] == ["correct", "cancelled"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bn.run_batt(mirror_task, battery, limits=LONG, workers=1, out_dir=None), 0.5)


async def test_a_pool_that_closes_under_a_run_is_pool_closed(mirror_task: Task) -> None:
    pool = bn.Pool(1, LONG)
    handle = bn.start_batt(mirror_task, programs(MIRROR, SPIN), pool=pool, out_dir=None)
    assert await until(lambda: handle.verdicts)
    await asyncio.to_thread(pool.close)
    with pytest.raises(bn.PoolClosed):
        await asyncio.wait_for(handle, 20)
    assert bn.last_run is not None
    assert not bn.last_run.is_complete


# From anywhere


def test_a_run_from_threads_that_are_not_async(pool: bn.Pool, mirror_task: Task) -> None:
    found: list[bn.Run] = []

    def work() -> None:
        found.append(bn.run_batt_sync(mirror_task, programs(MIRROR), pool=pool, out_dir=None))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    assert [run.verdicts[0].status for run in found] == ["correct"] * 3


async def test_a_sync_run_inside_a_running_loop(pool: bn.Pool, mirror_task: Task) -> None:
    assert bn.run_batt_sync(mirror_task, programs(MIRROR), pool=pool, out_dir=None).verdicts[0].status == "correct"
    from battnb.running.comparing import compare_sync

    assert compare_sync(mirror_task, programs(MIRROR, STRAIGHT), pool=pool, out_dir=None).changed() == []


async def test_runs_beside_each_other_in_one_pool(pool: bn.Pool, mirror_task: Task, arc_task: Task) -> None:
    tasks = (mirror_task, arc_task) * 2
    runs = await asyncio.gather(*[bn.run_batt(t, programs(MIRROR, STRAIGHT), pool=pool, out_dir=None) for t in tasks])
    assert [run.verdicts[0].status for run in runs] == ["correct", "wrong"] * 2


async def test_an_error_in_a_sync_run_comes_out(mirror_task: Task) -> None:
    with pytest.raises(bn.InputError, match="parallel, sequential"):
        bn.run_batt_sync(mirror_task, programs(MIRROR), mode="both")
    with pytest.raises(bn.InputError, match="both timeout_s and limits"):
        bn.run_batt_sync(mirror_task, programs(MIRROR), timeout_s=1, limits=Limits())


async def test_bad_input_writes_nothing(mirror_task: Task, in_folder: Path) -> None:
    (in_folder / "small.py").write_text("ZERO = 0\n")
    with pytest.raises(bn.BatteryError, match="there is no"):
        await bn.run_batt(mirror_task, bn.generate_battery("007bbfb7", 5), workers=1, dsl=["./small.py"], out_dir="out")
    with pytest.raises(bn.StoreError, match="choose another folder"):
        await bn.run_batt(mirror_task, programs(MIRROR), workers=1, out_dir="small.py/out")
    assert [path.name for path in in_folder.iterdir()] == ["small.py"]


async def test_an_error_in_a_callback_ends_the_run_and_comes_out(mirror_task: Task) -> None:
    def fail(_: object) -> None:
        raise ArithmeticError("from the panel")

    with pytest.raises(ArithmeticError, match="panel"):
        await bn.run_batt(mirror_task, programs(MIRROR, SPIN), workers=1, out_dir=None, on_verdicts=fail)


async def test_both_runs_of_a_comparison_write_as_much_and_the_folder_has_what_one_run_stores(
    pool: bn.Pool, arc_task: Task, tmp_path: Path
) -> None:
    battery, stored = bn.generate_battery("007bbfb7", 30), sys.modules["battnb.phases.store"]
    written: list[int] = []
    keep = stored.put_in_place

    def noted(*arguments: Any) -> Any:
        done = keep(*arguments)
        written.append(done.written)
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "put_in_place", noted)
        await bn.compare(arc_task, battery, pool=pool, out_dir=tmp_path / "compared")
    assert written[0] > 0
    assert written[:3] == written[3:6] == written[6:]
    await bn.run_batt(arc_task, battery, pool=pool, out_dir=tmp_path / "once")
    programs_in = {folder: {path.name for path in (tmp_path / folder).rglob("*.py")} for folder in ("compared", "once")}
    assert programs_in["compared"] == programs_in["once"]
    folders = sorted([path.name for path in (tmp_path / "compared").iterdir()])
    assert folders == ["differ_dir", "differ_md5", "solver_dir", "solver_md5"]


async def test_a_comparison_that_is_stopped_does_not_begin_its_second_run(pool: bn.Pool, mirror_task: Task) -> None:
    """It is stopped as the panel's button does it: the run is cancelled, not the task that awaits it."""
    spin = "import time\n\n\ndef solve(I):\n    while time.thread_time() < 0.15:\n        pass\n    return I  # {}\n"
    candidates = [bn.Candidate(str(number), spin.format(number)) for number in range(20)]
    handles: list[bn.RunHandle] = []
    start = vars(comparing)["start"]

    @functools.wraps(start)
    def watched(*arguments: Any, **options: Any) -> bn.RunHandle:
        handles.append(start(*arguments, **options))
        return handles[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "start", watched)
        both_runs = asyncio.ensure_future(bn.compare(mirror_task, candidates, pool=pool, out_dir=None, live=None))
        assert await until(lambda: handles and handles[0].verdicts)
        handles[0].cancel()
        both = await both_runs
    assert not both.before.is_complete
    assert not both.after.is_complete
    assert {v.status for v in both.after.verdicts} == {"cancelled"}
    assert both.speedup is None


async def test_two_candidates_of_one_id_are_refused(mirror_task: Task) -> None:
    twins = [bn.Candidate("mine", MIRROR), bn.Candidate("other", MIRROR), bn.Candidate("mine", STRAIGHT)]
    with pytest.raises(bn.InputError, match="2 candidates of candidates have the id 'mine'"):
        await bn.run_batt(mirror_task, twins, out_dir=None)


async def test_a_comparison_refuses_what_it_would_not_heed(pool: bn.Pool, mirror_task: Task) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'mode'"):
        await bn.compare(mirror_task, programs(MIRROR), out_dir=None, mode="parallel")  # type: ignore[call-arg]
    with pytest.raises(bn.InputError, match="leave one out"):
        await bn.compare(mirror_task, programs(MIRROR), out_dir=None, pool=pool, workers=3)


async def test_an_engine_that_fails_under_a_run_leaves_what_was_reached(
    mirror_task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = bn.Pool(1, LONG)
    try:
        handle = bn.start_batt(mirror_task, programs(MIRROR, SPIN), pool=pool, out_dir=None, live="log")
        assert await until(lambda: handle.verdicts)
        pool._engine.call(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
        with pytest.raises(bn.SandboxError, match="ZeroDivisionError"):
            await asyncio.wait_for(handle, 20)
    finally:
        pool.close()
    assert bn.last_run is not None
    assert [verdict.status for verdict in bn.last_run.verdicts] == ["correct", "cancelled"]
    assert "failed" in capsys.readouterr().out


async def test_ratings_are_kept_if_they_cannot_be_stored(pool: bn.Pool, arc_task: Task, tmp_path: Path) -> None:
    (tmp_path / "differ_dir").touch()
    with pytest.raises(bn.StoreError):
        await bn.run_batt(arc_task, bn.generate_battery(arc_task.id, 60), pool=pool, out_dir=tmp_path)
    assert bn.last_run is not None
    assert bn.last_run.ratings


async def test_the_runs_of_a_comparison_share_no_inlined_forms(
    pool: bn.Pool, arc_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    start = one_run.start

    def watched(*given: Any) -> bn.RunHandle:
        made.append(given[4:])
        return start(*given)

    monkeypatch.setattr(comparing, "start", watched)
    await bn.compare(arc_task, bn.generate_battery(arc_task.id, 12), pool=pool, out_dir=None, live=None)
    assert made == [(), ()]


async def test_an_option_that_does_not_exist_is_told_with_the_function_s_own_name(mirror_task: Task) -> None:
    functions: list[Any] = [bn.run_batt_sync, bn.run_tasks_sync, bn.submit_sync]
    for function in functions:
        name = function.__name__.removesuffix("_sync")
        with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'timout_s'"):
            function([mirror_task], programs(MIRROR), timout_s=1)
