"""Writing files completely or not at all, and names for them."""

from __future__ import annotations

import os
import re
import tempfile
from hashlib import blake2b
from pathlib import Path

from battnb.errors import StoreError


def write_whole(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write a file completely or not at all. Returns its path. Raises StoreError."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}; choose another folder") from error
    return target


_NOT_IN_NAMES = re.compile(r"[%/\\\x00-\x1f\x7f]|^\.")
_NAME_BYTES = 150
"""The longest name; file systems take 255 bytes, and a caller may put something before or after it."""


def file_name(text: str) -> str:
    """A file's name for any text, such as a task's id. It leads to no other folder, and other texts have other names.

    Most texts are their own names. As in URLs, %XX stands for separators, control characters, "%" and a leading dot,
    and "%" for no text. Of a name that would be too long, "%~" and a digest stand for the rest.
    """
    name = _NOT_IN_NAMES.sub(lambda found: f"%{ord(found[0]):02X}", text) or "%"
    data = name.encode()
    if len(data) <= _NAME_BYTES:
        return name
    rest = blake2b(data, digest_size=16).hexdigest()
    return f"{data[: _NAME_BYTES - len(rest) - 2].decode(errors='ignore')}%~{rest}"
