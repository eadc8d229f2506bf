import pytest
from dsl.arc_text import cells, grid, grids, places
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    asindices,
    asobject,
    color,
    colorcount,
    colorfilter,
    fgpartition,
    frontiers,
    leastcolor,
    merge,
    mostcolor,
    normalize,
    numcolors,
    objects,
    occurrences,
    ofcolor,
    palette,
    partition,
    recolor,
    size,
    sizefilter,
    subgrid,
    toindices,
    toobject,
    ulcorner,
    upscale,
)

G = grid("1100 0020 0003")


def test_colours_of_a_grid_and_of_an_object():
    for element in (G, asobject(G)):
        assert palette(element) == frozenset({0, 1, 2, 3})
        assert numcolors(element) == 4
        assert colorcount(element, 1) == 2
        assert mostcolor(element) == 0
        assert leastcolor(element) == 2  # as rare as 3
    assert color(cells("55")) == 5


def test_no_cells_have_no_colour():
    for colour in (mostcolor, leastcolor, color):
        with pytest.raises(ValueError, match="empty"):
            colour(frozenset())


def test_places_and_cells_of_a_grid():
    assert asindices(grid("12")) == frozenset({(0, 0), (0, 1)})
    assert asobject(grid("12")) == cells("12")
    assert ofcolor(G, 1) == places("11")
    assert toobject(frozenset({(0, 0), (1, 2), (9, 9), (-1, 0)}), G) == cells("1... ..2.")
    assert recolor(7, cells("12")) == recolor(7, places("11")) == cells("77")
    assert subgrid(cells(".1 ..2"), G) == grid("10 02")


@pytest.mark.parametrize(
    ("univalued", "diagonal", "without_bg", "found"),
    [
        (True, False, True, {"11", ".... ..2", ".... .... ...3"}),
        (False, False, True, {"11", ".... ..2", ".... .... ...3"}),
        (False, True, True, {"11.. ..2. ...3"}),
        (True, True, False, {"11", ".... ..2", ".... .... ...3", "..00 00.0 000."}),
        (True, False, False, {"11", ".... ..2", ".... .... ...3", "..00 ...0", ".... 00 000"}),
        (False, False, False, {"1100 0020 0003"}),
    ],
)
def test_what_makes_an_object(univalued, diagonal, without_bg, found):
    assert objects(G, univalued, diagonal, without_bg) == frozenset(map(cells, found))


@given(grids(colors=2), st.booleans(), st.booleans())
def test_objects_share_no_cell_and_leave_none_out(g, univalued, diagonal):
    found = objects(g, univalued, diagonal, False)
    assert merge(found) == asobject(g)
    assert sum(map(size, found)) == size(asobject(g))


@given(grids(colors=3))
def test_a_partition_has_an_object_a_colour(g):
    assert {color(obj): toindices(obj) for obj in partition(g)} == {c: ofcolor(g, c) for c in palette(g)}
    assert fgpartition(g) == frozenset(obj for obj in partition(g) if color(obj) != mostcolor(g))


def test_filters():
    found = objects(G, True, False, True)
    assert colorfilter(found, 2) == frozenset({cells(".... ..2")})
    assert sizefilter(found, 2) == frozenset({cells("11")})


@given(grids(max_side=3), st.integers(1, 3))
def test_an_object_is_scaled_as_its_grid_is(g, factor):
    assert upscale(asobject(g), factor) == asobject(upscale(g, factor))  # type: ignore[arg-type]


def test_scaling_keeps_the_upper_left_corner():
    assert upscale(cells("... .1"), 2) == cells("... .11 .11")
    assert upscale(frozenset(), 2) == frozenset()


def test_occurrences_are_where_the_upper_left_corner_can_be():
    assert occurrences(grid("1210 0121"), cells("... .12")) == frozenset({(0, 0), (1, 1)})


@given(grids(max_side=4, colors=2))
def test_each_object_occurs_where_it_is(g):
    assert all(ulcorner(obj) in occurrences(g, normalize(obj)) for obj in objects(g, True, False, False))  # type: ignore[arg-type]


def test_frontiers_are_rows_and_columns_of_one_colour():
    assert frontiers(grid("152 333 104")) == frozenset({cells("... 333")})
    assert frontiers(grid("152 132 102")) == frozenset({cells("1.. 1.. 1.."), cells("..2 ..2 ..2")})
