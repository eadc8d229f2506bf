import pytest
from dsl.arc_text import cells, patches, places
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    add,
    backdrop,
    box,
    connect,
    corners,
    delta,
    dneighbors,
    hfrontier,
    inbox,
    ineighbors,
    invert,
    neighbors,
    normalize,
    outbox,
    shape,
    shift,
    shoot,
    size,
    toindices,
    ulcorner,
    vfrontier,
)

spots = st.tuples(st.integers(-9, 9), st.integers(-9, 9))


def test_shift_keeps_colours():
    assert shift(cells("12"), (1, 1)) == cells("... .12")
    assert shift(places("11"), (0, 1)) == places(".11")


@given(patches(), spots)
def test_shifting_back_undoes_shifting(patch, offset):
    assert shift(shift(patch, offset), invert(offset)) == patch  # type: ignore[arg-type]
    assert normalize(shift(patch, offset)) == normalize(patch)
    assert ulcorner(normalize(patch)) == (0, 0)


def test_neighbours():
    assert shift(dneighbors((0, 0)), (1, 1)) == places(".1. 1.1 .1.")
    assert ineighbors((1, 1)) == places("1.1 ... 1.1")
    assert neighbors((1, 1)) == places("111 1.1 111")


@pytest.mark.parametrize(
    ("a", "b", "line"),
    [
        ((0, 0), (0, 2), "111"),
        ((2, 0), (0, 0), "1 1 1"),
        ((2, 0), (0, 2), "..1 .1. 1.."),
        ((0, 0), (0, 0), "1"),
        ((0, 0), (1, 2), "..."),
    ],
)
def test_connect(a, b, line):
    assert connect(a, b) == connect(b, a) == places(line)


@given(spots, spots)
def test_shooting_reaches_beyond_any_grid(start, direction):
    line = shoot(start, direction)
    if 0 in direction or abs(direction[0]) == abs(direction[1]):
        assert start in line
        assert add(start, direction) in line
        assert size(line) == 1 + 42 * max(map(abs, direction))


def test_boxes():
    patch = places("..... .1... ..... ...1.")
    assert box(patch) == places("..... .111. .1.1. .111.")
    assert inbox(patch) == places("..... ..... ..1..")
    assert outbox(patch) == places("11111 1...1 1...1 1...1 11111")
    assert backdrop(patch) == places("..... .111. .111. .111.")
    assert corners(patch) == places("..... .1.1. ..... .1.1.")
    assert delta(cells("12 3.")) == places(".. .1")


@given(patches())
def test_the_box_and_what_is_inside_make_the_backdrop(patch):
    if min(shape(patch)) > 1:
        assert box(patch) | backdrop(inbox(patch)) == backdrop(patch)
    assert inbox(outbox(patch)) == box(patch)
    assert backdrop(patch) - delta(patch) == toindices(patch)
    assert shape(outbox(patch)) == add(shape(patch), 2)
    assert corners(patch) <= box(patch)


def test_an_empty_patch_has_empty_boxes():
    assert {f(frozenset()) for f in (box, inbox, outbox, backdrop, delta, normalize)} == {frozenset()}


def test_the_sides_inside_a_thin_patch_pass_each_other():
    assert inbox(places("111 111")) == places(".1. .1.")
    assert inbox(places(".... .11. .11.")) == places(".... .11. .11.")
    assert inbox(places("... .1. ...")) == neighbors((1, 1))
    assert inbox(places("..... .111. .....")) == places("..1 ..1 ..1")


def test_frontiers_of_a_place_cross_the_largest_grid():
    assert vfrontier((3, 4)) == frozenset((i, 4) for i in range(30))
    assert hfrontier((3, 4)) == frozenset((3, j) for j in range(30))
