"""Many tasks in one pool: as a list, as a stream, within a budget, interrupted, and from the command line."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from leaks import wait_until
from making import MIRROR, body, candidate

import battnb as bn
from battnb.cli.parsing import seconds
from battnb.cli.run_command import Teller
from battnb.errors import BatteryError, InputError, StoreError
from battnb.model import Candidate, Code, Limits, Task
from battnb.trace.overview import SOLVED, STOPPED

SPIN = body("while True: pass")
PATIENT = Limits(timeout_s=60)


def mirrors(task: Task, count: int) -> list[Task]:
    """The same task under many names."""
    return [msgspec.structs.replace(task, id=f"mirror{number}") for number in range(count)]


def solvers(*sources: str) -> list[Candidate]:
    return [candidate(source, str(number)) for number, source in enumerate(sources)]


# The list


async def test_each_task_has_the_run_that_it_has_alone(pool: bn.Pool, tmp_path: Path) -> None:
    tasks, battery = bn.load_tasks(["007bbfb7", "00d62c1b", "67a3c6ac"]), bn.generate_battery("007bbfb7", 40)
    runs = await bn.run_tasks(tasks, battery, pool=pool, out_dir=tmp_path / "all", live=None, limits=Limits())
    assert [run.task.id for run in runs] == ["007bbfb7", "00d62c1b", "67a3c6ac"]
    assert bn.last_runs is runs
    for run in runs:
        alone = await bn.run_batt(
            run.task, battery, pool=pool, out_dir=tmp_path / "one", live=None, limits=Limits(), mode="sequential"
        )
        assert [(v.sample_statuses, v.outputs, v.md5, v.duplicate_of) for v in run.verdicts] == [
            (v.sample_statuses, v.outputs, v.md5, v.duplicate_of) for v in alone.verdicts
        ]
        assert [(r.md5, r.score) for r in run.ratings] == [(r.md5, r.score) for r in alone.ratings]
    names = [sorted({p.name for p in (tmp_path / d).rglob("*.py")}) for d in ("all/solver_md5", "one/solver_md5")]
    assert names[0] == names[1]


async def test_runs_are_in_the_order_of_the_tasks_however_they_end(pool: bn.Pool, mirror_task: Task) -> None:
    slow = body("import time", "until = time.thread_time() + 0.05 * (len(I) == 2)",
                "while time.thread_time() < until: pass", "return I")  # fmt: skip
    tasks = mirrors(mirror_task, 4)
    tasks[0] = msgspec.structs.replace(tasks[0], demo=tasks[0].demo * 3)
    runs = await bn.run_tasks(tasks, solvers(slow), pool=pool, out_dir=None, live=None, limits=PATIENT)
    assert [run.task for run in runs] == tasks
    ended = [run.task async for run in bn.stream_tasks(tasks, solvers(slow), pool=pool, out_dir=None, live=None)]
    assert sorted(task.id for task in ended) == [task.id for task in tasks]


async def test_a_task_that_is_there_twice_is_done_once(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    runs = await bn.run_tasks([mirror_task] * 3, solvers(MIRROR), pool=pool, out_dir=tmp_path, live=None)
    assert sorted(run.verdicts[0].cached for run in runs) == [False, True, True]


async def test_several_tasks_are_in_hand_at_once(pool: bn.Pool, mirror_task: Task) -> None:
    """Two tasks have one candidate each that spins, and both spin at the same time."""
    tasks, seen = mirrors(mirror_task, 2), threading.Event()

    def look() -> None:
        if wait_until(lambda: len({work.worker for work in pool.at_work() if work.candidate_id == "0"}) == 2, 30):
            seen.set()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        runs = await bn.run_tasks(tasks, solvers(SPIN), pool=pool, out_dir=None, live=None, timeout_s=1.5)
    finally:
        watcher.join()
    assert seen.is_set()
    assert [run.verdicts[0].status for run in runs] == ["timeout", "timeout"]


def test_the_sync_form_works_anywhere(mirror_task: Task, tmp_path: Path) -> None:
    (run,) = bn.run_tasks_sync([mirror_task], solvers(MIRROR), workers=1, out_dir=tmp_path, live=None)
    assert run.verdicts[0].status == "correct"


# Bad input


@pytest.mark.parametrize(
    ("tasks", "options", "says"),
    [([], {}, "at least one"), (["007bbfb7"], {}, r"type str; give a Task"), (None, {"budget_s": 0}, "seconds above 0"),
     (None, {"mode": "both"}, "mode is 'both'"),
     (None, {"live": "film"}, "live is 'film'"), (None, {"timeout_s": -1}, "above 0")],
)  # fmt: skip
async def test_what_cannot_be_used_is_told_in_a_sentence(
    mirror_task: Task, tmp_path: Path, tasks: list[Task] | None, options: dict[str, Any], says: str
) -> None:
    given = [mirror_task] if tasks is None else tasks
    with pytest.raises(InputError, match=says):
        await bn.run_tasks(given, solvers(MIRROR), out_dir=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


async def test_unknown_options_are_errors_of_python_and_parameters_show(mirror_task: Task) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'budget'"):
        await bn.run_tasks([mirror_task], solvers(MIRROR), budget=3)  # type: ignore[call-arg]
    for function in (bn.run_batt, bn.run_batt_sync, bn.start_batt, bn.compare, bn.compare_sync):
        assert {"timeout_s", "limits", "workers", "out_dir", "pool"} <= inspect.signature(function).parameters.keys()
    for many in (bn.run_tasks, bn.run_tasks_sync, bn.stream_tasks, bn.submit, bn.submit_sync):
        assert {"budget_s", "limits", "workers", "out_dir", "pool"} <= inspect.signature(many).parameters.keys()


async def test_a_battery_of_unknown_functions_leaves_nothing(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    battery = bn.generate_battery("007bbfb7", 3)
    step = msgspec.structs.replace(battery.steps[0], func=Code("vmiror"))
    broken = msgspec.structs.replace(battery, steps=(step, *battery.steps[1:]))
    with pytest.raises(BatteryError, match="vmiror"):
        await bn.run_tasks([mirror_task], broken, pool=pool, out_dir=tmp_path / "out", live=None)
    assert not (tmp_path / "out").exists()


async def test_a_folder_that_cannot_be_written_is_told(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose another folder"):
        await bn.run_tasks([mirror_task], solvers(MIRROR), pool=pool, out_dir=tmp_path / "file/out", live=None)


# Budgets and ends


async def test_a_budget_ends_in_time_with_what_is_reached(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    """Without it, they would spin for 60 CPU seconds each."""
    tasks = mirrors(mirror_task, 9)
    runs = await bn.run_tasks(
        tasks, solvers(MIRROR, SPIN), pool=pool, out_dir=tmp_path, live=None, limits=PATIENT, budget_s=2.0
    )
    assert [run.task.id for run in runs] == [task.id for task in tasks]
    assert not any([run.is_complete for run in runs])
    reached = [run for run in runs if run.verdicts[0].status == "correct"]
    assert 0 < len(reached) < len(runs)
    with bn.open_store(tmp_path) as store:
        assert set(store.runs()["state"]) == {"stopped"}
        assert set(store.verdicts()["task_id"]) == {run.task.id for run in reached}


async def test_an_interrupt_leaves_what_was_reached(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    tasks, reached = mirrors(mirror_task, 3), asyncio.Event()
    work = asyncio.ensure_future(
        bn.run_tasks(
            tasks, solvers(MIRROR, SPIN), pool=pool, out_dir=tmp_path, live=None, limits=PATIENT,
            on_verdicts=lambda verdicts: reached.set(),
        )
    )  # fmt: skip
    await reached.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert bn.last_runs
    assert any([verdict.status == "correct" for run in bn.last_runs for verdict in run.verdicts])
    assert not any([run.is_complete for run in bn.last_runs])


async def test_a_stream_that_is_left_ends_what_it_began(pool: bn.Pool, mirror_task: Task) -> None:
    stream: Any = bn.stream_tasks(mirrors(mirror_task, 5), solvers(MIRROR), pool=pool, out_dir=None, live=None)
    assert (await anext(stream)).is_complete
    await stream.aclose()
    assert await pool.validate(solvers(MIRROR), mirror_task)


# What is shown


async def test_an_overview_has_a_row_a_task(pool: bn.Pool, mirror_task: Task, tmp_path: Path) -> None:
    tasks = [*mirrors(mirror_task, 2), bn.load_task("007bbfb7")]
    runs = await bn.run_tasks(tasks, solvers(MIRROR, body("return I")), pool=pool, out_dir=tmp_path, live=None)
    overview = bn.overview(runs)
    assert [row.came_to for row in overview.rows][:2] == [SOLVED, SOLVED]
    assert (overview.solved, overview.tests_solved, overview.total) == (2, 2, 3)
    lines = str(overview).splitlines()
    assert lines[0].split() == ["task", "best", "demo", "test", "verdicts", "time"]
    assert lines[1].split()[:5] == ["mirror0", "0", "3/3", "1/1", "2"]
    assert lines[-1].startswith("3 of 3 tasks, 2 solved on demo, 2 on test, ")
    frame = overview.to_frame()
    assert list(frame["task_id"]) == ["mirror0", "mirror1", "007bbfb7"]
    assert list(frame["came_to"])[:2] == ["solved", "solved"]


async def test_the_log_says_how_far_it_is(
    pool: bn.Pool, mirror_task: Task, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("battnb.view.live.displays.Log.LINE_S", 0.0)
    spin = body("import time", "until = time.thread_time() + 0.2", "while time.thread_time() < until: pass", "return I")
    tasks = mirrors(mirror_task, 3)
    await bn.run_tasks(tasks, solvers(spin), pool=pool, out_dir=None, live="log", limits=PATIENT)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all([re.match(r"-- \d of 3 tasks, 0 solved on demo.*; \d+ verdicts; ", line) for line in lines])
    assert lines[-1].startswith("-- 3 of 3 tasks")
    assert "complete" in lines[-1]


def test_the_lines_of_tasks_at_once_stay_together(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller()
    teller.say("a", "a begins")
    teller.say("b", "b begins")
    teller.end("b", ["b ended"])
    teller.say("a", "a goes on")
    assert capsys.readouterr().out == "a begins\na goes on\n"
    teller.say("", "memory is short")
    teller.end("a", ["a ended"])
    teller.end("c", ["c at once"])
    assert capsys.readouterr().out == "memory is short\na ended\nb begins\nb ended\nc at once\n"


@pytest.mark.parametrize(
    ("text", "wanted"), [("11h", 39600), ("1h30m", 5400), ("90s", 90), ("90", 90), ("0.5h", 1800), ("2d", 172800)]
)
def test_times_are_read_as_people_write_them(text: str, wanted: float) -> None:
    assert seconds(text) == wanted


# The command line


def battnb(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "battnb", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Task files a, b and c, and a file of solvers."""
    pairs = [{"input": [[1, 2]], "output": [[2, 1]]}, {"input": [[3, 4]], "output": [[4, 3]]}]
    (tmp_path / "tasks").mkdir()
    for name in "abc":
        (tmp_path / f"tasks/{name}.json").write_text(json.dumps({"train": pairs, "test": pairs[:1]}))
    lines = [json.dumps({"id": str(n), "source": source}) for n, source in enumerate([MIRROR, body("return I")])]
    (tmp_path / "two.jsonl").write_text("\n".join(lines))
    return tmp_path


RUN = ("run", "-b", "two.jsonl", "--data", "tasks", "--out", "out", "--workers", "2")


def test_all_tasks_end_in_a_table_and_a_second_run_in_hits(folder: Path) -> None:
    first = battnb(*RUN, "--all", cwd=folder)
    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert [line for line in lines if line.startswith("-- Filtered")] == [
        "-- Filtered to 2 unique candidates (from 2)"
    ] * 3
    assert [line.split(":")[0] for line in lines if "best candidate" in line] == ["a", "b", "c"]
    assert lines[-5].split() == ["task", "best", "demo", "test", "verdicts", "time"]
    assert lines[-1].startswith("3 of 3 tasks, 3 solved on demo, 3 on test")
    again = battnb(*RUN, "-i", "a", "b", cwd=folder)
    assert again.stdout.count("-- Cached 2 of 2 verdicts") == 2
    assert "cached" in again.stdout.splitlines()[-4]
    again = battnb(*RUN, "-s", "1", "-c", "2", "--no-cache", cwd=folder)
    assert "Cached" not in again.stdout
    assert again.stdout.splitlines()[-1].startswith("2 of 2 tasks")


def test_the_cache_is_shown_and_cleared_by_task_program_and_age(folder: Path) -> None:
    battnb(*RUN, "--all", cwd=folder)
    battnb(*RUN, "-i", "a", cwd=folder)
    shown = battnb("cache", "--out", "out", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"^ +4 runs of 3 tasks$", shown.stdout, re.MULTILINE)
    assert re.search(r"^ +6 verdicts of 2 programs, 6 of which", shown.stdout, re.MULTILINE)
    assert re.search(r"^ +2 hits of 8 verdicts that runs needed \(25%\)$", shown.stdout, re.MULTILINE)
    with bn.open_store(folder / "out") as store:
        md5 = store.programs()["md5"][0]
    assert "Cleared 0 verdicts" in battnb("cache", "--out", "out", "--clear", "--older", "1h", cwd=folder).stdout
    assert "Cleared 2 verdicts" in battnb("cache", "--out", "out", "--clear", "--task", "a", cwd=folder).stdout
    assert "Cleared 2 verdicts" in battnb("cache", "--out", "out", "--clear", "--program", md5[:8], cwd=folder).stdout
    assert "Cached 1 of 2 verdicts" in battnb(*RUN, "-i", "b", cwd=folder).stdout
    assert "Cleared 3 verdicts" in battnb("cache", "--out", "out", "--clear", cwd=folder).stdout
    assert "Cached" not in battnb(*RUN, "-i", "c", cwd=folder).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [("cache", "there is no store"), ("cache --out tasks --clear", "there is no store"),
     ("cache --task a", "add --clear"), ("cache --clear --older soon", "11h, 1h30m"),
     ("cache --clear --program nonsense", "not an md5"), ("run -b two.jsonl --data tasks --all --budget 0", "above 0"),
     ("run -b two.jsonl --data tasks --all --budget soon", "11h")],
)  # fmt: skip
def test_bad_input_is_one_sentence(folder: Path, arguments: str, says: str) -> None:
    done = battnb(*arguments.split(), cwd=folder)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert not (folder / "battnb.db").exists()


def test_a_budget_on_the_command_line(folder: Path) -> None:
    (folder / "two.jsonl").write_text(json.dumps({"id": "a", "source": SPIN}))
    done = battnb(*RUN, "--all", "-t", "60", "--budget", "2s", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "-- Stopped at the budget of 2 s: run it again, and it goes on from here"


def test_an_interrupt_tells_of_every_task_in_hand(folder: Path) -> None:
    sources = [MIRROR, SPIN]
    lines = [json.dumps({"id": str(n), "source": source}) for n, source in enumerate(sources)]
    (folder / "two.jsonl").write_text("\n".join(lines))
    command = [sys.executable, "-m", "battnb", *RUN, "--all", "-t", "60"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:  # fmt: skip

        def reached() -> bool:
            try:
                with bn.open_store(folder / "out") as store:
                    return store.count("verdicts") == 3
            except StoreError:
                return False

        assert wait_until(reached, 30)
        os.kill(run.pid, signal.SIGINT)
        printed, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert [f"{name}: best candidate 0" in printed for name in "abc"] == [True, True, True]
    assert said == "battnb: interrupted; 3 of 6 verdicts were reached\n"
    again = battnb(*RUN, "--all", "-t", "0.2", cwd=folder)
    assert again.stdout.count("-- Cached 1 of 2 verdicts") == 3


def test_states_are_told_apart() -> None:
    from battnb.trace.overview import TaskRow

    def row(best: str | None, right: int, is_complete: bool = True) -> str:
        return TaskRow("t", is_complete, best, right, 3, None, 0, 1, 1, 0, 0.0, 1.0, 0.0).came_to

    assert [row("a", 3), row("a", 1), row("a", 0), row(None, 0)] == ["solved", "partly", "none", "none"]
    assert [row("a", 3, False), row("a", 1, False)] == ["solved", STOPPED]
