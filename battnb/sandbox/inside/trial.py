"""What happens in a fork: one program of any kind runs here on every sample of a task."""

from __future__ import annotations

import marshal
import random
import sys
from collections.abc import Callable, Collection, Mapping
from time import monotonic, process_time
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

from battnb.load.aliases import PRELUDE_NAMES
from battnb.load.entry import EntryPoint, find_entry
from battnb.sandbox import wire
from battnb.sandbox.inside import imports
from battnb.sandbox.inside.captured import BoundedWriter
from battnb.sandbox.inside.grid_forms import form_of, has_numpy, mentions_numpy
from battnb.sandbox.inside.output import bounded, encode_output
from battnb.sandbox.inside.reading import FILENAME, Compiled, Guess, read_source
from battnb.sandbox.inside.supplied import supplied
from battnb.sandbox.inside.watch import Board

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
    for granted. has_numpy: numpy is loaded where it was sent, if it can be. siblings: the texts of modules that it may
    import, by name; a job has them only for programs that have some.
    """

    source: str | bytes
    entry: str | None
    grids: str | None
    task: int
    prelude: bool = False
    has_numpy: bool = False
    siblings: dict[str, str] | None = None


class TaskData(NamedTuple):
    """The samples of a task: encoded inputs, the demo pairs for S (None if no program here may see them), and C."""

    id: str
    inputs: tuple[bytes, ...]
    demo: tuple[tuple[bytes, bytes], ...] | None
    compared: tuple[bytes, ...] | None


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
        program = read_source(made.source, made.prelude, names.dsl, names.modules)
        run_solo(index, Attempt(names, made, data[made.task], program, shared=True), board)
        if made.siblings:
            imports.stop_serving()
    board.stand(len(items), 0, 0)


def run_solo(
    index: int, attempt: Attempt, board: Board, output: BoundedWriter | None = None, spent_s: float | None = None
) -> bool:
    """Run one program on every sample of a task. Everything that it does wrong becomes an outcome.

    output: where what it writes goes. If it raises on the first sample and does not say what its grids are, the other
    form is tried. spent_s: what the CPU clock showed when it was tried first. False if it raises again, untold.
    """
    started, again, spent = monotonic(), int(spent_s is not None), process_time() if spent_s is None else spent_s
    board.stand(index, again, again)
    if (why_not := attempt.load()) is not None:
        return not again and _give_up(index, why_not, board, started, spent)
    last = len(attempt.inputs) - 1
    for sample, grid in enumerate(attempt.inputs):
        board.stand(index, sample + 1, 2 * again)
        argument = attempt.arguments(grid)
        before = process_time()
        board.begin(before)
        try:
            value = attempt.function(*argument)
            cpu_s = process_time() - before
            outcome, ends = encode_output(value, attempt.bools), False
            if attempt.grids == "transposed" or len(outcome) > board.output_bytes:
                outcome = attempt.as_allowed(outcome, board.output_bytes)
        except BaseException as error:
            cpu_s = process_time() - before
            outcome, ends = _raised(error)
            if not sample and (again or attempt.other):
                attempt.outcome = outcome
                if again or _other_form_runs(index, attempt, board, output, spent):
                    return not again
        ends = ends or sample == last
        board.write(wire.encode_result(
            index, sample, (cpu_s,), outcome, ends, attempt.entry, started, monotonic(), process_time() - spent,
            attempt.form, attempt.supplied,
        ))  # fmt: skip
        if ends:
            break
    return True


def _give_up(index: int, outcome: bytes, board: Board, started_s: float, spent_s: float) -> bool:
    """Say why a program was not called, or not to its end."""
    cpu_s = process_time() - spent_s
    return board.write(wire.encode_result(index, 0, (cpu_s,), outcome, True, "", started_s, monotonic(), cpu_s, form=0))


def _other_form_runs(index: int, attempt: Attempt, board: Board, output: BoundedWriter | None, spent_s: float) -> bool:
    """Try a program that raised with the other form of grids, loaded afresh. False if it raises again.

    If that form needs numpy, and it is not loaded here, the program is sent elsewhere.
    """
    if attempt.outcome[0] != wire.ERROR:
        return False
    if attempt.lacks_numpy(attempt.other):
        return _give_up(index, _NEEDS_NUMPY, board, monotonic(), spent_s)
    written = b"" if output is None else output.take_back()
    seed()
    board.begin(process_time())
    is_kept = run_solo(index, attempt.with_other_form(), board, output, spent_s)
    if output is not None and not is_kept:
        output.give_back(written)
    return is_kept


_NEEDS_NUMPY = wire.encode_bounce(wire.Bounce.NEEDS_NUMPY)
_NUMBERS = {form: number for number, form in enumerate(wire.FORMS) if form is not None}
_OTHER = {"list": "ndarray", "ndarray": "list"}


class Attempt:
    """A program, which is to be run on the samples of a task, and all that can be known and made before that.

    A worker makes it before it forks: there all is warm, and nothing copied. shared: the program shares its fork with
    others, so S is here whether or not it takes S. Once it is loaded, function is its solver, entry the name of that,
    grids what it wants its grids as: one of wire.FORMS. other: the form to try if it raises with this one, "" if none.
    outcome: of that. supplied: see wire.Result.
    It has slots because to look at a field of a NamedTuple writes to up to three pages, which a fork has to copy.
    """

    __slots__ = (
        "bools", "code", "demo", "entry", "form", "function", "grids", "guesses", "has_numpy", "inputs", "made_of",
        "namespace", "other", "outcome", "said", "shared", "siblings", "supplied", "taken", "takes_s", "task_id",
        "uses_dsl", "wanted",
    )  # fmt: skip
    function: Callable[..., Any]
    entry: str
    grids: str
    form: int
    takes_s: bool
    bools: bool

    def __init__(
        self, names: ProgramNames, item: Item, task: TaskData, program: Compiled | bytes, shared: bool = False
    ) -> None:
        self.made_of = names, item, task, program
        _, self.wanted, self.said, _, _, self.has_numpy, self.siblings = item
        self.task_id, self.inputs, self.demo, _ = task
        self.shared = shared
        self.other, self.outcome, self.supplied = "", b"", b""
        self.code: CodeType | None = None
        self.guesses: Mapping[str, Guess] = {}
        self.taken: Collection[str] = ()
        if isinstance(program, bytes):
            self.outcome = program
        else:
            self.code, self.guesses, self.taken, self.uses_dsl = program
        self.namespace = _new_module(names.below)

    def with_other_form(self) -> Attempt:
        """The same program afresh, which is handed its grids in the other form."""
        names, item, task, program = self.made_of
        return Attempt(names, item._replace(grids=self.other), task, program, shared=True)

    def load(self) -> bytes | None:
        """Run the module code of the program, and find its entry point. Returns an outcome if there is none.

        Only here is it known whether a program takes S: its module code decides which functions there are. If the
        parent guessed wrong (parent/works.py) the program bounces, and the parent sends it where S is, or is not.
        """
        if self.code is None:
            return self.outcome
        namespace, said = self.namespace, self.said
        try:
            if self.siblings:
                imports.serve(self.siblings)
            if self.taken:
                namespace |= (given := supplied(self.taken))
                self.supplied = bytes([PRELUDE_NAMES.index(name) for name in given])
            exec(self.code, namespace)
            found = find_entry(namespace, self.task_id, self.wanted)
            if self.supplied and found[0] == "p":  # golf has to do without
                return self._load_without_names()
            if not isinstance(found, EntryPoint):
                return wire.encode_text(wire.NOT_A_SOLVER, "no entry point", found.reason, None)
            self.entry, (_, _, self.takes_s, grids, self.bools) = found
            self.function = namespace[self.entry] if self.entry in namespace else _bound_method(namespace, self.entry)
            is_open = grids == "ndarray" or (grids == "tuple" and not self.takes_s and not self.uses_dsl)
            if said is None and is_open:
                grids, self.other = self._forms(self.code, grids == "tuple")
            self.grids = grids = said or grids
            if self.lacks_numpy(grids):
                return _NEEDS_NUMPY
            if grids in ("ndarray", "transposed"):
                __import__("numpy")  # and say why it cannot be loaded
        except BaseException as error:
            return _raised(error)[0]
        self.form = _NUMBERS[grids]
        if self.shared or self.takes_s == (self.demo is not None):
            return None
        return wire.encode_bounce(wire.Bounce.NEEDS_S if self.takes_s else wire.Bounce.NO_S)

    def _load_without_names(self) -> bytes | None:
        self.taken, self.supplied = (), b""
        names, *_ = self.made_of
        self.namespace = _new_module(names.below)
        return self.load()

    def _forms(self, code: CodeType, may_be_tuples: bool) -> tuple[str, str]:
        """What grids are handed over as, and the other form that may be tried."""
        function, namespace = self.function, self.namespace
        guess = self.guesses.get(self.entry) if type(function) is FunctionType else None
        if guess is not None and guess[2] and function.__code__ is guess[0]:
            (_, form, _, imports_numpy), is_sure = guess, False
        else:
            (form, is_sure), imports_numpy = form_of(function, namespace), mentions_numpy(code)
        if is_sure:
            return form, ""
        by_module = "ndarray" if imports_numpy or has_numpy(namespace) else "list"
        if may_be_tuples:
            return (form, "tuple") if form in ("list", by_module) else ("tuple", "list")
        form = form or by_module
        return form, _OTHER[form]

    def lacks_numpy(self, form: str) -> bool:
        """Does this form of grids need numpy, and was the program sent where numpy is not loaded?"""
        return form in ("ndarray", "transposed") and not self.has_numpy and "numpy" not in sys.modules

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

    def as_allowed(self, outcome: bytes, most_bytes: int) -> bytes:
        """The outcome as the parent may have it: with rows as rows, and not too long."""
        return bounded(wire.transposed(outcome) if self.grids == "transposed" else outcome, most_bytes)

    def _as_wanted(self, grid: tuple[tuple[int, ...], ...]) -> Any:
        if self.grids == "tuple":
            return grid
        rows = [list(row) for row in (zip(*grid, strict=True) if self.grids == "transposed" else grid)]
        return rows if self.grids == "list" else sys.modules["numpy"].array(rows)


def _new_module(below: dict[str, Any]) -> dict[str, Any]:
    """The globals of a program: those of a real module, as dataclasses and pickle look for."""
    module = sys.modules["candidate"] = ModuleType("candidate")
    namespace = module.__dict__
    namespace["__builtins__"] = below
    return namespace


def _bound_method(namespace: dict[str, Any], name: str) -> Any:
    of_class, _, method = name.partition(".")
    return getattr(namespace[of_class](), method)


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
    return wire.encode_text(wire.ERROR, str(name), message_of(error) + imports.advice(error), line), False


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
