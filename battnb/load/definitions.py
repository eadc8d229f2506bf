"""What the top level of a program defines, told from its syntax tree without running it.

Only the run decides which function is called (load.entry). Here it is asked what is worth a run: which of several code
blocks is the program, which file holds one program and which holds many.
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

from battnb.load.entry import CONVENTIONS
from battnb.load.pure import UNREADABLE, parse_module

_OF_TASK = ("solve_", "verify_")
"""What the names of functions begin with that end with a task's id."""
_NAMED = frozenset([convention.name for convention in CONVENTIONS if "<" not in convention.name])
_METHODS = ("transform", "solve")
_DYNAMIC = frozenset({"__import__", "compile", "eval", "exec", "getattr", "globals", "locals", "setattr", "vars"})
"""Names by which a program may define what it does not show."""
_NOT_CALLABLE = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.BinOp, ast.UnaryOp, ast.Compare,
)  # fmt: skip

NAMED, BROKEN, UNNAMED, NONE = 3, 2, 1, 0
"""How sure it is that a text has an entry point: by its name; by its name, but the text is not Python; perhaps, as
there is something that can be called with a grid; not at all."""

Definition = tuple[str, ast.AST]
"""A name, and what it stands for: a function, a class, an import, or the expression that is assigned."""


def definitions(body: Iterable[ast.AST]) -> Iterator[Definition]:
    """What statements define in their own scope, those inside if, try, with, loops and match included."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from [(alias.asname or alias.name.partition(".")[0], node) for alias in node.names]
        elif isinstance(node, ast.Assign):
            yield from [(name, node.value) for target in node.targets for name in _names(target)]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from [(name, node.value) for name in _names(node.target)]
        else:
            for field in ("body", "handlers", "cases", "orelse", "finalbody"):
                yield from definitions(getattr(node, field, ()))


def _names(target: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def task_solvers(module: ast.Module) -> dict[str, ast.AST]:
    """The functions solve_<id> and verify_<id> by their names, in the module's order."""
    found = dict(definitions(module.body))
    return {name: node for name, node in found.items() if task_in_name(name) is not None and _can_take(node, (1, 3))}


def task_in_name(name: str) -> str | None:
    """The id in a name such as solve_<id> or verify_<id>; None in any other name."""
    return next((name[len(head) :] or None for head in _OF_TASK if name.startswith(head)), None)


def has_named_entry(module: ast.Module) -> bool:
    """Does it define an entry point whose name is the same for every task, such as transform or p?"""
    return any([(name in _NAMED and _can_take(node, (1, 3))) or _is_solver_class(node) for name, node in _last(module)])


def may_have_entry(module: ast.Module) -> bool:
    """May there be an entry point of any name? True if the program may define what it does not show."""
    return may_define_entry(module) or any([name == "*" for name, _ in _last(module)])


def may_define_entry(module: ast.Module) -> bool:
    """The same, but not for what it imports from another module."""
    return is_dynamic(module) or any(
        [not isinstance(n, ast.ImportFrom) and _can_take(n, (1, 3)) for _, n in _last(module)]
    )


def is_dynamic(module: ast.Module) -> bool:
    """May it define or use what its text does not name?"""
    return any([isinstance(node, ast.Name) and node.id in _DYNAMIC for node in ast.walk(module)])


def _last(module: ast.Module) -> list[Definition]:
    """Each name with its last definition."""
    return list(dict(definitions(module.body)).items())


def _can_take(value: ast.AST, counts: Iterable[int]) -> bool:
    """Can it be called with one of these numbers of arguments? True if that cannot be told."""
    if isinstance(value, ast.FunctionDef | ast.Lambda):
        args = value.args
        if any([default is None for default in args.kw_defaults]):
            return False
        positional = len(args.posonlyargs) + len(args.args)
        fewest, most = positional - len(args.defaults), 99 if args.vararg else positional
        return any([fewest <= count <= most for count in counts])
    if isinstance(value, ast.ClassDef):
        return _is_solver_class(value)
    return not isinstance(value, (*_NOT_CALLABLE, ast.AsyncFunctionDef, ast.Import))


def _is_solver_class(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any([name in _METHODS for name, _ in definitions(node.body)])


# Texts that may not be Python


@lru_cache(maxsize=8)
def parsed(text: str) -> ast.Module | None:
    """The text's syntax tree; None if it is not Python."""
    try:
        return parse_module(text)
    except UNREADABLE:
        return None


def entry_rank(text: str) -> int:
    """How sure it is that a text has an entry point: NAMED, BROKEN, UNNAMED or NONE."""
    module = parsed(text)
    if module is None:
        return BROKEN if _mentions_entry(text) else NONE
    if has_named_entry(module) or task_solvers(module):
        return NAMED
    return UNNAMED if may_have_entry(module) else NONE


_DEFINES = re.compile(r"^[ \t]*(?:def[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]+)?=)", re.MULTILINE)


def _mentions_entry(text: str) -> bool:
    """Does a line of a text that is not Python begin as the definition of an entry point does?"""
    names = {function or name for function, name in _DEFINES.findall(text)}
    return any([name in _NAMED or task_in_name(name) is not None for name in names])


def defined_names(text: str) -> set[str]:
    """The names that a text defines at its top level; none if it is not Python."""
    module = parsed(text)
    return set() if module is None else {name for name, _ in definitions(module.body)}


def missing_names(text: str) -> set[str]:
    """The names that a text uses and does not define, those of Python included; none if it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(text, "<program>", "exec")
    except UNREADABLE:
        return set()
    return _used_globals(table) - {symbol.get_name() for symbol in table.get_symbols() if _is_bound(symbol)}


def _used_globals(table: symtable.SymbolTable) -> set[str]:
    is_top = table.get_type() == "module"
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (is_top or s.is_global())}
    return used.union(*[_used_globals(child) for child in table.get_children()])


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
