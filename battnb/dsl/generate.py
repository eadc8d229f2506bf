"""Make a battery of candidates from this package's solvers: themselves, changed in one or two places, and repeated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from battnb.dsl.mutate import Dice, mutants
from battnb.errors import InputError
from battnb.load.inlining import program_md5
from battnb.load.program_source import moved_arg, moved_step, program_of, read_program
from battnb.load.written import write_battery
from battnb.model import Arg, Battery, Code, DifferMark, Output, Program, Ref, Step

__all__ = ["DIFFERS", "generate_battery", "solver_programs", "write_battery"]

DIFFERS = ("differ_colors_iz", "differ_colors_zo", "differ_objects_iz", "differ_objects_zo")

_REPEATED = 0.25  # candidates that repeat an earlier one, for the filter to drop
_OF_THE_TASK = 0.6  # candidates made from the task's own solver, if there is one
_UNCHANGED = 0.3  # candidates of other solvers that are the solvers themselves
_CHANGED_TWICE = 0.3  # mutants with two changes
_THROWS = 8  # attempts to make a candidate that is new
_AT_ONCE = 4  # candidates whose steps are mixed

_ENDED = object()


class _Draft(msgspec.Struct, frozen=True):
    """A candidate before its steps are shared with others."""

    solver_id: str
    mutated: bool
    program: Program


def generate_battery(task_id: str | None = None, count: int = 149, seed: int = 0, name: str = "battery") -> Battery:
    """Make a battery of count candidates, the same for the same arguments on every machine.

    task_id: a task whose own solver, if there is one, is among the candidates, as are many changes of it.
    Every candidate's output, and the raw input, is compared by each of DIFFERS. Candidates' ids are "1", "2", ...
    Raises InputError if count is not positive.
    """
    if count < 1:
        raise InputError(f"a battery of {count} candidates cannot be made; give a count of 1 or more")
    dice = Dice(f"battnb {seed} {task_id}")
    mixer = _Mixer(dice)
    mixer.add_differs(Code("I"), None)
    mixer.mix(_drafts(task_id, count, dice))
    return Battery(name, tuple(mixer.steps), tuple(mixer.outputs), tuple(mixer.differs))


@lru_cache(maxsize=1)
def solver_programs() -> dict[str, Program]:
    """The straight-line solvers of battnb.dsl.solvers by task id, read from its text, in alphabetical order."""
    text = (Path(__file__).parent / "solvers.py").read_text(encoding="utf-8")
    found: dict[str, Program] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("solve_"):
            program = read_program(ast.get_source_segment(text, node) or "")
            if program is not None:
                found[node.name.removeprefix("solve_")] = program_of(program.steps, program.output)
    return dict(sorted(found.items()))


def _drafts(task_id: str | None, count: int, dice: Dice) -> list[_Draft]:
    """The task's own solver at a random place, and other candidates around it."""
    drafts: list[_Draft] = []
    seen: set[str] = set()
    own_place = dice.below(count)
    while len(drafts) < count:
        if len(drafts) == own_place and task_id in solver_programs():
            drafts.append(_Draft(str(task_id), False, solver_programs()[str(task_id)]))
        elif drafts and dice.chance(_REPEATED):
            drafts.append(dice.choose(drafts))
        else:
            drafts.append(_new_draft(task_id, seen, dice))
        seen.add(program_md5(drafts[-1].program)[0])
    return drafts


def _new_draft(task_id: str | None, seen: set[str], dice: Dice) -> _Draft:
    """A candidate that is not there yet, if a few attempts find one."""
    for _ in range(_THROWS):
        draft = _draft(task_id, dice)
        if program_md5(draft.program)[0] not in seen:
            break
    return draft


def _draft(task_id: str | None, dice: Dice) -> _Draft:
    solvers = solver_programs()
    if task_id in solvers and dice.chance(_OF_THE_TASK):
        return _mutant(str(task_id), dice)
    solver_id = dice.choose(list(solvers))
    return _Draft(solver_id, False, solvers[solver_id]) if dice.chance(_UNCHANGED) else _mutant(solver_id, dice)


def _mutant(solver_id: str, dice: Dice) -> _Draft:
    """The solver with one or two changes that make it another program, not the same one written differently."""
    origin = program = solver_programs()[solver_id]
    for _ in range(1 + dice.chance(_CHANGED_TWICE)):
        program = dice.choose(mutants(program) or [program])
    if program_md5(program) == program_md5(origin):
        others = [mutant for mutant in mutants(origin) if program_md5(mutant) != program_md5(origin)]
        program = dice.choose(others or [origin])
    return _Draft(solver_id, program != origin, program_of(program.steps, program.output))


class _Mixer:
    """Puts candidates' steps into one graph: a few candidates at a time, and equal steps once."""

    def __init__(self, dice: Dice) -> None:
        self.steps: list[Step] = []
        self.outputs: list[Output] = []
        self.differs: list[DifferMark] = []
        self._dice = dice
        self._places: dict[Step, Ref] = {}

    def mix(self, drafts: Sequence[_Draft]) -> None:
        waiting = iter(drafts)
        active: list[Iterator[None]] = []
        while True:
            while len(active) < _AT_ONCE and (draft := next(waiting, None)) is not None:
                active.append(self._add(draft))
            if not active:
                return
            candidate = self._dice.choose(active)
            if next(candidate, _ENDED) is _ENDED:
                active.remove(candidate)

    def _add(self, draft: _Draft) -> Iterator[None]:
        """Add a candidate a step at a time, then its marks."""
        places: dict[int, int] = {}
        for number, step in enumerate(draft.program.steps):
            places[number] = self._place(moved_step(step, places)).step
            yield
        value = moved_arg(draft.program.output, places)
        self.outputs.append(Output(str(len(self.outputs) + 1), draft.solver_id, draft.mutated, value))
        self.add_differs(value, draft.solver_id)

    def add_differs(self, value: Arg, solver_id: str | None) -> None:
        """Compare a grid with the wanted one by each of DIFFERS."""
        for differ in DIFFERS:
            place = self._place(Step(Code(differ), (Code("S"), value, Code("C"))))
            self.differs.append(DifferMark(str(len(self.differs) + 1), differ, solver_id, place))

    def _place(self, step: Step) -> Ref:
        if step not in self._places:
            self._places[step] = Ref(len(self.steps))
            self.steps.append(step)
        return self._places[step]
