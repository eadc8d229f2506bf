"""Grids and patches written as text, for the tests of the DSL."""

from hypothesis import strategies as st


def grid(text):
    """Rows of digits, separated by blanks: "01 10"."""
    return tuple(tuple(map(int, row)) for row in text.split())


def cells(text):
    """The object whose cells are the digits; dots are left out."""
    return frozenset((int(v), (i, j)) for i, row in enumerate(text.split()) for j, v in enumerate(row) if v != ".")


def places(text):
    """The places of the digits; dots are left out."""
    return frozenset(place for _, place in cells(text))


def grids(max_side=6, colors=9):
    sides = st.integers(1, max_side)
    return st.tuples(sides, sides).flatmap(
        lambda shape: st.tuples(*[st.tuples(*[st.integers(0, colors)] * shape[1])] * shape[0])
    )


def patches(min_size=1):
    """Sets of up to 8 places near the origin, uncoloured or with a colour each."""
    spots = st.sets(st.tuples(st.integers(-3, 8), st.integers(-3, 8)), min_size=min_size, max_size=8)
    coloured = spots.flatmap(
        lambda at: st.tuples(*[st.tuples(st.integers(0, 9), st.just(place)) for place in sorted(at)])
    )
    return st.one_of(spots.map(frozenset), coloured.map(frozenset))
