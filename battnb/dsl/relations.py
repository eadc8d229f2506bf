"""How patches lie relative to each other: directions and distances; and how they repeat."""

from __future__ import annotations

from battnb.dsl.arithmetic import step
from battnb.dsl.patches import BEYOND, shift
from battnb.dsl.pieces import center, shape, toindices, ulcorner
from battnb.dsl.types import Any, Boolean, Integer, IntegerTuple, Object, Patch


def position(a: Patch, b: Patch) -> IntegerTuple:
    """The direction in which b lies, seen from a, by the middles of their boxes."""
    (i, j), (k, m) = center(a), center(b)
    return step(k - i), step(m - j)


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
