import pytest
from dsl.arc_text import cells, grid, grids
from hypothesis import given

from battnb.dsl import differ_colors_iz, differ_colors_zo, differ_objects_iz, differ_objects_zo

IS, WANTED = grid("550 001"), grid("330 041")


def test_colours_that_differ_are_counted_and_listed_in_order():
    assert differ_colors_iz((), IS, WANTED) == (1, 5)
    assert differ_colors_zo((), IS, WANTED) == (2, 3, 4)


def test_objects_differ_by_colour_and_by_place():
    count, *found = differ_objects_iz((), grid("10 00"), grid("01 00"))
    assert (count, found) == (2, [cells("1."), cells(".0 00")][::-1])
    assert differ_objects_zo((), grid("10 00"), grid("01 00"))[0] == 2


@pytest.mark.parametrize("differ", [differ_colors_iz, differ_colors_zo, differ_objects_iz, differ_objects_zo])
@given(g=grids())
def test_a_grid_does_not_differ_from_itself(differ, g):
    assert differ((), g, g) == (0,)


@given(grids(), grids())
def test_zo_is_iz_the_other_way_round(a, b):
    assert differ_colors_zo((), a, b) == differ_colors_iz((), b, a)
    assert differ_objects_zo((), a, b) == differ_objects_iz((), b, a)
