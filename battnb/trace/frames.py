"""Profiles and verdicts as pandas tables, tidy: one row a span, one row a candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from battnb.model import Profile, Span, Status, Verdict

if TYPE_CHECKING:
    import pandas as pd

Column = tuple[str, Callable[[Any], object]]
"""A pandas dtype ("status" for the categories of Status), and how a record gives the column's value."""


def _field(name: str, dtype: str) -> Column:
    return dtype, attrgetter(name)


def _of_error(field: str, dtype: str) -> Column:
    return dtype, lambda verdict: verdict.error and getattr(verdict.error, field)


def _text(status: Status | None) -> str | None:
    return None if status is None else status.value


SPAN_COLUMNS: Mapping[str, Column] = {
    "phase": _field("phase", "category"),
    "name": _field("name", "string"),
    "lane": _field("lane", "Int64"),
    "status": _field("status", "status"),
    "queued_s": _field("queued_s", "float64"),
    "started_s": _field("started_s", "float64"),
    "ended_s": _field("ended_s", "float64"),
    "wait_s": _field("wait_s", "float64"),
    "wall_s": _field("wall_s", "float64"),
    "cpu_s": _field("cpu_s", "float64"),
    "cached": _field("cached", "bool"),
}

VERDICT_COLUMNS: Mapping[str, Column] = {
    "candidate_id": _field("candidate_id", "string"),
    "task_id": _field("task_id", "string"),
    "status": _field("status", "status"),
    "sample_statuses": ("object", lambda verdict: tuple([_text(status) for status in verdict.sample_statuses])),
    "demo_correct": _field("demo_correct", "int64"),
    "test_correct": _field("test_correct", "Int64"),
    "outputs": _field("outputs", "object"),
    "error_type": _of_error("type", "string"),
    "error_message": _of_error("message", "string"),
    "error_line": _of_error("line", "Int64"),
    "error_sample": _of_error("sample", "Int64"),
    "check_time": _field("check_time", "float64"),
    "cpu_s": _field("cpu_s", "float64"),
    "wall_s": _field("wall_s", "float64"),
    "t_log": _field("t_log", "int64"),
    "timed_out": _field("timed_out", "bool"),
    "md5": _field("md5", "string"),
    "entry": _field("entry", "string"),
    "duplicate_of": _field("duplicate_of", "string"),
    "validated": _field("validated", "bool"),
    "cached": _field("cached", "bool"),
    "worker": _field("worker", "Int64"),
    "queued_s": _field("queued_s", "float64"),
    "started_s": _field("started_s", "float64"),
    "ended_s": _field("ended_s", "float64"),
    "size_bytes": _field("size_bytes", "int64"),
    "unseen_correct": _field("unseen_correct", "Int64"),
}


def spans_frame(profile: Profile) -> pd.DataFrame:
    """A table of a profile: one row a span, in the profile's order.

    run         string    the run's name, the same in every row, so that tables of several runs can be joined
    phase       category  metric of the phase that the span belongs to
    name        string    what was done: a candidate's id; the metric again for a whole phase
    lane        Int64     number of the worker; NA for the notebook's own process
    status      category  of the verdict, over all of Status; NaN where the span ended in none
    queued_s    float64   seconds from the start of the run; NaN where it was never queued
    started_s   float64   seconds from the start of the run
    ended_s     float64   seconds from the start of the run
    wait_s      float64   seconds from queued to started; 0 where it was never queued
    wall_s      float64   seconds from started to ended
    cpu_s       float64   CPU seconds; NaN where not measured
    cached      bool      the verdict came from the cache
    """
    frame = _frame(profile.spans, SPAN_COLUMNS)
    frame.insert(0, "run", profile.run)
    return frame.astype({"run": "string"})


def verdicts_frame(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """A table of verdicts: one row a candidate, in the order given.

    candidate_id     string    the candidate
    task_id          string    the task that it ran on
    status           category  over all of Status: correct where all demo pairs are, else of the first that is not
    sample_statuses  object    a tuple: a status per sample, demo pairs first; None where no wanted output is known
    demo_correct     int64     demo pairs exactly right
    test_correct     Int64     test pairs exactly right; NA where no test output is known
    outputs          object    a tuple: a grid (a tuple of rows) or None per sample, demo pairs first
    error_type       string    exception, signal, "exit code" or limit that kept it from an output; NA where none did
    error_message    string    what is known of it
    error_line       Int64     line of the candidate's source; NA where unknown
    error_sample     Int64     index of the sample; NA where it failed before the first
    check_time       float64   CPU seconds over all samples
    cpu_s            float64   the same
    wall_s           float64   seconds from started to ended
    t_log            int64     11 - int(log(check_time)), 10 where check_time is 0
    timed_out        bool      a sample passed a time limit
    md5              string    of the program
    entry            string    the function called; NA where there is none
    duplicate_of     string    id of the earlier candidate that is the same program; NA where there is none
    validated        bool      it was run by itself, not only with the battery's steps
    cached           bool      its verdict came from the cache
    worker           Int64     number of the worker; NA where it never ran by itself
    queued_s         float64   seconds from the start of the run; 0 where it never ran by itself
    started_s        float64   likewise
    ended_s          float64   likewise
    size_bytes       int64     of the program's source; 0 where that is not at hand
    unseen_correct   Int64     demo pairs right that it could not look up in S; NA where that was not judged
    """
    return _frame(tuple(verdicts), VERDICT_COLUMNS)


def _frame(records: tuple[Span, ...] | tuple[Verdict, ...], columns: Mapping[str, Column]) -> pd.DataFrame:
    import pandas as pd

    statuses = pd.CategoricalDtype([status.value for status in Status])

    def series(dtype: str, value: Callable[[Any], object]) -> pd.Series[Any]:
        values: list[Any] = [value(record) for record in records]
        if dtype == "status":
            return pd.Series([_text(status) for status in values], dtype=statuses)
        return pd.Series(values, dtype=dtype)

    return pd.DataFrame({name: series(*column) for name, column in columns.items()})
