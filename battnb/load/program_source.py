"""Straight-line programs: read from source text, and cut out of a graph of steps."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from battnb.load import pure
from battnb.load.origin import WRITTEN_OUT
from battnb.load.written import needed_steps
from battnb.model import Arg, Code, Program, Ref, Step


def read_program(source: str | bytes) -> Program | None:
    """Read a function solve(I), solve(S, I, C) or solve_<task>(...) of lines `t1 = f(a, b)` and a return.

    Nested calls become steps of their own. Beside the function there may be imports of the DSL and a docstring.
    Annotations are ignored.
    Returns None for any other source, a syntax error included. That may still be a good program.
    """
    try:
        module = pure.parse_module(source)
        function = _only_function(module)
        reader = StepReader(_parameters(function), frozenset(bound_in(function.body)))
        for node in module.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                reader.read_import(node)
        return _read_body(function.body, reader)
    except (NotStraightError, *pure.UNREADABLE):
        return None


def _only_function(module: ast.Module) -> ast.FunctionDef:
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    others = [
        n for n in module.body if not (isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom) or pure.is_text(n))
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
    return dict(zip(names, map(Code, pure.GRID_NAMES if len(names) == 3 else "I"), strict=True))


def _read_body(body: list[ast.stmt], reader: StepReader) -> Program:
    *lines, last = body
    for node in lines:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(target := node.targets[0], ast.Name):
            reader.bind(target.id, reader.arg(node.value))
        elif not pure.is_text(node):
            raise NotStraightError(f"has {type(node).__name__}", node.lineno)
    if not isinstance(last, ast.Return) or last.value is None:
        raise NotStraightError("does not end with a return of a value", last.lineno)
    output = reader.arg(last.value)
    return Program(tuple(reader.steps), output)


def program_of(steps: Sequence[Step], value: Arg) -> Program:
    """The program of one value: the steps that it needs, in their order, and the value."""
    places = {step: place for place, step in enumerate(needed_steps(steps, value))}
    return Program(tuple(moved_step(steps[step], places) for step in places), moved_arg(value, places))


def moved_step(step: Step, places: dict[int, int]) -> Step:
    """The step in another graph. places: for each step that it needs, its number there."""
    kwargs = tuple((name, moved_arg(arg, places)) for name, arg in step.kwargs)
    return Step(moved_arg(step.func, places), tuple(moved_arg(arg, places) for arg in step.args), kwargs)


def moved_arg(arg: Arg, places: dict[int, int]) -> Arg:
    """The argument in another graph, as moved_step."""
    if isinstance(arg, Ref):
        return Ref(places[arg.step])
    return Code(arg.text, tuple((name, places[step]) for name, step in arg.refs)) if arg.refs else arg


# Reading steps from a syntax tree, for programs and for batteries


def bound_in(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names that assignments among these statements bind."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield from [target.id for target in node.targets if isinstance(target, ast.Name)]


class NotStraightError(Exception):
    """Raised inside load/ if code is not a straight line of calls. It never leaves load/."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class StepReader:
    """Turns calls into steps, and keeps track of what each name stands for so far.

    parameters: names, and what they stand for at the start. local_names: the names that are bound somewhere in the
    function. To use one before it is bound is an error: it does not stand for a name of the DSL. Nested calls become
    steps of their own, arguments from left to right.
    """

    def __init__(self, parameters: dict[str, Arg], local_names: frozenset[str] = frozenset()) -> None:
        self.steps: list[Step] = []
        self.names = dict(parameters)
        self._local_names = local_names
        self._modules: set[str] = set()
        self._foreign: set[str] = set()
        self._captured: set[str] = set()

    def bind(self, name: str, value: Arg) -> None:
        """Let a name stand for a value from here on."""
        if name in self._captured:
            raise NotStraightError(f"{name} is bound again after a lambda used it")
        self.names[name] = value

    def read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note what an import binds. Names from modules that can be the DSL are names of the DSL."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                (self._modules if pure.is_dsl_module(alias.name) else self._foreign).add(bound)
        elif pure.is_dsl_module(node.module or ""):
            for alias in node.names:
                if alias.asname and alias.asname != alias.name:
                    self.names[alias.asname] = Code(alias.name)
        elif any(alias.name == "*" for alias in node.names):
            raise NotStraightError(f"imports everything from {node.module}")
        else:
            self._foreign.update(alias.asname or alias.name for alias in node.names)

    def call(self, node: ast.Call) -> Ref:
        """Append the step of a call, after the steps of the calls in it."""
        func = self._func(node.func)
        args = tuple([self.arg(arg) for arg in node.args])
        kwargs = tuple([self._keyword(keyword) for keyword in node.keywords]) if node.keywords else ()
        return self.add(Step(func, args, kwargs))

    def add(self, step: Step) -> Ref:
        """Append a step."""
        self.steps.append(step)
        return Ref(len(self.steps) - 1)

    def arg(self, node: ast.expr, in_tuple: bool = False) -> Arg:
        """Read an argument. In a tuple it may be any pure expression."""
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if pure.is_constant(node):
            return Code(ast.unparse(node))
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Tuple):
            # The calls in it become steps before it, so that they run first in both forms.
            return tuple_of([self.arg(item, in_tuple=True) for item in node.elts])
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if in_tuple or isinstance(node, ast.Lambda):
            return self._code(node)
        raise NotStraightError(f"{ast.unparse(node)[:60]} is not a call, name or constant", node.lineno)

    def _func(self, node: ast.expr) -> Arg:
        if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Lambda):
            return self.arg(node)
        raise NotStraightError(f"{ast.unparse(node)[:60]} is called", node.lineno)

    def _keyword(self, keyword: ast.keyword) -> tuple[str, Arg]:
        if keyword.arg is None or pure.is_dunder(keyword.arg):
            raise NotStraightError("has ** or a keyword with a double underscore", keyword.value.lineno)
        return keyword.arg, self.arg(keyword.value)

    def name(self, name: str) -> Arg:
        """What a name stands for: a step, a parameter, or itself in the DSL."""
        value = self.names.get(name)
        if value is not None:
            return value
        if name in self._local_names:
            raise NotStraightError(f"{name} is used before it is bound")
        if name in self._foreign or name in self._modules or name in pure.GRID_NAMES or pure.is_dunder(name):
            raise NotStraightError(f"{name} is not a name of the DSL")
        self._check_ours(name)
        return Code(name)

    def _check_ours(self, name: str) -> None:
        """Keep _0, _1, ... for the steps that tuple_of mentions."""
        if name[:1] == "_" and name[1:].isdigit():
            raise NotStraightError(f"{name} is a name that battnb keeps for itself")

    def _attribute(self, node: ast.Attribute) -> Code:
        module = node.value
        if isinstance(module, ast.Name) and module.id in self._modules and not pure.is_dunder(node.attr):
            return Code(node.attr)
        raise NotStraightError(f"{ast.unparse(node)[:60]} is an attribute", node.lineno)

    def _code(self, node: ast.expr) -> Code:
        """A pure expression's text, and the steps that it mentions."""
        if (text := ast.unparse(node)) in WRITTEN_OUT:
            return Code(text)
        if (what := pure.impurity(node)) is not None:
            raise NotStraightError(f"{text[:60]} has {what} in it", node.lineno)
        refs: dict[str, int] = {}
        for name, in_lambda in list(pure.free_names(node)):
            value = self.name(name.id)
            if in_lambda and (name.id in self.names or name.id in self._local_names):
                self._captured.add(name.id)
            if isinstance(value, Ref):
                self._check_ours(name.id)
                refs[name.id] = value.step
            elif value.text != name.id:
                self._rename(node, name, value)
        return Code(ast.unparse(node), tuple(refs.items()))

    def _rename(self, node: ast.expr, name: ast.Name, value: Code) -> None:
        """Put a parameter's own name (I for grid) where it is mentioned."""
        if not value.text.isidentifier() or value.text in pure.bound_names(node):
            raise NotStraightError(f"{name.id} in a lambda stands for {value.text[:60]}", name.lineno)
        name.id = value.text


def tuple_of(items: Sequence[Arg]) -> Code:
    """A tuple of arguments as one argument, in which _3 is the value of step 3."""
    texts: list[str] = []
    refs: dict[str, int] = {}
    for item in items:
        code = Code(f"_{item.step}", ((f"_{item.step}", item.step),)) if isinstance(item, Ref) else item
        texts.append(code.text)
        refs.update(code.refs)
    return Code(f"({', '.join(texts)}{',' * (len(texts) == 1)})", tuple(refs.items()))
