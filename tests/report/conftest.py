"""Runs that reports are made from: real ones, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from making import body, patience

import battnb as bn
from battnb.dsl.generate import generate_battery
from battnb.model import Limits

PATIENCE_S = 120
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>&\"'\x00\u2028\u202e"
"""Text that would run, or break what is around it, if anything took it for something other than text."""


@pytest.fixture(autouse=True)
def within_patience() -> Iterator[None]:
    """As for all tests, but a browser may take its time on a busy machine."""
    with patience(PATIENCE_S):
        yield


@pytest.fixture(scope="session")
def both() -> bn.Comparison:
    """40 candidates on an ARC task, sequentially and in parallel."""
    battery = generate_battery("007bbfb7", 40)
    return bn.compare_sync(bn.load_task("007bbfb7"), battery, out_dir=None, workers=2, live=None)


@pytest.fixture(scope="session")
def mixed(mirror_task: bn.Task) -> bn.Run:
    """Candidates that end in every way that can be reached quickly."""
    sources = {
        "right": body("return tuple([row[::-1] for row in I])"),
        "wrong": body("return I"),
        "raises": body("x = 1", "return I[99]"),
        "not a grid": body("return 7"),
        "broken": "def solve(I:\n",
        "prints": body("print('said so')", "return I"),
        "spins": body("while True: pass"),
        "leaves": body("import os", "os._exit(3)"),
    }
    candidates = [bn.Candidate(name, source) for name, source in sources.items()]
    limits = Limits(timeout_s=0.2, idle_s=0.5)
    return bn.run_batt_sync(mirror_task, candidates, out_dir=None, workers=2, limits=limits, live=None)


@pytest.fixture(scope="session")
def hostile(mirror_task: bn.Task) -> bn.Run:
    """Candidates whose names, sources, messages and outputs are attacks, one of them ten megabytes long."""
    candidates = [
        bn.Candidate(f"a{HOSTILE}", body(f"raise ValueError({HOSTILE!r})")),
        bn.Candidate(f"b{HOSTILE}", f"# {HOSTILE.replace(chr(0), '')}\n{body(f'print({HOSTILE!r})', 'return I')}"),
        bn.Candidate(f"c{HOSTILE}", f"#{'<script>window.hacked = 3</script>' * 300_000}\n{body('return I')}"),
        bn.Candidate("half a pair", "x = '\ud800'\n" + body("return I")),
        bn.Candidate("name" * 5_000, body("return I + I")),
    ]
    return bn.run_batt_sync(mirror_task, candidates, out_dir=None, workers=2, live=None)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")
