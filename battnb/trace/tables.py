"""Profiles and verdicts as tidy pandas tables, and tables as files. A row a span, or a row a candidate."""

from __future__ import annotations

import importlib.util
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from battnb.errors import InputError
from battnb.files import write_whole
from battnb.model import Profile, Span, Status, Verdict

if TYPE_CHECKING:
    import pandas as pd


class TableColumn(NamedTuple):
    """A column. dtype: pandas', or "status" for the categories of Status. value: takes a record, gives the cell."""

    dtype: str
    about: str
    value: Callable[[Any], object]


def _columns(*rows: tuple[str, str, str] | tuple[str, str, str, Callable[[Any], object]]) -> dict[str, TableColumn]:
    """Columns by name, from rows of name, dtype, about and value; without a value it is the field of that name."""
    return {name: TableColumn(dtype, about, *(value or [attrgetter(name)])) for name, dtype, about, *value in rows}


def _of_error(field: str) -> Callable[[Verdict], object]:
    return lambda verdict: verdict.error and getattr(verdict.error, field)


def _text(status: Status | None) -> str | None:
    return None if status is None else status.value


SPAN_COLUMNS = _columns(
    ("phase", "category", "metric of the phase that the span belongs to"),
    ("name", "string", "what was done: a candidate's id; the metric again for a whole phase"),
    ("lane", "Int64", "number of the worker; NA for the notebook's own process"),
    ("status", "status", "of the verdict, over all of Status; NaN if the span ended in none"),
    ("queued_s", "float64", "seconds from the start of the run; NaN if it was never queued"),
    ("started_s", "float64", "seconds from the start of the run"),
    ("ended_s", "float64", "seconds from the start of the run"),
    ("wait_s", "float64", "seconds from queued to started; 0 if it was never queued"),
    ("wall_s", "float64", "seconds from started to ended"),
    ("cpu_s", "float64", "CPU seconds; NaN if not measured"),
    ("cached", "bool", "the verdict came from the cache"),
)

VERDICT_COLUMNS = _columns(
    ("candidate_id", "string", "the candidate"),
    ("task_id", "string", "the task that it ran on"),
    ("status", "status", "over all of Status: correct if all demo pairs are, else that of the first that is not"),
    (
        "sample_statuses", "object", "a tuple: a status per sample, demo first; None if no wanted output is known",
        lambda verdict: tuple([_text(status) for status in verdict.sample_statuses]),
    ),
    ("demo_correct", "int64", "demo pairs exactly right"),
    ("test_correct", "Int64", "test pairs exactly right; NA if no test output is known"),
    ("outputs", "object", "a tuple: a grid (a tuple of rows) or None per sample, demo pairs first"),
    ("error_type", "string", 'exception, signal, "exit code" or limit that kept it from an output; NA if none did',
     _of_error("type")),
    ("error_message", "string", "what is known about it", _of_error("message")),
    ("error_line", "Int64", "line of the candidate's source; NA if unknown", _of_error("line")),
    ("error_sample", "Int64", "index of the sample; NA if it failed before the first", _of_error("sample")),
    ("check_time", "float64", "CPU seconds over all samples"),
    ("cpu_s", "float64", "the same"),
    ("wall_s", "float64", "seconds from started to ended"),
    ("t_log", "int64", "11 - int(log(check_time)), 10 if check_time is 0"),
    ("timed_out", "bool", "a sample passed a time limit"),
    ("md5", "string", "of the program"),
    ("entry", "string", "the function called; NA if there is none"),
    ("duplicate_of", "string", "id of the earlier candidate that is the same program; NA if there is none"),
    ("validated", "bool", "it was run by itself, not only with the battery's steps"),
    ("cached", "bool", "its verdict came from the cache"),
    ("worker", "Int64", "number of the worker; NA if it never ran by itself"),
    ("queued_s", "float64", "seconds from the start of the run; 0 if it never ran by itself"),
    ("started_s", "float64", "likewise"),
    ("ended_s", "float64", "likewise"),
    ("size_bytes", "int64", "of the program's source; 0 if that is not at hand"),
    ("unseen_correct", "Int64", "demo pairs right that it could not look up in S; NA if that was not judged"),
    ("grids", "string", "the type of the grids that it got; NA if it never ran"),
    ("supplied", "object", "a tuple: names that it took for granted and that were supplied"),
    ("saw_s", "boolean", "S, the demo pairs, was in sight of it; NA if that is not known"),
)  # fmt: skip


def spans_frame(profile: Profile) -> pd.DataFrame:
    """A table of a profile: one row a span, in the profile's order."""
    frame = _frame(profile.spans, SPAN_COLUMNS)
    frame.insert(0, "run", profile.run)
    return frame.astype({"run": "string"})


def verdicts_frame(verdicts: Iterable[Verdict], extra: Mapping[str, Mapping[str, Any]] = {}) -> pd.DataFrame:
    """A table of verdicts: one row a candidate, in the order given.

    extra: what else is known of candidates, by id and name (Candidate.extra). It follows in columns extra_<name>.
    """
    verdicts = tuple(verdicts)
    known = [extra.get(verdict.candidate_id, {}) for verdict in verdicts]
    names = dict.fromkeys([name for fields in known for name in fields])
    return _frame(verdicts, VERDICT_COLUMNS).assign(
        **{f"{EXTRA}{name}": _series_of_any([fields.get(name) for fields in known]) for name in names}
    )


EXTRA = "extra_"
"""What the names of columns begin with that hold Candidate.extra."""


def _series_of_any(values: list[Any]) -> pd.Series[Any]:
    """Values of one kind have a dtype that allows for gaps, others are objects."""
    import pandas as pd

    return pd.Series(values, dtype=object).convert_dtypes()


def _described(columns: Mapping[str, TableColumn]) -> str:
    """Columns as lines of a docstring."""
    width = max(map(len, columns))
    lines = [f"    {n:<{width}}  {c.dtype.replace('status', 'category'):<8}  {c.about}" for n, c in columns.items()]
    return "\n".join(["", "", *lines, "    "])


_RUN = {"run": TableColumn("string", "the run's name, in every row, so that tables of several runs can be joined", str)}
# The tables above are the only place where columns are described; help() shows them with the functions.
spans_frame.__doc__ = f"{spans_frame.__doc__}{_described(_RUN | SPAN_COLUMNS)}"
verdicts_frame.__doc__ = f"{verdicts_frame.__doc__}{_described(VERDICT_COLUMNS)}"


def _frame(records: Sequence[Span] | Sequence[Verdict], columns: Mapping[str, TableColumn]) -> pd.DataFrame:
    import pandas as pd

    statuses = pd.CategoricalDtype([status.value for status in Status])

    def series(column: TableColumn) -> pd.Series[Any]:
        values: list[Any] = [column.value(record) for record in records]
        if column.dtype == "status":
            return pd.Series([_text(status) for status in values], dtype=statuses)
        return pd.Series(values, dtype=column.dtype)

    return pd.DataFrame({name: series(column) for name, column in columns.items()})


def write_table(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table in the format of the path's ending, .csv or .parquet, without its index.

    Grids and other nested values are JSON in CSV, and lists in Parquet. Returns the path.
    Raises InputError for another ending, and for Parquet if pyarrow is not installed; StoreError if the file cannot
    be written.
    """
    kind = Path(path).suffix.removeprefix(".").lower()
    if kind == "csv":
        return write_whole(path, _csv(frame))
    if kind == "parquet":
        return write_whole(path, _parquet(frame, path))
    raise InputError(f"{path} ends in neither .csv nor .parquet; choose one of them")


def _csv(frame: pd.DataFrame) -> bytes:
    return _with_json(frame, list(frame.columns)).to_csv(index=False).encode("utf-8", "backslashreplace")


def _with_json(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The table with objects in some of its columns as JSON."""
    return frame.assign(**{name: frame[name].map(_json) for name in names if frame[name].dtype == object})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> bytes:
    need_pyarrow(path)
    buffer = io.BytesIO()
    frame = _with_json(frame, [name for name in frame.columns if name.startswith(EXTRA)])  # they may be of many kinds
    frame.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def need_pyarrow(path: str | os.PathLike[str]) -> None:
    """Raises InputError if pyarrow is not installed: without it no Parquet can be written to path."""
    if importlib.util.find_spec("pyarrow") is None:
        what_to_do = "pip install pyarrow, or choose csv"
        raise InputError(f"cannot write Parquet to {path}: it needs pyarrow, which is not installed; {what_to_do}")
