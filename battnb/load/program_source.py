"""Straight-line programs: read from source text, written as readable source text, and cut out of a graph of steps.

Inlining, expanding and telling them apart are in inlining.py and nested.py, and can be had from here too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from battnb.load.inlining import (
    MAX_BYTES,
    Inlined,
    canonical_steps,
    inline,
    inline_batch,
    inline_lengths,
    program_md5,
    same_programs,
)
from battnb.load.nested import expand
from battnb.load.pure import GRID_NAMES, UNREADABLE, parse_module
from battnb.load.straight import NotStraightError, StepReader
from battnb.load.written import arg_text, names_used, program_source, step_letter, step_text
from battnb.model import Arg, Code, Program, Ref, Step

__all__ = [
    "MAX_BYTES",
    "Inlined",
    "ProgramTexts",
    "canonical_steps",
    "expand",
    "inline",
    "inline_batch",
    "inline_lengths",
    "names_used",
    "program_md5",
    "program_of",
    "program_source",
    "read_program",
    "same_programs",
]


def read_program(source: str | bytes) -> Program | None:
    """Read a function solve(I), solve(S, I, C) or solve_<task>(...) of lines `t1 = f(a, b)` and a return.

    Calls in calls become steps of their own. Beside the function there may be imports of the DSL and a docstring.
    Annotations are left out.
    Returns None where the source is anything else, a syntax error included; it may be a good program nevertheless.
    """
    try:
        module = parse_module(source)
        function = _only_function(module)
        reader = StepReader(_parameters(function), _bound_in(function))
        for node in module.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                reader.read_import(node)
        return _read_body(function.body, reader)
    except (NotStraightError, *UNREADABLE):
        return None


def _only_function(module: ast.Module) -> ast.FunctionDef:
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    others = [
        n for n in module.body if not (isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom) or _is_text(n))
    ]
    if len(functions) != 1 or others or functions[0].decorator_list:
        raise NotStraightError("is not one plain function and imports")
    if functions[0].name != "solve" and not functions[0].name.startswith("solve_"):
        raise NotStraightError(f"defines {functions[0].name}")
    return functions[0]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _parameters(function: ast.FunctionDef) -> dict[str, Arg]:
    args = function.args
    if args.defaults or args.vararg or args.kwarg or args.kwonlyargs:
        raise NotStraightError("has parameters that are not plain")
    names = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    if len(names) not in (1, 3):
        raise NotStraightError(f"has {len(names)} parameters")
    return dict(zip(names, map(Code, GRID_NAMES if len(names) == 3 else "I"), strict=True))


def _bound_in(function: ast.FunctionDef) -> frozenset[str]:
    return frozenset(
        name.id
        for node in function.body
        if isinstance(node, ast.Assign)
        for name in node.targets
        if isinstance(name, ast.Name)
    )


def _read_body(body: list[ast.stmt], reader: StepReader) -> Program:
    *lines, last = body
    for node in lines:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(target := node.targets[0], ast.Name):
            reader.bind(target.id, reader.arg(node.value))
        elif not _is_text(node):
            raise NotStraightError(f"has {type(node).__name__}", node.lineno)
    if not isinstance(last, ast.Return) or last.value is None:
        raise NotStraightError("does not end with a return of a value", last.lineno)
    output = reader.arg(last.value)
    return Program(tuple(reader.steps), output)


def _needed(value: Arg, used_by: Callable[[int], Iterable[int]]) -> list[int]:
    """The steps that a value needs, in their order. used_by: the steps that a step uses itself."""
    needed: set[int] = set()
    waiting = list(value.used)
    while waiting:
        step = waiting.pop()
        if step not in needed:
            needed.add(step)
            waiting += used_by(step)
    return sorted(needed)


class ProgramTexts:
    """The source text of many programs cut out of one graph of steps. Each step is written once.

    Steps keep the numbers that they have in the graph: t17 is the same in all of its programs.
    """

    def __init__(self, steps: Sequence[Step], params: Sequence[str] = GRID_NAMES) -> None:
        self._steps = steps
        self._letter = step_letter(steps)
        self._params = ", ".join(params)
        self._lines: dict[int, str] = {}
        self._uses: dict[int, tuple[int, ...]] = {}

    def source(self, value: Arg, name: str = "solve") -> str:
        """The program of a value as a function of one call a line; linear in its steps."""
        lines = [self._line(step) for step in _needed(value, self._used_by)]
        return "\n".join([f"def {name}({self._params}):", *lines, f"    return {arg_text(value, self._letter)}", ""])

    def _used_by(self, step: int) -> tuple[int, ...]:
        if step not in self._uses:
            self._uses[step] = tuple(self._steps[step].used)
        return self._uses[step]

    def _line(self, step: int) -> str:
        if step not in self._lines:
            self._lines[step] = f"    {self._letter}{step + 1} = {step_text(self._steps[step], self._letter)}"
        return self._lines[step]


def program_of(steps: Sequence[Step], value: Arg) -> Program:
    """The steps that a value needs, in their order, and the value, as a program of its own."""
    needed = _needed(value, lambda step: steps[step].used)
    places = {step: place for place, step in enumerate(needed)}
    return Program(tuple(_moved_step(steps[step], places) for step in places), _moved(value, places))


def _moved_step(step: Step, places: dict[int, int]) -> Step:
    kwargs = tuple((name, _moved(arg, places)) for name, arg in step.kwargs)
    return Step(_moved(step.func, places), tuple(_moved(arg, places) for arg in step.args), kwargs)


def _moved(arg: Arg, places: dict[int, int]) -> Arg:
    if isinstance(arg, Ref):
        return Ref(places[arg.step])
    return Code(arg.text, tuple((name, places[step]) for name, step in arg.refs)) if arg.refs else arg
