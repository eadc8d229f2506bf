import pytest
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    add,
    both,
    branch,
    crement,
    decrement,
    divide,
    double,
    either,
    equality,
    even,
    flip,
    greater,
    halve,
    increment,
    invert,
    multiply,
    positive,
    sign,
    subtract,
    toivec,
    tojvec,
)

numericals = st.integers(-50, 50) | st.tuples(st.integers(-50, 50), st.integers(-50, 50))


@pytest.mark.parametrize(
    ("operation", "a", "b", "result"),
    [
        (add, 2, 3, 5),
        (add, (1, 2), (3, 4), (4, 6)),
        (add, (1, 2), 3, (4, 5)),
        (subtract, 3, (1, 2), (2, 1)),
        (multiply, (2, 3), (4, 0), (8, 0)),
        (divide, 7, 2, 3),
        (divide, -7, 2, -4),
        (divide, (7, 9), 3, (2, 3)),
    ],
)
def test_an_integer_beside_a_pair_stands_for_both_items(operation, a, b, result):
    assert operation(a, b) == result


def test_dividing_by_zero_is_an_error():
    with pytest.raises(ZeroDivisionError):
        divide((4, 4), 0)


@pytest.mark.parametrize(
    ("operation", "results"),
    [
        (invert, (3, 0, -3)),
        (double, (-6, 0, 6)),
        (halve, (-2, 0, 1)),
        (increment, (-2, 1, 4)),
        (decrement, (-4, -1, 2)),
        (crement, (-4, 0, 4)),
        (sign, (-1, 0, 1)),
    ],
)
def test_operations_on_one_number(operation, results):
    assert tuple(map(operation, (-3, 0, 3))) == results
    assert operation((-3, 3)) == (results[0], results[2])


@given(numericals, numericals)
def test_subtracting_is_adding_the_inverse(a, b):
    assert subtract(a, b) == add(a, invert(b))


@given(numericals)
def test_halving_undoes_doubling(n):
    assert halve(double(n)) == n == decrement(increment(n))


def test_vectors():
    assert toivec(3) == (3, 0)
    assert tojvec(3) == (0, 3)


def test_questions_about_numbers():
    assert [even(n) for n in (-2, -1, 0, 1)] == [True, False, True, False]
    assert [positive(n) for n in (-1, 0, 1)] == [False, False, True]
    assert greater(2, 1)
    assert not greater(1, 1)
    assert equality((1, 2), (1, 2))
    assert not equality(frozenset(), ())


@given(st.booleans(), st.booleans())
def test_both_and_either_are_each_others_opposite(a, b):
    assert both(a, b) is (a and b)
    assert flip(both(a, b)) is either(flip(a), flip(b))


def test_branch_chooses():
    assert branch(True, "yes", "no") == "yes"
    assert branch(False, "yes", "no") == "no"
