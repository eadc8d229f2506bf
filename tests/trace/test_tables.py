from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from battnb.errors import InputError
from battnb.model import Failure, Profile, Span, Status, Verdict
from battnb.trace.tables import spans_frame, verdicts_frame, write_table

GRID = ((1, 2), (3, 4))
PROFILE = Profile("r", "parallel", 2, 2.0, (Span("v", "a,\n\"b'", 0.0, 1.0, 1, Status.TIMEOUT, 0.0, 0.9),))
VERDICTS = [
    Verdict("a", "t", Status.WRONG, (Status.WRONG, None), 0, None, (GRID, None)),
    Verdict("b", "t", Status.ERROR, (Status.ERROR, None), 0, 1, (None, None), Failure("E", "x\x00", 3)),
]


def test_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    read = pd.read_csv(write_table(spans_frame(PROFILE), tmp_path / "spans.csv"))
    assert list(read.columns) == list(spans_frame(PROFILE).columns)
    assert (read.loc[0, "name"], read.loc[0, "cpu_s"], read.loc[0, "status"]) == ("a,\n\"b'", 0.9, "timeout")


def test_grids_are_json_in_csv(tmp_path: Path) -> None:
    read: Any = pd.read_csv(write_table(verdicts_frame(VERDICTS), tmp_path / "candidates.csv"))
    assert json.loads(read.loc[0, "outputs"]) == [[[1, 2], [3, 4]], None]
    assert json.loads(read.loc[1, "sample_statuses"]) == ["error", None]


def test_parquet_keeps_types_and_nested_grids(tmp_path: Path) -> None:
    read: Any = pd.read_parquet(write_table(verdicts_frame(VERDICTS[:1]), tmp_path / "candidates.parquet"))
    assert [[list(row) for row in grid] for grid in read.loc[0, "outputs"] if grid is not None] == [[[1, 2], [3, 4]]]
    assert read.loc[0, "candidate_id"] == "a"
    spans = pd.read_parquet(write_table(spans_frame(PROFILE), tmp_path / "spans.parquet"))
    assert spans["wall_s"].tolist() == [1.0]


def test_tables_of_nothing_can_be_written(tmp_path: Path) -> None:
    for kind in ("csv", "parquet"):
        assert write_table(verdicts_frame([]), tmp_path / f"none.{kind}").stat().st_size > 0


def test_another_kind_of_file_is_bad_input_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither \.csv nor \.parquet"):
        write_table(spans_frame(PROFILE), tmp_path / "spans.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_pyarrow_is_one_sentence(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'pyarrow' else find(name, *more)\n"
        "from battnb.errors import InputError\nfrom battnb.trace.tables import write_table\nimport pandas as pd\n"
        "try: write_table(pd.DataFrame({'a': [1]}), sys.argv[1])\nexcept InputError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.parquet")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "pip install pyarrow, or choose csv" in said
