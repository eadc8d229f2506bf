from dsl.arc_text import cells, grid, grids, patches, places
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    asobject,
    bordering,
    canvas,
    color,
    cover,
    fill,
    mostcolor,
    move,
    ofcolor,
    paint,
    palette,
    recolor,
    shape,
    underfill,
    underpaint,
)

G = grid("0010 0010 0000")


def test_painting_over_and_under():
    assert paint(G, cells("2222")) == grid("2222 0010 0000")
    assert underpaint(G, cells("2222")) == grid("2212 0010 0000")
    assert fill(G, 3, places("..11")) == grid("0033 0010 0000")
    assert underfill(G, 3, places("..11")) == grid("0013 0010 0000")


@given(grids())
def test_a_grid_is_its_cells_on_any_canvas(g):
    assert paint(canvas(5, shape(g)), asobject(g)) == g


@given(grids(), patches(min_size=0), st.integers(0, 9))
def test_what_lies_outside_the_grid_is_left_out(g, patch, value):
    painted = fill(g, value, patch)
    assert shape(painted) == shape(g)
    assert painted == paint(g, recolor(value, patch))
    assert palette(painted) <= palette(g) | {value}
    assert underfill(g, value, patch) in (underpaint(g, recolor(value, patch)), g)


@given(grids(colors=3))
def test_covering_a_colour_takes_it_out(g):
    rare = min(palette(g), key=lambda c: len(ofcolor(g, c)))
    assert cover(g, ofcolor(g, rare)) == fill(g, mostcolor(g), ofcolor(g, rare))


def test_moving_leaves_the_background_behind():
    obj = cells("..1. ..1.")
    assert color(obj) == 1
    assert move(G, obj, (1, -1)) == grid("0000 0100 0100")
    assert move(G, obj, (2, 0)) == grid("0000 0000 0010")


def test_bordering_is_reaching_the_edge_of_the_grid():
    assert bordering(cells("..1. ..1."), G)
    assert not bordering(places(".... .11."), G)
    assert not bordering(frozenset({(1, 1), (len(G) - 1, 1), (len(G), 1)}), G), "its box ends outside the grid"
