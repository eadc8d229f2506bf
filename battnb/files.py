"""Writing files completely or not at all."""

from __future__ import annotations

import os
import tempfile
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
