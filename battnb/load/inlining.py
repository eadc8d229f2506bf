"""Fold the steps of straight-line programs into one expression each, and tell equal programs from different ones.

Both are decided on the graph of steps. Equal steps are one node, and a node knows the length of its inlined text before
any text is made. So the cost is linear in the graph and in the text that is asked for, however much that text repeats.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from battnb.load.pure import free_names, fresh_names, identifiers, is_constant, parse_code
from battnb.load.written import ProgramTexts
from battnb.model import Arg, Code, Program, Programs, Ref, Step

MAX_BYTES = 2**20
"""The longest inlined text that is made. A longer program is identified by its canonical steps."""


class Inlined(msgspec.Struct, frozen=True):
    """One value, inlined.

    text: the expression; None if it would be longer than allowed. length: its length in bytes (UTF-8), whether or not
    the text was made; exact below 2**1024, which stands for every greater length. md5: of the text, or of the
    canonical steps if by_steps is true. Equal programs have equal md5, different programs have different ones.
    """

    text: str | None
    length: int
    md5: str
    by_steps: bool


@lru_cache(maxsize=2)
def _graph(steps: tuple[Step, ...]) -> TextGraph:
    """The graph of a battery's steps. Several phases ask for it."""
    return TextGraph(steps)


def inline_batch(steps: Sequence[Step], values: Sequence[Arg], max_bytes: int = MAX_BYTES) -> list[Inlined]:
    """Inline many values of one graph of steps, sharing the work between them.

    Returns an Inlined for each value, in their order. Raises BatteryError if an argument's text is not Python.
    """
    graph = _graph(tuple(steps))
    known: dict[Node, Inlined] = {}
    return [
        known.get(node) or known.setdefault(node, _inlined(graph, node, max_bytes)) for node in map(graph.value, values)
    ]


def same_programs(steps: Sequence[Step], values: Sequence[Arg]) -> list[Node]:
    """A key for each value of a graph of steps. Keys are equal if the values are the same program. No text is made."""
    graph = _graph(tuple(steps))
    return [graph.value(value) for value in values]


def program_md5(program: Program, max_bytes: int = MAX_BYTES) -> tuple[str, bool]:
    """The md5 of the inlined expression, or of the canonical steps if that is too long; and whether of the steps."""
    (inlined,) = inline_batch(program.steps, [program.output], max_bytes)
    return inlined.md5, inlined.by_steps


def _inlined(graph: TextGraph, output: Node, max_bytes: int) -> Inlined:
    length = graph.length(output)
    by_steps = length > max_bytes
    text = canonical_steps(graph, output) if by_steps else _text(graph, output)
    md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return Inlined(None if by_steps else text, length, md5, by_steps)


def _text(graph: TextGraph, output: Node) -> str:
    """Walk down the graph with an explicit stack: programs may be deeper than Python's own stack allows."""
    texts: list[str] = []
    stack: list[Iterator[str | int]] = [iter(output)]
    while stack:
        for piece in stack[-1]:
            text = piece if isinstance(piece, str) else graph.short_texts[piece]
            if text is None:
                stack.append(iter(graph.nodes[int(piece)]))
                break
            texts.append(text)
        else:
            stack.pop()
    return "".join(texts)


def canonical_steps(graph: TextGraph, output: Node) -> str:
    """A program as text, without dead steps. Equal steps appear once. Steps are numbered in the order of their use.

    One line per step, `%1 = f(I, %0)`, then the output. Two programs have the same text exactly if their inlined
    expressions are the same.
    """
    order = _in_order(graph, output)
    numbers = {place: number for number, place in enumerate(order)}
    lines = [f"%{number} = {_numbered(graph.nodes[place], numbers)}" for number, place in enumerate(order)]
    return "\n".join([*lines, _numbered(output, numbers)])


def _numbered(node: Node, numbers: dict[int, int]) -> str:
    return "".join(piece if isinstance(piece, str) else f"%{numbers[piece]}" for piece in node)


def _in_order(graph: TextGraph, output: Node) -> Iterable[int]:
    """The places of the nodes that an output needs, from left to right, each after the nodes that it needs itself."""
    order: dict[int, None] = {}
    stack: list[tuple[int | None, Iterator[int]]] = [(None, _needed(output))]
    while stack:
        place, needed = stack[-1]
        following = next((other for other in needed if other not in order), None)
        if following is not None:
            stack.append((following, _needed(graph.nodes[following])))
            continue
        stack.pop()
        if place is not None:
            order[place] = None
    return order


def _needed(node: Node) -> Iterator[int]:
    return (piece for piece in node if isinstance(piece, int))


# The programs of a run as text, for readers

READABLE_BYTES = 10_000
"""A longer inlined form is not written out: nobody would read it."""


class ProgramText(msgspec.Struct, frozen=True):
    """A program for readers.

    source: the text that was given, or a function of readable steps. inlined: one expression; None if the program was
    given as text, or if its inlined form is too long. inlined_bytes: the length of that form, written out or not.
    """

    source: str
    inlined: str | None = None
    inlined_bytes: int = 0


def texts_of(
    programs: Programs, candidate_ids: Collection[str], most_bytes: int = READABLE_BYTES
) -> dict[str, ProgramText]:
    """The programs of some candidates, by id. Unknown ids are left out.

    most_bytes: longer inlined forms are not written out.
    """
    given = {name: ProgramText(text) for name, text in programs.given if name in candidate_ids}
    outputs = [output for output in programs.outputs if output.candidate_id in candidate_ids]
    if not outputs:
        return given
    forms = inline_batch(programs.steps, [output.value for output in outputs], most_bytes)
    readable = ProgramTexts(programs.steps)
    found = {
        output.candidate_id: ProgramText(readable.source(output.value), form.text, form.length)
        for output, form in zip(outputs, forms, strict=True)
    }
    return found | given


# The graph of steps as text with holes. Equal steps are one node.

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
            pieces = [piece if isinstance(piece, str) else self.short_texts[piece] or "" for piece in node]
            self.short_texts.append("".join(pieces) if length <= _SHORT_BYTES else None)
        return place

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
