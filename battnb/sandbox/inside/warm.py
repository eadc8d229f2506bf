"""What the nursery and a worker do beforehand, so that a fork writes to few pages.

A page that parent or fork writes to after a fork is copied, which with its tidying up costs two microseconds. Two or
three hundred of them are a third of what a small program costs.

warm_up runs trusted programs in the nursery: a fork that runs code which has run before touches far fewer pages that it
still shares with its parent. fill_holes has objects that are made later lie side by side. Python writes wherever it
makes an object, and pymalloc (Objects/obmalloc.c) makes it in any hole of its size that earlier objects left: a hundred
objects on a hundred pages.
"""

from __future__ import annotations

import marshal
from time import monotonic

from battnb.sandbox import wire
from battnb.sandbox.inside.kept import Keeper
from battnb.sandbox.inside.names import ProgramNames
from battnb.sandbox.inside.trial import Item, TaskData, compile_source, run_solo
from battnb.sandbox.inside.watch import Board

PROGRAMS = (
    "from math import floor\n\n\ndef helper(x):\n    return [list(r) for r in x]\n\n\n"
    "def solve(I):\n    k = {n}\n    return tuple(map(tuple, helper(I)))\n",
    "def transform(grid):\n    return [[max(c, 0) for c in row] for row in grid][::-1]\n",
    "p=lambda g:[r[::-1]for r in g]\n",
    "def solve(S, I, C):\n    x1 = hmirror(I)\n    x2 = vmirror(x1)\n    return x2\n",
    "def solve(I):\n    raise ValueError('{n}')\n",
)
"""Programs like those that will come. The one with S is a straight line."""

POOL_BYTES = 16 * 2**10
"""The size of pymalloc's pools, each of which holds blocks of one size. If it is another, fewer holes are found."""
_POOL_HEAD_BYTES = 48
_BLOCK_BYTES, _LARGEST_BLOCK_BYTES = 16, 512
_BYTES_HEAD_BYTES = 33
_MOST_BLOCKS = 8 * 2**10
_FRESH_BLOCKS = 4


def warm_up(names: ProgramNames) -> None:
    grid = wire.encode_grid(((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    seen = TaskData("warm", (grid, grid), ((grid, grid),), None)
    unseen = seen._replace(demo=None)
    board = Board(2**16)
    for n in range(40):
        for source in PROGRAMS:
            item = Item(source.format(n=n), None, None, 0)
            run_solo(names, 0, item, seen if "S, I" in source else unseen, compile_source(item.source), board)
            board.results()
            board.clear()
        packed = marshal.dumps(("items", n, ((PROGRAMS[3], None, None, 0),), (tuple(seen),), ()))
        Keeper(names, 2**30).run(packed, monotonic() + 1, board)
        board.clear()


def fill_holes() -> list[object]:
    """Fill the holes between the objects that are there, for as long as the caller keeps what this returns.

    An object that is made later then begins a fresh pool of its size, whose blocks and head lie on one page.
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
    """An object of so many bytes that the garbage collector does not track."""
    if size == 16:
        return object()
    return float(number) if size == 32 else bytes(size - _BYTES_HEAD_BYTES)


def _are_side_by_side(blocks: list[object], size: int) -> bool:
    return [id(block) - id(blocks[0]) for block in blocks] == list(range(0, len(blocks) * size, size))
