"""Arithmetic on integers and on pairs of them, comparisons and truth values.

Functions that take a Numerical treat pairs item by item. An integer beside a pair stands for both of its items.
"""

from __future__ import annotations

import operator

from battnb.dsl.types import Any, Boolean, Callable, Integer, IntegerTuple, Numerical


def _itemwise(operation: Callable, a: Numerical, b: Numerical) -> Numerical:
    result: Numerical
    if isinstance(a, int):
        result = operation(a, b) if isinstance(b, int) else (operation(a, b[0]), operation(a, b[1]))
    elif isinstance(b, int):
        result = operation(a[0], b), operation(a[1], b)
    else:
        result = operation(a[0], b[0]), operation(a[1], b[1])
    return result


def add(a: Numerical, b: Numerical) -> Numerical:
    """a + b."""
    return _itemwise(operator.add, a, b)


def subtract(a: Numerical, b: Numerical) -> Numerical:
    """a - b."""
    return _itemwise(operator.sub, a, b)


def multiply(a: Numerical, b: Numerical) -> Numerical:
    """a times b."""
    return _itemwise(operator.mul, a, b)


def divide(a: Numerical, b: Numerical) -> Numerical:
    """a divided by b, rounded down."""
    return _itemwise(operator.floordiv, a, b)


def invert(n: Numerical) -> Numerical:
    """The number or direction with the opposite sign."""
    return _itemwise(operator.mul, n, -1)


def double(n: Numerical) -> Numerical:
    """Twice the number."""
    return _itemwise(operator.mul, n, 2)


def halve(n: Numerical) -> Numerical:
    """Half the number, rounded down."""
    return _itemwise(operator.floordiv, n, 2)


def increment(x: Numerical) -> Numerical:
    """One more."""
    return _itemwise(operator.add, x, 1)


def decrement(x: Numerical) -> Numerical:
    """One less."""
    return _itemwise(operator.sub, x, 1)


def step(n: int) -> int:
    """-1, 0 or 1: the sign of an integer."""
    return (n > 0) - (n < 0)


def sign(x: Numerical) -> Numerical:
    """-1, 0 or 1, as the number is below, at or above 0."""
    return step(x) if isinstance(x, int) else (step(x[0]), step(x[1]))


def _crement(n: int) -> int:
    return n + step(n)


def crement(x: Numerical) -> Numerical:
    """One step away from 0; 0 stays."""
    return _crement(x) if isinstance(x, int) else (_crement(x[0]), _crement(x[1]))


def toivec(i: Integer) -> IntegerTuple:
    """The direction that goes i rows down."""
    return i, 0


def tojvec(j: Integer) -> IntegerTuple:
    """The direction that goes j columns to the right."""
    return 0, j


def even(n: Integer) -> Boolean:
    """Whether the integer is a multiple of 2."""
    return not n & 1


def positive(x: Integer) -> Boolean:
    """Whether the integer is above 0."""
    return x > 0


def greater(a: Integer, b: Integer) -> Boolean:
    """Whether a is above b."""
    return a > b


def equality(a: Any, b: Any) -> Boolean:
    """Whether two values are the same."""
    return bool(a == b)


def flip(b: Boolean) -> Boolean:
    """True for false, and the reverse."""
    return not b


def both(a: Boolean, b: Boolean) -> Boolean:
    """Whether both are true."""
    return a and b


def either(a: Boolean, b: Boolean) -> Boolean:
    """Whether one is true, or both are."""
    return a or b


def branch(condition: Boolean, a: Any, b: Any) -> Any:
    """a if the condition holds, else b. Both have been evaluated before."""
    return a if condition else b
