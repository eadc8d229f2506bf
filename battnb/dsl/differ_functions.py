"""Differs: how a grid differs from the wanted one.

Each takes S (the demo pairs), I (the grid) and C (the wanted grid), and returns a tuple: how many things differ, then
the things, sorted. iz differs name what is in the grid and should not be; zo differs name what is missing from it.
"""
# ruff: noqa: N803, E741, ARG001 - S, I and C are the names of batteries, and a differ takes all three

from __future__ import annotations

from functools import lru_cache

from battnb.dsl.constants import F, T
from battnb.dsl.containers import difference, size, totuple
from battnb.dsl.objects import objects, palette
from battnb.dsl.types import Container, Difference, Grid, Objects, Tuple


def _counted(things: Container) -> Difference:
    return size(things), *totuple(things)


@lru_cache(maxsize=64)
def _objects(grid: Grid) -> Objects:
    """Cached, since both differs of objects look at the same two grids, one after the other."""
    return objects(grid, T, T, F)


def differ_colors_iz(S: Tuple, I: Grid, C: Grid) -> Difference:
    """The colours of the grid that are not in the wanted one."""
    return _counted(difference(palette(I), palette(C)))


def differ_colors_zo(S: Tuple, I: Grid, C: Grid) -> Difference:
    """The colours of the wanted grid that are not in this one."""
    return _counted(difference(palette(C), palette(I)))


def differ_objects_iz(S: Tuple, I: Grid, C: Grid) -> Difference:
    """The objects of the grid, colour and place included, that are not in the wanted one."""
    return _counted(difference(_objects(I), _objects(C)))


def differ_objects_zo(S: Tuple, I: Grid, C: Grid) -> Difference:
    """The objects of the wanted grid, colour and place included, that are not in this one."""
    return _counted(difference(_objects(C), _objects(I)))
