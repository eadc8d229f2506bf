"""Tuples and sets of anything: choosing from them, joining them, counting them.

If the order of a container shows in a result, a tuple has its own order and a set is in ascending order: integers and
tuples as Python compares them, sets by their own sorted items, functions by their names and what they are made of.
Ties go to the item that comes first. So nothing depends on how a set was made.
"""

from __future__ import annotations

from collections import Counter

from battnb.dsl.types import (
    Any,
    Boolean,
    Callable,
    Container,
    ContainerContainer,
    FrozenSet,
    Integer,
    IntegerSet,
    IntegerTuple,
    Tuple,
)


def _rank(value: Any) -> Any:
    """The sort key of a value. Sets have no order of their own: < means subset."""
    if isinstance(value, frozenset):
        return sorted(map(_rank, value)) if any(map(_holds_sets, value)) else sorted(value)
    return tuple(map(_rank, value)) if _holds_sets(value) else value


def _holds_sets(value: Any) -> bool:
    if type(value) is tuple:
        return any([_holds_sets(item) for item in value if type(item) is not int])
    return type(value) is frozenset


def _rank_of_any(value: Any) -> Any:
    """A sort key that also compares values of different kinds, and functions: these by what they are made of."""
    if isinstance(value, tuple):
        return "tuple", [_rank_of_any(item) for item in value]
    if isinstance(value, frozenset):
        return "set", sorted(map(_rank_of_any, value))
    if isinstance(value, int | float | str):
        return ("text" if isinstance(value, str) else "number"), value
    cells = getattr(value, "__closure__", None) or ()
    made_of = [_rank_of_any(cell.cell_contents) for cell in cells]
    return type(value).__name__, (str(getattr(value, "__qualname__", "")), made_of)


def _by_rank(pick: Callable, items: Any) -> Any:
    """What min, max or sorted picks of the items of a set, in ascending order."""
    try:
        return pick(items, key=_rank)
    except TypeError:
        return pick(items, key=_rank_of_any)


def _items(container: Container) -> Tuple:
    """The items in their order."""
    if isinstance(container, frozenset) and len(container) > 1:
        return tuple(_by_rank(sorted, container))
    return tuple(container)


def _best(container: Container, key: Callable, pick: Callable) -> Any:
    """The item with the highest (pick=max) or lowest (pick=min) key; ties to the first."""
    keys = [(key(item), item) for item in container]
    if not keys:
        raise ValueError("there is nothing to choose from in an empty container")
    best = pick([value for value, _ in keys])
    ties = [item for value, item in keys if value == best]
    return ties[0] if isinstance(container, tuple) or len(ties) == 1 else _by_rank(min, ties)


def size(container: Container) -> Integer:
    """How many items there are."""
    return len(container)


def contained(value: Any, container: Container) -> Boolean:
    """Whether the value is one of the items."""
    return value in container


def first(container: Container) -> Any:
    """The first item. ValueError if there is none."""
    if not container:
        raise ValueError("an empty container has no first item")
    return container[0] if isinstance(container, tuple) else _by_rank(min, container)


def last(container: Container) -> Any:
    """The last item. ValueError if there is none."""
    if not container:
        raise ValueError("an empty container has no last item")
    return container[-1] if isinstance(container, tuple) else _by_rank(max, container)


def other(container: Container, value: Any) -> Any:
    """The first item that is not the value. ValueError if there is none."""
    return first(remove(value, container))


def order(container: Container, compfunc: Callable) -> Tuple:
    """The items as a tuple, from the lowest compfunc(item) to the highest."""
    return tuple(sorted(_items(container), key=compfunc))


def totuple(container: Container) -> Tuple:
    """The items as a tuple."""
    return _items(container)


def sfilter(container: Container, condition: Callable) -> Container:
    """The items for which the condition holds, in a container of the same kind."""
    return type(container)(filter(condition, container))


def mfilter(container: ContainerContainer, function: Callable) -> Container:
    """The containers for which the function holds, joined into one of the outer kind."""
    return type(container)(part for item in container if function(item) for part in item)


def extract(container: Container, condition: Callable) -> Any:
    """The first item for which the condition holds. ValueError if there is none."""
    for item in _items(container):
        if condition(item):
            return item
    raise ValueError("the condition holds for no item of the container")


def argmax(container: Container, compfunc: Callable) -> Any:
    """The item whose compfunc(item) is the highest. ValueError if there is none."""
    return _best(container, compfunc, max)


def argmin(container: Container, compfunc: Callable) -> Any:
    """The item whose compfunc(item) is the lowest. ValueError if there is none."""
    return _best(container, compfunc, min)


def maximum(container: IntegerSet) -> Integer:
    """The highest integer, 0 if there is none."""
    return max(container, default=0)


def minimum(container: IntegerSet) -> Integer:
    """The lowest integer, 0 if there is none."""
    return min(container, default=0)


def valmax(container: Container, compfunc: Callable) -> Integer:
    """The highest compfunc(item), or compfunc(0) if there is none."""
    highest: int = max(map(compfunc, container or (0,)))
    return highest


def valmin(container: Container, compfunc: Callable) -> Integer:
    """The lowest compfunc(item), or compfunc(0) if there is none."""
    lowest: int = min(map(compfunc, container or (0,)))
    return lowest


def mostcommon(container: Container) -> Any:
    """The most common item; among ties the smallest. ValueError if there is none."""
    counts = Counter(container)
    return _best(frozenset(counts), counts.__getitem__, max)


def leastcommon(container: Container) -> Any:
    """The least common item; among ties the smallest. ValueError if there is none."""
    counts = Counter(container)
    return _best(frozenset(counts), counts.__getitem__, min)


def merge(containers: ContainerContainer) -> Container:
    """The items of all the containers, in one of the outer kind."""
    return type(containers)(item for container in containers for item in container)


def combine(a: Container, b: Container) -> Container:
    """The items of both, in a container of the first one's kind."""
    return type(a)((*a, *b))


def intersection(a: FrozenSet, b: FrozenSet) -> FrozenSet:
    """What is in both sets."""
    return a & b


def difference(a: Container, b: Container) -> Container:
    """What is in the first and not in the second, in a container of the first one's kind."""
    return a - b if isinstance(a, frozenset) and isinstance(b, frozenset) else type(a)(x for x in a if x not in b)


def dedupe(tup: Tuple) -> Tuple:
    """The tuple without repeated items: only the first of each is kept."""
    return tuple(dict.fromkeys(tup))


def insert(value: Any, container: FrozenSet) -> FrozenSet:
    """The set with the value in it."""
    return container | {value}


def remove(value: Any, container: Container) -> Container:
    """The container without the value."""
    return type(container)(item for item in container if item != value)


def initset(value: Any) -> FrozenSet:
    """The set of this one value."""
    return frozenset((value,))


def astuple(a: Integer, b: Integer) -> IntegerTuple:
    """The two integers as a place, a size or a direction."""
    return a, b


def repeat(item: Any, num: Integer) -> Tuple:
    """A tuple with the same item num times."""
    return (item,) * num


def interval(start: Integer, stop: Integer, step: Integer) -> Tuple:
    """The integers from start up to, but not including, stop, with this step. ValueError for a step of 0."""
    return tuple(range(start, stop, step))


def pair(a: Tuple, b: Tuple) -> Tuple:
    """Items side by side as tuples of two, up to the end of the shorter one."""
    return tuple(zip(a, b, strict=False))


def product(a: Container, b: Container) -> FrozenSet:
    """Every item of a with every item of b, as a set of tuples of two."""
    return frozenset([(x, y) for y in b for x in a])
