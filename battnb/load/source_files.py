"""Files of source text: read and parsed, and what is said if that fails."""

from __future__ import annotations

import ast
from pathlib import Path

from battnb.errors import BatteryError
from battnb.load.pure import UNREADABLE, parse_module


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises BatteryError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BatteryError(f"{path} cannot be read: {error.strerror}") from None


def read_source(path: Path) -> str | bytes:
    """A file's text, or its bytes if they are not UTF-8: Python may know their encoding."""
    data = read_bytes(path)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def parse_file(path: Path, text: str | bytes) -> ast.Module:
    """Parse a file's text. Raises BatteryError with the file, the line and its text."""
    try:
        return parse_module(text)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        near = f": {error.text.strip()[:80]}" if error.text else ""
        raise BatteryError(f"{path}{line}: {error.msg}{near}; correct it") from None
    except UNREADABLE as error:
        raise BatteryError(f"{path} cannot be parsed: {error or 'it is nested too deeply'}") from None
