"""Read a battery module, def batt(task_id, S, I, C, log_path), from its text. It is never imported.

Its lines are steps and marks. A step is `t5 = f(t4, ONE)`, which may be inside try. The mark
`o.append((5, False, 'solver', t5))` says that a value is the output of a candidate, the mark
`s.append((9, 'solver', 'differ', t9))` that it is the result of a differ. load/origin.py has other ways to write them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from battnb.errors import BatteryError
from battnb.load import origin
from battnb.load.call_file import compare_calls
from battnb.load.program_source import NotStraightError, StepReader, bound_in
from battnb.load.pure import UNREADABLE, is_text, parse_expression, parse_file, read_bytes
from battnb.model import Arg, Battery, Code, DifferMark, Output, Step

Function = ast.FunctionDef | ast.AsyncFunctionDef


def battery_module(path: Path) -> Battery | None:
    """The battery in a .py file that defines batt; None if it does not."""
    read = read_battery_module(path)
    return None if read is None else read[0]


def read_battery_module(path: Path) -> tuple[Battery, list[int]] | None:
    """Read a battery's steps and marks, and warn where <name>_call.py beside it says something else.

    Returns the battery, and the line of each of its steps in the file; None if the file does not define batt. Raises
    BatteryError naming the file, the line and the step.
    """
    module = parse_file(path, read_bytes(path))
    functions = (node for node in module.body if isinstance(node, Function) and node.name == "batt")
    function = next(functions, None)
    if function is None:
        return None
    reader = _BatteryReader(path, function)
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            reader.read_import(node)
    reader.read(function.body)
    if not reader.outputs:
        raise BatteryError(f"{path} marks no candidate; add o.append((n, False, 'solver', t<n>)) for each")
    compare_calls(path.with_name(f"{path.stem}_call.py"), reader.calls)
    battery = Battery(
        name=path.stem,
        steps=tuple(reader.steps.steps),
        outputs=tuple(reader.outputs),
        differs=tuple(reader.differs),
    )
    return battery, reader.lines


class _Steps(StepReader):
    """Steps of a battery, in which t<n> and task_id are never names of the DSL."""

    def __init__(self, function: Function) -> None:
        super().__init__(origin.parameters_of(function), _bound(function))
        arguments = function.args
        self._others = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args)} | {"task_id", "log_path"}

    def name(self, name: str) -> Arg:
        if name not in self.names and ((name[:1] == "t" and name[1:].isdecimal()) or name in self._others):
            raise NotStraightError(f"{name} is not a step of an earlier line")
        return super().name(name)


class _BatteryReader:
    """The lines of batt, one after the other."""

    def __init__(self, path: Path, function: Function) -> None:
        self.path = path
        self.outputs: list[Output] = []
        self.differs: list[DifferMark] = []
        self.lines: list[int] = []
        self.calls: dict[str, ast.expr] = {}
        self.steps = _Steps(function)
        self._taken: set[str] = set()
        self._unpiled: origin.Unpiled | None = None
        self._wanted = next(name for name, value in reversed(self.steps.names.items()) if value == Code("C"))

    def read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import of everything only adds names. Whether they are in the DSL is checked later (check_functions)."""
        if not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*"):
            self.steps.read_import(node)

    def read(self, body: list[ast.stmt]) -> None:
        for node in _flat(body):
            try:
                self._read_line(node if self._unpiled is None else self._unpiled.visit(node))
            except NotStraightError as error:
                line = error.line or node.lineno
                step = "".join([f"step {name}: " for name in bound_in([node])])
                raise BatteryError(f"{self.path}, line {line}: {step}{error.reason}") from None
            except UNREADABLE as error:  # it was parsed, but is too deep or too long to be written out again
                reason = str(error) or "it is nested too deeply"
                raise BatteryError(f"{self.path}, line {node.lineno}: cannot be written out: {reason}") from None
            self.lines += [node.lineno] * (len(self.steps.steps) - len(self.lines))

    def _read_line(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            self._read_step(node)
        elif isinstance(node, ast.If) and origin.is_guard_of_counts(node.test):
            self.read(node.body)
        elif found := list(origin.compared(node, self._wanted)):
            for mark in found:
                number = mark.value.id.removeprefix("t")
                value = self.steps.arg(mark.value)
                self.outputs.append(Output(self._unique(number), mark.solver_id, mark.mutated, value))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._read_mark(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.read_import(node)
        elif not (isinstance(node, ast.Pass | ast.Return) or is_text(node)):
            raise NotStraightError(f"{type(node).__name__} is neither a step nor a mark")

    def _read_step(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(value, ast.List) and not value.elts:
            return
        if origin.is_environment(value):
            self._unpiled = origin.Unpiled()
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == origin.BATCH:
            self._read_batch(target, value)
        elif len(node.targets) != 1 or not isinstance(target, ast.Name):
            raise NotStraightError("a step is one name = one call")
        else:
            if isinstance(value, ast.Call):
                self.calls[target.id] = value
            self.steps.bind(target.id, self.steps.arg(value))

    def _read_batch(self, target: ast.expr, call: ast.Call) -> None:
        """Four steps for the four that the call gives."""
        names = [ast.unparse(name) for name in getattr(target, "elts", ())]
        if len(call.args) != 1 or call.keywords or len(names) != len(origin.BATCH_STEPS):
            raise NotStraightError(f"write t1, t2, t3, t4 = {origin.BATCH}(S)")
        samples = self.steps.arg(call.args[0])
        made: list[Arg] = []
        for name, (text, taken, written) in zip(names, origin.BATCH_STEPS, strict=True):
            made.append(self.steps.add(Step(Code(text), (samples if taken is None else made[taken],))))
            argument = ast.unparse(call.args[0]) if taken is None else names[taken]
            self.calls[name] = parse_expression(written.format(argument))
        for name, ref in zip(names, made, strict=True):
            self.steps.bind(name, ref)

    def _read_mark(self, call: ast.Call) -> None:
        name = ast.unparse(call.func)
        if name not in ("o.append", "s.append"):
            raise NotStraightError(f"{name[:60]}(...) is neither a step nor a mark")
        (mark,) = call.args if len(call.args) == 1 and not call.keywords else (None,)
        if not isinstance(mark, ast.Tuple) or len(mark.elts) != 4:
            raise NotStraightError(f"{name} takes one tuple of four items; write {_FORMS[name]}")
        first, second, third, value = mark.elts
        words = [_constant(first), _constant(second), _constant(third)]
        if name == "o.append":
            self.outputs.append(self._output(words, self.steps.arg(value)))
        else:
            self.differs.append(_differ(words, self.steps.arg(value)))

    def _output(self, words: list[object], value: Arg) -> Output:
        number, mutated, solver = words
        if not (_is_id(number) and type(mutated) in (bool, int) and isinstance(solver, str)):
            raise NotStraightError(f"is not a mark of a candidate; write {_FORMS['o.append']}")
        return Output(self._unique(str(number)), solver, bool(mutated), value)

    def _unique(self, candidate_id: str) -> str:
        """Two marks with one number are two candidates; the second is named 5#2."""
        number, name = 1, candidate_id
        while name in self._taken:
            number += 1
            name = f"{candidate_id}#{number}"
        self._taken.add(name)
        return name


_FORMS = {
    "o.append": "o.append((n, mutated, 'solver', t<n>)), mutated True or False",
    "s.append": "s.append((n, 'solver' or 'None', 'differ', t<n>))",
}


def _differ(words: list[object], value: Arg) -> DifferMark:
    number, solver, name = words
    if not (_is_id(number) and (solver is None or isinstance(solver, str)) and isinstance(name, str)):
        raise NotStraightError(f"is not a mark of a differ; write {_FORMS['s.append']}")
    return DifferMark(str(number), name, None if solver in (None, "None") else solver, value)


def _is_id(value: object) -> bool:
    return type(value) in (int, str)


def _constant(node: ast.expr) -> object:
    """A constant's value. Any other node is returned as it is, and no mark accepts it."""
    return node.value if isinstance(node, ast.Constant) else node


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements in order, with those inside try. What except does is left out: it is for a step that fails."""
    for node in body:
        if isinstance(node, ast.Try):
            yield from _flat([*node.body, *node.orelse, *node.finalbody])
        else:
            yield node


def _bound(function: Function) -> frozenset[str]:
    """The names that are bound somewhere in the function."""
    parts = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
    return frozenset([part.id for part in parts if isinstance(part.ctx, ast.Store)])
