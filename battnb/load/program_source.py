"""Straight-line programs: read from source text, and cut out of a graph of steps."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from battnb.load.pure import GRID_NAMES, UNREADABLE, is_text, parse_module
from battnb.load.straight import NotStraightError, StepReader
from battnb.load.written import needed_steps
from battnb.model import Arg, Code, Program, Ref, Step


def read_program(source: str | bytes) -> Program | None:
    """Read a function solve(I), solve(S, I, C) or solve_<task>(...) of lines `t1 = f(a, b)` and a return.

    Nested calls become steps of their own. Beside the function there may be imports of the DSL and a docstring.
    Annotations are ignored.
    Returns None for any other source, a syntax error included. That may still be a good program.
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
        n for n in module.body if not (isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom) or is_text(n))
    ]
    if len(functions) != 1 or others or functions[0].decorator_list:
        raise NotStraightError("is not one plain function with imports")
    if functions[0].name != "solve" and not functions[0].name.startswith("solve_"):
        raise NotStraightError(f"defines {functions[0].name}")
    return functions[0]


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
        elif not is_text(node):
            raise NotStraightError(f"has {type(node).__name__}", node.lineno)
    if not isinstance(last, ast.Return) or last.value is None:
        raise NotStraightError("does not end with a return of a value", last.lineno)
    output = reader.arg(last.value)
    return Program(tuple(reader.steps), output)


def program_of(steps: Sequence[Step], value: Arg) -> Program:
    """The program of one value: the steps that it needs, in their order, and the value."""
    places = {step: place for place, step in enumerate(needed_steps(steps, value))}
    return Program(tuple(_moved_step(steps[step], places) for step in places), _moved(value, places))


def _moved_step(step: Step, places: dict[int, int]) -> Step:
    kwargs = tuple((name, _moved(arg, places)) for name, arg in step.kwargs)
    return Step(_moved(step.func, places), tuple(_moved(arg, places) for arg in step.args), kwargs)


def _moved(arg: Arg, places: dict[int, int]) -> Arg:
    if isinstance(arg, Ref):
        return Ref(places[arg.step])
    return Code(arg.text, tuple((name, places[step]) for name, step in arg.refs)) if arg.refs else arg
