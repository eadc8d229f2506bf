"""Patches: moved, boxed, connected; how they lie relative to each other, and how they repeat.

A patch is a set of places, coloured or not.
"""

from __future__ import annotations

from battnb.dsl.arithmetic import step
from battnb.dsl.pieces import bounds, center, llcorner, lrcorner, placed, shape, toindices, ulcorner, urcorner
from battnb.dsl.types import Any, Boolean, Indices, Integer, IntegerTuple, Object, Patch

BEYOND = 42
"""Further than any grid reaches."""


def shift(patch: Patch, directions: IntegerTuple) -> Patch:
    """The patch, moved down and to the right by a number of rows and columns."""
    down, right = directions
    return placed(patch, lambda i, j: (i + down, j + right))


def normalize(patch: Patch) -> Patch:
    """The patch, moved so that its upper left corner is (0, 0)."""
    if not patch:
        return patch
    top, left = ulcorner(patch)
    return shift(patch, (-top, -left))


def dneighbors(loc: IntegerTuple) -> Indices:
    """The four places above, below and beside a place."""
    i, j = loc
    return frozenset(((i - 1, j), (i, j - 1), (i, j + 1), (i + 1, j)))


def ineighbors(loc: IntegerTuple) -> Indices:
    """The four places that touch a place at its corners."""
    i, j = loc
    return frozenset(((i - 1, j - 1), (i - 1, j + 1), (i + 1, j - 1), (i + 1, j + 1)))


def neighbors(loc: IntegerTuple) -> Indices:
    """The eight places around a place."""
    return dneighbors(loc) | ineighbors(loc)


def connect(a: IntegerTuple, b: IntegerTuple) -> Indices:
    """The straight line from place to place, both included; empty if it is neither level, upright nor diagonal."""
    (i, j), (down, right) = a, (b[0] - a[0], b[1] - a[1])
    if down and right and abs(down) != abs(right):
        return frozenset()
    di, dj = step(down), step(right)
    return frozenset([(i + k * di, j + k * dj) for k in range(max(abs(down), abs(right)) + 1)])


def shoot(start: IntegerTuple, direction: IntegerTuple) -> Indices:
    """The straight line from a place in a direction, to beyond the end of any grid."""
    (i, j), (down, right) = start, direction
    return connect(start, (i + BEYOND * down, j + BEYOND * right))


def _outline(patch: Patch, steps_out: int) -> Indices:
    """The outline a number of steps outside that of a patch's box, whose sides may pass each other on the way."""
    if not patch:
        return frozenset()
    top, left, bottom, right = bounds(patch)
    top, bottom = sorted((top - steps_out, bottom + steps_out))
    left, right = sorted((left - steps_out, right + steps_out))
    rows, columns = range(top, bottom + 1), range(left, right + 1)
    upright = {(i, j) for i in rows for j in (left, right)}
    return frozenset(upright.union((i, j) for i in (top, bottom) for j in columns))


def box(patch: Patch) -> Indices:
    """The outline of a patch's box."""
    return _outline(patch, 0)


def inbox(patch: Patch) -> Indices:
    """The outline one step inside that of a patch's box.

    If the box has one row, its sides pass each other, and the outline has three; if it has two, it keeps them. The same
    goes for columns. So a single cell has the ring around it.
    """
    return _outline(patch, -1)


def outbox(patch: Patch) -> Indices:
    """The outline one step outside that of a patch's box."""
    return _outline(patch, 1)


def backdrop(patch: Patch) -> Indices:
    """All the places of a patch's box."""
    if not patch:
        return frozenset()
    top, left, bottom, right = bounds(patch)
    return frozenset([(i, j) for i in range(top, bottom + 1) for j in range(left, right + 1)])


def delta(patch: Patch) -> Indices:
    """The places of a patch's box that are not in the patch."""
    return backdrop(patch) - toindices(patch)


def corners(patch: Patch) -> Indices:
    """The corners of a patch's box."""
    return frozenset((ulcorner(patch), urcorner(patch), llcorner(patch), lrcorner(patch)))


def vfrontier(location: IntegerTuple) -> Indices:
    """The whole column of a place, 30 rows high."""
    return frozenset([(i, location[1]) for i in range(30)])


def hfrontier(location: IntegerTuple) -> Indices:
    """The whole row of a place, 30 columns wide."""
    return frozenset([(location[0], j) for j in range(30)])


def position(a: Patch, b: Patch) -> IntegerTuple:
    """The direction in which b lies, seen from a, by the middles of their boxes; to the left if these are one place."""
    (i, j), (k, m) = center(a), center(b)
    return (step(k - i), step(m - j)) if (i, j) != (k, m) else (0, -1)


def manhattan(a: Patch, b: Patch) -> Integer:
    """Steps along rows and columns from one patch to the nearest place of another. ValueError if one is empty."""
    return min(abs(i - k) + abs(j - m) for i, j in toindices(a) for k, m in toindices(b))


def adjacent(a: Patch, b: Patch) -> Boolean:
    """Whether a place of one patch is directly above, below or beside a place of the other."""
    return manhattan(a, b) == 1


def hmatching(a: Patch, b: Patch) -> Boolean:
    """Whether there is a row in which both patches have a place."""
    return not {i for i, _ in toindices(a)}.isdisjoint(i for i, _ in toindices(b))


def vmatching(a: Patch, b: Patch) -> Boolean:
    """Whether there is a column in which both patches have a place."""
    return not {j for _, j in toindices(a)}.isdisjoint(j for _, j in toindices(b))


def gravitate(source: Patch, destination: Patch) -> IntegerTuple:
    """How far, as a direction, to move the source until it is adjacent to the destination.

    It moves up or down if they have a column in common, else sideways, and gives up beyond the end of any grid.
    """
    (i, j), (k, m) = center(source), center(destination)
    upright = vmatching(source, destination)
    towards = 1 if (i < k if upright else j < m) else -1
    for steps in range(BEYOND):
        offset = (steps * towards, 0) if upright else (0, steps * towards)
        if adjacent(shift(source, offset), destination):
            return offset
    return (BEYOND * towards, 0) if upright else (0, BEYOND * towards)


def _period(obj: Object, axis: int) -> int:
    """The smallest shift along an axis after which the object lies on itself where both overlap; else its length."""
    length = shape(obj)[axis]
    if not obj:
        return 0
    start = ulcorner(obj)[axis]
    for period in range(1, length):
        back: Any = shift(obj, (0, -period) if axis else (-period, 0))
        if all(place[axis] < start or (value, place) in obj for value, place in back):
            return period
    return length


def hperiod(obj: Object) -> Integer:
    """After how many columns an object repeats itself; its width if it does not."""
    return _period(obj, 1)


def vperiod(obj: Object) -> Integer:
    """After how many rows an object repeats itself; its height if it does not."""
    return _period(obj, 0)
