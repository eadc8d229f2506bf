"""Candidates as JSON Lines: programs, or the responses of models that have programs in them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from battnb.errors import BatteryError
from battnb.load.solver_files import ENTRY
from battnb.load.source_files import read_bytes
from battnb.model import Battery, Candidate

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


class _JsonLine(msgspec.Struct):
    """A line of JSON Lines."""

    id: str | int | None = None
    source: str | None = None
    response: str | None = None
    entry: str | None = None


def json_lines(path: Path) -> Battery | None:
    """The candidates of a .jsonl or .ndjson file, one per line. Raises BatteryError naming a line that is broken."""
    if path.suffix not in (".jsonl", ".ndjson"):
        return None
    lines = read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    found = [_candidate(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return Battery(path.stem, programs=tuple(found))


def _candidate(path: Path, number: int, line: bytes) -> Candidate:
    try:
        read = msgspec.json.decode(line, type=_JsonLine)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatteryError(f'{path}, line {number}: {error}; give {{"id": ..., "source": ...}}') from None
    source = read.source if read.source is not None else read.response and code_in(read.response)
    if source is None:
        raise BatteryError(f'{path}, line {number}: neither "source" nor "response"; give one of them')
    return Candidate(str(number if read.id is None else read.id), source, read.entry)


def code_in(response: str) -> str:
    """The program in a model's response: its last fenced Python block that defines an entry point, else its last block.

    Blocks without a language are used only if no Python block defines an entry point. A response without blocks is
    taken as a program.
    """
    fences: list[tuple[str, str]] = [(language.lower(), code) for _, language, code in _FENCE.findall(response)]
    python = [code for language, code in fences if language in ("python", "py", "python3")]
    plain = [code for language, code in fences if not language]
    solvers = [code for code in plain + python if ENTRY.search(code)]
    return (solvers or python or plain or [response])[-1]
