"""Steps, programs and batteries as readable text, and the names in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from battnb.errors import BatteryError, StoreError
from battnb.files import write_whole
from battnb.load.pure import GRID_NAMES, bound_names, free_names, parse_code
from battnb.model import Arg, Battery, Code, DifferMark, Output, Ref, Step


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


# A battery as a module that load_battery reads, and that runs as plain Python too

_HEAD = '''"""{name}: {outputs} candidates and {differs} differ results in {steps} steps."""

from {dsl} import *


def batt(task_id, S, I, C, log_path):
    o = []
    s = []
'''


def battery_text(battery: Battery, dsl: str = "battnb.dsl") -> tuple[str, str]:
    """A battery's module, and its calls as {n: 'f, a, b'}.

    A step that fails leaves its name unbound, so that only the steps that need it fail too. A mark follows the step
    that it marks. dsl: the module that the functions are imported from.
    Raises BatteryError if the candidates are source text: they have files of their own.
    """
    if battery.programs:
        raise BatteryError(f"battery {battery.name} holds source text, not steps; write its programs to files")
    marked = [mark.value for mark in battery.outputs] + [mark.value for mark in battery.differs]
    if step_letter(battery.steps, *marked) != "t":
        raise BatteryError(f"battery {battery.name} uses a name such as t1, which names a step; rename it")
    counts = {"outputs": len(battery.outputs), "differs": len(battery.differs), "steps": len(battery.steps)}
    head = _HEAD.format(name=battery.name, dsl=dsl, **counts)
    body = "".join([_block_text(block) for block in _blocks(battery)])
    calls = "".join([f"    {n}: {', '.join(call_texts(step))!r},\n" for n, step in enumerate(battery.steps, 1)])
    return f"{head}{body}    return o, s\n", f"t_call = {{\n{calls}}}\n"


def write_battery(battery: Battery, path: str | Path, dsl: str = "battnb.dsl") -> Path:
    """Write a battery's module and, beside it, <name>_call.py; each whole or not at all.

    path: with or without .py. Returns the module's path. Raises BatteryError if it cannot be written.
    """
    path = Path(path)
    path = path if path.suffix == ".py" else path.with_name(f"{path.name}.py")
    module, calls = battery_text(battery, dsl)
    try:
        write_whole(path.with_name(f"{path.stem}_call.py"), calls.encode())
        return write_whole(path, module.encode())
    except StoreError as error:
        raise BatteryError(str(error)) from None


class _Line(msgspec.Struct, frozen=True):
    """A line of batt, the step that it makes (None for a mark), and the steps that it needs."""

    text: str
    makes: int | None
    needs: frozenset[int]


def _blocks(battery: Battery) -> Iterator[list[_Line]]:
    """Lines that fail together: a step that needs the step before it, or a mark that needs only that step."""
    block: list[_Line] = []
    last: int | None = None
    for line in _lines(battery):
        joins = last in line.needs and (line.makes is not None or len(line.needs) == 1)
        if block and not joins:
            yield block
            block, last = [], None
        block.append(line)
        last = last if line.makes is None else line.makes
    if block:
        yield block


def _lines(battery: Battery) -> Iterator[_Line]:
    """The steps, each followed by its marks. Marks come as early as their values and the marks before them allow."""
    marks = _placed([(_output_text(mark), mark.value) for mark in battery.outputs])
    marks += _placed([(_differ_text(mark), mark.value) for mark in battery.differs])
    marks_at: dict[int, list[_Line]] = {}
    for place, mark in marks:
        marks_at.setdefault(place, []).append(mark)
    yield from marks_at.get(-1, [])
    for number, step in enumerate(battery.steps):
        needs = frozenset(step.used)
        yield _Line(f"t{number + 1} = {step_text(step)}", number, needs)
        yield from marks_at.get(number, [])


def _placed(marks: list[tuple[str, Arg]]) -> list[tuple[int, _Line]]:
    place, placed = -1, []
    for text, value in marks:
        needs = frozenset(value.used)
        place = max(place, *needs) if needs else place
        placed.append((place, _Line(text, None, needs)))
    return placed


def _output_text(mark: Output) -> str:
    return f"o.append(({_id_text(mark.candidate_id)}, {mark.mutated}, {mark.solver_id!r}, {arg_text(mark.value)}))"


def _differ_text(mark: DifferMark) -> str:
    return f"s.append(({_id_text(mark.id)}, {mark.solver_id or 'None'!r}, {mark.name!r}, {arg_text(mark.value)}))"


def _id_text(mark_id: str) -> str:
    return mark_id if mark_id.isdecimal() and str(int(mark_id)) == mark_id else repr(mark_id)


def _block_text(block: list[_Line]) -> str:
    lines = "".join([f"        {line.text}\n" for line in block])
    return f"    try:\n{lines}    except Exception:\n        pass\n"
