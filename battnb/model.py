"""The records that the rest of battnb passes around. All are frozen; none knows how it is made or shown."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from battnb.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Grid = tuple[tuple[int, ...], ...]
"""Rows of colours 0-9, 1 to 30 rows of 1 to 30 cells, all rows of one length."""


class Pair(msgspec.Struct, frozen=True, gc=False):
    """One input grid and its wanted output, None where that is not known."""

    input: Grid
    output: Grid | None

    def _repr_html_(self) -> str:
        from battnb.view.rich import lone_pair_html

        return lone_pair_html(self)


class Task(msgspec.Struct, frozen=True):
    """An ARC puzzle: demo pairs, whose outputs are known, and test pairs, whose outputs may be."""

    id: str
    demo: tuple[Pair, ...]
    test: tuple[Pair, ...]

    @property
    def samples(self) -> tuple[Pair, ...]:
        """The pairs in the order in which candidates run on them: demo, then test."""
        return self.demo + self.test

    def __repr__(self) -> str:
        return f"<Task {self.id}: {len(self.demo)} demo pairs, {len(self.test)} test pairs>"

    def _repr_html_(self) -> str:
        from battnb.view.rich import task_html

        return task_html(self)


def _article(source: object) -> str:
    kind = type(source).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One program to judge.

    source: Python source text, or its bytes in any encoding that Python accepts.
    entry: the function to call; None finds it by name and arity (load.entry).
    grids: how it gets its grids: "tuple", "list" or "ndarray"; None goes by the entry point, and for transform by
        whether the program uses numpy.
    """

    id: str
    source: str | bytes
    entry: str | None = None
    grids: str | None = None

    def __post_init__(self) -> None:
        source = self.source
        if not isinstance(source, str | bytes):
            raise InputError(
                f"candidate {self.id!r} has {_article(source)} as its source; give the program's text, "
                + ("such as inspect.getsource(it) gives" if callable(source) else "as a str or bytes")
            )

    def _repr_html_(self) -> str:
        from battnb.view.rich import candidate_html

        return candidate_html(self)


class Ref(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value of an earlier step, by its index."""

    step: int


class Code(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An argument written out: a constant, S, I, C, a name of the DSL, or a lambda.

    text: a Python expression. refs: the names in it that stand for earlier steps, with their indexes;
    empty but for a lambda that uses steps.
    """

    text: str
    refs: tuple[tuple[str, int], ...] = ()


Arg = Ref | Code


class Step(msgspec.Struct, frozen=True, gc=False):
    """One call of a straight-line program: func(*args, **kwargs)."""

    func: Arg
    args: tuple[Arg, ...]
    kwargs: tuple[tuple[str, Arg], ...] = ()


class Program(msgspec.Struct, frozen=True):
    """A straight-line program: steps, each using only earlier ones, and what it returns."""

    steps: tuple[Step, ...]
    output: Arg


class Output(msgspec.Struct, frozen=True):
    """A mark in a battery: this value is the output of a candidate."""

    candidate_id: str
    solver_id: str
    mutated: bool
    value: Arg


class DifferMark(msgspec.Struct, frozen=True):
    """A mark in a battery: this value is what a differ says of a grid.

    id: as in the file. name: the differ's; its family, "iz" or "zo", is part of it (see family).
    solver_id: the solver whose output it compares; None where it compares the raw input.
    """

    id: str
    name: str
    solver_id: str | None
    value: Arg

    @property
    def family(self) -> str:
        """ "zo" where the name says so, else "iz"."""
        return "zo" if "zo" in self.name.lower().split("_") or self.name.lower().endswith("zo") else "iz"


class Battery(msgspec.Struct, frozen=True):
    """Many candidates, and the steps that they share.

    steps: the graph, in an order in which each step uses only earlier ones.
    outputs: one for every straight-line candidate, in the file's order; differs likewise.
    programs: candidates that are not steps but source text (a folder, a file of solvers, JSON Lines).
    A battery has outputs or programs, not both.
    """

    name: str
    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    differs: tuple[DifferMark, ...] = ()
    programs: tuple[Candidate, ...] = ()

    def __len__(self) -> int:
        return len(self.outputs) + len(self.programs)

    def __repr__(self) -> str:
        return f"<Battery {self.name}: {len(self)} candidates, {len(self.steps)} steps, {len(self.differs)} differs>"

    def _repr_html_(self) -> str:
        from battnb.view.rich import battery_html

        return battery_html(self)


class Status(StrEnum):
    """What became of a candidate, or of one of its samples. Never merged: an exception is no timeout."""

    CORRECT = "correct"
    WRONG = "wrong"
    INVALID_OUTPUT = "invalid_output"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    EXITED = "exited"
    NOT_A_SOLVER = "not_a_solver"
    CANCELLED = "cancelled"


class Limits(msgspec.Struct, frozen=True):
    """What a candidate may use.

    timeout_s: CPU seconds on one sample, all its threads together; importing and defining the program is
        held to the same.
    idle_s: seconds on one sample in which it neither ran nor waited for a processor.
    wall_s: wall seconds on one sample, a last resort far behind both.
    memory_bytes: address space beyond what the worker has at rest.
    output_bytes: what it may hand back for one sample.
    capture_bytes: standard output and error, together, kept per candidate; more is dropped.
    threads: threads beside the main one. Processes are refused; without seccomp they count as threads.
    open_files: file descriptors.
    Raises InputError where a value is not positive.
    """

    timeout_s: float = 1.0
    idle_s: float = 2.0
    wall_s: float = 60.0
    memory_bytes: int = 512 * 2**20
    output_bytes: int = 64 * 2**10
    capture_bytes: int = 64 * 2**10
    threads: int = 16
    open_files: int = 64

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not (isinstance(value, int | float) and value > 0 and math.isfinite(value)):
                raise InputError(f"Limits.{name} is {value!r}; give a number above 0")


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a candidate did not give an output.

    type: the exception's type, the signal's name, "exit code" or the name of the limit that was passed.
    message: what is known of it, cut to 2,000 characters. line: in the candidate's source, None where unknown.
    sample: index of the sample, None where the program failed before the first.
    """

    type: str
    message: str
    line: int | None = None
    sample: int | None = None


class Inputs(msgspec.Struct, frozen=True):
    """What a battery's steps run on: I, the demo pairs for S, and C (None, or the wanted output for differs).

    known: steps whose values are known, with their grids, None where they gave none; they are not run again where
    they are known for all samples.
    """

    input: Grid
    demo: tuple[Pair, ...]
    compared: Grid | None = None
    known: Mapping[int, Grid | None] = {}


class StepValue(msgspec.Struct, frozen=True, gc=False):
    """What a marked value of a battery came to on one sample.

    value: a candidate's grid, or a differ's count; None where there is none, and then status and failure say why.
    cpu_s: CPU seconds of all steps that it needs, whether or not an earlier value needed them too.
    executed_cpu_s: CPU seconds of those that had not run for an earlier value. Times are on the monotonic clock, of
    the values that were handed over together.
    """

    value: Grid | int | None
    status: Status | None = None
    failure: Failure | None = None
    cpu_s: float = 0.0
    executed_cpu_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    lane: int | None = None


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became of one candidate on one task.

    status: correct where all demo pairs are, else that of the first demo pair that is not.
    sample_statuses, outputs, sample_cpu_s: one per sample, demo first. A sample whose wanted output is not
        known has the status None where the candidate gave a grid.
    demo_correct, test_correct: counts of pairs exactly right; test_correct is None where no test output is known.
    check_time: CPU seconds over all samples. cpu_s: the same. wall_s: from the start to the end of its run.
    t_log: 11 - int(log(check_time)), 10 where check_time is 0.
    md5: of the source's bytes; in a Run, of the inlined expression where it is a straight-line program, and of the
        DSL too where that is files.
    queued_s, started_s, ended_s: seconds on the monotonic clock of this machine; in a Run, from its start.
    executed_cpu_s: CPU seconds that were really spent for it; less than cpu_s where steps were shared.
    task: the one that was judged on, so that a verdict can show what was wanted; None where that is not at hand.
    size_bytes: of the source; 0 where that is not at hand.
    unseen_correct: demo pairs right that it could not look up: demo_correct, or, for a program that uses S, those that
        it also gets right with that pair left out of S (phases.left_out). None where that was not judged.
    """

    candidate_id: str
    task_id: str
    status: Status
    sample_statuses: tuple[Status | None, ...]
    demo_correct: int
    test_correct: int | None
    outputs: tuple[Grid | None, ...]
    error: Failure | None = None
    sample_cpu_s: tuple[float, ...] = ()
    cpu_s: float = 0.0
    wall_s: float = 0.0
    md5: str = ""
    entry: str | None = None
    duplicate_of: str | None = None
    validated: bool = True
    cached: bool = False
    worker: int | None = None
    queued_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    executed_cpu_s: float = 0.0
    stdout: str = ""
    task: Task | None = None
    size_bytes: int = 0
    unseen_correct: int | None = None

    def __repr__(self) -> str:
        why = f", {self.error.type}" if self.error is not None else ""
        return f"<Verdict {self.candidate_id} on {self.task_id}: {self.status}, demo {self.demo_correct} right{why}>"

    def _repr_html_(self) -> str:
        from battnb.view.rich import verdict_html

        return verdict_html(self)

    @property
    def check_time(self) -> float:
        return self.cpu_s

    @property
    def t_log(self) -> int:
        return t_log(self.cpu_s)

    @property
    def timed_out(self) -> bool:
        return Status.TIMEOUT in self.sample_statuses

    @property
    def o_score(self) -> int:
        """Demo pairs exactly right: the score that the store and the filter use."""
        return self.demo_correct


def t_log(check_time: float) -> int:
    """How fast a program is, on a log scale on which higher is faster; 10 where check_time is 0."""
    return 11 - int(math.log(check_time)) if check_time > 0 else 10


class Span(msgspec.Struct, frozen=True, gc=False):
    """A named piece of work.

    phase: the metric of the phase that it belongs to ("run_batt.phase3a_validate_batch"); name: the phase's
    metric again for the span of a whole phase, else what was done, such as a candidate's id.
    lane: None for work in the notebook's own process, else the worker's number.
    status: of the verdict, where there is one. Times are seconds from the start of the run.
    cpu_s: CPU seconds; None where not measured.
    """

    phase: str
    name: str
    started_s: float
    ended_s: float
    lane: int | None = None
    status: Status | None = None
    queued_s: float | None = None
    cpu_s: float | None = None
    cached: bool = False

    @property
    def wall_s(self) -> float:
        return self.ended_s - self.started_s

    @property
    def wait_s(self) -> float:
        """Seconds between being queued and being started; 0 where it was never queued."""
        return 0.0 if self.queued_s is None else self.started_s - self.queued_s


class AtWork(msgspec.Struct, frozen=True, gc=False):
    """What a worker has in hand.

    candidate_id: the candidate that it is at, as far as is known; None where it runs a battery's steps.
    since_s: when it came to that, seconds on the monotonic clock. more: candidates that it has been given besides.
    done, total: values of the battery that all workers have, of how many; both 0 where it runs a candidate.
    """

    worker: int
    candidate_id: str | None
    since_s: float
    more: int = 0
    done: int = 0
    total: int = 0


class Profile(msgspec.Struct, frozen=True):
    """All the spans of a run, and what is needed to read them.

    totals: metrics that sum the work of many workers, in seconds (run_batt.check_solver_speed,
        utils.inline_variables.total). They are sums, never wall time.
    """

    run: str
    mode: str
    workers: int
    wall_s: float
    spans: tuple[Span, ...]
    totals: tuple[tuple[str, float], ...] = ()

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def _repr_html_(self) -> str:
        from battnb.view.rich import profile_html

        return profile_html(self)

    def to_frame(self) -> pd.DataFrame:
        """A tidy row a span (trace.frames.spans_frame says what the columns are)."""
        from battnb.trace.frames import spans_frame

        return spans_frame(self)

    def to_chrome_trace(self, path: str | os.PathLike[str]) -> Path:
        """Write the spans as Chrome Trace Event JSON, which Perfetto opens. Returns the path."""
        from battnb.trace.chrome import write_chrome_trace

        return write_chrome_trace(path, self)
