"""Batteries of records: JSON Lines, JSON, their .gz, Parquet, pandas frames, pyarrow tables, lists and dicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from battnb.errors import BatteryError
from battnb.load.records.model_text import program_in
from battnb.load.records.record_answers import Reading, RecordReader, keys_text
from battnb.load.records.record_programs import RecordPrograms
from battnb.load.records.record_rows import (
    MOST_WHOLE_BYTES,
    ArrowRows,
    FrameRows,
    JsonLines,
    ListRows,
    ParquetRows,
    Rows,
    json_value,
    open_text,
)
from battnb.model import Battery

FEW, FEW_BYTES = 20_000, 16 * 2**20
"""Up to this many candidates, and this many bytes of lines, are held in memory. More are read when asked for."""


def record_file(path: Path, reading: Reading) -> Battery | None:
    """The battery in a file of records; None if the file's name has none of the endings."""
    kind = RECORD_KINDS.get(_ending(path)) if path.is_file() else None
    return None if kind is None else _battery(path.name.partition(".")[0], str(path), kind(path, reading))


def record_object(value: Any, reading: Reading) -> Battery:
    """The battery in records that are in memory. Raises BatteryError if the value is of another kind."""
    return _battery("records", f"the {type(value).__name__}", RecordPrograms(_source_of(value, reading), reading))


def _source_of(value: Any, reading: Reading) -> Rows:
    if hasattr(value, "iloc") and hasattr(value, "columns"):
        return FrameRows(value)
    if hasattr(value, "to_batches") and hasattr(value, "slice"):
        return ArrowRows(value)
    if isinstance(value, Mapping):
        return ListRows(_values(dict(value), reading))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return ListRows(list(value))
    raise BatteryError(
        f"a battery cannot be read from {type(value).__name__}; give a path, a list of dicts, a dict of programs by "
        "task, a DataFrame or a pyarrow Table"
    )


def _battery(name: str, where: str, programs: RecordPrograms) -> Battery:
    if len(programs) and not programs.is_usable:
        if programs.first_keys:
            raise BatteryError(f"{where} has no key that holds programs or texts; {keys_text(programs.first_keys)}")
        raise BatteryError(f"{where} has no record that can be read: {programs.first_problem or 'all are empty'}")
    is_small = len(programs) <= FEW and programs.reaches <= FEW_BYTES
    return Battery(name, programs=tuple(programs) if is_small else programs)


# Kinds of files


def _json_lines(path: Path, reading: Reading) -> RecordPrograms:
    """Of a file that is JSON, but not one value a line, the value as a whole."""
    programs = RecordPrograms(JsonLines(path), reading)
    if programs.is_usable or programs.first_problem is None:
        return programs
    try:
        return _whole(path, reading)
    except (ValueError, RecursionError):
        return programs


def _json_file(path: Path, reading: Reading) -> RecordPrograms:
    """JSON Lines too, if that is what the file holds."""
    try:
        return _whole(path, reading)
    except (ValueError, RecursionError) as error:
        programs = RecordPrograms(JsonLines(path), reading)
        if programs.is_usable:
            return programs
        place = f", line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else f": {error}"
        raise BatteryError(f"{path} is not JSON{place}; correct it") from None


def _whole(path: Path, reading: Reading) -> RecordPrograms:
    with open_text(path) as file:
        try:
            data = file.read(MOST_WHOLE_BYTES + 1)
        except (OSError, EOFError) as error:
            raise BatteryError(f"{path} cannot be read: {error}; copy it again") from None
    if len(data) > MOST_WHOLE_BYTES:
        raise BatteryError(f"{path} holds more than {MOST_WHOLE_BYTES // 2**20} MiB of JSON; write a record a line")
    return RecordPrograms(ListRows(_values(json_value(data), reading)), reading)


def _parquet(path: Path, reading: Reading) -> RecordPrograms:
    return RecordPrograms(ParquetRows(path), reading)


RECORD_KINDS: dict[str, Callable[[Path, Reading], RecordPrograms]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_file,
    ".parquet": _parquet,
}
"""How a file is read, by its ending in lower case. The text kinds may be packed: .jsonl.gz."""


def _ending(path: Path) -> str:
    name = path.name.lower()
    ending = Path(name.removesuffix(".gz")).suffix
    return ".jsonl" if name.endswith(".gz") and ending not in RECORD_KINDS else ending


# Values as a whole


def _values(value: Any, reading: Reading) -> list[Any]:
    """The records in a value: its items, itself, or those of each task in a dict of tasks."""
    if not isinstance(value, dict):
        return value if isinstance(value, list) else [value]
    if not value or RecordReader(value, 1, "it", reading).has_known_key:
        return [value] if value else []
    by_task = [_of_task(str(task), answers, reading) for task, answers in value.items()]
    return by_task if any([_has_program(record, reading) for record in by_task]) else [value]


def _of_task(task: str, answers: Any, reading: Reading) -> dict[str, Any]:
    """A record of one task: a program, a record of one, or a list of either."""
    key = reading.text or reading.code or "samples"
    return {reading.task or "task_id": task, key: [answers] if isinstance(answers, dict) else answers}


def _has_program(record: dict[str, Any], reading: Reading) -> bool:
    """Is there a program in a record of a task? A text alone may be anything."""
    answers = list(record.values())[-1]
    texts = [answer for answer in (answers if isinstance(answers, list) else [answers]) if isinstance(answer, str)]
    return any([program_in(text) is not None for text in texts]) or (
        not texts and RecordReader(record, 1, "it", reading).has_answer
    )
