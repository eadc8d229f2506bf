"""Fewer workers while memory is short, more when it is easy again, and an end before the disk is full."""

from __future__ import annotations

from pathlib import Path

import pytest
from leaks import Newcomers, wait_until
from making import QUICK, body, candidate

import battnb as bn
from battnb.database.run_store import TaskHistory
from battnb.errors import StoreError
from battnb.machine.memory import Memory, memory_now
from battnb.model import Task
from battnb.running import shortage as watching
from battnb.running.shortage import Shortage, workers_for
from battnb.running.task_order import by_promise


@pytest.mark.parametrize(
    ("available", "now", "then"),
    [(1, 4, 3), (7, 2, 1), (7, 1, 1), (10, 3, 3), (15, 3, 3), (50, 3, 4), (50, 4, 4)],
)
def test_workers_go_one_by_one_and_come_back_one_by_one(available: int, now: int, then: int) -> None:
    assert workers_for(Memory(available, 100), now, 4) == then


def test_memory_is_what_the_machine_or_its_group_has() -> None:
    memory = memory_now()
    assert 0 < memory.available <= memory.total
    assert workers_for(Memory(2**31, 2**40), 2, 3) == 2
    assert workers_for(Memory(2**32, 2**40), 2, 3) == 3


def test_a_watch_says_what_it_does_and_leaves_the_pool_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_S", -1.0)
    left = iter([90, 5, 5, 12, 60])
    told, said = [], []
    watch = Shortage(None, 3, told.append, said.append, lambda: Memory(next(left) * 2**20, 100 * 2**20))
    for _ in range(5):
        watch.look()
    watch.end()
    assert told == [2, 1, 2, 3]
    assert said[0] == "-- 5 MiB of memory are left: going on with 2 of 3 workers"


def test_a_disk_that_is_as_good_as_full_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Shortage(tmp_path, 1, lambda count: None, lambda line: None).look()
    monkeypatch.setattr(watching, "LEAST_FREE_SHARE", 1.1)
    monkeypatch.setattr(watching, "LEAST_FREE_BYTES", 2**62)
    with pytest.raises(StoreError, match=r"is full.*make room and run again"):
        Shortage(tmp_path, 1, lambda count: None, lambda line: None).look()


async def test_a_pool_with_fewer_workers_does_all_the_work_and_lets_processes_go(mirror_task: Task) -> None:
    newcomers = Newcomers()
    slow = body(
        "import time", "until = time.thread_time() + 0.01", "while time.thread_time() < until: pass", "return I"
    )
    candidates = [candidate(f"{slow}# {n}\n", str(n)) for n in range(12)]
    with bn.Pool(3, QUICK) as pool:
        await pool.validate(candidates, mirror_task)
        before = len(newcomers.workers())
        pool.use_workers(1)
        verdicts = await pool.validate(candidates, mirror_task)
        assert {verdict.worker for verdict in verdicts} == {0}
        assert wait_until(lambda: len(newcomers.workers()) < before, 20)
        pool.use_workers(99)
        verdicts = await pool.validate(candidates, mirror_task)
        assert len({verdict.worker for verdict in verdicts}) > 1


def test_what_promises_most_comes_first(mirror_task: Task, arc_task: Task) -> None:
    tasks = [arc_task, mirror_task]
    assert by_promise(tasks, {}) == [1, 0]
    near = {arc_task.id: TaskHistory(0.9, 0.001), mirror_task.id: TaskHistory(0.0, 0.001)}
    assert by_promise(tasks, near) == [0, 1]
    slow = {arc_task.id: TaskHistory(0.9, 1.0), mirror_task.id: TaskHistory(0.0, 0.001)}
    assert by_promise(tasks, slow) == [1, 0]
