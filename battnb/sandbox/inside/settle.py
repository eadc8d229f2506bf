"""Making a process cheap to fork: what it writes to after a fork is to lie on few pages.

A page that parent or fork writes to after a fork is copied, which with its tidying up costs two microseconds; two or
three hundred of them are a third of what a small program costs. Python writes wherever it makes an object, and pymalloc
(Objects/obmalloc.c) makes it in whatever hole of its size earlier objects left: a hundred objects on a hundred pages.
"""

from __future__ import annotations

POOL_BYTES = 16 * 2**10
"""pymalloc's pools: each holds blocks of one size. Where Python has another size, fewer holes are found, or none."""
_POOL_HEAD_BYTES = 48
_BLOCK_BYTES, _LARGEST_BLOCK_BYTES = 16, 512
_BYTES_HEAD_BYTES = 33
_MOST_BLOCKS = 8 * 2**10
_FRESH_BLOCKS = 4


def fill_holes() -> list[object]:
    """Fill the holes between the objects that are there, for as long as what is returned is kept.

    What is made later then begins a fresh pool of its size: its blocks and its head lie on one page.
    """
    held: list[object] = []
    for size in range(_BLOCK_BYTES, _LARGEST_BLOCK_BYTES + 1, _BLOCK_BYTES):
        held += _fill_holes_of(size)
    return held


def _fill_holes_of(size: int) -> list[object]:
    blocks: list[object] = []
    fourth = _POOL_HEAD_BYTES + (_FRESH_BLOCKS - 1) * size
    while len(blocks) < _MOST_BLOCKS:
        blocks.append(_block(size, len(blocks)))
        if id(blocks[-1]) % POOL_BYTES == fourth and _are_side_by_side(blocks[-_FRESH_BLOCKS:], size):
            return blocks[:-_FRESH_BLOCKS]  # a fresh pool: there are no more holes of this size
    return blocks


def _block(size: int, number: int) -> object:
    """An object, not one that the garbage collector sees, in a block of so many bytes."""
    if size == 16:
        return object()
    return float(number) if size == 32 else bytes(size - _BYTES_HEAD_BYTES)


def _are_side_by_side(blocks: list[object], size: int) -> bool:
    return [id(block) - id(blocks[0]) for block in blocks] == list(range(0, len(blocks) * size, size))
