"""A candidate belongs to the task that it names, if there is such a task, and else to all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from battnb.errors import InputError
from battnb.model import Battery, Candidate
from battnb.running.options import Options
from battnb.running.own_tasks import OwnTasks, paired

ARC = "007bbfb7"


def made(name: str, **fields: Any) -> Candidate:
    return Candidate(name, "def solve(I): return I", **fields)


def tasks_of(*candidates: Candidate, ids: tuple[str, ...] = ("m", "n")) -> list[str | None]:
    return [task_id for _, task_id in paired(candidates, ids)]


def told(programs: tuple[Candidate, ...], ids: list[str], **options: Any) -> list[str]:
    lines: list[str] = []
    OwnTasks(list(programs), ids, Options(say=lambda _, line: lines.append(line), **options)).tell()
    return lines


def test_a_task_that_the_caller_names_counts_whether_or_not_it_is_known() -> None:
    assert tasks_of(made("a", task_id="m"), made("b", task_id="elsewhere"), made("c")) == ["m", "elsewhere", None]


def test_of_a_files_names_the_first_counts_that_is_the_id_of_a_task() -> None:
    names = [("solver", "m"), ("n", "m"), ("3f2c1b9a",), (ARC,), (ARC, "m")]
    assert tasks_of(*[made("x", claims=claims) for claims in names]) == ["m", "n", None, ARC, ARC]


def test_if_one_record_names_a_task_at_hand_all_records_name_tasks() -> None:
    here, there = made("a", task_id="m", claims=("m",)), made("b", task_id="far", claims=("far",))
    file = made("c", claims=("far",))
    assert tasks_of(here, there, file) == ["m", "far", None]
    assert tasks_of(there, file) == [None, None]


def test_the_ids_of_the_data_are_known_too(tmp_path: Path) -> None:
    for name in ("m", "other"):
        (tmp_path / f"{name}.json").write_text("{}")
    files = [made("a", claims=("m",)), made("b", claims=("other",)), made("c", claims=("third",))]
    assert [task_id for _, task_id in paired(files, ["m"], tmp_path)] == ["m", "other", None]


def test_a_battery_for_a_task_has_its_own_and_those_for_all_in_order() -> None:
    programs = (made("a"), made("b", task_id="n"), made("c", task_id="m"), made("d"), made("e", task_id="m"))
    own = OwnTasks(Battery("made", programs=programs), ["m", "o"], Options())
    assert own.battery("m").candidate_ids == ["a", "c", "d", "e"]
    assert own.battery("o").candidate_ids == ["a", "d"]
    assert told(programs, ["m", "o"]) == ["-- 1 candidate belongs to tasks that are not run here: n"]
    assert told(programs, ["m"], any_task=True) == []
    everything = OwnTasks(Battery("made", programs=programs), ["m"], Options(any_task=True))
    assert everything.battery("m").candidate_ids == ["a", "b", "c", "d", "e"]


def test_the_line_about_other_tasks_names_three_of_them() -> None:
    programs = tuple([made(f"{n}", task_id=f"t{n // 2}") for n in range(10)])
    line = "-- 10 candidates belong to tasks that are not run here: t0, t1, t2 and 2 more"
    assert told(programs, ["m"]) == [line]


def test_a_line_tells_where_the_programs_of_tasks_with_odd_ids_go() -> None:
    line = "-- 1 task has an id that is not a file's name; its folder is solve_a%2Fb"
    assert told((made("x"),), ["a/b", "m"]) == [line]
    assert told((made("x"),), ["a/b"], out_dir=None) == []
    several = "-- 2 tasks have ids that are not files' names; their folders are solve_%2E., solve_%"
    assert told((made("x"),), ["..", ""]) == [several]


def test_ids_are_unique_among_the_candidates_for_one_task() -> None:
    def refused(*programs: Candidate, any_task: bool = False) -> str:
        with pytest.raises(InputError) as raised:
            OwnTasks(list(programs), ["m", "n"], Options(any_task=any_task))
        return str(raised.value)

    apart = made("a", task_id="m"), made("a", task_id="n")
    assert OwnTasks(list(apart), ["m", "n"], Options()).battery("n").programs == apart[1:]
    says = "2 candidates of candidates have the id 'a'; give each an id of its own"
    assert refused(*apart, any_task=True) == says
    assert refused(made("a", task_id="m"), made("a", task_id="m")) == says
    assert refused(made("a", task_id="m"), made("a")) == says
    assert refused(made("a"), made("a"), made("b", task_id="m")) == says
