"""Functions made of functions, and functions run over containers."""

from __future__ import annotations

from battnb.dsl.types import Any, Callable, Container, ContainerContainer, FrozenSet, Integer, Tuple


def identity(x: Any) -> Any:
    """The value itself."""
    return x


def compose(outer: Callable, inner: Callable) -> Callable:
    """x -> outer(inner(x))."""
    return lambda x: outer(inner(x))


def chain(h: Callable, g: Callable, f: Callable) -> Callable:
    """x -> h(g(f(x)))."""
    return lambda x: h(g(f(x)))


def fork(outer: Callable, a: Callable, b: Callable) -> Callable:
    """x -> outer(a(x), b(x))."""
    return lambda x: outer(a(x), b(x))


def matcher(function: Callable, target: Any) -> Callable:
    """x -> whether function(x) is the target."""
    return lambda x: bool(function(x) == target)


def lbind(function: Callable, fixed: Any) -> Callable:
    """The function with its first argument fixed."""
    return lambda *rest: function(fixed, *rest)


def rbind(function: Callable, fixed: Any) -> Callable:
    """The function with its last argument fixed."""
    return lambda *rest: function(*rest, fixed)


def power(function: Callable, n: Integer) -> Callable:
    """The function run n times, each time on its own result. n: 0 or more, else ValueError."""
    if n < 0:
        raise ValueError(f"power runs a function 0 times or more, not {n}")

    def repeated(x: Any) -> Any:
        for _ in range(n):
            x = function(x)
        return x

    return repeated


def apply(function: Callable, container: Container) -> Container:
    """function(item) for each item, in a container of the same kind."""
    return type(container)(map(function, container))


def rapply(functions: Container, value: Any) -> Container:
    """function(value) for each of the functions, in a container of the same kind."""
    return type(functions)(function(value) for function in functions)


def mapply(function: Callable, container: ContainerContainer) -> Container:
    """function(item) for each item, with the containers that this gives joined into one."""
    return type(container)(part for item in container for part in function(item))


def papply(function: Callable, a: Tuple, b: Tuple) -> Tuple:
    """function(x, y) for the items of two tuples, side by side, up to the end of the shorter one."""
    return tuple(map(function, a, b))


def mpapply(function: Callable, a: Tuple, b: ContainerContainer) -> Tuple:
    """function(x, y) for items side by side, with the containers that this gives joined into one tuple."""
    return tuple([part for x, y in zip(a, b, strict=False) for part in function(x, y)])


def prapply(function: Callable, a: Container, b: Container) -> FrozenSet:
    """function(x, y) for every item of a with every item of b, as a set."""
    return frozenset([function(x, y) for y in b for x in a])
