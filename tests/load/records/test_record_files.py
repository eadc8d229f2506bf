"""Files of records, in every form that they are found in."""

from __future__ import annotations

import codecs
import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from battnb.errors import BatteryError
from battnb.load.batteries import load_battery, load_candidates, run_as
from battnb.load.records import record_files, record_rows
from battnb.load.records.record_programs import IdTable, RecordPrograms
from battnb.load.streamed import StreamedPrograms

G = "def transform(grid):\n    return [r[::-1] for r in grid]\n"


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are read as large ones are."""
    monkeypatch.setattr(record_files, "FEW", 0)


def lines(records: Iterable[Any], end: str = "\n") -> str:
    return "".join([json.dumps(record) + end for record in records])


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


RECORDS: list[dict[str, Any]] = [
    {"id": "a", "code": G, "model": "m"},
    {"id": "b", "response": "é \u2028 \x85 \x1c", "n": 1},
    {"id": "a", "samples": [G, None]},
    {"id": "a", "code": G},
]
IDS = ["a", "b", "a#1", "a#2", "a@4"]

FILES = {
    "lines.jsonl": lines(RECORDS).encode(),
    "LINES.JSONL": lines(RECORDS).encode(),
    "lines.ndjson": lines(RECORDS).rstrip().encode(),
    "crlf.jsonl": lines(RECORDS, "\r\n").encode(),
    "cr.jsonl": lines(RECORDS, "\r").encode(),
    "bom.jsonl": codecs.BOM_UTF8 + lines(RECORDS).encode(),
    "utf16.jsonl": lines(RECORDS).encode("utf-16"),
    "utf16be.jsonl": lines(RECORDS).encode("utf-16-be"),
    "utf32.jsonl": lines(RECORDS, "\r\n").encode("utf-32"),
    "plain.jsonl": "".join([json.dumps(r, ensure_ascii=False) + "\n" for r in RECORDS]).encode(),
    "lines.jsonl.gz": gzip.compress(lines(RECORDS).encode()),
    "LINES.NDJSON.GZ": gzip.compress(lines(RECORDS, "\r\n").encode("utf-16")),
    "packed.jsonl": gzip.compress(lines(RECORDS).encode()),
    "lines.gz": gzip.compress(lines(RECORDS).encode()),
    "lines.json": lines(RECORDS).encode(),
    "list.json": json.dumps(RECORDS, indent=2).encode(),
    "List.JSON": codecs.BOM_UTF8 + json.dumps(RECORDS).encode(),
    "list.json.gz": gzip.compress(json.dumps(RECORDS).encode("utf-16")),
    "pretty.jsonl": json.dumps(RECORDS, indent=2).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_every_form_hold_the_same(tmp_path: Path, name: str) -> None:
    battery = load_battery(write(tmp_path / name, FILES[name]))
    assert battery.candidate_ids == IDS
    assert battery.programs[0].source == G
    assert battery.programs[0].extra == {"model": "m"}
    assert load_candidates(tmp_path / name) == battery.programs


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("name", [name for name in FILES if "json" not in name.rpartition(".l")[0].lower()])
def test_a_long_file_is_read_when_it_is_asked_for(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = load_battery(write(tmp_path / name, FILES[name])).programs
    assert isinstance(programs, RecordPrograms)
    monkeypatch.setattr(record_files, "FEW", 100)
    held = load_battery(tmp_path / name).programs
    assert tuple(programs) == tuple(programs) == held
    assert [programs[number] for number in range(-5, 5)] == [held[number] for number in range(-5, 5)]
    for part in (slice(None, 2), slice(1, 4, 2), slice(None, None, -1), slice(4, 0, -2), slice(3, 3), slice(9)):
        assert programs[part] == held[part]
    assert list(programs.at([1, 2, 4])) == [held[1], held[2], held[4]]
    with pytest.raises(IndexError):
        programs[5]


@pytest.mark.usefixtures("streamed")
def test_how_programs_are_run_does_not_bring_a_long_file_into_memory(tmp_path: Path) -> None:
    lines = [json.dumps({"id": "a", "code": G}), json.dumps({"id": "b", "code": G, "grids": "tuple"})]
    path = write(tmp_path / "few.jsonl", "\n".join(lines))
    battery = run_as(load_battery(path, prelude=False), entry="transform", grids="list")
    assert isinstance(battery.programs, StreamedPrograms)
    assert [program.grids for program in battery.programs] == ["list", "tuple"]
    assert [program.id for program in battery.programs[::-1]] == ["b", "a"]
    last = battery.programs[-1]
    assert (last.id, last.entry, last.prelude) == ("b", "transform", False)
    assert run_as(load_battery(battery, prelude=True), grids="list").programs[0].prelude


def test_bad_lines_are_candidates_and_not_the_end(tmp_path: Path) -> None:
    text = [
        b'{"id": "a", "code": "p=lambda g:g", "logprob": -Infinity, "x": NaN}',
        b'{"id": "b", "code": ',
        b"",
        b'{"id": "c", "code": "# \\ud83d\\np=lambda g:g"}',
        b'{"id": "\xff"}',
        b"[" * 100_000,
        b"3",
        b'{"id": 1' + b"0" * 5000 + b"}",
        b'"p=lambda g:g"',
    ]
    a, b, c, encoding, deep, number, digits, bare = load_battery(write(tmp_path / "a.jsonl", b"\n".join(text))).programs
    assert a.extra["logprob"] == float("-inf")
    assert (b.id, b.unreadable) == ("2", "line 2 is not JSON: Expecting value at column 20")
    assert c.source == "# \\ud83d\np=lambda g:g"
    assert str(encoding.unreadable).startswith("line 5 is not JSON: 'utf-8' codec can't decode")
    assert str(deep.unreadable).startswith("line 6 is not JSON: ")
    assert number.unreadable == "line 7 is int; a record is an object with keys"
    assert str(digits.unreadable).startswith("line 8 ")
    assert (bare.id, bare.source) == ("9", "p=lambda g:g")


async def test_a_line_that_cannot_be_read_is_not_a_solver(tmp_path: Path, mirror_task: Any, pool: Any) -> None:
    path = write(tmp_path / "a.jsonl", lines([{"id": "a", "code": G + "# \ud83d"}]) + '{"id": "b"\n')
    good, bad = await pool.validate(load_battery(path).programs, mirror_task)
    assert good.status == "correct"
    assert bad.status == "not_a_solver"


def test_a_line_that_is_too_long_is_one_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_rows, "MOST_LINE_BYTES", 2**20)
    record = {"id": "a", "code": G}
    long = json.dumps({"id": "b", "code": "#" * 2**22})
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(f"{json.dumps(record)}\n{long}\n{json.dumps(record)}".encode()))
    first, cut, last = load_battery(path).programs
    assert (first.id, last.id, last.source) == ("a", "a@3", G)
    assert cut.unreadable == "line 2 is longer than 1 MiB"


def test_a_packed_file_that_ends_early_says_where(tmp_path: Path) -> None:
    noise = [{"id": str(n), "code": G, "noise": hash(str(n))} for n in range(5000)]
    packed = gzip.compress(lines(noise).encode())
    *good, bad = load_battery(write(tmp_path / "a.jsonl.gz", packed[: len(packed) // 2])).programs
    assert len(good) > 100
    assert all([candidate.source == G for candidate in good])
    assert str(bad.unreadable).startswith(f"line {len(good) + 1} cannot be read: ")


def test_json_that_is_too_large_as_a_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_files, "MOST_WHOLE_BYTES", 2**20)
    path = write(tmp_path / "a.json.gz", gzip.compress(b" " * 2**22 + json.dumps(RECORDS).encode()))
    with pytest.raises(BatteryError, match="holds more than 1 MiB of JSON; write a record a line"):
        load_battery(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b'{"id": "a", "answer": "x"}\n{"b": 1}', "its keys are id, answer; name yours with code=, text="),
        ("a.jsonl", b"PK\x03\x04\n\x00\x01", "has no record that can be read: line 1 is not JSON"),
        ("a.jsonl", b"\n \r\n", "holds no candidate"),
        ("a.jsonl", b"", "holds no candidate"),
        ("a.json", b'{"id": "a",\n "code": }', "a.json is not JSON, line 2: Expecting value; correct it"),
        ("a.json", b'{"t1": {"train": [], "test": []}}', "its keys are t1; name yours"),
        ("a.json.gz", b"\x1f\x8bnothing", "a.json.gz"),
        ("a.parquet", b"PAR1", "a.parquet cannot be read as Parquet: "),
    ],
)
def test_a_file_without_programs_is_refused_by_name(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(BatteryError, match=message) as raised:
        load_battery(write(tmp_path / name, data))
    assert str(tmp_path / name) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("streamed")
def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(RECORDS))
    programs = load_battery(path).programs
    path.write_text(lines(RECORDS[:1]))
    with pytest.raises(BatteryError, match="has changed since it was loaded; load it again"):
        list(programs)


# Tables

TABLE = {
    "row_id": [1, 2, 3],
    "task_id": ["t1", "t1", None],
    "code": [G, None, G],
    "correct_train_input": [[True, False], None, []],
    "cost": [0.5, None, 1.0],
}


@pytest.mark.usefixtures("streamed")
def test_parquet_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table({"id": [str(n % 7) for n in range(25)], "code": [f"p=lambda g:{n}" for n in range(25)]})
    parquet.write_table(rows, tmp_path / "a.PARQUET", row_group_size=10)
    monkeypatch.setattr(record_rows, "_ROWS", 4)
    programs = load_battery(tmp_path / "a.PARQUET").programs
    assert isinstance(programs, RecordPrograms)
    assert [candidate.source for candidate in programs] == [f"p=lambda g:{n}" for n in range(25)]
    assert [programs[n].source for n in (24, 9, 10, 13, -25)] == [f"p=lambda g:{n}" for n in (24, 9, 10, 13, 0)]
    assert [candidate.id for candidate in programs[6:9]] == ["6", "0@8", "1@9"]


@pytest.mark.parametrize("kind", ["parquet", "table", "frame", "frame with an index", "frame read from parquet"])
def test_tables_are_records(tmp_path: Path, kind: str) -> None:
    table = pa.table(TABLE)
    parquet.write_table(table, tmp_path / "a.parquet")
    given = {
        "parquet": lambda: tmp_path / "a.parquet",
        "table": lambda: table,
        "frame": lambda: pd.DataFrame(TABLE),
        "frame with an index": lambda: pd.DataFrame(TABLE).set_index("task_id"),
        "frame read from parquet": lambda: pd.read_parquet(tmp_path / "a.parquet"),
    }[kind]()
    first, second, third = load_battery(given).programs
    assert [c.id for c in (first, second, third)] == ["1", "2", "3"]
    assert [c.task_id for c in (first, second, third)] == ["t1", "t1", None]
    assert (first.source, third.source) == (G, G)
    assert second.unreadable == "row 2 has no answer: code is empty"
    assert first.extra == {"correct_train_input": [True, False], "cost": 0.5}
    assert second.extra == {"correct_train_input": None, "cost": None}


def test_lists_in_the_cells_of_a_frame_are_answers(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"uid": ["t1"], "responses": [[G, G]]}), tmp_path / "a.parquet")
    assert load_battery(pd.read_parquet(tmp_path / "a.parquet")).candidate_ids == ["t1#1", "t1#2"]


# Many records


def test_ids_are_told_apart_without_being_kept() -> None:
    table = IdTable()
    assert all([table.add(str(number)) for number in range(5000)])
    assert not any([table.add(str(number)) for number in range(5000)])


def test_renamed_ids_meet_no_others(tmp_path: Path) -> None:
    names = ["t1", "t1@3", "t1", "t1@3", "t1@2"]
    path = write(tmp_path / "a.jsonl", lines([{"id": name, "code": G} for name in names]))
    assert load_battery(path).candidate_ids == ["t1", "t1@3", "t1@3@3", "t1@3@4", "t1@2"]


PEAK = """
import sys
import battnb as bn

def peak_bytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

list(bn.load_battery([{"code": "p=lambda g:g"}]).programs)
before = peak_bytes()
programs = bn.load_battery(sys.argv[1]).programs
for last in programs:
    pass
print(len(programs), last.id, peak_bytes() - before)
"""


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_many_records_take_flat_memory(tmp_path: Path, ending: str) -> None:
    """50,000 records of 400 bytes are 20 MB, and their candidates more."""
    text = lines([{"id": f"t{n % 40_000}", "code": G + "#" * 300, "model": "m"} for n in range(50_000)]).encode()
    path = write(tmp_path / f"many{ending}", gzip.compress(text, 1) if ending.endswith("gz") else text)
    done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    count, last, peak = done.stdout.split()
    assert (count, last) == ("50000", "t9999@50000")
    assert int(peak) < 8 * 2**20
