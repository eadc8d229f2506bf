"""Trusted programs that are run in the nursery, so that what a fork runs has been run before.

It then touches far fewer pages that are still shared with its parent, each of which would have to be copied.
"""

from __future__ import annotations

import marshal
from time import monotonic

from battnb.sandbox import wire
from battnb.sandbox.inside.board import Board
from battnb.sandbox.inside.names import Known
from battnb.sandbox.inside.shared import Keeper
from battnb.sandbox.inside.trial import Item, TaskData, compile_source, run_solo

PROGRAMS = (
    "from math import floor\n\n\ndef helper(x):\n    return [list(r) for r in x]\n\n\n"
    "def solve(I):\n    k = {n}\n    return tuple(map(tuple, helper(I)))\n",
    "def transform(grid):\n    return [[max(c, 0) for c in row] for row in grid][::-1]\n",
    "p=lambda g:[r[::-1]for r in g]\n",
    "def solve(S, I, C):\n    x1 = hmirror(I)\n    x2 = vmirror(x1)\n    return x2\n",
    "def solve(I):\n    raise ValueError('{n}')\n",
)
"""Programs like those that will come; the one with S is a straight line."""


def warm_up(known: Known) -> None:
    grid = wire.encode_grid(((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    seen = TaskData("warm", (grid, grid), ((grid, grid),), None)
    unseen = seen._replace(demo=None)
    board = Board(2**16)
    for n in range(40):
        for source in PROGRAMS:
            item = Item(source.format(n=n), None, None, 0)
            run_solo(known, 0, item, seen if "S, I" in source else unseen, compile_source(item.source), board)
            board.results()
            board.clear()
        packed = marshal.dumps(("items", n, ((PROGRAMS[3], None, None, 0),), (tuple(seen),), ()))
        Keeper(known, 2**30).run(packed, monotonic() + 1, board)
        board.clear()
