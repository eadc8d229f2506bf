"""What only tests ask of inlining: expressions read back into steps, and the inlined forms of single programs."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import NoReturn

from battnb.errors import BatteryError
from battnb.load.inlining import MAX_BYTES, TextGraph, inline_batch
from battnb.load.inlining import canonical_steps as canonical_text
from battnb.load.program_source import NotStraightError, StepReader, tuple_of
from battnb.load.pure import GRID_NAMES, UNREADABLE, parse_expression
from battnb.model import Arg, Code, Program, Ref, Step

_TOKEN = re.compile(
    r"""(?P<name>[^\W\d]\w*)
      | (?P<number>\d+(?![\w.]))
      | (?P<text>'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<sign>[=!<>:]=|[^\s\w])
      | (?P<odd>\w+)""",
    re.VERBOSE | re.DOTALL,
)


def inline(program: Program, max_bytes: int = MAX_BYTES) -> str | None:
    """A program's output as one nested expression; None if that is longer than max_bytes."""
    (inlined,) = inline_batch(program.steps, [program.output], max_bytes)
    return inlined.text


def inline_lengths(steps: Sequence[Step]) -> list[int]:
    """The length of each step's inlined text in bytes."""
    graph = TextGraph(steps)
    return [graph.lengths[place] for place in graph.places]


def canonical_steps(program: Program) -> str:
    """A program's canonical steps as text."""
    graph = TextGraph(program.steps)
    return canonical_text(graph, graph.value(program.output))


def expand(expression: str) -> Program:
    """Turn one nested expression of calls into steps, equal calls into one: the inverse of inline.

    CPython's own parser gives up at 200 brackets; this reader has no such limit.
    Raises BatteryError if it is not such an expression, naming the character at which reading failed.
    """
    reader = _Reader(expression)
    try:
        output = reader.read()
    except (NotStraightError, *UNREADABLE) as error:
        start = max(reader.at - 30, 0)
        near = expression[start : reader.at + 30]
        raise BatteryError(f"expression cannot be read at character {reader.at}, near {near!r}: {error}") from None
    return Program(tuple(reader.table.steps), output)


class StepTable(StepReader):
    """A reader in which equal steps are one."""

    def __init__(self, parameters: dict[str, Arg]) -> None:
        super().__init__(parameters)
        self._places: dict[Step, Ref] = {}

    def add(self, step: Step) -> Ref:
        if step not in self._places:
            self._places[step] = super().add(step)
        return self._places[step]


class _Open:
    """An open bracket: of a call if func is there, else of a tuple or a group."""

    def __init__(self, func: Arg | None) -> None:
        self.func = func
        self.args: list[Arg] = []
        self.kwargs: list[tuple[str, Arg]] = []
        self.commas = 0
        # The item that is being read: its value so far, where its text starts, its keyword.
        self.value: Arg | None = None
        self.start = 0
        self.keyword: str | None = None
        self.is_name = False


class _Reader:
    """Reads names, calls and tuples itself, and leaves items of any other kind to CPython's parser, as text."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.table = StepTable({name: Code(name) for name in GRID_NAMES})
        self.at = 0
        self._stack = [_Open(None)]
        self._tokens = _TOKEN.finditer(expression)

    def read(self) -> Arg:
        for token in self._tokens:
            self.at = token.start()
            kind, text = token.lastgroup, token.group()
            if kind == "sign" and text in "(),=":
                self._sign(text)
            elif kind == "number" or (kind == "name" and self._is_plain(text)):
                self._plain(kind, text)
            else:
                self._other(token)
        self.at = len(self.expression)
        if len(self._stack) > 1:
            _fail("a bracket is not closed")
        self._end_item()
        if len(self._stack[0].args) != 1:
            _fail("it is not one expression")
        return self._stack[0].args[0]

    def _is_plain(self, name: str) -> bool:
        return not keyword.iskeyword(name) or name in ("None", "True", "False")

    def _plain(self, kind: str, text: str) -> None:
        item = self._stack[-1]
        if item.value is not None:
            _fail("an operator is missing")
        item.is_name = kind == "name"
        item.start = self.at
        item.value = Code(text) if kind == "number" or keyword.iskeyword(text) else self.table.name(text)

    def _sign(self, sign: str) -> None:
        item = self._stack[-1]
        if sign == "(":
            if item.value is None:
                item.start = self.at
            self._stack.append(_Open(item.value))
        elif sign == "=":
            if item.func is None or not item.is_name or item.keyword is not None:
                _fail("= follows no keyword")
            item.keyword, item.value = self.expression[item.start : self.at].strip(), None
        elif sign == ",":
            if item.value is None:
                _fail("a comma follows nothing")
            self._end_item()
            item.commas += 1
        else:
            self._close()

    def _end_item(self) -> None:
        item = self._stack[-1]
        if item.value is None:
            if item.keyword is not None:
                _fail(f"{item.keyword} has no value")
        elif item.keyword is not None:
            item.kwargs.append((item.keyword, item.value))
        elif item.kwargs:
            _fail("an argument follows a keyword")
        else:
            item.args.append(item.value)
        item.value = item.keyword = None

    def _close(self) -> None:
        self._end_item()
        closed = self._stack.pop()
        if not self._stack:
            _fail("a bracket is not open")
        item = self._stack[-1]
        item.is_name = False
        if closed.func is not None:
            item.value = self.table.add(Step(closed.func, tuple(closed.args), tuple(closed.kwargs)))
        elif len(closed.args) == 1 and not closed.commas:
            item.value = closed.args[0]
        else:
            item.value = tuple_of(closed.args)

    def _other(self, token: re.Match[str]) -> None:
        """Read an item of another kind to its end: the next comma or bracket that is not inside it."""
        item = self._stack[-1]
        start = self.at if item.value is None else item.start
        end, sign = self._end_of_other(token)
        item.value = self.table.arg(parse_expression(self.expression[start:end].strip()), in_tuple=True)
        item.is_name = False
        if sign:
            self.at = end
            self._sign(sign)

    def _end_of_other(self, token: re.Match[str] | None) -> tuple[int, str]:
        depth = lambdas = 0
        while token is not None:
            text = token.group()
            if depth == 0 and (text == ")" or (text == "," and not lambdas)):
                return token.start(), text
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            if depth == 0:
                lambdas += (text == "lambda") - (text == ":" and lambdas > 0)
            token = next(self._tokens, None)
        return len(self.expression), ""


def _fail(reason: str) -> NoReturn:
    raise NotStraightError(reason)
