"""An example of each format in docs/candidates.md: its name there, and what makes it in a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

import battnb as bn

SOURCE = "def transform(grid):\n    return [row[::-1] for row in grid]\n"
RESPONSE = f"It mirrors.\n```python\n{SOURCE}```"
SOLVERS = "def solve_67a3c6ac(I):\n    return I\n\n\ndef verify_68b16354(I):\n    return I\n"
MODULE = "def batt(task_id, S, I, C, log_path):\n    t1 = f(I)\n    o.append((1, False, 'a', t1))\n    return o, s\n"
RECORDS = [{"id": "a", "source": SOURCE}]
LINES = "".join([json.dumps(record) + "\n" for record in RECORDS])


def written(name: str, data: str | bytes) -> Callable[[Path], Path]:
    """Makes one file."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def _table(folder: Path) -> Path:
    parquet.write_table(pa.table({"code": [SOURCE]}), folder / "answers.parquet")
    return folder / "answers.parquet"


def _stored(folder: Path) -> Path:
    bn.run_batt_sync(
        bn.load_task("67a3c6ac"), [bn.Candidate("a", SOURCE)], out_dir=folder / "out", workers=1, live=None
    )
    return folder / "out/solver_dir"


FORMATS: dict[str, tuple[Callable[[Path], Any], ...]] = {
    "a list of candidates": (lambda _: [bn.Candidate("a", SOURCE)],),
    "a battery module": (written("mine.py", MODULE),),
    "a file with one program": (written("flip.py", SOURCE),),
    "a file of solvers": (written("solvers.py", SOLVERS),),
    "a folder": (lambda folder: written("programs/67a3c6ac/a.py", SOURCE)(folder).parents[1],),
    "what battnb has stored": (_stored, lambda folder: _stored(folder) / "solve_67a3c6ac"),
    "JSON Lines": (
        written("answers.jsonl", LINES),
        written("answers.ndjson", LINES),
        written("answers.jsonl.gz", gzip.compress(LINES.encode())),
    ),
    "JSON": (
        written("answers.json", json.dumps(RECORDS)),
        written("answers.json.gz", gzip.compress(json.dumps(RECORDS).encode())),
    ),
    "programs by task": (
        lambda _: {"67a3c6ac": SOURCE, "68b16354": [SOURCE, RESPONSE]},
        written("tasks.json", json.dumps({"67a3c6ac": SOURCE, "68b16354": [SOURCE, RESPONSE]})),
    ),
    "Parquet": (_table,),
    "a pandas frame": (lambda _: pd.DataFrame({"task_id": ["67a3c6ac"], "code": [SOURCE]}),),
    "an Arrow table": (lambda _: pa.table({"code": [SOURCE]}),),
    "a list of dicts, or anything that yields dicts": (lambda _: RECORDS, lambda _: iter(RECORDS)),
    "a list of texts": (lambda _: [SOURCE, RESPONSE],),
}
COUNTS = {"a file of solvers": 2, "programs by task": 3, "a list of texts": 2}
"""How many candidates there are, if not one."""
