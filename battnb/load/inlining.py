"""Fold the steps of straight-line programs into one expression each, and tell equal programs from different ones.

Both are decided on the graph of steps: equal steps are one node, and a node knows how long its inlined text is
before any text is made. So all is linear in the graph and in the text that is asked for, however much that text
would repeat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from battnb.load.graph import Node, StepGraph
from battnb.model import Arg, Program, Step

MAX_BYTES = 2**20
"""The longest inlined text that is made; past it the canonical steps stand for a program."""


class Inlined(msgspec.Struct, frozen=True):
    """What inlining says of one value.

    text: the expression, None where it would be longer than allowed. length: its length in bytes (UTF-8), made or
    not; exact below 2**1024, which stands for all that is longer. md5: of the text, or of the canonical steps where
    by_steps is true. Equal programs, and only they, have equal md5.
    """

    text: str | None
    length: int
    md5: str
    by_steps: bool


@lru_cache(maxsize=2)
def _graph(steps: tuple[Step, ...]) -> StepGraph:
    """The graph of a battery's steps, which several phases ask for."""
    return StepGraph(steps)


def inline_batch(steps: Sequence[Step], values: Sequence[Arg], max_bytes: int = MAX_BYTES) -> list[Inlined]:
    """Inline many values of one graph of steps, sharing the work between them.

    Returns one Inlined a value, in their order. Raises BatteryError where an argument's text is no Python.
    """
    graph = _graph(tuple(steps))
    known: dict[Node, Inlined] = {}
    return [
        known.get(node) or known.setdefault(node, _inlined(graph, node, max_bytes)) for node in map(graph.value, values)
    ]


def same_programs(steps: Sequence[Step], values: Sequence[Arg]) -> list[Node]:
    """A key for each value of a graph of steps; equal where the values are the same program. No text is made."""
    graph = _graph(tuple(steps))
    return [graph.value(value) for value in values]


def inline(program: Program, max_bytes: int = MAX_BYTES) -> str | None:
    """The program's output as one nested expression; None where that is longer than max_bytes."""
    graph = StepGraph(program.steps)
    output = graph.value(program.output)
    return _text(graph, output) if graph.length(output) <= max_bytes else None


def inline_lengths(steps: Sequence[Step]) -> list[int]:
    """The length of each step's inlined text in bytes (UTF-8), exact below 2**1024 and 2**1024 above."""
    graph = StepGraph(steps)
    return [graph.lengths[place] for place in graph.places]


def program_md5(program: Program, max_bytes: int = MAX_BYTES) -> tuple[str, bool]:
    """The md5 of the inlined expression, or of the canonical steps past max_bytes, and whether of the steps."""
    (inlined,) = inline_batch(program.steps, [program.output], max_bytes)
    return inlined.md5, inlined.by_steps


def canonical_steps(program: Program) -> str:
    """The program as text in which equal steps are one, dead ones are gone and the rest is numbered as it is met.

    One line a step, `%1 = f(I, %0)`, and the output. Two programs have the same text where, and only where, their
    inlined expressions are the same.
    """
    graph = StepGraph(program.steps)
    return _canonical(graph, graph.value(program.output))


def _inlined(graph: StepGraph, output: Node, max_bytes: int) -> Inlined:
    length = graph.length(output)
    by_steps = length > max_bytes
    text = _canonical(graph, output) if by_steps else _text(graph, output)
    md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return Inlined(None if by_steps else text, length, md5, by_steps)


def _text(graph: StepGraph, output: Node) -> str:
    """Walk down the graph with a stack of its own, since programs may be deeper than Python's."""
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


def _canonical(graph: StepGraph, output: Node) -> str:
    order = _in_order(graph, output)
    numbers = {place: number for number, place in enumerate(order)}
    lines = [f"%{number} = {_numbered(graph.nodes[place], numbers)}" for number, place in enumerate(order)]
    return "\n".join([*lines, _numbered(output, numbers)])


def _numbered(node: Node, numbers: dict[int, int]) -> str:
    return "".join(piece if isinstance(piece, str) else f"%{numbers[piece]}" for piece in node)


def _in_order(graph: StepGraph, output: Node) -> Iterable[int]:
    """The places of the nodes that an output needs, each after those that it needs itself, from left to right."""
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
