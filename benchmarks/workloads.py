"""Workloads: candidates with the tasks they run on. The same arguments give the same programs on any machine."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import msgspec

import battnb as bn
from battnb.dsl import solvers
from benchmarks.seed_picture import rounds_for, spinner

TIMEOUT_S = 1.0
TINY_TASK = bn.Task(
    "tiny",
    (
        bn.Pair(((1, 2, 3), (4, 5, 6), (7, 8, 9)), ((7, 4, 1), (8, 5, 2), (9, 6, 3))),
        bn.Pair(((0, 0, 1), (2, 0, 1), (2, 2, 0)), ((2, 2, 0), (2, 0, 0), (0, 1, 1))),
    ),
    (bn.Pair(((5, 0, 5), (0, 5, 0), (3, 0, 5)), None),),
)
_TURNS = ("rot90", "rot180", "rot270", "hmirror", "vmirror", "dmirror", "cmirror")
_COLOURS = ("ZERO", "ONE", "TWO")
_STRIDE = 1_000_003
"""It has no factor in common with the number of calls, so each combination is reached once."""
_HANGS = (
    "def solve(I):\n    return ((3 ** (10**8 + {number})) % 10,),\n",
    "import re\n\n\ndef solve(I):\n    re.match('(a+)+$', 'a' * (40 + {number}) + 'b')\n    return I\n",
)


class Job(msgspec.Struct, frozen=True):
    """One candidate on one task. hangs: it never ends, so its verdict must be a timeout."""

    candidate: bn.Candidate
    task: bn.Task
    hangs: bool = False

    @property
    def source(self) -> str:
        assert isinstance(self.candidate.source, str)
        return self.candidate.source


class Workload(msgspec.Struct, frozen=True):
    """name: in tables. jobs: in the order in which they are handed out. straight: all programs are straight lines."""

    name: str
    jobs: Sequence[Job]
    straight: bool = True

    @property
    def hangs(self) -> int:
        return sum([job.hangs for job in self.jobs])


def real(count: int, apart: bool = False) -> Workload:
    """The package's solvers on their own tasks, in turn. apart: each on a task of its own, so that none shares."""
    programs = solver_sources()
    tasks = {task_id: bn.load_task(task_id) for task_id in programs}
    jobs = []
    for number, task_id in zip(range(count), itertools.cycle(programs)):
        candidate = bn.Candidate(f"{task_id}/{number}", programs[task_id])
        task = tasks[task_id]
        jobs.append(Job(candidate, msgspec.structs.replace(task, id=f"{task_id}/{number}") if apart else task))
    return Workload(f"real {'apart ' if apart else ''}{count}", jobs)


def solver_sources() -> dict[str, str]:
    """The text of each solver of battnb.dsl.solvers by task id, in the file's order."""
    text = Path(solvers.__file__).read_text(encoding="utf-8")
    found = re.findall(r"^(def solve_(\w+)\(I\):\n(?:    .*\n)+)", text, re.MULTILINE)
    return {task_id: source for source, task_id in found}


def tiny(count: int) -> Workload:
    """Distinct straight-line programs of 2-5 steps on 3 x 3 grids."""
    jobs = [Job(candidate, TINY_TASK) for candidate in itertools.islice(tiny_candidates(), count)]
    return Workload(f"tiny {count}", jobs)


def tiny_candidates() -> Iterator[bn.Candidate]:
    """Endless, and none twice."""
    dice, seen = random.Random(0), set()
    for number in itertools.count():
        source = _tiny_source(dice)
        while source in seen:
            source = _tiny_source(dice)
        seen.add(source)
        yield bn.Candidate(f"tiny{number}", source)


def endless_candidates() -> Iterator[bn.Candidate]:
    """Programs of five steps on 3 x 3 grids. The first two million are distinct, without keeping a record of them."""
    changes = [
        f"{name}({{}}, {old}, {new})" for name in ("replace", "switch") for old, new in permutations(_COLOURS, 2)
    ]
    calls = [f"{turn}({{}})" for turn in _TURNS] + changes
    lines = [[f"    x{n} = {call.format(f'x{n - 1}' if n else 'I')}\n" for call in calls] for n in range(5)]
    for number in itertools.count():
        rest, text = number * _STRIDE, ["def solve(I):\n"]
        for choices in lines:
            rest, choice = divmod(rest, len(choices))
            text.append(choices[choice])
        yield bn.Candidate(f"endless{number}", "".join([*text, "    return x4\n"]))


def _tiny_source(dice: random.Random) -> str:
    names, lines = ["I"], []
    for number in range(dice.randint(2, 5)):
        lines.append(f"    x{number} = {_tiny_call(dice, names)}\n")
        names.append(f"x{number}")
    return f"def solve(I):\n{''.join(lines)}    return {names[-1]}\n"


def _tiny_call(dice: random.Random, names: Sequence[str]) -> str:
    """Two of three steps turn the grid, the others change its colours. Two of three use the step before them."""
    grid = names[-1] if dice.random() < 0.67 else dice.choice(names)
    if dice.random() < 0.67:
        return f"{dice.choice(_TURNS)}({grid})"
    old, new = dice.sample(_COLOURS, 2)
    return f"{dice.choice(('replace', 'switch'))}({grid}, {old}, {new})"


def hang(good: int, stuck: int = 8) -> Workload:
    """Candidates stuck in C code, spread among good ones."""
    jobs = list(real(good).jobs)
    for number in range(stuck):
        candidate = bn.Candidate(f"stuck{number}", _HANGS[number % 2].format(number=number))
        task = bn.Task(f"stuck{number}", TINY_TASK.demo[:1], ())
        jobs.insert((number + 1) * good // (stuck + 1), Job(candidate, task, hangs=True))
    return Workload(f"hang {stuck} in {good}", jobs, straight=False)


def arbitrary(count: int, cpu_s: float = 0.0) -> Workload:
    """Distinct programs that are not straight lines: as small as possible, or with this many CPU seconds per sample."""
    task = bn.Task("arbitrary", TINY_TASK.demo[:1], ())
    rounds = rounds_for(cpu_s) if cpu_s else 5
    jobs = [Job(bn.Candidate(f"any{seed}", spinner(rounds, seed)), task) for seed in range(count)]
    return Workload(f"any {cpu_s * 1000:g} ms {count}" if cpu_s else f"any tiny {count}", jobs, straight=False)
