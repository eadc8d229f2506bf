"""The quick tier, which is make check: what is left out of it exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tiers import SLOW

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("start", SLOW)
def test_what_the_quick_tier_leaves_out_is_there(start: str) -> None:
    path, _, name = start.partition("::")
    assert (ROOT / path).exists()
    assert not name or re.search(rf"^ *(async def|def|class) {name}", (ROOT / path).read_text(), re.MULTILINE)
