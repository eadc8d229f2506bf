"""A graph of steps as text with holes. Equal steps are one node."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from battnb.load.pure import free_names, fresh_names, identifiers, is_constant, parse_code
from battnb.model import Arg, Code, Ref, Step

Node = tuple[str | int, ...]
"""A call's text in pieces: strings, and the places of the nodes whose text belongs there.

("f(", 3, ", 1)") is f(<node 3>, 1).
"""

LONGEST = 2**1024
"""Stands for every length above it: an exact length could need one bit per step."""

_SHORT_BYTES = 256


class TextGraph:
    """The nodes of a sequence of steps, each after the nodes that it needs.

    places: for each step, the index of its node in nodes. Equal steps have the same index.
    lengths: for each node, the length of its inlined text in bytes. short_texts: that text if it is short, else None.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.nodes: list[Node] = []
        self.lengths: list[int] = []
        self.short_texts: list[str | None] = []
        self.places: list[int] = []
        self._places_of_nodes: dict[Node, int] = {}
        self._nodes_of_codes: dict[Code, Node] = {}
        for step in steps:
            self.places.append(self._place(self._call(step)))

    def value(self, arg: Arg) -> Node:
        """The text of an argument or an output, in pieces."""
        if isinstance(arg, Ref):
            return (self.places[arg.step],)
        node = self._nodes_of_codes.get(arg)
        if node is None:
            node = self._nodes_of_codes[arg] = self._code(arg)
        return node

    def length(self, node: Node) -> int:
        """The length of a node's inlined text in bytes, at most LONGEST."""
        lengths = self.lengths
        return min(LONGEST, sum([lengths[piece] if isinstance(piece, int) else _bytes(piece) for piece in node]))

    def _call(self, step: Step) -> Node:
        arguments = [("", self.value(arg)) for arg in step.args]
        arguments += [(f"{name}=", self.value(arg)) for name, arg in step.kwargs]
        return _call_text(self._func(step.func), arguments)

    def _func(self, func: Arg) -> Node:
        return self.value(func) if isinstance(func, Ref) or func.text.isidentifier() else ("(", *self.value(func), ")")

    def _place(self, node: Node) -> int:
        place = self._places_of_nodes.get(node)
        if place is None:
            place = self._places_of_nodes[node] = len(self.nodes)
            length = self.length(node)
            self.nodes.append(node)
            self.lengths.append(length)
            self.short_texts.append(self._short_text(node) if length <= _SHORT_BYTES else None)
        return place

    def _short_text(self, node: Node) -> str:
        return "".join([piece if isinstance(piece, str) else self.short_texts[piece] or "" for piece in node])

    def _code(self, code: Code) -> Node:
        if not code.refs and (code.text.isidentifier() or (code.text.isdecimal() and code.text.isascii())):
            return (code.text,)
        return _joined(self._expression(parse_code(code), dict(code.refs)))

    def _expression(self, node: ast.expr, refs: dict[str, int]) -> Node:
        """Calls that always run, those in tuples included, become nodes. What may run later or never stays text."""
        if isinstance(node, ast.Name):
            return (self.places[refs[node.id]] if node.id in refs else node.id,)
        if isinstance(node, ast.Tuple):
            return self._tuple(node, refs)
        if isinstance(node, ast.Call) and not any(isinstance(arg, ast.Starred) for arg in node.args):
            return (self._place(self._nested_call(node, refs)),)
        if is_constant(node) or not refs:
            return (ast.unparse(node),)
        return self._with_holes(node, refs)

    def _tuple(self, node: ast.Tuple, refs: dict[str, int]) -> Node:
        parts: list[str | int] = ["("]
        for number, item in enumerate(node.elts):
            parts += (", " if number else "", *self._expression(item, refs))
        return (*parts, ",)" if len(node.elts) == 1 else ")")

    def _nested_call(self, node: ast.Call, refs: dict[str, int]) -> Node:
        func = self._expression(node.func, refs)
        plain = isinstance(node.func, ast.Name | ast.Call)
        arguments = [("", self._expression(arg, refs)) for arg in node.args]
        arguments += [(f"{k.arg}=" if k.arg else "**", self._expression(k.value, refs)) for k in node.keywords]
        return _call_text(func if plain else ("(", *func, ")"), arguments)

    def _with_holes(self, node: ast.expr, refs: dict[str, int]) -> Node:
        """Pass the steps that a lambda uses to it as arguments: (lambda _0: lambda x: f(x, _0))(<step>).

        They are computed once and first, as in the program, and no parameter can capture a name in them.
        """
        holes = [name for name, _ in free_names(node) if name.id in refs]
        if not holes:
            return (ast.unparse(node),)
        used = list(dict.fromkeys(name.id for name in holes))
        fresh = dict(zip(used, fresh_names(len(used), identifiers(node) - set(used)), strict=True))
        for name in holes:
            name.id = fresh[name.id]
        func = f"(lambda {', '.join(fresh.values())}: {ast.unparse(node)})"
        return (self._place(_call_text((func,), [("", (self.places[refs[name]],)) for name in used])),)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _call_text(func: Node, arguments: Sequence[tuple[str, Node]]) -> Node:
    """A call. arguments: for each what stands before it, such as a keyword, and its text."""
    parts: list[str | int] = [*func, "("]
    for number, (keyword, arg) in enumerate(arguments):
        parts += ((", " if number else "") + keyword, *arg)
    return _joined([*parts, ")"])


def _joined(parts: Iterable[str | int]) -> Node:
    """Join adjacent strings, so that equal calls are equal nodes."""
    joined: list[str | int] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
