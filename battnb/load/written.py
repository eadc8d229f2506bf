"""Steps as readable text, and the names in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from battnb.errors import BatteryError
from battnb.load.pure import GRID_NAMES, UNREADABLE, bound_names, free_names, parse_expression
from battnb.model import Arg, Code, Program, Ref, Step


def names_used(steps: Iterable[Step], value: Arg | None = None) -> set[str]:
    """The names that steps, and a value, take from outside: functions and constants of the DSL, and S, I, C."""
    codes = {arg for step in steps for arg in step.parts if isinstance(arg, Code)}
    codes |= {value} if isinstance(value, Code) else set()
    return {name for code in codes for name in _free_in(code)}


def _free_in(code: Code) -> set[str]:
    if code.text.isidentifier() and not code.refs:
        return set() if code.text in ("None", "True", "False") else {code.text}
    return {name.id for name, _ in free_names(_parsed(code))} - dict(code.refs).keys()


def _parsed(code: Code) -> ast.expr:
    try:
        return parse_expression(code.text)
    except UNREADABLE as error:
        raise BatteryError(f"argument {code.text[:60]!r} is no expression that can be read: {error}") from None


def program_source(program: Program, name: str = "solve", params: Sequence[str] = GRID_NAMES) -> str:
    """The program as a function of one call a line, `t1 = f(I, ONE)`, and a return. Its imports are the caller's."""
    letter = step_letter(program.steps, program.output)
    lines = [f"    {letter}{number} = {step_text(step, letter)}" for number, step in enumerate(program.steps, 1)]
    head = f"def {name}({', '.join(params)}):"
    return "\n".join([head, *lines, f"    return {arg_text(program.output, letter)}", ""])


def step_letter(steps: Iterable[Step], *values: Arg) -> str:
    """What the names of steps begin with, t unless a name in their arguments is like t1 itself."""
    codes = {arg for step in steps for arg in step.parts if isinstance(arg, Code)} | {
        v for v in values if isinstance(v, Code)
    }
    taken = {name for code in codes for name in _identifiers(code)}
    letter = "t"
    while any(name.startswith(letter) and name[len(letter) :].isdigit() for name in taken):
        letter += "_"
    return letter


def _identifiers(code: Code) -> set[str] | frozenset[str]:
    if not code.refs and (code.text.isidentifier() or code.text.isdecimal()):
        return {code.text}
    return bound_names(_parsed(code)) | _free_in(code)


def step_text(step: Step, letter: str = "t") -> str:
    """A step as a call, f(t1, 2, k=t2): step i is named t<i + 1>."""
    args = [arg_text(arg, letter) for arg in step.args]
    args += [f"{name}={arg_text(arg, letter)}" for name, arg in step.kwargs]
    func = arg_text(step.func, letter)
    return f"{func if func.isidentifier() else f'({func})'}({', '.join(args)})"


def arg_text(arg: Arg, letter: str = "t") -> str:
    """An argument as it is written where step i is named t<i + 1>."""
    if isinstance(arg, Ref):
        return f"{letter}{arg.step + 1}"
    if not arg.refs:
        return arg.text
    tree, steps = _parsed(arg), dict(arg.refs)
    for name, _ in list(free_names(tree)):
        name.id = f"{letter}{steps[name.id] + 1}" if name.id in steps else name.id
    return ast.unparse(tree)
