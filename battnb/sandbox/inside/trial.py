"""What happens in a fork: one program of any kind runs here on every sample of a task."""

from __future__ import annotations

import marshal
import random
import sys
from collections.abc import Callable
from time import monotonic, process_time
from types import CodeType, FrameType
from typing import Any, NamedTuple

from battnb.load.aliases import PRELUDE_NAMES
from battnb.load.entry import Convention, EntryPoint, NoEntry, find_entry
from battnb.sandbox import wire
from battnb.sandbox.inside.captured import BoundedWriter
from battnb.sandbox.inside.grid_forms import form_of
from battnb.sandbox.inside.output import encode_output
from battnb.sandbox.inside.supplied import names_supplied
from battnb.sandbox.inside.watch import CALLED_AGAIN, LOADED_AGAIN, Board

FILENAME = "<candidate>"
OWN_DSL = "battnb.dsl"


class ProgramNames(NamedTuple):
    """What a program finds besides what it defines.

    dsl: the DSL's names. below: Python's builtins with the DSL over them. It is made once, and takes the place of a
    program's builtins: to copy all names into every program's globals would touch, and so copy, every page of theirs.
    modules: those from which a program may import all names, and gets the DSL's.
    """

    dsl: dict[str, Any]
    below: dict[str, Any]
    modules: frozenset[str]


class Item(NamedTuple):
    """A candidate of a job.

    task: index into the job's tasks. grids: what they are handed over as, None to guess. prelude: supply what it takes
    for granted. has_numpy: numpy is loaded where it was sent, if it can be.
    """

    source: str | bytes
    entry: str | None
    grids: str | None
    task: int
    prelude: bool = False
    has_numpy: bool = False


class TaskData(NamedTuple):
    """The samples of a task: encoded inputs, the demo pairs for S (None if no program here may see them), and C."""

    id: str
    inputs: tuple[bytes, ...]
    demo: tuple[tuple[bytes, bytes], ...] | None
    compared: tuple[bytes, ...] | None


def compile_source(source: str | bytes) -> CodeType | bytes:
    """The program's code, or the outcome NOT_A_SOLVER that says why there is none."""
    try:
        return compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, error.msg or str(error), error.lineno)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, str(error) or "too deeply nested", None)


def run_together(names: ProgramNames, packed: bytes, at_s: float, board: Board) -> None:
    """Run programs of any kind one after the other in this fork, for isolation="worker". None begins after at_s."""
    items, tasks = marshal.loads(packed)
    data = [TaskData(*task) for task in tasks]
    for index, item in enumerate(items):
        if index and monotonic() > at_s:
            return
        board.stand(index, 0, 0)
        seed()
        made = Item(*item)
        run_solo(names, index, made, data[made.task], compile_source(made.source), board, shared=True)
    board.stand(len(items), 0, 0)


def run_solo(
    names: ProgramNames,
    index: int,
    item: Item,
    task: TaskData,
    code: CodeType | bytes,
    board: Board,
    shared: bool = False,
    output: BoundedWriter | None = None,
) -> None:
    """Run one program on every sample of a task. Everything that it does wrong becomes an outcome.

    shared: it shares its fork with others, so S is here whether or not it takes S. output: where what it writes goes.
    If it raises on the first sample, and nothing says what it wants its grids as, it is tried with the other form.
    """
    started, spent = monotonic(), process_time()
    board.stand(index, 0, 0)
    call = _load(names, item, task, code, shared)
    if not isinstance(call, _SolverCall):
        _give_up(index, call, board, started, process_time() - spent)
        return
    last = len(call.inputs) - 1
    for sample, grid in enumerate(call.inputs):
        board.stand(index, sample + 1, 0)
        outcome, ends, cpu_s = call.run(grid, board)
        if not sample and call.other and outcome[0] == wire.ERROR:
            if _lacks_numpy(call.other, item):
                _give_up(index, _NEEDS_NUMPY, board, started, 0.0)
                return
            again = _try_again(names, index, item, task, code, call, board, output)
            if again is not None:
                call, (outcome, ends, cpu_s) = again
        ends = ends or sample == last
        times = started, monotonic(), process_time() - spent
        made = wire.encode_result(index, sample, (cpu_s,), outcome, ends, call.entry, *times, call.form, call.supplied)
        board.write(made)
        if ends:
            return


def _give_up(index: int, outcome: bytes, board: Board, started_s: float, cpu_s: float) -> None:
    """Say why a program was not called, or not to its end."""
    board.write(wire.encode_result(index, 0, (cpu_s,), outcome, True, "", started_s, monotonic(), cpu_s, form=0))


def _try_again(
    names: ProgramNames, index: int, item: Item, task: TaskData, code: CodeType | bytes, first: _SolverCall,
    board: Board, output: BoundedWriter | None,
) -> tuple[_SolverCall, _Ran] | None:  # fmt: skip
    """Load a program afresh and run it on the first sample, with the other form of grids. None if it raises again."""
    written = output.take_back() if output is not None else None
    board.stand(index, 1, LOADED_AGAIN)
    board.begin(process_time())
    seed()
    call = _load(names, item._replace(grids=first.other), task, code, shared=True)
    if isinstance(call, _SolverCall):
        board.stand(index, 1, CALLED_AGAIN)
        ran = call.run(call.inputs[0], board)
        if ran[0][0] in (wire.GRID, wire.INVALID):
            return call, ran
    if output is not None and written is not None:
        output.give_back(written)
    return None


def _bounded(outcome: bytes, most_bytes: int) -> bytes:
    if len(outcome) <= most_bytes:
        return outcome
    message = f"its output takes {len(outcome)} bytes; Limits.output_bytes is {most_bytes}"
    return wire.encode_text(wire.INVALID, "output_bytes", message, None)


_Ran = tuple[bytes, bool, float]
"""What came of a sample, whether that ends the candidate, and its CPU seconds."""
_NEEDS_NUMPY = wire.encode_bounce(wire.Bounce.NEEDS_NUMPY)
_OTHER = {"list": "ndarray", "ndarray": "list"}


class _SolverCall:
    """A program's solver, and what it wants its grids as: one of wire.FORMS.

    other: the form to try if it raises with this one, "" if none. supplied: see wire.Result.
    It has slots because to look at a field of a NamedTuple writes to up to three pages, which a fork has to copy.
    """

    __slots__ = ("bools", "demo", "entry", "form", "function", "grids", "inputs", "other", "supplied", "takes_s")

    def __init__(
        self, function: Callable[..., Any], entry: str, convention: Convention, grids: str, task: TaskData
    ) -> None:
        _, _, self.takes_s, _, self.bools = convention
        _, self.inputs, self.demo, _ = task
        self.function = function
        self.entry = entry
        self.grids = grids
        self.form = wire.FORMS.index(grids)
        self.other = ""
        self.supplied = b""

    def run(self, encoded: bytes, board: Board) -> _Ran:
        """Call it with a sample, and encode what came of it."""
        argument = self.arguments(encoded)
        before = process_time()
        board.begin(before)
        try:
            value = self.function(*argument)
            cpu_s = process_time() - before
            outcome = encode_output(value, self.bools)
            if self.grids == "transposed":
                outcome = wire.transposed(outcome)
            return _bounded(outcome, board.output_bytes), False, cpu_s
        except BaseException as error:
            cpu_s = process_time() - before
            return *_raised(error), cpu_s

    def arguments(self, encoded: bytes) -> tuple[Any, ...]:
        """Fresh arguments for a sample: a candidate may change them."""
        decode = wire.decode_grid
        if self.grids == "tuple" and not self.takes_s:
            return (decode(encoded),)
        as_wanted = self._as_wanted
        grid = as_wanted(decode(encoded))
        if not self.takes_s:
            return (grid,)
        demo = [(as_wanted(decode(i)), as_wanted(decode(o))) for i, o in self.demo or ()]
        return tuple(demo), grid, None

    def _as_wanted(self, grid: tuple[tuple[int, ...], ...]) -> Any:
        if self.grids == "tuple":
            return grid
        rows = [list(row) for row in (zip(*grid, strict=True) if self.grids == "transposed" else grid)]
        return rows if self.grids == "list" else sys.modules["numpy"].array(rows)


def _load(names: ProgramNames, item: Item, task: TaskData, code: CodeType | bytes, shared: bool) -> _SolverCall | bytes:
    """Run the module code of a program, and find its entry point. Returns an outcome if there is none.

    Only here is it known whether a program takes S: its module code decides which functions there are. If the parent
    guessed wrong (parent/works.py) the program bounces, and the parent sends it where S is, or is not.
    """
    if not isinstance(code, CodeType):
        return code
    try:
        supplied = names_supplied(code, names.dsl) if item.prelude else {}
        namespace, entry = _defined(names, item, task, code, supplied)
        if supplied and isinstance(entry, EntryPoint) and entry.name == "p":  # golf has to do without
            supplied = {}
            namespace, entry = _defined(names, item, task, code, supplied)
        if isinstance(entry, NoEntry):
            return wire.encode_text(wire.NOT_A_SOLVER, "no entry point", entry.reason, None)
        call = _call_of(namespace, entry, item, task, code)
        if call is None:
            return _NEEDS_NUMPY
    except BaseException as error:
        return _raised(error)[0]
    if not shared and call.takes_s != (call.demo is not None):
        return wire.encode_bounce(wire.Bounce.NEEDS_S if call.takes_s else wire.Bounce.NO_S)
    if supplied:
        call.supplied = bytes([PRELUDE_NAMES.index(name) for name in supplied])
    return call


def _defined(
    names: ProgramNames, item: Item, task: TaskData, code: CodeType, supplied: dict[str, Any]
) -> tuple[dict[str, Any], EntryPoint | NoEntry]:
    """The globals of a program after its module code ran, and its entry point."""
    namespace: dict[str, Any] = {"__name__": "candidate", "__builtins__": names.below, **supplied}
    exec(code, namespace)
    return namespace, find_entry(namespace, task.id, item.entry)


def _call_of(
    namespace: dict[str, Any], entry: EntryPoint, item: Item, task: TaskData, code: CodeType
) -> _SolverCall | None:
    """The call of an entry point, with grids as it wants them. None if they are arrays, and numpy is elsewhere."""
    name, convention = entry
    grids, other = item.grids or convention.grids, ""
    function: Any = None
    if "." in name:
        of_class, _, method = name.partition(".")
        function = getattr(namespace[of_class](), method)
    else:
        function = namespace[name]
    if item.grids is None and grids == "ndarray":
        grids, is_sure = form_of(function, code, namespace)
        other = "" if is_sure else _OTHER[grids]
    if grids in _ARRAYS:
        if _lacks_numpy(grids, item):
            return None
        __import__("numpy")  # which is loaded, unless it cannot be
    call = _SolverCall(function, name, convention, grids, task)
    call.other = other
    return call


_ARRAYS = ("ndarray", "transposed")


def _lacks_numpy(form: str, item: Item) -> bool:
    """Does it need numpy for its grids, and was it sent where numpy is not loaded?"""
    return form in _ARRAYS and not item.has_numpy and "numpy" not in sys.modules


def _raised(error: BaseException) -> tuple[bytes, bool]:
    """The outcome for an exception, and whether it ends the candidate. Nothing but its text runs its own code."""
    kinds = type.__dict__["__mro__"].__get__(type(error))
    line = _line(error)
    if SystemExit in kinds:
        code = SystemExit.__dict__["code"].__get__(error)
        number = code if type(code) is int else int(code is not None)
        return wire.encode_text(wire.EXITED, "exit code", str(number), line), True
    if MemoryError in kinds:
        return wire.encode_text(wire.MEMORY, "MemoryError", message_of(error), line), True
    name = type.__dict__["__name__"].__get__(type(error))  # whatever the metaclass says
    return wire.encode_text(wire.ERROR, str(name), message_of(error), line), False


def message_of(error: BaseException) -> str:
    """Its text. This runs a __str__ of the candidate's; whatever comes of that is the candidate's own."""
    try:
        text = str(error)
        return text if type(text) is str else ""
    except BaseException:
        return ""


def _line(error: BaseException) -> int | None:
    """The last line of the candidate's own source in the traceback."""
    line, steps = None, 0
    at = BaseException.__dict__["__traceback__"].__get__(error)
    while at is not None and steps < 10_000:
        frame: FrameType = at.tb_frame
        if frame.f_code.co_filename == FILENAME:
            line = at.tb_lineno
        at, steps = at.tb_next, steps + 1
    return line


def seed() -> None:
    """Give every candidate the same random numbers, though several share a process."""
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)
