from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from battnb.model import Failure, Profile, Span, Status, Verdict
from battnb.trace.tables import SPAN_COLUMNS, VERDICT_COLUMNS, spans_frame, verdicts_frame

PROFILE = Profile(
    "007bbfb7",
    "parallel",
    2,
    3.0,
    (
        Span("run_batt.phase1_filter", "run_batt.phase1_filter", 0.0, 1.0),
        Span("run_batt.phase3a_validate_batch", "a", 2.0, 3.0, 1, Status.TIMEOUT, 1.5, 0.75, cached=True),
    ),
)


UNSHOWN = ("sample_cpu_s", "executed_cpu_s", "stdout", "task")


def verdict(candidate_id: str, **fields: Any) -> Verdict:
    settled: dict[str, Any] = {
        "status": Status.CORRECT,
        "sample_statuses": (Status.CORRECT,),
        "demo_correct": 1,
        "test_correct": None,
        "outputs": (((1,),),),
    }
    return Verdict(candidate_id, "007bbfb7", **(settled | fields))


def test_a_row_a_span_with_waiting_and_running_apart() -> None:
    frame = spans_frame(PROFILE)
    assert list(frame["run"]) == ["007bbfb7", "007bbfb7"]
    assert list(frame["name"]) == ["run_batt.phase1_filter", "a"]
    assert list(frame["wait_s"]) == [0.0, 0.5]
    assert list(frame["wall_s"]) == [1.0, 1.0]
    assert frame.loc[1, "lane"] == 1
    assert frame.loc[1, "status"] == "timeout"
    assert list(frame.loc[0, ["lane", "status", "queued_s", "cpu_s"]].isna()) == [True] * 4


def test_the_columns_have_their_dtypes_however_few_rows_there_are() -> None:
    for profile in (PROFILE, Profile("r", "parallel", 2, 0.0, ())):
        dtypes: dict[Any, Any] = spans_frame(profile).dtypes.astype(str).to_dict()
        assert dtypes["lane"] == "Int64"
        assert dtypes["status"] == dtypes["phase"] == "category"
        assert dtypes["run"] == dtypes["name"] == "string"
        assert dtypes["cached"] == "bool"
        assert {dtypes[name] for name in dtypes if str(name).endswith("_s")} == {"float64"}


def test_statuses_of_two_runs_are_comparable() -> None:
    categories = spans_frame(PROFILE)["status"].cat.categories
    assert list(categories) == [status.value for status in Status]


def test_every_column_is_documented() -> None:
    assert spans_frame.__doc__ is not None
    assert verdicts_frame.__doc__ is not None
    for document, columns in ((spans_frame.__doc__, SPAN_COLUMNS), (verdicts_frame.__doc__, VERDICT_COLUMNS)):
        described = dict(re.findall(r"^    (\w+) +(\w+) {2,}\S", document, re.MULTILINE))
        described.pop("run", None)
        assert list(described) == list(columns)
        assert list(described.values()) == [dtype.replace("status", "category") for dtype, _, _ in columns.values()]


def test_every_field_of_a_verdict_is_a_column_but_the_parts_of_its_error_are_columns_each() -> None:
    fields = {name for name in Verdict.__struct_fields__ if name not in UNSHOWN}
    fields |= {"check_time", "t_log", "timed_out"}
    parts = {f"error_{name}" for name in Failure.__struct_fields__}
    assert set(VERDICT_COLUMNS) == fields - {"error"} | parts


def test_what_happened_on_each_sample_is_in_the_table() -> None:
    grid = ((1, 2), (3, 4))
    partly = verdict(
        "a",
        status=Status.TIMEOUT,
        sample_statuses=(Status.CORRECT, Status.TIMEOUT, None),
        outputs=(grid, None, grid),
        error=Failure("timeout_s", "took too long", None, 1),
    )
    frame: Any = verdicts_frame([partly, verdict("b")])
    assert list(frame["sample_statuses"]) == [("correct", "timeout", None), ("correct",)]
    assert {type(status) for status in frame.loc[0, "sample_statuses"]} == {str, type(None)}
    assert list(frame["outputs"]) == [(grid, None, grid), (((1,),),)]
    assert frame.loc[0, "error_sample"] == 1


def test_a_row_a_candidate_in_the_order_given() -> None:
    failed = verdict(
        "b",
        status=Status.ERROR,
        sample_statuses=(Status.ERROR,),
        error=Failure("ValueError", "no such colour", 3),
        cpu_s=0.5,
        worker=1,
    )
    frame: Any = verdicts_frame(v for v in [failed, verdict("a", test_correct=1)])
    assert list(frame["candidate_id"]) == ["b", "a"]
    assert list(frame["status"]) == ["error", "correct"]
    assert list(frame.loc[0, ["error_type", "error_message", "error_line"]]) == ["ValueError", "no such colour", 3]
    assert frame.loc[0, "check_time"] == frame.loc[0, "cpu_s"] == 0.5
    assert frame.loc[0, "t_log"] == 11
    assert frame.loc[1, "test_correct"] == 1
    missing = ["error_type", "error_line", "error_sample", "worker", "duplicate_of"]
    assert list(frame.loc[1, missing].isna()) == [True] * 5
    assert list(frame["timed_out"]) == [False, False]


def test_equal_grids_of_several_candidates_stay_in_a_cell_each() -> None:
    same = [verdict(str(n), outputs=(((1,),), ((2,),)), sample_statuses=(Status.WRONG,) * 2) for n in range(2)]
    frame = verdicts_frame(same)
    assert frame.shape == (2, len(VERDICT_COLUMNS))
    assert list(frame["outputs"]) == [(((1,),), ((2,),))] * 2


def test_a_table_of_no_verdicts_has_the_columns() -> None:
    frame = verdicts_frame([])
    assert len(frame) == 0
    assert list(frame.columns) == list(VERDICT_COLUMNS)


def test_a_table_survives_a_round_trip_through_csv(tmp_path: Path) -> None:
    verdicts_frame([verdict("a")]).to_csv(tmp_path / "verdicts.csv", index=False)
    assert pd.read_csv(tmp_path / "verdicts.csv").loc[0, "candidate_id"] == "a"


def test_pandas_is_loaded_only_for_a_table() -> None:
    code = "import sys, battnb.trace.tables, battnb.trace.chrome, battnb.trace.recorder; print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
