import pytest
from dsl.arc_text import cells, grid, grids, patches, places
from hypothesis import given

from battnb.dsl import (
    asobject,
    center,
    centerofmass,
    cmirror,
    dmirror,
    height,
    hline,
    hmirror,
    leftmost,
    llcorner,
    lowermost,
    lrcorner,
    portrait,
    rightmost,
    rot90,
    rot180,
    shape,
    size,
    square,
    toindices,
    ulcorner,
    uppermost,
    urcorner,
    vline,
    vmirror,
    width,
)

HOOK = cells("..... .12.. .3... .4...")


def test_edges_and_corners():
    assert (uppermost(HOOK), lowermost(HOOK), leftmost(HOOK), rightmost(HOOK)) == (1, 3, 1, 2)
    assert (ulcorner(HOOK), urcorner(HOOK), llcorner(HOOK), lrcorner(HOOK)) == ((1, 1), (1, 2), (3, 1), (3, 2))
    assert center(HOOK) == (2, 2)
    assert centerofmass(HOOK) == (1, 1)


@pytest.mark.parametrize("where", [uppermost, lowermost, leftmost, rightmost, center])
def test_an_empty_patch_lies_nowhere(where):
    with pytest.raises(ValueError, match="empty patch"):
        where(frozenset())


@pytest.mark.parametrize("where", [ulcorner, urcorner, llcorner, lrcorner, centerofmass])
def test_the_places_of_an_empty_patch_are_empty(where):
    assert where(frozenset()) == ()


def test_shapes():
    assert shape(HOOK) == (height(HOOK), width(HOOK)) == (3, 2)
    assert shape(grid("123 456")) == (2, 3)
    assert shape(frozenset()) == (0, 0)
    assert portrait(HOOK)
    assert not portrait(grid("12 34"))
    assert square(grid("12 34"))
    assert square(places("11 11"))
    assert not square(places("11 1."))


def test_lines():
    assert vline(places("1 1 1"))
    assert not vline(places("1 . 1"))
    assert hline(places("..111"))
    assert not hline(places("11 11"))
    assert hline(places("1"))
    assert vline(places("1"))


@given(patches())
def test_toindices_forgets_colours_and_only_those(patch):
    assert size(toindices(patch)) == size(patch)
    assert toindices(toindices(patch)) == toindices(patch)
    assert shape(toindices(patch)) == shape(patch)


def test_mirrors_of_a_grid():
    g = grid("123 456")
    assert hmirror(g) == grid("456 123")
    assert vmirror(g) == grid("321 654")
    assert dmirror(g) == grid("14 25 36")
    assert cmirror(g) == grid("63 52 41")


@given(grids())
def test_two_mirrors_make_a_turn(g):
    assert hmirror(vmirror(g)) == dmirror(cmirror(g)) == rot180(g)
    assert vmirror(dmirror(g)) == rot90(g)


@pytest.mark.parametrize("mirror", [hmirror, vmirror, dmirror, cmirror])
class TestEachMirror:
    @given(g=grids())
    def test_does_to_an_object_what_it_does_to_the_grid(self, mirror, g):
        assert mirror(asobject(g)) == asobject(mirror(g))

    @given(patch=patches())
    def test_undoes_itself_and_keeps_the_upper_left_corner(self, mirror, patch):
        assert mirror(mirror(patch)) == patch
        assert ulcorner(mirror(patch)) == ulcorner(patch)

    def test_leaves_an_empty_patch_empty(self, mirror):
        assert mirror(frozenset()) == frozenset()
