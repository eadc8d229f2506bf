"""Inlining the way notebooks do it: a copy of the syntax tree for each use of a step."""

from __future__ import annotations

import ast
import copy
import threading


class _Inliner(ast.NodeTransformer):
    """Replaces every assigned name by a copy of its expression."""

    def __init__(self) -> None:
        self.assigned: dict[str, ast.expr] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.assigned[node.id]) if node.id in self.assigned else node


# Python 3.11 may raise SystemError (recursion depth mismatch) if two threads parse at once.
_PARSING = threading.Lock()


def inline_text(source: str) -> str:
    """The result of a straight-line function, as one expression."""
    with _PARSING:
        function = ast.parse(source).body[0]
    inliner = _Inliner()
    for line in getattr(function, "body", ()):
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            inliner.assigned[line.targets[0].id] = inliner.visit(line.value)
        elif isinstance(line, ast.Return) and line.value is not None:
            return ast.unparse(inliner.visit(line.value))
    return source
