import pytest
from hypothesis import given
from hypothesis import strategies as st

from battnb.dsl import (
    add,
    apply,
    chain,
    compose,
    decrement,
    double,
    fork,
    identity,
    increment,
    interval,
    lbind,
    mapply,
    matcher,
    mpapply,
    multiply,
    papply,
    power,
    prapply,
    rapply,
    rbind,
    repeat,
    subtract,
)


@given(st.integers())
def test_functions_are_run_from_the_right(x):
    assert identity(x) == x
    assert compose(double, increment)(x) == 2 * (x + 1)
    assert chain(decrement, double, increment)(x) == 2 * (x + 1) - 1
    assert fork(subtract, double, increment)(x) == 2 * x - (x + 1)


def test_binding_fixes_the_first_or_the_last_argument():
    assert lbind(subtract, 10)(3) == 7
    assert rbind(subtract, 10)(3) == -7
    assert lbind(interval, 1)(9, 4) == (1, 5)


def test_matcher_compares_what_the_function_gives():
    is_three = matcher(increment, 3)
    assert is_three(2) is True
    assert is_three(3) is False


@given(st.integers(0, 9), st.integers())
def test_power_runs_a_function_so_many_times(n, x):
    assert power(increment, n)(x) == x + n


def test_a_negative_power_is_refused():
    with pytest.raises(ValueError, match="0 times or more, not -1"):
        power(increment, -1)


def test_apply_keeps_the_kind_of_container():
    assert apply(double, (1, 2, 1)) == (2, 4, 2)
    assert apply(abs, frozenset({-1, 1, 2})) == frozenset({1, 2})
    assert rapply((double, increment), 5) == (10, 6)


def test_mapply_joins_what_the_function_gives():
    pairs = lambda x: (x, -x)  # noqa: E731
    assert mapply(pairs, (1, 2)) == (1, -1, 2, -2)  # type: ignore[arg-type]
    assert mapply(pairs, frozenset({1, 2})) == frozenset({1, -1, 2, -2})  # type: ignore[arg-type]


def test_two_containers_side_by_side_or_crosswise():
    assert papply(add, (1, 2), (10, 20, 30)) == (11, 22)
    assert mpapply(repeat, (7, 8), (1, 2)) == (7, 8, 8)  # type: ignore[arg-type]
    assert prapply(multiply, (1, 2), frozenset({3, 5})) == frozenset({3, 6, 5, 10})
