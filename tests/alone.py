"""Stored programs as their users run them: in a plain interpreter, without a sandbox and without other files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from battnb.model import Task

RUN_THEM = """
import json, runpy, sys
job, found = json.load(sys.stdin), {}
tuples = lambda grid: tuple(map(tuple, grid))
S = tuple((tuples(i), tuples(o)) for i, o in job["demo"])
for path in job["paths"]:
    solve, found[path] = runpy.run_path(path)[job["name"]], []
    for I, C in job["inputs"]:
        try:
            takes_all = solve.__code__.co_argcount == 3
            found[path].append(solve(S, tuples(I), C and tuples(C)) if takes_all else solve(tuples(I)))
        except Exception:
            found[path].append(None)
print(json.dumps(found, default=str))
"""


def run_alone(task: Task, paths: list[Path], name: str) -> dict[str, list[Any]]:
    """The outputs of stored programs in a plain interpreter of their own, by path and sample; None if one raised."""
    job = {
        "demo": [(pair.input, pair.output) for pair in task.demo],
        "paths": [str(path) for path in paths],
        "name": name,
        "inputs": [(pair.input, pair.output if name == "differ" else None) for pair in task.samples],
    }
    command = [sys.executable, "-c", RUN_THEM]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=True, cwd="/")
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found
