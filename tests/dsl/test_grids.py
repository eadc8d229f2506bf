import pytest
from dsl.arc_text import grid, grids
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    bottomhalf,
    canvas,
    cellwise,
    compress,
    crop,
    downscale,
    hconcat,
    hsplit,
    hupscale,
    index,
    lefthalf,
    replace,
    righthalf,
    rot90,
    rot180,
    rot270,
    switch,
    tophalf,
    trim,
    upscale,
    vconcat,
    vsplit,
    vupscale,
)


def test_rot90_is_clockwise():
    assert rot90(grid("123 456")) == grid("41 52 63")


@given(grids())
def test_quarter_turns_add_up(g):
    assert rot90(rot90(g)) == rot180(g)
    assert rot90(rot180(g)) == rot270(g)
    assert rot90(rot270(g)) == g


@given(grids())
def test_halves_are_what_was_joined(g):
    wide, high = hconcat(g, rot180(g)), vconcat(g, rot180(g))
    assert (lefthalf(wide), righthalf(wide)) == hsplit(wide, 2) == (g, rot180(g))
    assert (tophalf(high), bottomhalf(high)) == vsplit(high, 2) == (g, rot180(g))


def test_halves_leave_out_the_middle():
    assert (lefthalf(grid("12345")), righthalf(grid("12345"))) == (grid("12"), grid("45"))
    assert (tophalf(grid("1 2 3")), bottomhalf(grid("1 2 3"))) == (grid("1"), grid("3"))


def test_splits_leave_out_separators():
    assert hsplit(grid("1102203"), 3) == (grid("11"), grid("22"), grid("3"))
    assert vsplit(grid("1 0 2 0 3"), 3) == (grid("1"), grid("2"), grid("3"))


def test_grids_of_different_heights_are_joined_as_far_as_the_lower_one_goes():
    assert hconcat(grid("1 2"), grid("3")) == grid("13")


def test_a_single_column_has_no_halves():
    assert lefthalf(grid("1 2")) == righthalf(grid("1 2")) == ()


def test_what_a_grid_has_beyond_the_first_is_not_compared():
    assert cellwise(grid("12"), grid("134 567"), 0) == grid("10")
    with pytest.raises(IndexError):
        cellwise(grid("12"), grid("1"), 0)


@given(grids(), st.integers(1, 3))
def test_downscale_undoes_upscale(g, factor):
    assert downscale(upscale(g, factor), factor) == g  # type: ignore[arg-type]
    assert upscale(g, factor) == hupscale(vupscale(g, factor), factor)


def test_one_way_upscale():
    assert hupscale(grid("12 34"), 2) == grid("1122 3344")
    assert vupscale(grid("12 34"), 2) == grid("12 12 34 34")


def test_cutting():
    assert crop(grid("123 456 789"), (1, 0), (2, 2)) == grid("45 78")
    assert trim(grid("0000 0120 0000")) == grid("12")
    assert index(grid("12 34"), (1, 0)) == 3
    assert index(grid("12 34"), (0, 2)) is None
    assert index(grid("12 34"), (-1, 0)) is None


def test_colours():
    assert canvas(3, (2, 3)) == grid("333 333")
    assert replace(grid("121"), 1, 5) == grid("525")
    assert switch(grid("1213"), 1, 2) == grid("2123")
    assert cellwise(grid("123"), grid("321"), 0) == grid("020")


@given(grids(), st.integers(0, 9), st.integers(0, 9))
def test_switching_twice_changes_nothing(g, a, b):
    assert switch(switch(g, a, b), a, b) == g


def test_compress_takes_out_rows_and_columns_of_one_colour():
    assert compress(grid("102 000 304")) == grid("12 34")
