"""Steps and programs as readable text, and the names in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from battnb.load.pure import GRID_NAMES, bound_names, free_names, parse_code
from battnb.model import Arg, Code, Ref, Step


def names_used(steps: Iterable[Step], value: Arg | None = None) -> set[str]:
    """The names that steps, and a value, take from outside: the DSL's functions and constants, and S, I, C."""
    codes = {part for part in (*[part for step in steps for part in step.parts], value) if isinstance(part, Code)}
    return {name for code in codes for name in _free_in(code)}


def _free_in(code: Code) -> set[str]:
    if code.text.isidentifier() and not code.refs:
        return set() if code.text in ("None", "True", "False") else {code.text}
    return {name.id for name, _ in free_names(parse_code(code))} - dict(code.refs).keys()


def step_letter(steps: Iterable[Step], *values: Arg) -> str:
    """What the names of steps begin with: t, unless an argument has a name such as t1 in it."""
    parts = [part for step in steps for part in step.parts]
    codes = {part for part in (*parts, *values) if isinstance(part, Code)}
    taken = {name for code in codes for name in _identifiers(code)}
    letter = "t"
    while any(name.startswith(letter) and name[len(letter) :].isdigit() for name in taken):
        letter += "_"
    return letter


def _identifiers(code: Code) -> set[str] | frozenset[str]:
    if not code.refs and (code.text.isidentifier() or code.text.isdecimal()):
        return {code.text}
    return bound_names(parse_code(code)) | _free_in(code)


def step_text(step: Step, letter: str = "t") -> str:
    """A step as a call, f(t1, 2, k=t2). Step i is named t<i + 1>."""
    func, *args = call_texts(step, letter)
    return f"{func if func.isidentifier() else f'({func})'}({', '.join(args)})"


def call_texts(step: Step, letter: str = "t") -> list[str]:
    """The texts of a step's function and of its arguments."""
    plain = [arg_text(arg, letter) for arg in (step.func, *step.args)]
    return plain + [f"{name}={arg_text(arg, letter)}" for name, arg in step.kwargs]


def arg_text(arg: Arg, letter: str = "t") -> str:
    """An argument as text. Step i is named t<i + 1>."""
    if isinstance(arg, Ref):
        return f"{letter}{arg.step + 1}"
    if not arg.refs:
        return arg.text
    tree, steps = parse_code(arg), dict(arg.refs)
    for name, _ in list(free_names(tree)):
        name.id = f"{letter}{steps[name.id] + 1}" if name.id in steps else name.id
    return ast.unparse(tree)


def needed_steps(steps: Sequence[Step], value: Arg) -> list[int]:
    """The indexes of the steps that a value needs, in their order."""
    needed: set[int] = set()
    waiting = list(value.used)
    while waiting:
        step = waiting.pop()
        if step not in needed:
            needed.add(step)
            waiting += steps[step].used
    return sorted(needed)


class ProgramTexts:
    """The source text of many programs that are cut out of one graph of steps. The text of a step is made once.

    Steps keep the numbers that they have in the graph: t17 is the same step in all of the programs.
    """

    def __init__(self, steps: Sequence[Step], params: Sequence[str] = GRID_NAMES) -> None:
        self._steps = steps
        self._letter = step_letter(steps)
        self._params = ", ".join(params)
        self._lines: dict[int, str] = {}

    def source(self, value: Arg, name: str = "solve") -> str:
        """A value's program as a function with one call per line, in time linear in its steps."""
        lines = [self._line(step) for step in needed_steps(self._steps, value)]
        return "\n".join([f"def {name}({self._params}):", *lines, f"    return {arg_text(value, self._letter)}", ""])

    def _line(self, step: int) -> str:
        if step not in self._lines:
            self._lines[step] = f"    {self._letter}{step + 1} = {step_text(self._steps[step], self._letter)}"
        return self._lines[step]
