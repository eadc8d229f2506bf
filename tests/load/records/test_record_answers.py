"""Records of pipelines: which keys count, and what becomes of records that hold no program."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import battnb as bn
from battnb.errors import BatteryError
from battnb.load.batteries import load_battery
from battnb.model import Candidate

G = "def transform(grid):\n    return [r[::-1] for r in grid]\n"
TEXT = f"Mirrored:\n```python\n{G}```"
CHAT = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "No."}, {"role": "user", "content": "!"}]
BATCH = {
    "id": "batch_1",
    "custom_id": "t1",
    "response": {"status_code": 200, "body": {"choices": [{"index": 0, "message": {"content": TEXT}}], "usage": {}}},
    "error": None,
}

ONE = {
    **{key: {key: G} for key in ("source", "code", "program", "solution", "prediction")},
    **{key: {key: TEXT} for key in ("response", "completion", "output", "text", "generation", "generated_text")},
    **{f"{key}, one": {key: [TEXT]} for key in ("responses", "completions", "samples", "programs", "predictions")},
    **{f"{key}, one": {key: [TEXT]} for key in ("solutions", "generations", "outputs")},
    "outputs of a server": {"request_id": "0", "prompt": "?", "outputs": [{"index": 0, "text": TEXT}]},
    "a message": {"role": "assistant", "content": [{"type": "text", "text": TEXT}]},
    "parts of output": {"output": [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}]},
    "a text in a response": {"response": {"text": TEXT}},
    "grids first": {"outputs": [[[1]]], "predictions": [[1, 2]], "generations": [TEXT]},
    "code in a fence": {"code": TEXT},
    "a list under a key of texts": {"output": [TEXT]},
    "an empty one first": {"source": "", "program": " \n", "response": TEXT},
    "no text first": {"output": [[1, 2]], "solution": [[[3]]], "prediction": 7, "generation": TEXT},
    "a message as a completion": {"completion": [{"role": "assistant", "content": TEXT}]},
    "a chat": {"messages": [*CHAT, {"role": "assistant", "content": TEXT}, {"role": "user", "content": "Thanks."}]},
    "a chat in parts": {
        "messages": [{"role": "assistant", "content": [{"type": "thinking"}, {"type": "text", "text": TEXT}]}]
    },
    "a batch": BATCH,
    "choices of texts": {"choices": [{"text": TEXT}]},
    "choices of messages": {"choices": [{"message": {"role": "assistant", "content": TEXT}}]},
    "another batch": {"result": {"type": "succeeded", "message": {"content": [{"type": "text", "text": TEXT}]}}},
    "a record in a list": {"samples": [{"code": G, "correct": [True]}]},
}


@pytest.mark.parametrize("name", ONE)
def test_the_program_is_found(name: str) -> None:
    (candidate,) = load_battery([ONE[name]]).programs
    assert (candidate.source, candidate.prelude, candidate.unreadable) == (G, True, None)


def test_code_counts_before_text_and_text_before_lists() -> None:
    (candidate,) = load_battery([{"responses": ["p=1"], "response": "```\np=2\n```", "code": "p=lambda g:3"}]).programs
    assert candidate.source == "p=lambda g:3"
    assert candidate.extra == {"responses": ["p=1"], "response": "```\np=2\n```"}


def test_ids_and_tasks_are_text() -> None:
    records: list[dict[str, Any]] = [
        {"id": "a", "uid": "b", "task_id": "t1", "code": G},
        {"uid": 7, "task": {"train": []}, "puzzle_id": "t2", "code": G},
        {"id": 8.0, "id2": 3, "code": G},
        {"task_id": "t1", "code": G},
        {"id": "", "row_id": True, "code": G},
        {"id": "half \ud83d", "code": G},
    ]
    programs = load_battery(records).programs
    assert [candidate.id for candidate in programs] == ["a", "7", "8", "t1", "5", "half \\ud83d"]
    assert [candidate.task_id for candidate in programs] == ["t1", "t2", None, "t1", None, None]
    assert programs[1].extra == {"task": {"train": []}}


def test_what_may_be_the_id_of_its_task() -> None:
    records = [
        {"task_id": "t1", "id": "x", "code": G},
        {"uid": "t1", "responses": [TEXT]},
        {"id": "solve_t2", "code": "def solve_t3(I):\n    return I\n"},
        {"id": 12, "code": G},
        BATCH,
    ]
    assert [candidate.claims for candidate in load_battery(records).programs] == [
        ("t1",),
        ("t1",),
        ("t3", "t2", "solve_t2"),
        (),
        ("batch_1", "t1"),
    ]


def test_several_answers_are_several_candidates() -> None:
    records = [
        {"uid": "t1", "responses": [TEXT, "", "Sorry.", G], "model": "m"},
        {"task_id": "t2", "samples": [{"code": G, "model": "a"}, {"code": G, "model": "b"}], "model": "c"},
        {"id": "t3", "samples": [{"code": G, "id": "x"}, {"code": G, "id": "y"}]},
        {"id": "t4", "samples": [{"code": G, "id": "x"}, {"code": G, "id": "x"}]},
    ]
    programs = load_battery(records).programs
    assert [candidate.id for candidate in programs] == [
        *["t1#1", "t1#2", "t1#3", "t1#4", "t2#1", "t2#2", "x", "y", "t4#1", "t4#2"]
    ]
    assert [candidate.unreadable is None for candidate in programs[:4]] == [True, False, False, True]
    assert programs[0].extra == {"model": "m"}
    assert [candidate.extra["model"] for candidate in programs[4:6]] == ["a", "b"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"response": None}, "record 2 has no answer: response is empty"),
        ({"response": "", "code": None}, "record 2 has no answer: code and response are empty"),
        ({"output": math.nan}, "record 2 has no answer: output is empty"),
        ({"messages": CHAT[:1]}, "record 2 has no answer: messages is empty"),
        ({"responses": []}, "record 2 has no answer: responses is empty"),
        ({"answer": G}, "record 2 has no answer: its keys are answer; name yours with code=, text= and task="),
        ({}, "record 2 has no answer: it is empty"),
        ({"response": "I give up."}, "the text of record 2 holds no program; it begins 'I give up.'"),
        (17, "record 2 is int; a record is an object with keys"),
        (None, "record 2 is null; a record is an object with keys"),
    ],
)
def test_a_record_without_an_answer_is_a_candidate_that_says_so(record: Any, reason: str) -> None:
    good, bad = load_battery([{"code": G}, record]).programs
    assert (good.source, bad.id, bad.source, bad.unreadable) == (G, "2", "", reason)


def test_a_caller_names_the_keys() -> None:
    records = [{"puzzle": "t1", "answer": {"final": TEXT}, "code": "p=1"}, {"puzzle": "t2", "answer": None}]
    first, second = load_battery(records, task="puzzle", text="answer.final").programs
    assert (first.source, first.task_id, first.extra) == (G, "t1", {"code": "p=1"})
    assert (
        second.unreadable
        == "record 2 has no answer: its keys are puzzle, answer; name yours with code=, text= and task="
    )
    assert load_battery([{"a": G, "b": "p=lambda g:g"}], code="b").programs[0].source == "p=lambda g:g"
    with pytest.raises(BatteryError, match="its keys are answer, model; name yours with code=, text= and task="):
        load_battery([{"answer": TEXT, "model": "m"}])
    with pytest.raises(BatteryError, match="its keys are code"):
        load_battery([{"code": TEXT}], text="txt")


def test_how_a_program_is_called_is_in_its_record_too() -> None:
    records = [{"code": G, "entry": "main", "grids": "list"}, {"code": G, "entry": "a log", "grids": [[[1]]]}]
    first, second = load_battery(records).programs
    assert (first.entry, first.grids, first.extra) == ("main", "list", {})
    assert (second.entry, second.grids, second.extra) == (None, None, {"entry": "a log", "grids": [[[1]]]})


def test_names_are_supplied_to_records_unless_the_caller_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(G)
    assert load_battery([{"code": G}]).programs[0].prelude
    assert not load_battery([{"code": G}], prelude=False).programs[0].prelude
    assert not load_battery(tmp_path / "a.py").programs[0].prelude
    assert load_battery(tmp_path / "a.py", prelude=True).programs[0].prelude


def test_programs_by_task() -> None:
    by_task = {"t1": G, "t2": [G, TEXT], "t3": [{"code": G, "model": "m"}, {"code": ""}], "t4": {"code": G}, "t5": None}
    programs = load_battery(by_task).programs
    assert [(candidate.id, candidate.task_id) for candidate in programs] == [
        *[("t1", "t1"), ("t2#1", "t2"), ("t2#2", "t2"), ("t3#1", "t3"), ("t3#2", "t3"), ("t4", "t4"), ("t5", "t5")]
    ]
    assert [candidate.source for candidate in programs] == [G, G, G, G, "", G, ""]
    assert programs[3].extra == {"model": "m"}
    (own,) = load_battery({"t1": [{"mine": G}]}, code="mine").programs
    assert (own.source, own.task_id) == (G, "t1")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"train": [{"input": [[1]], "output": [[2]]}], "test": []}, "its keys are train, test"),
        ({"name": "some words", "year": "2026"}, "its keys are name, year"),
        ([[[1, 2]]], "the list has no record that can be read"),
        ([], "holds no candidate"),
        ({}, "holds no candidate"),
        (7, "a battery cannot be read from int; give a path, a list of dicts"),
        (b"code", "a battery cannot be read from bytes"),
    ],
)
def test_what_holds_no_programs_is_refused(value: Any, message: str) -> None:
    with pytest.raises(BatteryError, match=message):
        load_battery(value)


def test_candidates_and_batteries_stay_as_they_are() -> None:
    mine = [Candidate("a", G), Candidate("b", G)]
    assert load_battery(mine).programs == tuple(mine)
    assert load_battery(load_battery(mine)).programs == tuple(mine)
    assert load_battery(iter([{"code": G}, {"code": G}])).candidate_ids == ["1", "2"]


async def test_records_run_and_come_back_in_frames(mirror_task: bn.Task, pool: bn.Pool, tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"id": "a", "code": G, "model": "m", "cost": 0.5, "log": {"x": [1, 2]}, "mixed": 1},
        {"id": "b", "response": None, "model": "n", "mixed": "two"},
        {"id": "c", "code": G + "# \ud83d", "logprob": -math.inf, "note": "\ud83d", "when": {1, 2}},
        {"id": "a", "response": "No idea."},
    ]
    run = await bn.run_batt(mirror_task, load_battery(records), pool=pool, out_dir=tmp_path / "out")
    run.save(tmp_path / "run.json")
    again = bn.load_run(tmp_path / "run.json")
    assert isinstance(again, bn.Run)
    for frame in (run.to_frame(), again.to_frame()):
        assert list(frame["candidate_id"]) == ["a", "b", "c", "a@4"]
        assert frame["extra_model"].to_list()[:2] == ["m", "n"]
        assert (frame["extra_cost"].dtype, frame["extra_cost"][0]) == ("Float64", 0.5)
        assert frame["extra_log"][0] == {"x": [1, 2]}
        assert frame["extra_mixed"].to_list()[:2] == [1, "two"]
        assert frame["extra_note"][2] == "\\ud83d"
    run.export(tmp_path / "tables", ["csv", "parquet"])
    assert len(again.programs.given) == 4
