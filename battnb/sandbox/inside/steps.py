"""Straight-line programs and batteries' steps as one graph: equal steps are one node.

A program that is not of the pattern of lines.py is not read (None), and runs as ordinary Python instead.

Nodes are numbered in the order in which they were first seen: 0 to 2 are I, S and C, then constants and calls. A call's
arguments have lower numbers than the call.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from battnb.sandbox import wire
from battnb.sandbox.inside.lines import BLANK, LINES, S_NODE, is_skipped, read_header, read_line

MISSING = object()
NO_END = ("step", "a step that it uses did not end")
_CONSTANTS = {"True": True, "False": False, "None": None}
Call = tuple[int, tuple[int, ...], tuple[tuple[str, int], ...]]
"""Nodes: a function, its arguments, its keywords' values."""


class Straight(NamedTuple):
    """A program as nodes of the graph, one a line that is not empty from line `first` of its source on."""

    entry: str
    nodes: list[int]
    output: int
    source: str
    first: int

    def line(self, place: int) -> int:
        """The line of the node at this place in nodes."""
        lines = enumerate(self.source.split("\n")[self.first - 1 :], self.first)
        return [number for number, text in lines if text.strip(BLANK)][place]


class Failed(NamedTuple):
    """Why a node has no value on a sample."""

    kind: int
    type: str
    message: str


class StepGraph:
    """The steps of many programs, whatever they run on.

    names: the DSL's names. calls: for each node its call, None where it is none. constants: for each node its value,
    MISSING where a sample decides. unmade: why a node can have no value at all. uses_s: some program looks at S.
    has_lambdas: something that is written out is more than a name or a number.
    """

    def __init__(self, names: dict[str, Any], modules: Collection[str]) -> None:
        self._names = names
        self._modules = modules
        self._nodes: dict[Any, int] = {}
        self.calls: list[Call | None] = [None] * 3
        self.constants: list[Any] = [MISSING] * 3
        self.unmade: dict[int, Failed] = {}
        self.uses_s = self.has_lambdas = False

    # Reading

    def read(self, source: str) -> Straight | None:
        """The program as nodes, or None where it is not of the pattern, or uses a name that is not there."""
        lines = source.split("\n")
        at = 0
        while at < len(lines) and is_skipped(lines[at], self._modules):
            at += 1
        header = read_header(lines[at]) if at < len(lines) else None
        if header is None:
            return None
        self.uses_s = self.uses_s or S_NODE in header.parameters.values()
        known = dict(header.parameters)
        nodes: list[int] = []
        seen, names, ids, output, indent = LINES, self._names, self._nodes, -1, None
        for text in lines[at + 1 :]:
            line = seen.get(text) or read_line(text)
            if line is None or output >= 0:
                if text.strip(BLANK):
                    return None
                continue
            own_indent, target, tokens = line
            if own_indent != indent:
                if indent is not None:
                    return None
                indent = own_indent
            if not target:
                output = known.get(tokens[0], -1)
                if output < 0:
                    return None
                continue
            if target in names:
                return None
            # Names of the program win over the DSL's.
            key = tuple([known[t] if t in known else ids[t] if t in ids else self._leaf(t) for t in tokens])
            node = ids[key] if key in ids else self._new_call(key)
            if node < 0:
                return None
            known[target] = node
            nodes.append(node)
        return Straight(header.entry, nodes, output, source, at + 2) if output >= 0 else None

    def _new_call(self, key: tuple[int, ...]) -> int:
        """The node of a call, -1 where it uses a name that is not there."""
        return -1 if min(key) < 0 else self._add(key, (key[0], key[1:], ()))

    def _leaf(self, token: str) -> int:
        if token in self._nodes:
            return self._nodes[token]
        if token in self._names:
            return self._add_value(token, self._names[token])
        if token in _CONSTANTS:
            return self._add_value(token, _CONSTANTS[token])
        digits = token.removeprefix("-")
        if digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0") and len(digits) < 1000:
            return self._add_value(token, int(token))
        return -1

    # Building a graph from steps

    def constant(self, text: str) -> int:
        """The node of an argument that is written out: a name, S, I, C, a constant or a lambda of DSL names."""
        self.uses_s = self.uses_s or text == "S"
        if text in ("I", "S", "C"):
            return "ISC".index(text)
        node = self._leaf(text)
        return node if node >= 0 else self._evaluated(text)

    def _evaluated(self, text: str) -> int:
        self.has_lambdas = True
        try:
            value = eval(text, {"__builtins__": {}, **self._names})
        except Exception as error:
            return self._without_value(("text", text), Failed(wire.ERROR, type(error).__name__, str(error)))
        return self._add_value(text, value)

    def call(self, func: int, args: tuple[int, ...], kwargs: tuple[tuple[str, int], ...] = ()) -> int:
        """The node of a call, the same for the same call."""
        key = (func, *args, kwargs) if kwargs else (func, *args)
        node = self._nodes.get(key, -1)
        return node if node >= 0 else self._add(key, (func, args, kwargs))

    def broken(self, step: int, kind: int) -> int:
        """A node for a step of a battery that could not even be made."""
        return self._without_value(("step", step), Failed(kind, *NO_END))

    def given(self, step: int) -> int:
        """A node for a step of a battery whose value is known on every sample."""
        return self._add(("step", step), None)

    def cone(self, node: int) -> list[int]:
        """The calls that must run for a node to have a value, in an order in which they can."""
        found: set[int] = set()
        stack = [node]
        while stack:
            at = stack.pop()
            call = self.calls[at]
            if call is None or at in found:
                continue
            found.add(at)
            func, args, kwargs = call
            stack += (func, *args, *[value for _, value in kwargs])
        return sorted(found) or [node]

    def _add_value(self, key: Any, value: Any) -> int:
        node = self._add(key, None)
        self.constants[node] = value
        return node

    def _without_value(self, key: Any, why: Failed) -> int:
        node = self._add(key, None)
        self.unmade[node] = why
        return node

    def _add(self, key: Any, call: Call | None) -> int:
        node = self._nodes[key] = len(self.calls)
        self.calls.append(call)
        self.constants.append(MISSING)
        return node
