"""Which tasks flags name: those of run_batt.py and battnb's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from battnb.cli.choosing import chosen_tasks
from battnb.cli.run_command import run_parser
from battnb.errors import InputError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file of 30 tasks."""
    pairs = [{"input": [[1, 2]], "output": [[2, 1]]}]
    path = tmp_path / "many.json"
    path.write_text(json.dumps({f"t{number:02}": {"train": pairs, "test": pairs} for number in range(30)}))
    return path


def chosen(flags: str, data: object) -> list[str]:
    options = run_parser("battnb run").parse_args([*flags.split(), "--data", str(data)])
    return [task.id for task in chosen_tasks(options)]


ALL = [f"t{number:02}" for number in range(30)]


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ("", ALL[:1]),
        ("-s 3", ALL[3:4]),
        ("-s 3 -c 2", ALL[3:5]),
        ("--start 28 --count 20", ALL[28:]),
        ("-c 0", ALL),
        ("-s 10 -c 0", ALL[10:]),
        ("--all", ALL),
        ("-i", ALL),
        ("-i -s 5 -c 2", ALL[5:7]),
        ("--task_ids", ALL),
        ("--task_ids t07 t03", ["t07", "t03"]),
        ("--task-ids t07", ["t07"]),
        ("--ids t07 -c 0", ["t07"]),
    ],
)
def test_flags_name_tasks(flags: str, ids: list[str], data: Path) -> None:
    assert chosen(flags, data) == ids


def test_a_negative_count_is_a_random_sample_that_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = chosen("-c -5 --seed 3", data)
    assert len(set(taken)) == 5
    assert set(taken) < set(ALL)
    named = ", ".join(taken)
    assert capsys.readouterr().out == f"-- Took 5 of 30 tasks at random (--seed 3): {named}\n"
    assert chosen("-c -5 --seed 3", data) == taken
    assert set(chosen("-c -5 -s 20 --seed 3", data)) < set(ALL[20:])


def test_without_a_seed_samples_differ_and_the_line_has_a_seed_that_repeats_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = [tuple(chosen("-c -10", data)) for _ in range(4)]
    assert len(set(samples)) > 1
    seed = capsys.readouterr().out.splitlines()[-1].partition("--seed ")[2].partition(")")[0]
    assert tuple(chosen(f"-c -10 --seed {seed}", data)) == samples[-1]


def test_a_sample_larger_than_the_data_is_all_of_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(chosen("-i -c -99", data)) == ALL
    assert capsys.readouterr().out.endswith(" and 10 more\n")


@pytest.mark.parametrize(("flags", "says"), [("-s -1", "-s -1 names no task"), ("-s 30", "past the last of 30")])
def test_flags_that_name_nothing_are_told(flags: str, says: str, data: Path) -> None:
    with pytest.raises(InputError, match=says):
        chosen(flags, data)


def test_the_battery_has_run_batts_name_too() -> None:
    parser = run_parser("battnb run")
    for name in ("-b", "--battery", "--batt_import", "--batt-import"):
        assert parser.parse_args([name, "mine"]).battery == "mine"


def test_parts_of_the_default_set_have_short_names() -> None:
    train, evaluation, both = [chosen("-c 0", name) for name in ("train", "eval", "both")]
    assert (len(train), len(evaluation), both) == (400, 400, [*train, *evaluation])
    assert "007bbfb7" in train


def test_a_folder_that_is_called_like_a_part_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [{"input": [[1, 2]], "output": [[2, 1]]}]
    (tmp_path / "train").mkdir()
    (tmp_path / "train/own.json").write_text(json.dumps({"train": pairs, "test": pairs}))
    monkeypatch.chdir(tmp_path)
    assert chosen("-i", "train") == ["own"]
