"""Tables written to files, whole or not at all: CSV for people and spreadsheets, Parquet for other tools."""

from __future__ import annotations

import importlib.util
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.errors import InputError
from battnb.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

TABLE_FORMATS = ("csv", "parquet")


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
    nested = {name: frame[name].map(_json) for name in frame.columns if frame[name].dtype == object}
    return frame.assign(**nested).to_csv(index=False).encode("utf-8", "backslashreplace")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> bytes:
    need_pyarrow(path)
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def need_pyarrow(path: str | os.PathLike[str]) -> None:
    """Raises InputError if pyarrow is not installed: without it no Parquet can be written to path."""
    if importlib.util.find_spec("pyarrow") is None:
        what_to_do = "pip install pyarrow, or choose csv"
        raise InputError(f"cannot write Parquet to {path}: it needs pyarrow, which is not installed; {what_to_do}")
