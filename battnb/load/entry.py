"""The entry points of candidates: which function of a program is the solver, and what it is called with.

Used in the parent and in the sandbox, where each import costs every start: so it takes arity from code objects, and
never calls, compares or prints an object of the program's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any, NamedTuple


class Convention(NamedTuple):
    """A way to write a solver.

    name: of the function, solve_<task> for any id of a task. arguments: what it is called with: "I" the input grid,
    "SIC" the demo pairs, the input grid and None. lists: whether grids are lists of lists, else tuples of tuples.
    bools: whether True and False in its output are taken as 1 and 0.
    """

    name: str
    arguments: str
    lists: bool = False
    bools: bool = False

    @property
    def arity(self) -> int:
        return len(self.arguments)

    def __str__(self) -> str:
        names = {"transform": "grid", "p": "g"}.get(self.name) or ", ".join(self.arguments)
        return f"{self.name}({names})"


CONVENTIONS = (
    Convention("solve_<task>", "I"),
    Convention("solve", "I"),
    Convention("solve", "SIC"),
    Convention("transform", "I", lists=True),
    Convention("p", "I", lists=True, bools=True),
    Convention("solve_<task>", "SIC"),
)
"""Where a program has several, the first in this order."""
_CHOICES = tuple([(c.name.startswith("solve_"), c.name, c.arity, c) for c in CONVENTIONS])


class EntryPoint(NamedTuple):
    """The function to call, and how."""

    name: str
    convention: Convention


class NoEntry(NamedTuple):
    """Why a program has no entry point, as a sentence."""

    reason: str


def find_entry(
    namespace: Mapping[str, Any], task_id: str, entry: str | None = None, inherited: Mapping[str, Any] | None = None
) -> EntryPoint | NoEntry:
    """Find a program's solver by name and arity.

    namespace: its globals after it ran. inherited: those that it began with, the DSL's; a name that still has that
    value is none of its own. entry: a name to take instead of looking for one; arity then decides between solve(I)
    and solve(S, I, C), for transform and p their own convention does.
    A solve_<x> of another task counts where nothing else does, and only if there is one.
    """
    # Most of what forks do is done for them before; this is not, so it makes few objects.
    has_others = bool(inherited)
    for name in namespace:
        has_others = has_others or type(name) is not str
    own = _own(namespace, inherited) if has_others else namespace
    if entry is not None:
        return _named(own if entry in own else namespace, entry)
    solve_task = f"solve_{task_id}"
    for has_task, name, arity, convention in _CHOICES:
        value = own.get(solve_task if has_task else name)
        if value is not None and _takes(value, arity):
            return EntryPoint(solve_task if has_task else name, convention)
    return _of_another_task(own)


def _own(namespace: Mapping[str, Any], inherited: Mapping[str, Any] | None) -> Mapping[str, Any]:
    known, nothing = inherited or {}, object()
    return {
        name: value for name, value in namespace.items() if type(name) is str and known.get(name, nothing) is not value
    }


def _named(namespace: Mapping[str, Any], entry: str) -> EntryPoint | NoEntry:
    if entry not in namespace:
        return NoEntry(f"it does not define {entry}")
    for convention in _conventions_of(entry):
        if _takes(namespace[entry], convention.arity):
            return EntryPoint(entry, convention)
    return NoEntry(f"{entry} cannot be called with {' or with '.join(c.arguments for c in _conventions_of(entry))}")


def _conventions_of(entry: str) -> list[Convention]:
    """Those of its own name, or else of solve."""
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


def _takes(value: Any, count: int) -> bool:
    """Whether it is a function that can be called with so many positional arguments, as far as can be told."""
    bounds = _arity(value)
    return bounds is not None and bounds[0] <= count <= bounds[1]


_ANY = 10**6


def _arity(value: Any, depth: int = 0) -> tuple[int, int] | None:
    """The fewest and the most positional arguments; None for what is no function."""
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
    """What is left after a partial or a method has given some arguments; keywords are taken as given from the end."""
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
