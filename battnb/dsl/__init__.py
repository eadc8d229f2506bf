"""The small DSL that comes with battnb: pure functions over grids, objects and patches, and constants.

Operations that arc-dsl (Michael Hodel, 2023) also has keep its names, argument orders and value types, so that solvers
written for it run. Grids are tuples of rows of colours 0-9; places are (row, column) from the upper left. Every
function returns new, immutable data and depends on nothing but its arguments, never on the order inside a set. If
something cannot be done, it raises ValueError, IndexError, TypeError or ZeroDivisionError.

mutate, generate and solvers are not part of the namespace: they make programs of the DSL, and batteries of these.
"""

from __future__ import annotations

import importlib

# Packed by hand: with one name per line this file would be 400 lines long.
# fmt: off
# isort: off
from battnb.dsl.arithmetic import (
    add, both, branch, crement, decrement, divide, double, either, equality, even, flip, greater, halve, increment,
    invert, multiply, positive, sign, subtract, toivec, tojvec,
)
from battnb.dsl.constants import (
    DOWN, DOWN_LEFT, EIGHT, F, FIVE, FOUR, LEFT, NEG_ONE, NEG_TWO, NEG_UNITY, NINE, ONE, ORIGIN, RIGHT, SEVEN, SIX,
    T, TEN, THREE, THREE_BY_THREE, TWO, TWO_BY_TWO, TWO_BY_ZERO, UNITY, UP, UP_RIGHT, ZERO, ZERO_BY_TWO,
)
from battnb.dsl.containers import (
    argmax, argmin, astuple, combine, contained, dedupe, difference, extract, first, initset, insert, intersection,
    interval, last, leastcommon, maximum, merge, mfilter, minimum, mostcommon, order, other, pair, product, remove,
    repeat, sfilter, size, totuple, valmax, valmin,
)
from battnb.dsl.differ_functions import (
    differ_colors_iz, differ_colors_zo, differ_objects_iz, differ_objects_zo,
)
from battnb.dsl.functions import (
    apply, chain, compose, fork, identity, lbind, mapply, matcher, mpapply, papply, power, prapply, rapply, rbind,
)
from battnb.dsl.grids import (
    bottomhalf, canvas, cellwise, compress, crop, downscale, hconcat, hsplit, hupscale, index, lefthalf, replace,
    righthalf, rot180, rot270, rot90, switch, tophalf, trim, vconcat, vsplit, vupscale,
)
from battnb.dsl.objects import (
    asindices, asobject, bordering, color, colorcount, colorfilter, cover, fgpartition, fill, frontiers, leastcolor,
    mostcolor, move, numcolors, objects, occurrences, ofcolor, paint, palette, partition, recolor, sizefilter,
    subgrid, toobject, underfill, underpaint, upscale,
)
from battnb.dsl.patches import (
    adjacent, backdrop, box, connect, corners, delta, dneighbors, gravitate, hfrontier, hmatching, hperiod, inbox,
    ineighbors, manhattan, neighbors, normalize, outbox, position, shift, shoot, vfrontier, vmatching, vperiod,
)
from battnb.dsl.pieces import (
    center, centerofmass, cmirror, dmirror, height, hline, hmirror, leftmost, llcorner, lowermost, lrcorner,
    portrait, rightmost, shape, square, toindices, ulcorner, uppermost, urcorner, vline, vmirror, width,
)

__all__ = [
    "DOWN", "DOWN_LEFT", "EIGHT", "FIVE", "FOUR", "LEFT", "NEG_ONE", "NEG_TWO", "NEG_UNITY", "NINE", "ONE",
    "ORIGIN", "RIGHT", "SEVEN", "SIX", "TEN", "THREE", "THREE_BY_THREE", "TWO", "TWO_BY_TWO", "TWO_BY_ZERO",
    "UNITY", "UP", "UP_RIGHT", "ZERO", "ZERO_BY_TWO", "F", "T", "add", "adjacent", "apply", "argmax", "argmin",
    "asindices", "asobject", "astuple", "backdrop", "bordering", "both", "bottomhalf", "box", "branch", "canvas",
    "cellwise", "center", "centerofmass", "chain", "cmirror", "color", "colorcount", "colorfilter", "combine",
    "compose", "compress", "connect", "contained", "corners", "cover", "crement", "crop", "decrement", "dedupe",
    "delta", "differ_colors_iz", "differ_colors_zo", "differ_objects_iz", "differ_objects_zo", "difference",
    "divide", "dmirror", "dneighbors", "double", "downscale", "either", "equality", "even", "extract",
    "fgpartition", "fill", "first", "flip", "fork", "frontiers", "gravitate", "greater", "halve", "hconcat",
    "height", "hfrontier", "hline", "hmatching", "hmirror", "hperiod", "hsplit", "hupscale", "identity", "inbox",
    "increment", "index", "ineighbors", "initset", "insert", "intersection", "interval", "invert", "last",
    "lbind", "leastcolor", "leastcommon", "lefthalf", "leftmost", "llcorner", "lowermost", "lrcorner",
    "manhattan", "mapply", "matcher", "maximum", "merge", "mfilter", "minimum", "mostcolor", "mostcommon", "move",
    "mpapply", "multiply", "neighbors", "normalize", "numcolors", "objects", "occurrences", "ofcolor", "order",
    "other", "outbox", "paint", "pair", "palette", "papply", "partition", "portrait", "position", "positive",
    "power", "prapply", "product", "rapply", "rbind", "recolor", "remove", "repeat", "replace", "righthalf",
    "rightmost", "rot90", "rot180", "rot270", "sfilter", "shape", "shift", "shoot", "sign", "size", "sizefilter",
    "square", "subgrid", "subtract", "switch", "toindices", "toivec", "tojvec", "toobject", "tophalf", "totuple",
    "trim", "ulcorner", "underfill", "underpaint", "uppermost", "upscale", "urcorner", "valmax", "valmin",
    "vconcat", "vfrontier", "vline", "vmatching", "vmirror", "vperiod", "vsplit", "vupscale", "width",
]


def __getattr__(name: str) -> object:
    """Types that programs annotate with (arc_types) are loaded when one is asked for, as a stored program does."""
    if name[:1].isupper():
        types = importlib.import_module("battnb.dsl.arc_types")
        if name in types.__all__:
            return getattr(types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
