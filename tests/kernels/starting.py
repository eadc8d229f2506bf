"""The kernels that are tested, and what runs in their first cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kernels.environments import WANTED, python_of
from kernels.kernel import Kernel, kernel

NEWEST = "newest"
KERNELS = (NEWEST, *[wanted.name for wanted in WANTED])
MODES = {
    "plain": "import sys; sys.modules['nest_asyncio'] = sys.modules['nest_asyncio2'] = None",
    "nest_asyncio": "import nest_asyncio; nest_asyncio.apply()",
    "nest_asyncio2": "import nest_asyncio2; nest_asyncio2.apply()",
}
"""What the first cell of a notebook does. In a plain notebook, neither can be imported."""

SETUP = """
import asyncio, os, threading, time
import battnb as bn
from battnb.model import Pair, Task

task = Task("mirror", (Pair(((1, 2), (3, 4)), ((2, 1), (4, 3))),), ())
good = [
    bn.Candidate("python", "def solve(I):\\n    return tuple([row[::-1] for row in I])\\n"),
    bn.Candidate("straight", "def solve(I):\\n    x1 = vmirror(I)\\n    return x1\\n"),
]
in_c = "def solve(I):\\n    return sum(range(10**13))  # {}\\n"
hanging = good + [bn.Candidate(f"hangs{n}", in_c.format(n)) for n in range(4)]
options = dict(limits=bn.Limits(timeout_s=60), workers=2, out_dir=None)
reached = []

def tell(verdicts):
    reached.extend(verdicts)
    if len(reached) == 2:
        print("both are reached", flush=True)

def last():
    return [str(verdict.status) for verdict in bn.last_run.verdicts]

def own_threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("battnb")]

1 / 0  # the first traceback of a kernel takes IPython a third of a second, whatever raises it
"""


@contextmanager
def started(name: str, mode: str, folder: Path) -> Iterator[Kernel]:
    """A kernel in which SETUP and the mode's first cell have run."""
    python = Path(sys.executable) if name == NEWEST else python_of(name)
    if not python.exists():
        pytest.fail(f"there is no environment {name}: make environments")
    with kernel(python, folder) as running:
        assert running.run(MODES[mode]).error is None
        assert running.run(SETUP).error == "ZeroDivisionError"
        yield running
