from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from database.keeping import Counting
from making import QUICK


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting(2, QUICK)
    with made:
        made.wait_ready()
        yield made
