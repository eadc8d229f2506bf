"""The naive way to run a battery: an honest version of what notebooks do.

It has a thread pool of four under asyncio.gather and a wait_for around every check. It runs programs by exec of their
text, every candidate and every differ by itself, and inlines expressions by copying syntax trees. The phases, the work
and the rules are battnb's: the same battery, the same samples, the same programs filtered and kept. As in the code that
battnb grew from, differs are executed together with the candidates, before it is known which candidates are kept. That
code also logged every step and made up values for failed ones; this is left out.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from battnb.load.program_source import program_of
from battnb.load.written import ProgramTexts
from battnb.model import FAMILIES, Arg, Battery, DifferMark, Grid, Ref, Status, Task, t_log
from battnb.phases.differs import points
from battnb.phases.filter import KEEP
from battnb.sandbox.inside.warm import load
from benchmarks.naive_inline import inline_text

THREADS = 4
T = TypeVar("T")
U = TypeVar("U")


class Checked(msgspec.Struct):
    """A candidate on its way through the phases. statuses: by sample; all "timeout" if wait_for gave up."""

    id: str
    source: str
    statuses: list[Status] = []
    has_grid: bool = False
    score: int = 0
    inlined: str = ""
    md5: str = ""
    check_time: float = 0.0


class Differ(msgspec.Struct):
    """A differ on the output of a candidate (owner), or on the raw input (None). counts: by demo pair."""

    mark: DifferMark
    source: str
    owner: str | None
    counts: list[int | None] = []
    check_time: float = 0.0


class NaiveRun:
    """One battery on one task. limit_s: for wait_for; queueing counts."""

    def __init__(self, task: Task, battery: Battery, out_dir: Path, limit_s: float) -> None:
        self.task, self.battery, self.out_dir, self.limit_s = task, battery, out_dir, limit_s
        self.names = load(["battnb.dsl"])
        self.demo = tuple([(pair.input, pair.output) for pair in task.demo])
        self.candidates: list[Checked] = []
        self.differing: list[Differ] = []
        self.kept: list[Checked] = []
        self.duplicate_of: dict[str, str] = {}
        self.phase_s: dict[str, float] = {}

    async def run(self) -> None:
        """Run all phases. phase_s then has the time of each."""
        with ThreadPoolExecutor(THREADS) as self.threads:
            for phase in (self.execute, self.filter, self.inline, self.validate, self.store, self.differs):
                started_s = time.perf_counter()
                await phase()
                self.phase_s[phase.__name__] = time.perf_counter() - started_s

    def verdicts(self) -> dict[str, list[Status]]:
        """Statuses by sample, for every candidate of the battery."""
        found = {candidate.id: candidate.statuses for candidate in self.candidates}
        return {name: found[self.duplicate_of.get(name, name)] for name in found}

    # The phases

    async def execute(self) -> None:
        battery = self.battery
        self.candidates = [Checked(o.candidate_id, _source(battery, o.value)) for o in battery.outputs]
        await self._check_all(self.candidates, lambda candidate: candidate.source)
        owners = {output.value: output.candidate_id for output in reversed(battery.outputs)}
        self.differing = [
            Differ(mark, _source(battery, mark.value), owners.get(_compared(battery, mark))) for mark in battery.differs
        ]
        counted = await self._each(self._count, self.differing)
        for differ, count in zip(self.differing, counted, strict=True):
            differ.counts, differ.check_time = count or ([None] * len(self.demo), self.limit_s)

    async def filter(self) -> None:
        first: dict[str, str] = {}
        for candidate in self.candidates:
            earlier = first.setdefault(candidate.source, candidate.id)
            if earlier != candidate.id:
                self.duplicate_of[candidate.id] = earlier
        unique = [c for c in self.candidates if c.id not in self.duplicate_of and c.has_grid]
        scores = sorted([c.score for c in unique], reverse=True)
        least = scores[KEEP - 1] if len(scores) >= KEEP else 0
        self.kept = [c for c in unique if c.score >= least]

    async def inline(self) -> None:
        inlined = await self._each(lambda candidate: inline_text(candidate.source), self.kept)
        for candidate, text in zip(self.kept, inlined, strict=True):
            candidate.inlined = text or candidate.source
            candidate.md5 = hashlib.md5(candidate.inlined.encode()).hexdigest()

    async def validate(self) -> None:
        await self._check_all(self.kept, lambda candidate: f"def solve(S, I, C):\n    return {candidate.inlined}\n")

    async def store(self) -> None:
        ranked = sorted(self.kept, key=lambda c: (-c.score, -t_log(c.check_time), len(c.source), c.md5))
        for c in ranked[:KEEP]:
            folder = f"solver_dir/solve_{self.task.id}/{c.score}/{t_log(c.check_time)}"
            self._write("solver_md5", folder, c.md5, c.source)

    async def differs(self) -> None:
        kept = {candidate.id for candidate in self.kept}
        raw = {differ.mark.name: differ.counts for differ in self.differing if differ.mark.solver_id is None}
        owned = [differ for differ in self.differing if differ.owner in kept]
        inlined = await self._each(lambda differ: inline_text(differ.source), owned)
        for family in FAMILIES:
            both = [(d, text) for d, text in zip(owned, inlined, strict=True) if family in d.mark.families]
            rated = [(_rate(family, d, raw[d.mark.name]), d, text) for d, text in both]
            best = sorted(rated, key=lambda r: (-r[0], len(r[1].source)))
            for score, differ, text in best[:KEEP]:
                folder = f"differ_dir/{family}/solve_{self.task.id}/{score}/{t_log(differ.check_time)}"
                md5 = hashlib.md5((text or differ.source).encode()).hexdigest()
                self._write("differ_md5", folder, md5, differ.source)

    # What the threads do

    async def _each(self, function: Callable[[T], U], items: Sequence[T]) -> list[U | None]:
        """Call a function for each item in the thread pool, under wait_for. None if a call timed out."""
        return await asyncio.gather(*[self._call(function, item) for item in items])

    async def _call(self, function: Callable[[T], U], item: T) -> U | None:
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self.threads, function, item), self.limit_s)
        except TimeoutError:
            return None

    async def _check_all(self, candidates: Sequence[Checked], text: Callable[[Checked], str]) -> None:
        checks = await self._each(lambda candidate: self._check(text(candidate)), candidates)
        for candidate, check in zip(candidates, checks, strict=True):
            gave_up = ([Status.TIMEOUT] * len(self.task.samples), False, self.limit_s)
            candidate.statuses, candidate.has_grid, candidate.check_time = check or gave_up
            candidate.score = candidate.statuses[: len(self.demo)].count(Status.CORRECT)

    def _check(self, source: str) -> tuple[list[Status], bool, float]:
        """Statuses by sample, whether it gave a grid on any sample, and seconds."""
        started_s = time.perf_counter()
        outputs = [self._once(source, pair.input, None) for pair in self.task.samples]
        wanted = [pair.output for pair in self.task.samples]
        statuses = [Status.CORRECT if o == w else Status.WRONG for o, w in zip(outputs, wanted, strict=True)]
        return statuses, any(isinstance(output, tuple) for output in outputs), time.perf_counter() - started_s

    def _count(self, differ: Differ) -> tuple[list[int | None], float]:
        started_s = time.perf_counter()
        results = [self._once(differ.source, pair.input, pair.output) for pair in self.task.demo]
        counts = [result[0] if isinstance(result, tuple) and result else None for result in results]
        return counts, time.perf_counter() - started_s

    def _once(self, source: str, grid: Grid, compared: Grid | None) -> Any:
        namespace = dict(self.names)
        try:
            exec(source, namespace)
            return namespace["solve"](self.demo, grid, compared)
        except Exception:
            return None

    def _write(self, programs: str, links: str, md5: str, source: str) -> None:
        """Write a program, and a link to it by score and speed."""
        target = self.out_dir / programs / f"{md5}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"from battnb.dsl import *\n\n\n{source}")
        link = self.out_dir / links / f"{md5}.py"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(target, link.parent))


def _rate(family: str, differ: Differ, raw: Sequence[int | None]) -> int:
    return sum([points(family, r, own) for r, own in zip(raw, differ.counts, strict=True)])


def _source(battery: Battery, value: Arg) -> str:
    program = program_of(battery.steps, value)
    return ProgramTexts(program.steps).source(program.output)


def _compared(battery: Battery, mark: DifferMark) -> Arg:
    """The grid that a differ of generate_battery looks at: the second argument of its step."""
    return battery.steps[mark.value.step].args[1] if isinstance(mark.value, Ref) else mark.value
