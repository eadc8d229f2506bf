"""The holes between objects are filled, so that forks copy few pages."""

from __future__ import annotations

import gc

from battnb.sandbox.inside.warm import POOL_BYTES, fill_holes


def test_what_is_made_after_the_holes_are_filled_lies_together() -> None:
    gc.collect()
    held = fill_holes()
    blocks = [bytes(400) for _ in range(10)]
    pages = {id(block) // POOL_BYTES for block in blocks}
    assert held
    assert len(pages) == 1
