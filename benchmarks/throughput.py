"""Contenders on workloads: their speed, their false verdicts, their memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import msgspec

from benchmarks.measure import Cost, cores, measured, middle
from benchmarks.peers import CONTENDERS, FORKS, PROCESSES, SEQUENTIAL, Contender, Ran
from benchmarks.programs import TIMEOUT
from benchmarks.table import megabytes, table
from benchmarks.workloads import Workload

WARM = 64


class Row(msgspec.Struct, frozen=True):
    """One contender on one workload. Figures are medians of all turns; false_verdicts is the most of any turn.

    of_limit: the least possible wall time (sum of this run's cpu_s / cores) / wall time. executed_of_limit: the same
    for the CPU seconds that were really spent, so that shared steps count once. Both are None for peers.
    """

    contender: str
    jobs: int
    cost: Cost
    false_verdicts: int
    of_limit: float | None = None
    executed_of_limit: float | None = None

    @property
    def per_s(self) -> float:
        return self.jobs / self.cost.wall_s


class Result(msgspec.Struct, frozen=True):
    """All contenders on one workload."""

    workload: str
    rows: list[Row]

    def row(self, contender: str) -> Row | None:
        return next((row for row in self.rows if row.contender == contender), None)

    def ratio(self, one: str, other: str) -> float | None:
        """Throughput of one / that of another; None if either did not run."""
        first, second = self.row(one), self.row(other)
        return first.per_s / second.per_s if first and second else None


class _Turns(msgspec.Struct):
    costs: list[Cost] = []
    ran: list[Ran] = []
    peak_bytes: int = 0


def run_workload(workload: Workload, repeats: int, memory: bool = True) -> Result:
    """Run all contenders that can take this workload, in turn, `repeats` times, and once more to measure memory."""
    contenders = [contender for contender in CONTENDERS if _takes(contender, workload)]
    turns = {contender.name: _Turns() for contender in contenders}
    for turn in range(repeats + memory):
        for contender in contenders:
            print(f"{workload.name}: {contender.name}", file=sys.stderr, flush=True)
            _take_turn(contender, workload, turns[contender.name], watched=turn == repeats)
    truth = expected(workload, turns)
    return Result(workload.name, [_row(contender, turns[contender.name], truth) for contender in contenders])


def _takes(contender: Contender, workload: Workload) -> bool:
    """A contender that cannot end a hang gets none. Forks are compared if each program gets a fork of its own."""
    if contender.name == FORKS:
        return not workload.straight and not workload.hangs
    if contender.name == PROCESSES and workload.hangs:
        return False
    return contender.limits or not workload.hangs


def _take_turn(contender: Contender, workload: Workload, turns: _Turns, watched: bool) -> None:
    """watched: the turn measures memory. Watching takes time from the contender, so the turn's time does not count."""
    jobs = workload.jobs[: contender.subset]
    with contender.open() as run:
        run([job for job in workload.jobs[:WARM] if not job.hangs])
        gc.collect()
        with measured(memory=watched) as cost:
            ran = run(jobs)
    if watched:
        turns.peak_bytes = cost.peak_bytes
    else:
        turns.costs.append(cost)
        turns.ran.append(ran)


def expected(workload: Workload, turns: dict[str, _Turns]) -> list[str]:
    """The true verdicts: those of a sequential run, or, if some programs hang, those that the workload is made for."""
    if SEQUENTIAL in turns:
        return turns[SEQUENTIAL].ran[0].outcomes
    return [TIMEOUT if job.hangs else f"{len(job.task.demo)} demo, {len(job.task.test)} test" for job in workload.jobs]


def _row(contender: Contender, turns: _Turns, truth: Sequence[str]) -> Row:
    cost = middle(turns.costs)
    cost.peak_bytes = turns.peak_bytes
    false = max([_false(ran.outcomes, truth) for ran in turns.ran])
    last = turns.ran[-1]
    last_s = turns.costs[-1].wall_s * cores()
    return Row(
        contender=contender.name,
        jobs=len(last.outcomes),
        cost=cost,
        false_verdicts=false,
        of_limit=None if last.cpu_s is None else last.cpu_s / last_s,
        executed_of_limit=None if last.executed_cpu_s is None else last.executed_cpu_s / last_s,
    )


def _false(outcomes: Sequence[str], truth: Sequence[str]) -> int:
    return sum([got != wanted for got, wanted in zip(outcomes, truth, strict=False)])


def result_text(result: Result, base: str) -> str:
    """The result as a table. base: the contender that the others are compared with."""
    head = [result.workload, "n", "a second", f"{base} is x", "of CPU limit", "false", "memory"]
    return table(head, [_cells(row, result.ratio(base, row.contender)) for row in result.rows])


def _cells(row: Row, ratio: float | None) -> list[str]:
    of_limit = "-" if row.of_limit is None else f"{row.of_limit:.2f}"
    times = "-" if ratio is None else f"{ratio:.2f}"
    memory = megabytes(row.cost.peak_bytes)
    return [row.contender, str(row.jobs), f"{row.per_s:,.0f}", times, of_limit, str(row.false_verdicts), memory]
