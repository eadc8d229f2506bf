"""Straight-line programs and the steps of batteries as one graph, in which equal steps are one node.

A program is read line by line, by patterns. Lines that were read are remembered, because the programs of a battery
repeat each other's. A program that does not fit the patterns is not read (None), and runs as ordinary Python instead.

Nodes are numbered in the order in which they were first seen: 0 to 2 are I, S and C, then come constants and calls. The
arguments of a call have lower numbers than the call.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from keyword import iskeyword
from typing import Any, NamedTuple

from battnb.sandbox import wire

I_NODE, S_NODE, C_NODE = 0, 1, 2
_GRIDS = ("I", "S", "C")
_GRID = re.compile(r"(?<![\w.])[ISC](?!\w)", re.ASCII)
MISSING = object()
NO_END = ("step", "a step that it uses did not end")
MAX_LINES = 50_000
_LINES: dict[str, Line | None] = {}
"""The lines that were read in this process."""
_HEADER = re.compile(r"def (solve|solve_\w+)\((\w+)(?:, (\w+), (\w+))?\):", re.ASCII)
_CALL = re.compile(r"([A-Za-z_]\w*) = ([A-Za-z_]\w*)\((-?\w+(?:, -?\w+)*)?\)", re.ASCII)
_RETURN = re.compile(r"return ([A-Za-z_]\w*)", re.ASCII)
_IMPORT = re.compile(r"from ([\w.]+) import \*", re.ASCII)
_BLANK = " \t\r\f"
"""What Python ignores in a line that is otherwise empty; str.isspace() accepts more."""
_CONSTANTS = {"True": True, "False": False, "None": None}

Call = tuple[int, tuple[int, ...], tuple[tuple[str, int], ...]]
"""Nodes: a function, its arguments, the values of its keywords."""


class Line(NamedTuple):
    """One line `target = func(*args)`: tokens are the function and the arguments. For `return name` target is ""."""

    indent: str
    target: str
    tokens: tuple[str, ...]


class Straight(NamedTuple):
    """A program as nodes of the graph, one for each line that is not empty, from line `first` of its source on."""

    entry: str
    nodes: list[int]
    output: int
    source: str
    first: int

    def line(self, place: int) -> int:
        """The line of the node at this place in nodes."""
        lines = enumerate(self.source.split("\n")[self.first - 1 :], self.first)
        return [number for number, text in lines if text.strip(_BLANK)][place]


class Failed(NamedTuple):
    """Why a node has no value on a sample."""

    kind: int
    type: str
    message: str


class NodeGraph:
    """The steps of many programs, whatever they run on.

    names: the DSL's names. modules: those from which a program may import all names.
    calls: the call of each node, None if it is something else. constants: the value of each node, MISSING if that
    depends on the sample. unmade: why a node can have no value at all. uses_s: some program takes S, or some step of a
    battery uses it. has_lambdas: something that is written out is more than a name or a number.
    """

    def __init__(self, names: dict[str, Any], modules: Collection[str]) -> None:
        self._names = names
        self._modules = modules
        self._nodes: dict[Any, int] = {}
        self.calls: list[Call | None] = [None] * 3
        self.constants: list[Any] = [MISSING] * 3
        self.unmade: dict[int, Failed] = {}
        self.uses_s = self.has_lambdas = False

    # Reading a program

    def read(self, source: str) -> Straight | None:
        """The program as nodes. None if it does not fit the patterns, or uses a name that is not there."""
        lines = source.split("\n")
        at = 0
        while at < len(lines) and _is_skipped(lines[at], self._modules):
            at += 1
        header = _read_header(lines[at]) if at < len(lines) else None
        if header is None:
            return None
        entry, parameters = header
        self.uses_s = self.uses_s or S_NODE in parameters.values()
        read = self._read_body(lines[at + 1 :], dict(parameters))
        return None if read is None else Straight(entry, *read, source, at + 2)

    def _read_body(self, lines: list[str], known: dict[str, int]) -> tuple[list[int], int] | None:
        """The nodes of the lines, and the node that is returned. known: the nodes of the program's own names."""
        nodes: list[int] = []
        seen, names, ids, output, indent = _LINES, self._names, self._nodes, -1, None
        for text in lines:
            line = seen.get(text) or _read_line(text)
            if line is None or output >= 0:
                if text.strip(_BLANK):
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
            # The program's own names win over the DSL's.
            key = tuple([known[t] if t in known else ids[t] if t in ids else self._leaf(t) for t in tokens])
            node = ids.get(key, -1)
            if node < 0:
                if min(key) < 0:  # it uses a name that is not there
                    return None
                node = self._add(key, (key[0], key[1:], ()))
            known[target] = node
            nodes.append(node)
        return (nodes, output) if output >= 0 else None

    def _leaf(self, token: str) -> int:
        if token in self._nodes:
            return self._nodes[token]
        if token in self._names:
            return self._add(token, None, self._names[token])
        if token in _CONSTANTS:
            return self._add(token, None, _CONSTANTS[token])
        digits = token.removeprefix("-")
        if digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0") and len(digits) < 1000:
            return self._add(token, None, int(token))
        return -1

    # Building a graph from the steps of a battery

    def constant(self, text: str) -> int:
        """The node of an argument that is written out: a name, S, I, C, a constant, a tuple or lambda of DSL names."""
        self.uses_s = self.uses_s or text == "S"
        if text in _GRIDS:
            return _GRIDS.index(text)
        node = self._leaf(text)
        if node >= 0:
            return node
        self.has_lambdas = True
        try:
            value = eval(text, {"__builtins__": {}, **self._names})
        except MemoryError:
            return self._without_value(("text", text), Failed(wire.MEMORY, "MemoryError", ""))
        except Exception as error:
            return self._without_value(("text", text), Failed(wire.ERROR, type(error).__name__, str(error)))
        return self._add(text, None, value)

    def expression(self, text: str, nodes: Sequence[tuple[str, int]]) -> int:
        """The node of an argument that is written out and may use nodes by name, or S, I and C."""
        grids = [] if text in _GRIDS else [(name, _GRIDS.index(name)) for name in dict.fromkeys(_GRID.findall(text))]
        given = [*nodes, *grids]
        if not given:
            return self.constant(text)
        self.uses_s = self.uses_s or ("S", S_NODE) in grids
        # A function of what it uses makes it. A name that only looks like a grid's costs a parameter that is not used.
        maker = self.constant(f"lambda {', '.join([name for name, _ in given])}: ({text})")
        return self.call(maker, tuple([node for _, node in given]))

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
        """The calls that must run to give a node its value, in an order in which they can."""
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

    def _without_value(self, key: Any, why: Failed) -> int:
        node = self._add(key, None)
        self.unmade[node] = why
        return node

    def _add(self, key: Any, call: Call | None, value: Any = MISSING) -> int:
        node = self._nodes[key] = len(self.calls)
        self.calls.append(call)
        self.constants.append(value)
        return node


# Lines


def _is_skipped(line: str, modules: Collection[str]) -> bool:
    if not line.strip(_BLANK):
        return True
    imported = _IMPORT.fullmatch(line.rstrip(_BLANK))
    return imported is not None and imported[1] in modules  # another module may give the name another meaning


@lru_cache(maxsize=1000)
def _read_header(line: str) -> tuple[str, dict[str, int]] | None:
    """The name of the function that begins here, and which of I, S and C its parameters are."""
    match = _HEADER.fullmatch(line.rstrip(_BLANK))
    if match is None or (match[3] and match[1] != "solve"):
        return None
    parameters = [name for name in match.groups()[1:] if name]
    if len(set(parameters)) < len(parameters) or any(map(_is_reserved, parameters)):
        return None
    if not match[3]:
        return match[1], {match[2]: I_NODE}
    return match[1], {match[2]: S_NODE, match[3]: I_NODE, match[4]: C_NODE}


def _read_line(text: str) -> Line | None:
    if len(_LINES) >= MAX_LINES:
        _LINES.clear()
    line = _LINES[text] = _parse_line(text)
    return line


def _parse_line(line: str) -> Line | None:
    text = line.strip(" \t\r")
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    call = _CALL.fullmatch(text)
    if call is not None and indent:
        if _is_reserved(call[1]) or iskeyword(call[2]):
            return None
        return Line(indent, call[1], (call[2], *(call[3].split(", ") if call[3] else ())))
    ended = _RETURN.fullmatch(text)
    return Line(indent, "", (ended[1],)) if ended is not None and indent else None


def _is_reserved(name: str) -> bool:
    return iskeyword(name) or name == "__debug__"
