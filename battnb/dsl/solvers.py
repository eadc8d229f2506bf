"""Solvers of ARC-AGI-1 training tasks, written in the DSL: each is right on every pair of its task.

Each is a straight line, one call a line, so that a line pattern reads it. A value may be a function that a later line
calls.
"""
# mypy: allow-untyped-defs, no-check-untyped-defs
# ruff: noqa: N803, N806, E741, RET504 - I and O are the names of programs

from __future__ import annotations

# Packed by hand.
# fmt: off
# isort: off
from battnb.dsl import (
    DOWN, EIGHT, F, FIVE, FOUR, LEFT, NEG_TWO, NINE, ONE, ORIGIN, RIGHT, SEVEN, T, THREE, THREE_BY_THREE, TWO,
    UNITY, UP_RIGHT, ZERO, add, apply, argmax, asindices, astuple, backdrop, bordering, box, branch, canvas,
    cellwise, chain, color, colorcount, colorfilter, combine, compose, connect, contained, corners, cover, dedupe,
    difference, dmirror, double, downscale, equality, fgpartition, fill, first, flip, fork, frontiers, halve,
    hconcat, height, hline, hsplit, hupscale, identity, intersection, interval, last, lbind, leastcolor,
    leastcommon, lefthalf, llcorner, mapply, merge, mfilter, mostcolor, mostcommon, move, multiply, neighbors,
    normalize, numcolors, objects, ofcolor, order, other, outbox, paint, palette, papply, portrait, positive, power,
    prapply, rbind, recolor, remove, repeat, replace, righthalf, rot180, rot270, rot90, sfilter, shape, shift,
    shoot, sign, size, sizefilter, subgrid, subtract, switch, toivec, tojvec, toobject, tophalf, totuple, trim,
    underfill, upscale, vconcat, vfrontier, vline, vmirror, vsplit, width,
)
# isort: on
# fmt: on


def solve_007bbfb7(I):
    x1 = repeat(I, THREE)
    x2 = merge(x1)
    x3 = dmirror(x2)
    x4 = repeat(x3, THREE)
    x5 = merge(x4)
    x6 = dmirror(x5)
    x7 = upscale(I, THREE)
    O = cellwise(x6, x7, ZERO)
    return O


def solve_00d62c1b(I):
    x1 = objects(I, T, F, F)
    x2 = colorfilter(x1, ZERO)
    x3 = rbind(bordering, I)
    x4 = sfilter(x2, x3)
    x5 = difference(x2, x4)
    x6 = merge(x5)
    O = fill(I, FOUR, x6)
    return O


def solve_1b2d62fb(I):
    x1 = lefthalf(I)
    x2 = righthalf(I)
    x3 = ofcolor(x1, ZERO)
    x4 = ofcolor(x2, ZERO)
    x5 = intersection(x3, x4)
    x6 = shape(x1)
    x7 = canvas(ZERO, x6)
    O = fill(x7, EIGHT, x5)
    return O


def solve_1e0a9b12(I):
    x1 = dmirror(I)
    x2 = rbind(order, sign)
    x3 = apply(x2, x1)
    O = dmirror(x3)
    return O


def solve_1f85a75f(I):
    x1 = objects(I, T, T, T)
    x2 = argmax(x1, size)
    O = subgrid(x2, I)
    return O


def solve_22168020(I):
    x1 = lbind(ofcolor, I)
    x2 = lbind(prapply, connect)
    x3 = fork(x2, x1, x1)
    x4 = rbind(mfilter, hline)
    x5 = compose(x4, x3)
    x6 = fork(recolor, identity, x5)
    x7 = palette(I)
    x8 = remove(ZERO, x7)
    x9 = mapply(x6, x8)
    O = paint(I, x9)
    return O


def solve_239be575(I):
    x1 = objects(I, F, T, T)
    x2 = lbind(contained, TWO)
    x3 = compose(x2, palette)
    x4 = sfilter(x1, x3)
    x5 = size(x4)
    x6 = equality(x5, ONE)
    x7 = branch(x6, EIGHT, ZERO)
    O = canvas(x7, UNITY)
    return O


def solve_253bf280(I):
    x1 = ofcolor(I, EIGHT)
    x2 = prapply(connect, x1, x1)
    x3 = mfilter(x2, vline)
    x4 = mfilter(x2, hline)
    x5 = combine(x3, x4)
    O = underfill(I, THREE, x5)
    return O


def solve_25ff71a9(I):
    x1 = fgpartition(I)
    x2 = first(x1)
    O = move(I, x2, DOWN)
    return O


def solve_28bf18c6(I):
    x1 = objects(I, T, T, T)
    x2 = first(x1)
    x3 = subgrid(x2, I)
    x4 = repeat(x3, TWO)
    x5 = lbind(papply, combine)
    x6 = fork(x5, first, last)
    O = x6(x4)
    return O


def solve_39a8645d(I):
    x1 = objects(I, T, T, T)
    x2 = totuple(x1)
    x3 = apply(normalize, x2)
    x4 = mostcommon(x3)
    x5 = shape(x4)
    x6 = canvas(ZERO, x5)
    O = paint(x6, x4)
    return O


def solve_3bd67248(I):
    x1 = asindices(I)
    x2 = llcorner(x1)
    x3 = add(x2, RIGHT)
    x4 = shoot(x3, RIGHT)
    x5 = fill(I, FOUR, x4)
    x6 = add(x2, UP_RIGHT)
    x7 = shoot(x6, UP_RIGHT)
    O = fill(x5, TWO, x7)
    return O


def solve_40853293(I):
    x1 = fgpartition(I)
    x2 = fork(recolor, color, backdrop)
    x3 = apply(x2, x1)
    x4 = merge(x3)
    x5 = paint(I, x4)
    x6 = mfilter(x3, vline)
    O = paint(x5, x6)
    return O


def solve_4258a5f9(I):
    x1 = ofcolor(I, FIVE)
    x2 = mapply(neighbors, x1)
    O = underfill(I, ONE, x2)
    return O


def solve_42a50994(I):
    x1 = objects(I, T, T, T)
    x2 = sizefilter(x1, ONE)
    x3 = merge(x2)
    O = cover(I, x3)
    return O


def solve_44f52bb0(I):
    x1 = vmirror(I)
    x2 = equality(x1, I)
    x3 = branch(x2, ONE, SEVEN)
    O = canvas(x3, UNITY)
    return O


def solve_5117e062(I):
    x1 = objects(I, F, T, T)
    x2 = argmax(x1, numcolors)
    x3 = subgrid(x2, I)
    x4 = mostcolor(x2)
    O = replace(x3, EIGHT, x4)
    return O


def solve_5614dbcf(I):
    x1 = vsplit(I, THREE)
    x2 = rbind(hsplit, THREE)
    x3 = apply(x2, x1)
    x4 = lbind(apply, mostcolor)
    O = apply(x4, x3)
    return O


def solve_7b7f7511(I):
    x1 = portrait(I)
    x2 = branch(x1, tophalf, lefthalf)
    O = x2(I)
    return O


def solve_7fe24cdd(I):
    x1 = rot90(I)
    x2 = hconcat(I, x1)
    x3 = rot180(x2)
    O = vconcat(x2, x3)
    return O


def solve_88a62173(I):
    x1 = vsplit(I, TWO)
    x2 = rbind(hsplit, TWO)
    x3 = mapply(x2, x1)
    O = leastcommon(x3)
    return O


def solve_8eb1be9a(I):
    x1 = fgpartition(I)
    x2 = first(x1)
    x3 = height(x2)
    x4 = lbind(multiply, x3)
    x5 = lbind(shift, x2)
    x6 = chain(x5, toivec, x4)
    x7 = interval(NEG_TWO, FOUR, ONE)
    x8 = mapply(x6, x7)
    O = paint(I, x8)
    return O


def solve_90c28cc7(I):
    x1 = fgpartition(I)
    x2 = merge(x1)
    x3 = subgrid(x2, I)
    x4 = compose(dmirror, dedupe)
    x5 = power(x4, TWO)
    O = x5(x3)
    return O


def solve_a699fb00(I):
    x1 = ofcolor(I, ONE)
    x2 = shift(x1, RIGHT)
    x3 = shift(x1, LEFT)
    x4 = intersection(x2, x3)
    O = fill(I, TWO, x4)
    return O


def solve_a85d4709(I):
    x1 = hsplit(I, THREE)
    x2 = first(x1)
    x3 = hupscale(x2, THREE)
    x4 = ofcolor(x3, FIVE)
    x5 = last(x1)
    x6 = hupscale(x5, THREE)
    x7 = ofcolor(x6, FIVE)
    x8 = canvas(FOUR, THREE_BY_THREE)
    x9 = fill(x8, TWO, x4)
    O = fill(x9, THREE, x7)
    return O


def solve_aabf363d(I):
    x1 = leastcolor(I)
    x2 = replace(I, x1, ZERO)
    x3 = leastcolor(x2)
    O = replace(x2, x3, x1)
    return O


def solve_ac0a08a4(I):
    x1 = colorcount(I, ZERO)
    x2 = subtract(NINE, x1)
    O = upscale(I, x2)
    return O


def solve_b27ca6d3(I):
    x1 = objects(I, T, F, T)
    x2 = sizefilter(x1, TWO)
    x3 = mapply(outbox, x2)
    O = fill(I, THREE, x3)
    return O


def solve_b6afb2da(I):
    x1 = replace(I, FIVE, TWO)
    x2 = objects(x1, T, F, F)
    x3 = colorfilter(x2, TWO)
    x4 = mapply(box, x3)
    x5 = fill(x1, FOUR, x4)
    x6 = mapply(corners, x3)
    O = fill(x5, ONE, x6)
    return O


def solve_bb43febb(I):
    x1 = ofcolor(I, FIVE)
    x2 = rbind(difference, x1)
    x3 = chain(flip, size, x2)
    x4 = compose(x3, neighbors)
    x5 = sfilter(x1, x4)
    O = fill(I, TWO, x5)
    return O


def solve_beb8660c(I):
    x1 = rbind(order, positive)
    x2 = apply(x1, I)
    x3 = lbind(remove, ZERO)
    x4 = compose(size, x3)
    O = order(x2, x4)
    return O


def solve_c1d99e64(I):
    x1 = frontiers(I)
    x2 = merge(x1)
    O = fill(I, TWO, x2)
    return O


def solve_ce22a75a(I):
    x1 = trim(I)
    x2 = downscale(x1, THREE)
    x3 = upscale(x2, THREE)
    O = replace(x3, FIVE, ONE)
    return O


def solve_cf98881b(I):
    x1 = hsplit(I, THREE)
    x2 = last(x1)
    x3 = remove(x2, x1)
    x4 = last(x3)
    x5 = first(x1)
    x6 = ofcolor(x4, NINE)
    x7 = fill(x2, NINE, x6)
    x8 = ofcolor(x5, FOUR)
    O = fill(x7, FOUR, x8)
    return O


def solve_d0f5fe59(I):
    x1 = objects(I, T, F, T)
    x2 = size(x1)
    x3 = astuple(x2, x2)
    x4 = canvas(ZERO, x3)
    x5 = shoot(ORIGIN, UNITY)
    O = fill(x4, EIGHT, x5)
    return O


def solve_d13f3404(I):
    x1 = rbind(shoot, UNITY)
    x2 = compose(x1, last)
    x3 = fork(recolor, first, x2)
    x4 = fgpartition(I)
    x5 = merge(x4)
    x6 = mapply(x3, x5)
    x7 = shape(I)
    x8 = double(x7)
    x9 = canvas(ZERO, x8)
    O = paint(x9, x6)
    return O


def solve_d23f8c26(I):
    x1 = width(I)
    x2 = halve(x1)
    x3 = tojvec(x2)
    x4 = vfrontier(x3)
    x5 = toobject(x4, I)
    x6 = shape(I)
    x7 = canvas(ZERO, x6)
    O = paint(x7, x5)
    return O


def solve_d511f180(I):
    O = switch(I, FIVE, EIGHT)
    return O


def solve_d631b094(I):
    x1 = palette(I)
    x2 = other(x1, ZERO)
    x3 = colorcount(I, x2)
    x4 = astuple(ONE, x3)
    O = canvas(x2, x4)
    return O


def solve_ed36ccf7(I):
    O = rot270(I)
    return O
