"""What batteries of the origin write in ways of their own, as plain steps and marks.

battnb grew from a system whose generated batteries changed over the months. Beside `t5 = f(t4, ONE)` there are:
`t1, t2, t3, t4 = batch_process_samples_gpu(S)`, `t5 = env.do_pile(5, [f, t4.t, ONE], t4.ok)`, and candidates that are
marked where their value is compared: `if t5 == O: o.append(...)` and `check_done('<solver>', 't5', t5)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from battnb.load.pure import GRID_NAMES
from battnb.model import Arg, Code

BATCH = "batch_process_samples_gpu"
"""Gives the inputs and the outputs of the samples, and the colours in each of the two."""

_COLOURS = "lambda grids: (*[cell for grid in grids for cell in {cell for row in grid for cell in row}],)"
BATCH_STEPS = (
    ("lambda samples: (*[sample[0] for sample in samples],)", None, "apply(first, {})"),
    ("lambda samples: (*[sample[1] for sample in samples],)", None, "apply(second, {})"),
    (_COLOURS, 0, "mapply(p_g, {})"),
    (_COLOURS, 1, "mapply(p_g, {})"),
)
"""The four that BATCH gives: each function, written out so that it needs no DSL; which of the four it takes, None for
the samples; and the call that it is in the origin's DSL."""

WRITTEN_OUT = frozenset([text for text, _, _ in BATCH_STEPS])
"""Functions that are known to be pure, though they hold more than programs and batteries may otherwise write."""


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Arg]:
    """What batt's parameters stand for. S, I and C come first, or after task_id if there are more than three."""
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    own = names if len(names) <= 3 else names[1:4]
    found: dict[str, Arg] = {name: Code(name) for name in GRID_NAMES}
    return found | dict(zip(own, map(Code, GRID_NAMES), strict=False))


def is_environment(value: ast.expr) -> bool:
    """Is it Env(...), which runs the steps that it is given?"""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id.endswith("Env")


class Unpiled(ast.NodeTransformer):
    """Makes f(a) of env.do_pile(5, [f, a], ok), and t4 of t4.t: a step that fails takes with it only what uses it."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("do_pile", "do_fluff") and len(node.args) > 1:
            call = node.args[1]
            if isinstance(call, ast.List | ast.Tuple) and call.elts:
                return ast.copy_location(ast.Call(call.elts[0], call.elts[1:], []), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return node.value if node.attr == "t" and isinstance(node.value, ast.Name) else node


class Compared(NamedTuple):
    """A candidate that is marked where its value is compared with the wanted output."""

    value: ast.Name
    solver_id: str
    mutated: bool


def compared(node: ast.stmt, wanted: str) -> Iterator[Compared]:
    """The candidates that a statement marks by comparing their values. wanted: the name of the wanted output."""
    if isinstance(node, ast.If) and not node.orelse:
        value = _equal_to(node.test, wanted)
        marks = [(value, statement) for statement in node.body] if value is not None else []
    elif isinstance(node, ast.Expr) and _is_call_of(node.value, "check_done"):
        values = [name for name in ast.walk(node) if isinstance(name, ast.Name) and name.id != "check_done"]
        marks = [(value, node) for value in values]
    else:
        return
    for value, statement in marks:
        constants = [part.value for part in ast.walk(statement) if isinstance(part, ast.Constant)]
        texts = [text for text in constants if isinstance(text, str) and text != value.id]
        if texts:
            # `return True, '<solver> - t5'` says that a solution was found, not that it was mutated.
            mutated = any([value is True for value in constants]) and not isinstance(statement, ast.Return)
            yield Compared(value, texts[0].partition(" - ")[0], mutated)


def is_guard_of_counts(test: ast.expr) -> bool:
    """Is it `type(t5) is int`? Differs that give no count earn nothing anyway."""
    return isinstance(test, ast.Compare) and _is_call_of(test.left, "type") and isinstance(test.ops[0], ast.Is)


def _equal_to(test: ast.expr, wanted: str) -> ast.Name | None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        left, right = test.left, test.comparators[0]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name) and right.id == wanted:
            return left
    return None


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
