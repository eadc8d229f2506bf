"""Change one thing in a program of the DSL so that its types still fit.

The types are the annotations in the DSL's modules, read as text: functions with equal annotations can replace each
other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec

from battnb.model import Arg, Code, Program, Ref, Step

T = TypeVar("T")
_WIDE = frozenset({"Any", "Container", "ContainerContainer", "Element", "Numerical", "Patch", "Piece"})
"""Types that stand for several kinds of values. A function that takes one and returns it keeps the kind."""


class Signature(msgspec.Struct, frozen=True):
    """The types of a function's parameters and result, as they are written."""

    params: tuple[str, ...]
    result: str


class Constant(msgspec.Struct, frozen=True):
    """A constant's type and value."""

    type: str
    value: bool | int | tuple[int, ...]


class Vocabulary(msgspec.Struct, frozen=True):
    """The DSL's public functions and constants by name, in alphabetical order."""

    functions: dict[str, Signature]
    constants: dict[str, Constant]


class Dice:
    """Choices that are the same for the same seed on every machine and version of Python."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def below(self, count: int) -> int:
        return int(self._random.random() * count)

    def choose(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The names in battnb.dsl.__all__ with their types, read from the modules' text."""
    folder = Path(__file__).parent
    public = set(_public_names(folder / "__init__.py"))
    functions: dict[str, Signature] = {}
    constants: dict[str, Constant] = {}
    for node in (node for file in sorted(folder.glob("*.py")) for node in ast.parse(file.read_bytes()).body):
        if isinstance(node, ast.FunctionDef) and node.name in public:
            functions[node.name] = _signature(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in public:
            constants[node.target.id] = _constant(node)
    return Vocabulary(dict(sorted(functions.items())), dict(sorted(constants.items())))


def _public_names(file: Path) -> list[str]:
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _signature(node: ast.FunctionDef) -> Signature:
    params = tuple(ast.unparse(arg.annotation) if arg.annotation else "Any" for arg in node.args.args)
    return Signature(params, ast.unparse(node.returns) if node.returns else "Any")


def _constant(node: ast.AnnAssign) -> Constant:
    value = ast.literal_eval(node.value) if node.value else 0
    return Constant(ast.unparse(node.annotation), value)


def mutants(program: Program) -> list[Program]:
    """Every program that differs from this one in one place and is as well typed, in a fixed order.

    The place is an argument, which becomes an earlier value, a constant or a function of the same type, or a function
    that is called, which becomes another with the same signature.
    """
    types = _types(program)
    return [
        Program((*program.steps[:number], changed, *program.steps[number + 1 :]), program.output)
        for number, step in enumerate(program.steps)
        for changed in _changed_steps(number, step, types)
    ]


def _types(program: Program) -> list[str]:
    """The type of each step's value."""
    types: list[str] = []
    for step in program.steps:
        types.append(_result(step, types))
    return types


def _result(step: Step, types: Sequence[str]) -> str:
    signature = vocabulary().functions.get(step.func.text) if isinstance(step.func, Code) else None
    if signature is None:
        return "Any"
    if signature.result in _WIDE and signature.result in signature.params[: len(step.args)]:
        return _type(step.args[signature.params.index(signature.result)], types)
    return signature.result


def _type(arg: Arg, types: Sequence[str]) -> str:
    if isinstance(arg, Ref):
        return types[arg.step]
    words = vocabulary()
    if arg.text in words.constants:
        return words.constants[arg.text].type
    return "Callable" if arg.text in words.functions else {"I": "Grid", "S": "Tuple"}.get(arg.text, "Any")


def _changed_steps(number: int, step: Step, types: Sequence[str]) -> Iterator[Step]:
    for func in _stand_ins(step.func):
        yield Step(func, step.args, step.kwargs)
    for place, arg in enumerate(step.args):
        for other in (*_stand_ins(arg), *_values_like(arg, number, types)):
            yield Step(step.func, (*step.args[:place], other, *step.args[place + 1 :]), step.kwargs)


def _stand_ins(arg: Arg) -> list[Code]:
    """The functions, or the constants, that can take the place of this one."""
    if isinstance(arg, Ref):
        return []
    words = vocabulary()
    if arg.text in words.functions:
        signature = words.functions[arg.text]
        return [Code(name) for name, other in words.functions.items() if other == signature and name != arg.text]
    if arg.text in words.constants:
        constant = words.constants[arg.text]
        return [Code(name) for name, other in words.constants.items() if _alike(other, constant) and name != arg.text]
    return []


def _alike(a: Constant, b: Constant) -> bool:
    """Whether two constants are of one type and range: colours among themselves, directions among themselves."""
    return a.type == b.type and _range(a) == _range(b)


def _range(constant: Constant) -> bool:
    if isinstance(constant.value, tuple):
        return max(map(abs, constant.value)) <= 1
    return 0 <= constant.value <= 9


def _values_like(arg: Arg, number: int, types: Sequence[str]) -> list[Arg]:
    """The input and the earlier steps' values that have an argument's type."""
    kind = _type(arg, types)
    if kind in _WIDE:
        return []
    values: list[Arg] = [Code("I")] if kind == "Grid" else []
    values += [Ref(earlier) for earlier in range(number) if types[earlier] == kind]
    return [value for value in values if value != arg]
