import subprocess
import sys

import pandas as pd

from battnb.model import Failure, Profile, Span, Status, Verdict
from battnb.trace.frames import SPAN_COLUMNS, VERDICT_COLUMNS, spans_frame, verdicts_frame

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


def verdict(candidate_id: str, **fields) -> Verdict:
    settled = {
        "status": Status.CORRECT,
        "sample_statuses": (Status.CORRECT,),
        "demo_correct": 1,
        "test_correct": None,
        "outputs": (((1,),),),
    }
    return Verdict(candidate_id, "007bbfb7", **(settled | fields))


def test_a_row_a_span_with_waiting_and_running_apart():
    frame = spans_frame(PROFILE)
    assert list(frame["run"]) == ["007bbfb7", "007bbfb7"]
    assert list(frame["name"]) == ["run_batt.phase1_filter", "a"]
    assert list(frame["wait_s"]) == [0.0, 0.5]
    assert list(frame["wall_s"]) == [1.0, 1.0]
    assert frame.loc[1, "lane"] == 1
    assert frame.loc[1, "status"] == "timeout"
    assert list(frame.loc[0, ["lane", "status", "queued_s", "cpu_s"]].isna()) == [True] * 4


def test_the_columns_have_their_dtypes_however_few_rows_there_are():
    for profile in (PROFILE, Profile("r", "parallel", 2, 0.0, ())):
        dtypes = spans_frame(profile).dtypes.astype(str).to_dict()
        assert dtypes["lane"] == "Int64"
        assert dtypes["status"] == dtypes["phase"] == "category"
        assert dtypes["run"] == dtypes["name"] == "string"
        assert dtypes["cached"] == "bool"
        assert {dtypes[name] for name in dtypes if name.endswith("_s")} == {"float64"}


def test_statuses_of_two_runs_are_comparable():
    categories = spans_frame(PROFILE)["status"].cat.categories
    assert list(categories) == [status.value for status in Status]


def test_every_column_is_documented():
    assert spans_frame.__doc__ is not None
    assert verdicts_frame.__doc__ is not None
    assert all(f"{name} " in spans_frame.__doc__ for name in SPAN_COLUMNS)
    assert all(name in verdicts_frame.__doc__ for name in VERDICT_COLUMNS)


def test_a_row_a_candidate_in_the_order_given():
    failed = verdict(
        "b",
        status=Status.ERROR,
        sample_statuses=(Status.ERROR,),
        error=Failure("ValueError", "no such colour", 3),
        cpu_s=0.5,
        worker=1,
    )
    frame = verdicts_frame(v for v in [failed, verdict("a", test_correct=1)])
    assert list(frame["candidate_id"]) == ["b", "a"]
    assert list(frame["status"]) == ["error", "correct"]
    assert list(frame.loc[0, ["error_type", "error_message", "error_line"]]) == ["ValueError", "no such colour", 3]
    assert frame.loc[0, "check_time"] == frame.loc[0, "cpu_s"] == 0.5
    assert frame.loc[0, "t_log"] == 11
    assert frame.loc[1, "test_correct"] == 1
    assert list(frame.loc[1, ["error_type", "error_line", "worker", "duplicate_of"]].isna()) == [True] * 4
    assert list(frame["timed_out"]) == [False, False]


def test_a_table_of_no_verdicts_has_the_columns():
    frame = verdicts_frame([])
    assert len(frame) == 0
    assert list(frame.columns) == list(VERDICT_COLUMNS)


def test_a_table_survives_a_round_trip_through_csv(tmp_path):
    verdicts_frame([verdict("a")]).to_csv(tmp_path / "verdicts.csv", index=False)
    assert pd.read_csv(tmp_path / "verdicts.csv").loc[0, "candidate_id"] == "a"


def test_pandas_is_loaded_only_for_a_table():
    code = "import sys, battnb.trace.frames, battnb.trace.chrome, battnb.trace.recorder; print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
