from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    ONE,
    TWO,
    add,
    argmax,
    argmin,
    astuple,
    combine,
    contained,
    dedupe,
    difference,
    double,
    even,
    extract,
    first,
    halve,
    identity,
    initset,
    insert,
    intersection,
    interval,
    last,
    leastcommon,
    maximum,
    merge,
    mfilter,
    minimum,
    mostcommon,
    order,
    other,
    pair,
    positive,
    product,
    rapply,
    rbind,
    remove,
    repeat,
    sfilter,
    size,
    totuple,
    valmax,
    valmin,
)

integers = st.lists(st.integers(-9, 9), min_size=1, max_size=9).map(tuple)


def a_set(*items):
    return frozenset(items)


def test_the_ends_of_a_tuple_are_its_own_and_those_of_a_set_its_extremes():
    assert (first((3, 1, 2)), last((3, 1, 2))) == (3, 2)
    assert (first(a_set(3, 1, 2)), last(a_set(3, 1, 2))) == (1, 3)
    assert other((3, 3, 2), 3) == 2


@given(st.lists(st.frozensets(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3), min_size=1, max_size=6))
def test_what_shows_of_a_set_does_not_depend_on_how_it_was_made(objects):
    one, same = frozenset(objects), frozenset(reversed(objects))
    for choose in (first, last, totuple):
        assert choose(one) == choose(same)
    for choose_by in (argmax, argmin, order):
        assert choose_by(one, size) == choose_by(same, size)


@pytest.mark.parametrize("choose", [first, last, mostcommon, leastcommon, lambda c: argmax(c, identity)])
@pytest.mark.parametrize("empty", [(), frozenset()])
def test_nothing_can_be_chosen_from_an_empty_container(choose, empty):
    with pytest.raises(ValueError, match="empty container"):
        choose(empty)


@given(integers)
def test_order_sorts_and_keeps_ties_as_they_were(numbers):
    assert order(numbers, abs) == tuple(sorted(numbers, key=abs))
    assert order(frozenset(numbers), identity) == totuple(frozenset(numbers)) == tuple(sorted(set(numbers)))


@given(integers)
def test_extremes(numbers):
    assert argmax(numbers, abs) == max(numbers, key=abs)
    assert argmin(numbers, abs) == min(numbers, key=abs)
    assert valmax(numbers, abs) == abs(argmax(numbers, abs))
    assert valmin(numbers, abs) == abs(argmin(numbers, abs))
    assert (minimum(frozenset(numbers)), maximum(frozenset(numbers))) == (min(numbers), max(numbers))


def test_extremes_of_nothing_are_those_of_zero():
    assert minimum(frozenset()) == maximum(frozenset()) == valmax((), double) == valmin((), double) == 0


def test_ties_go_to_the_first_item():
    assert argmax((5, 4, 3), halve) == 5
    assert argmax((4, 5, 3), halve) == 4
    assert argmax(a_set(5, 4, 3), halve) == 4


@given(integers)
def test_the_commonest_of_several_is_the_smallest(numbers):
    counts = Counter(numbers)
    assert mostcommon(numbers) == min(n for n in counts if counts[n] == max(counts.values()))
    assert leastcommon(numbers) == min(n for n in counts if counts[n] == min(counts.values()))


def test_filters_keep_the_kind_of_container():
    assert sfilter((1, 2, 3, 4), even) == (2, 4)
    assert sfilter(a_set(1, 2, 4), even) == a_set(2, 4)
    assert mfilter(((1,), (1, 2), (3, 4)), lambda item: len(item) == 2) == (1, 2, 3, 4)
    assert mfilter(a_set(a_set(1), a_set(1, 2)), len) == a_set(1, 2)


def test_extract_gives_the_first_that_holds_or_says_that_none_does():
    assert extract((1, 4, 2), even) == 4
    assert extract(a_set(1, 4, 2), even) == 2
    with pytest.raises(ValueError, match="holds for no item"):
        extract((1, 3), even)


def test_joining():
    assert merge(((1, 2), (2,))) == (1, 2, 2)
    assert merge(a_set(a_set(1, 2), a_set(2))) == a_set(1, 2)
    assert combine((1,), a_set(2)) == (1, 2)
    assert combine(a_set(1), a_set(2)) == a_set(1, 2)


def test_taking_apart():
    assert intersection(a_set(1, 2), a_set(2, 3)) == a_set(2)
    assert difference(a_set(1, 2), a_set(2, 3)) == a_set(1)
    assert difference((1, 2, 1), (2, 3)) == (1, 1)
    assert remove(1, (1, 2, 1)) == (2,)
    assert insert(3, a_set(1)) == a_set(1, 3)
    assert dedupe((3, 1, 3, 2, 1)) == (3, 1, 2)


def test_making():
    assert initset((1, 2)) == a_set((1, 2))
    assert astuple(1, 2) == (1, 2)
    assert repeat(7, 3) == (7, 7, 7)
    assert interval(3, -3, -2) == (3, 1, -1)
    assert pair((1, 2), (3, 4, 5)) == ((1, 3), (2, 4))
    assert product((1, 2), (3,)) == a_set((1, 3), (2, 3))


def test_asking():
    assert size((1, 1)) == 2
    assert contained(1, (1, 2))
    assert not contained(3, a_set(1, 2))
    assert sfilter((-1, 1), positive) == (1,)


FUNCTIONS = frozenset({halve, double, even, identity, *[rbind(add, n) for n in (ONE, TWO)]})


def test_sets_of_functions_have_an_order_of_their_own():
    assert set(totuple(FUNCTIONS)) == FUNCTIONS
    assert totuple(FUNCTIONS) == totuple(frozenset(reversed(totuple(FUNCTIONS))))
    assert first(FUNCTIONS) == totuple(FUNCTIONS)[0]
    assert last(FUNCTIONS) == totuple(FUNCTIONS)[-1]
    assert other(frozenset({halve, double}), halve) is double


def test_functions_are_chosen_from_sets():
    assert extract(FUNCTIONS, lambda f: f(3) == 6) is double
    assert argmax(frozenset({halve, double}), lambda f: f(4)) is double
    assert argmin(FUNCTIONS, lambda f: 0) is first(FUNCTIONS), "ties go to the first"
    assert order(frozenset({halve, double}), lambda f: f(4)) == (halve, double)
    assert mostcommon((halve, double, double, halve, even)) in (halve, double)
    assert rapply(frozenset({halve, double}), 4) == frozenset({2, 8})


def test_values_of_different_kinds_have_an_order_too():
    mixed = frozenset({3, (1, 2), None, frozenset({1}), "a", (None, 1)})
    assert set(totuple(mixed)) == mixed
    assert totuple(mixed) == totuple(frozenset(reversed(totuple(mixed))))
