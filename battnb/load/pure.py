"""Python source as data: how it is parsed, whether expressions are pure, and which names are free in them."""

from __future__ import annotations

import ast
import io
import itertools
import sys
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

from battnb.errors import BatteryError
from battnb.model import Code

GRID_NAMES = ("S", "I", "C")
"""The demo pairs, the current input and the compared grid."""

_PURE = (
    ast.Name, ast.Call, ast.keyword, ast.Tuple, ast.Lambda, ast.arguments, ast.arg, ast.IfExp, ast.Compare, ast.BoolOp,
    ast.BinOp, ast.UnaryOp, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_LIBRARIES = frozenset({"PIL", "cv2", "networkx", "numpy", "pandas", "scipy", "skimage", "sklearn", "sympy", "torch"})
_HARMLESS = frozenset({"__future__", "typing"})

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing raises for text that is not Python, or that is nested too deeply for CPython's parser."""


def parse_module(source: str | bytes) -> ast.Module:
    """Parse source text without its warnings. Raises one of UNREADABLE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def parse_expression(text: str) -> ast.expr:
    """Parse one expression without its warnings. Raises one of UNREADABLE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body


def imported_modules(module: ast.Module, relative: bool = False) -> Iterator[str]:
    """The full names of the modules that a module imports, in its order. relative: those with leading dots too."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (relative or not node.level):
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def is_text(node: ast.stmt) -> bool:
    """Is it a constant on a line of its own, such as a docstring?"""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def parse_code(code: Code) -> ast.expr:
    """Parse an argument. Raises BatteryError if it cannot be read."""
    try:
        return parse_expression(code.text)
    except UNREADABLE as error:
        raise BatteryError(f"argument {code.text[:60]!r} is not an expression that can be read: {error}") from None


def is_dsl_module(module: str) -> bool:
    """Can a module that a program imports be the DSL? It can if it is neither Python's own nor a well-known library."""
    root = module.partition(".")[0]
    return root in _HARMLESS or not (root in sys.stdlib_module_names or root in _LIBRARIES)


def is_dunder(name: str) -> bool:
    return name.startswith("__")


def is_constant(node: ast.expr) -> bool:
    """Is it a number, negative or not, a str, a bool or None?"""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (int, float, str, bool))


def impurity(node: ast.expr) -> str | None:
    """What makes an expression impure, in words; None if it is pure.

    A pure expression has only names without a double underscore, constants, calls, tuples, lambdas, conditional
    expressions, comparisons, and boolean and arithmetic operators.
    """
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            if not is_constant(part):
                return f"the constant {part.value!r}"
        elif not isinstance(part, _PURE):
            return type(part).__name__
        elif any(is_dunder(name) for name in _names_in(part)):
            return "a name with a double underscore"
    return None


def _names_in(part: ast.AST) -> tuple[str, ...]:
    if isinstance(part, ast.Name):
        return (part.id,)
    return (part.arg or "",) if isinstance(part, ast.arg | ast.keyword) else ()


def identifiers(node: ast.AST) -> set[str]:
    """Every name in an expression, lambda parameters and keywords included."""
    return {name for part in ast.walk(node) for name in _names_in(part)}


def free_names(
    node: ast.AST, bound: frozenset[str] = frozenset(), inside: bool = False
) -> Iterator[tuple[ast.Name, bool]]:
    """The names that the expression itself does not bind. With each: is it inside a lambda?"""
    if isinstance(node, ast.Name):
        if node.id not in bound:
            yield node, inside
    elif isinstance(node, ast.Lambda):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from free_names(default, bound, inside)
        yield from free_names(node.body, bound | bound_names(node.args), True)
    elif isinstance(node, ast.ListComp | ast.SetComp):
        yield from free_names(node.generators[0].iter, bound, inside)
        bound |= frozenset().union(*[bound_names(loop.target) for loop in node.generators])
        inner: list[ast.expr] = [part for loop in node.generators for part in (loop.iter, *loop.ifs)]
        for part in (node.elt, *inner[1:]):
            yield from free_names(part, bound, inside)
    else:
        for child in ast.iter_child_nodes(node):
            yield from free_names(child, bound, inside)


def bound_names(node: ast.AST) -> frozenset[str]:
    """The parameters of every lambda in an expression, and the variables of every comprehension."""
    variables = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    return frozenset([*variables, *[part.arg for part in ast.walk(node) if isinstance(part, ast.arg)]])


def fresh_names(count: int, taken: set[str]) -> list[str]:
    """The first names of _0, _1, ... that are not taken."""
    free = (name for number in itertools.count() if (name := f"_{number}") not in taken)
    return list(itertools.islice(free, count))


# Files of source text


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises BatteryError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BatteryError(f"{path} cannot be read: {error.strerror}") from None


def read_source(path: Path) -> str | bytes:
    """A file's text without a byte order mark; its bytes if Python reads them as anything but UTF-8."""
    data = read_bytes(path)
    try:
        if tokenize.detect_encoding(io.BytesIO(data).readline)[0] in ("utf-8", "utf-8-sig"):
            return data.decode("utf-8-sig")
    except (SyntaxError, UnicodeDecodeError):  # Python says the same, and where
        pass
    return data


def parse_file(path: Path, text: str | bytes) -> ast.Module:
    """Parse a file's text. Raises BatteryError with the file, the line and its text."""
    try:
        return parse_module(text)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        near = f": {error.text.strip()[:80]}" if error.text else ""
        raise BatteryError(f"{path}{line}: {error.msg}{near}; correct it") from None
    except UNREADABLE as error:
        raise BatteryError(f"{path} cannot be parsed: {error or 'it is nested too deeply'}") from None
