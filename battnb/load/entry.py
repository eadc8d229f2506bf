"""The entry points of candidates: which function of a program is the solver, and what it is called with.

The parent and the sandbox both use this, and in the sandbox each import costs every start. So it takes arity from code
objects, and never calls, compares or prints an object of the program's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any, NamedTuple


class Convention(NamedTuple):
    """A way to write a solver.

    name: of the function; solve_<task> stands for any task's id. parameters: as they are usually called.
    takes_s: it is called with the demo pairs, the input grid and None; otherwise with the input grid alone.
    grids: what they are handed over as: "tuple", "list", or "ndarray" for arrays if the program uses numpy, else lists.
    bools: whether True and False in its output count as 1 and 0.
    """

    name: str
    parameters: str
    takes_s: bool = False
    grids: str = "tuple"
    bools: bool = False

    @property
    def arity(self) -> int:
        return 3 if self.takes_s else 1

    def __str__(self) -> str:
        return f"{self.name}({self.parameters})"


CONVENTIONS = (
    Convention("solve_<task>", "I"),
    Convention("solve", "I"),
    Convention("solve", "S, I, C", takes_s=True),
    Convention("transform", "grid", grids="ndarray"),
    Convention("p", "g", grids="list", bools=True),
    Convention("solve_<task>", "S, I, C", takes_s=True),
)
"""If a program has several, the first in this order counts."""
_CHOICES = tuple([(c.name.startswith("solve_"), c.name, c.arity, c) for c in CONVENTIONS])


class EntryPoint(NamedTuple):
    """The function to call, and how."""

    name: str
    convention: Convention


class NoEntry(NamedTuple):
    """Why a program has no entry point, as a sentence."""

    reason: str


def find_entry(namespace: Mapping[str, Any], task_id: str, entry: str | None = None) -> EntryPoint | NoEntry:
    """Find a program's solver by name and arity.

    namespace: its globals after it ran. entry: a name to take instead of looking for one. Its arity then decides
    between solve(I) and solve(S, I, C); for a name that has a convention of its own, that convention does.
    A solve_<x> of another task counts if there is nothing else, and only if there is just one.
    """
    # Most of what forks do has been done for them before. This has not, so it makes few objects.
    is_plain = True
    for name in namespace:
        is_plain = is_plain and type(name) is str
    own = namespace if is_plain else {name: value for name, value in namespace.items() if type(name) is str}
    if entry is not None:
        return _named(own if entry in own else namespace, entry)
    solve_task = f"solve_{task_id}"
    for has_task, name, arity, convention in _CHOICES:
        value = own.get(solve_task if has_task else name)
        if value is not None and _takes(value, arity):
            return EntryPoint(solve_task if has_task else name, convention)
    return _of_another_task(own)


def _named(namespace: Mapping[str, Any], entry: str) -> EntryPoint | NoEntry:
    if entry not in namespace:
        return NoEntry(f"it does not define {entry}")
    for convention in _conventions_of(entry):
        if _takes(namespace[entry], convention.arity):
            return EntryPoint(entry, convention)
    tried = " or with ".join([f"({convention.parameters})" for convention in _conventions_of(entry)])
    return NoEntry(f"{entry} cannot be called with {tried}")


def _conventions_of(entry: str | None) -> list[Convention]:
    """The conventions of this name or, if it has none, those of solve."""
    own = [convention for convention in CONVENTIONS if convention.name == entry]
    return own or [convention for convention in CONVENTIONS if convention.name == "solve"]


def _of_another_task(own: Mapping[str, Any]) -> EntryPoint | NoEntry:
    solvers = [name for name in own if name.startswith("solve_")]
    found = [
        EntryPoint(name, convention)
        for name in solvers
        for convention in CONVENTIONS
        if convention.name == "solve_<task>" and _takes(own[name], convention.arity)
    ]
    if len({point.name for point in found}) == 1:
        return found[0]
    if found:
        return NoEntry(f"it defines {len(found)} solvers, none for this task; name one as entry")
    near = [c.name for c in CONVENTIONS if c.name in own] or solvers[:1]
    wanted = ", ".join(str(convention) for convention in CONVENTIONS[:-1])
    return NoEntry(f"it defines {near[0]}, which takes other arguments" if near else f"it defines none of {wanted}")


# Arity


def _takes(value: Any, count: int) -> bool:
    """Whether it is a function that can be called with so many positional arguments, as far as can be told."""
    bounds = _arity(value)
    return bounds is not None and bounds[0] <= count <= bounds[1]


_ANY = 10**6


def _arity(value: Any, depth: int = 0) -> tuple[int, int] | None:
    """The fewest and the most positional arguments; None if it is not a function."""
    kind = type(value)
    if depth > 8:
        return None
    if kind is FunctionType:
        wrapped = value.__dict__.get("__wrapped__")
        return _arity(wrapped, depth + 1) if wrapped is not None else _arity_of_function(value)
    if kind is BuiltinFunctionType:
        return 0, _ANY
    if kind is partial:
        return _less(_arity(value.func, depth + 1), len(value.args), value.keywords)
    if kind is MethodType:
        return _less(_arity(value.__func__, depth + 1), 1)
    if kind is _CachedFunction:
        return _arity(value.__wrapped__, depth + 1)
    return _less(_arity(_call_of(kind), depth + 1), 1)


_CachedFunction = type(lru_cache(_takes))


def _arity_of_function(function: FunctionType) -> tuple[int, int] | None:
    code: CodeType = function.__code__
    if code.co_kwonlyargcount:
        keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        if any(name not in (function.__kwdefaults__ or {}) for name in keyword_only):
            return None
    most = _ANY if code.co_flags & 0x04 else code.co_argcount
    return code.co_argcount - len(function.__defaults__ or ()), most


def _less(
    bounds: tuple[int, int] | None, count: int, keywords: Mapping[str, Any] | None = None
) -> tuple[int, int] | None:
    """What is left when a partial or a method has given some arguments; keywords count as given from the end."""
    if bounds is None or bounds[1] < count:
        return None
    given = count + len(keywords or ())
    return max(bounds[0] - given, 0), max(bounds[1] - given, 0)


def _call_of(kind: type) -> Any:
    """The __call__ that a class in Python defines, found without asking the class."""
    for base in type.__dict__["__mro__"].__get__(kind):
        call = type.__dict__["__dict__"].__get__(base).get("__call__")
        if call is not None:
            return call if type(call) is FunctionType else None
    return None
