"""Change one thing in a program of the DSL so that its types still fit.

The types are the annotations in the DSL's modules, which are text: functions with equal annotations can replace each
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import TypeVar

import msgspec

from battnb import dsl
from battnb.dsl.constants import __annotations__ as constant_types
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
    """The names in battnb.dsl.__all__ with their types."""
    functions: dict[str, Signature] = {}
    constants: dict[str, Constant] = {}
    for name in sorted(dsl.__all__):
        value = getattr(dsl, name)
        if name in constant_types:
            constants[name] = Constant(constant_types[name], value)
        else:
            *params, result = value.__annotations__.values()
            functions[name] = Signature(tuple(params), result)
    return Vocabulary(functions, constants)


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
