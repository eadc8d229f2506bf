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

    name: of the function; <task> stands for a task's id, <class> for any class that needs no arguments, <function> for
    the only function that takes one. parameters: as they are usually called.
    takes_s: it is called with the demo pairs, the input grid and None; otherwise with the input grid alone.
    grids: what they are handed over as: "tuple", "list", or "ndarray" for arrays or lists, as the program wants them.
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
    Convention("verify_<task>", "I"),
    Convention("solve", "I"),
    Convention("solve", "S, I, C", takes_s=True),
    Convention("transform", "grid", grids="ndarray"),
    Convention("p", "g", grids="list", bools=True),
    Convention("solve_<task>", "S, I, C", takes_s=True),
    Convention("main", "input_grid", grids="ndarray"),
    Convention("generate_puzzle_output", "grid", grids="ndarray"),
    Convention("apply_transform", "grid", grids="ndarray"),
    Convention("predict", "grid", grids="ndarray"),
    Convention("<class>.transform", "grid", grids="ndarray"),
    Convention("<class>.solve", "grid", grids="ndarray"),
    Convention("<function>", "grid", grids="ndarray"),
)
"""If a program has several, the first in this order counts."""
_TASK, _CLASS = "<task>", "<class>."
_OF_TASKS = [c for c in CONVENTIONS if c.name.endswith(_TASK)]
_OF_CLASSES = [c for c in CONVENTIONS if c.name.startswith(_CLASS)]
_ONLY_FUNCTION = CONVENTIONS[-1]
MAX_NAMED = 6
"""Functions that a message names."""


class EntryPoint(NamedTuple):
    """The function to call, and how."""

    name: str
    convention: Convention


class NoEntry(NamedTuple):
    """Why a program has no entry point, as a sentence."""

    reason: str


Choices = tuple[tuple[int, int, EntryPoint], ...]
"""What a name may be: the place of each convention in CONVENTIONS, its arity, and the entry point."""


def _choices(wanted: str, name: str) -> Choices:
    return tuple([(place, c.arity, EntryPoint(name, c)) for place, c in enumerate(CONVENTIONS) if c.name == wanted])


_BY_NAME = {c.name: _choices(c.name, c.name) for c in CONVENTIONS if "<" not in c.name}
_PREFIXES = tuple(dict.fromkeys([c.name.removesuffix(_TASK) for c in CONVENTIONS if c.name.endswith(_TASK)]))
_NOTHING: Choices = ()


def find_entry(namespace: dict[str, Any], task_id: str, entry: str | None = None) -> EntryPoint | NoEntry:
    """Find a program's solver by name and arity.

    namespace: its globals after it ran. entry: a name to take instead of looking for one. Its arity then decides
    between solve(I) and solve(S, I, C); for a name that has a convention of its own, that convention does.
    A solver of another task, a class or a plain function counts if there is nothing else, and only one of it.
    """
    # Most of what forks do has been done for them before. This has not, so it makes and looks at few objects: what a
    # program defines comes after the names of its module, of which __builtins__ is the last.
    own = namespace
    for name in reversed(namespace):
        if type(name) is not str:
            own = {name: value for name, value in namespace.items() if type(name) is str}
            break
        if name == "__builtins__":
            break
    if entry is not None:
        return _named(own if entry.partition(".")[0] in own else namespace, entry)
    found, best = None, len(CONVENTIONS)
    for name in reversed(own):
        if name == "__builtins__":
            break
        for place, arity, point in _BY_NAME[name] if name in _BY_NAME else _of_this_task(name, task_id):
            if place < best and _takes(own[name], arity):
                found, best = point, place
    if found is not None:
        return found
    functions = _own_functions(own, namespace)
    return _of_another_task(own) or _of_class(own) or _only_function(functions) or _none_of(own, functions)


def _of_this_task(name: str, task_id: str) -> Choices:
    if name.endswith(task_id):
        for prefix in _PREFIXES:
            if name == prefix + task_id:
                return _choices(prefix + _TASK, name)
    return _NOTHING


def _named(namespace: Mapping[str, Any], entry: str) -> EntryPoint | NoEntry:
    name, _, method = entry.partition(".")
    if name not in namespace:
        return NoEntry(f"it does not define {name}")
    value = namespace[name]
    if type in _mro(type(value)):
        found = _method_of(value, name, method)
        return found or NoEntry(f"{name} is a class without {method or 'transform or solve'}(grid), or needs arguments")
    for convention in _conventions_of(entry):
        if _takes(value, convention.arity):
            return EntryPoint(entry, convention)
    tried = " or with ".join([f"({convention.parameters})" for convention in _conventions_of(entry)])
    return NoEntry(f"{entry} cannot be called with {tried}")


def _conventions_of(entry: str | None) -> list[Convention]:
    """The conventions of this name or, if it has none, those of solve."""
    wanted = f"{_CLASS}{entry.partition('.')[2]}" if entry is not None and "." in entry else entry
    own = [convention for convention in CONVENTIONS if convention.name == wanted]
    return own or [convention for convention in CONVENTIONS if convention.name == "solve"]


# What counts if nothing has a name that is known


def _of_another_task(own: Mapping[str, Any]) -> EntryPoint | NoEntry | None:
    for prefix in ("solve_", "verify_"):
        found = {
            name: convention
            for name in own
            if name.startswith(prefix)
            for convention in reversed(_OF_TASKS)
            if convention.name.startswith(prefix) and _takes(own[name], convention.arity)
        }
        if len(found) == 1:
            return EntryPoint(*found.popitem())
        if found:
            return NoEntry(f"it defines {len(found)} solvers, none for this task; name one as entry")
    return None


def _of_class(own: Mapping[str, Any]) -> EntryPoint | NoEntry | None:
    """The only class of the program's own that has a method which counts. Classes that others inherit do not."""
    module = own.get("__name__")
    classes = {name: value for name, value in own.items() if type in _mro(type(value)) and _module_of(value) == module}
    bases = [base for value in classes.values() for base in _mro(value)[1:]]
    found = [
        point
        for name, value in classes.items()
        if not any([base is value for base in bases]) and (point := _method_of(value, name)) is not None
    ]
    if len(found) > 1:
        return NoEntry(f"it defines {len(found)} classes with transform or solve; name one as entry")
    return found[0] if found else None


def _method_of(value: Any, name: str, method: str = "") -> EntryPoint | None:
    """The method of a class that counts. method: the only one that may."""
    if (_less(_arity(_attribute(value, "__init__")), 1) or (0, 0))[0]:
        return None
    for convention in _OF_CLASSES:
        of_class = convention.name.removeprefix(_CLASS)
        if of_class == (method or of_class) and _takes_as_method(_attribute(value, of_class)):
            return EntryPoint(f"{name}.{of_class}", convention)
    return None


def _takes_as_method(value: Any) -> bool:
    if type(value) in (staticmethod, classmethod):
        return _takes(value.__func__, 1 + (type(value) is classmethod))
    return value is not None and _takes(value, 2)


def _only_function(functions: Mapping[str, FunctionType]) -> EntryPoint | None:
    """The only function that takes one argument or, if there are several, the only one that no other mentions."""
    taking = {name: function for name, function in functions.items() if (_arity(function) or (0, 0))[0] == 1}
    if len(taking) > 1:
        taking = {name: function for name, function in taking.items() if not _is_mentioned(name, functions)}
    return EntryPoint(next(iter(taking)), _ONLY_FUNCTION) if len(taking) == 1 else None


def _is_mentioned(name: str, functions: Mapping[str, FunctionType]) -> bool:
    return any([other != name and _mentions(function.__code__, name) for other, function in functions.items()])


def _mentions(code: CodeType, name: str) -> bool:
    inner = [const for const in code.co_consts if type(const) is CodeType]
    return name in code.co_names or any([_mentions(one, name) for one in inner])


def _own_functions(own: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, FunctionType]:
    """The functions that the program defines, by the names that it gives them."""
    found = {}
    for name, value in own.items():
        function, first = inner_function(value)
        if function is not None and not first and function.__globals__ is namespace:
            found[name] = function
    return found


def _none_of(own: Mapping[str, Any], functions: Mapping[str, FunctionType]) -> NoEntry:
    near = [c.name for c in CONVENTIONS if c.name in own]
    if near:
        return NoEntry(f"it defines {near[0]}, which takes other arguments; name a function with entry=")
    if not functions:
        return NoEntry(f"it defines no function; it needs one of {', '.join(map(str, CONVENTIONS[:-1]))}")
    named = [f"{name}({', '.join(_parameters(function))})" for name, function in functions.items()]
    more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    there = ", ".join(named[:MAX_NAMED]) + more
    known = ", ".join(dict.fromkeys([c.name for c in CONVENTIONS[:-1]]))
    return NoEntry(f"it defines {there}, but none of {known}; name one with entry=")


def _parameters(function: FunctionType) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]


# Classes, without asking them


def _mro(kind: type) -> tuple[type, ...]:
    found: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    return found


def _attribute(kind: type, name: str) -> Any:
    """What a class defines or inherits in Python; None for what it has of object."""
    for base in _mro(kind):
        own = type.__dict__["__dict__"].__get__(base)
        if name in own and base is not object:
            return own[name]
    return None


def _module_of(kind: type) -> str | None:
    module = type.__dict__["__dict__"].__get__(kind).get("__module__")
    return module if type(module) is str else None


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
        wrapped = getattr(value, "__wrapped__", None)  # it makes no dict
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


def inner_function(value: Any, depth: int = 0) -> tuple[FunctionType | None, int]:
    """The function in Python that is called in the end, and which of its parameters is the first that is not given."""
    kind = type(value)
    if depth > 8:
        return None, 0
    if kind is FunctionType:
        wrapped = value.__dict__.get("__wrapped__")
        return (value, 0) if wrapped is None else inner_function(wrapped, depth + 1)
    if kind is _CachedFunction:
        return inner_function(value.__wrapped__, depth + 1)
    given, of = 1, _call_of(kind)
    if kind is MethodType:
        of = value.__func__
    elif kind is partial:
        given, of = len(value.args), value.func
    function, first = inner_function(of, depth + 1) if of is not None else (None, 0)
    return function, first + given


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
    for base in _mro(kind):
        call = type.__dict__["__dict__"].__get__(base).get("__call__")
        if call is not None:
            return call if type(call) is FunctionType else None
    return None
