import pytest
from dsl.arc_text import cells, patches, places
from hypothesis import given

from battnb.dsl import (
    DOWN,
    LEFT,
    NEG_UNITY,
    RIGHT,
    UNITY,
    adjacent,
    center,
    gravitate,
    hmatching,
    hperiod,
    invert,
    manhattan,
    position,
    shift,
    vmatching,
    vperiod,
)

DOT = places("1")
BLOCK = places("..... ..... ...11 ...11")


def test_position_is_the_direction_from_the_first_to_the_second():
    assert position(DOT, BLOCK) == UNITY
    assert position(BLOCK, DOT) == NEG_UNITY
    assert position(DOT, places(". . 1")) == DOWN
    assert position(DOT, places("..1")) == RIGHT
    assert position(DOT, DOT) == LEFT


@given(patches(), patches())
def test_relations_turn_round(a, b):
    assert position(a, b) == (invert(position(b, a)) if center(a) != center(b) else LEFT)
    assert manhattan(a, b) == manhattan(b, a)
    assert adjacent(a, b) == (manhattan(a, b) == 1)


def test_distances():
    assert manhattan(DOT, BLOCK) == 5
    assert adjacent(DOT, places(".1"))
    assert not adjacent(DOT, places(".. .1"))
    with pytest.raises(ValueError, match="empty"):
        manhattan(DOT, frozenset())


def test_matching_is_having_a_row_or_column_in_common():
    assert hmatching(DOT, cells("...5"))
    assert not hmatching(DOT, BLOCK)
    assert vmatching(DOT, cells(". . 5"))
    assert not vmatching(DOT, BLOCK)


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        ("...1.", (1, 0)),
        ("..... ..... ..... ..... ..... ..... ....1", (-2, 0)),
        ("..... ..... 1....", (0, 2)),
        ("..... ..... ..1..", (0, 0)),
    ],
)
def test_gravitate_moves_until_it_touches(source, offset):
    assert gravitate(places(source), BLOCK) == offset
    assert adjacent(shift(places(source), offset), BLOCK)


def test_what_passes_by_falls_beyond_any_grid():
    assert gravitate(DOT, BLOCK) == (0, 42)


def test_periods():
    assert hperiod(cells(".12121 .34343")) == 2
    assert vperiod(cells("12 12 34 12")) == 3
    assert (hperiod(cells("123")), vperiod(cells("123"))) == (3, 1)
    assert hperiod(frozenset()) == 0
