"""The contenders: battnb and its peers. Each is a context that gives a function from jobs to their outcomes.

All are started and warm before they are timed, and all use as many processes as there are cores.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import battnb as bn
from benchmarks.fork_loop import fork_loops
from benchmarks.measure import cores
from benchmarks.programs import TIMEOUT, outcome, run_program, run_programs, work_of
from benchmarks.workloads import TIMEOUT_S, Job

CHUNK = 64


class Ran(NamedTuple):
    """outcomes: one per job. cpu_s: of the candidates; executed_cpu_s: without shared work. Only battnb gives these."""

    outcomes: list[str]
    cpu_s: float | None = None
    executed_cpu_s: float | None = None


Run = Callable[[Sequence[Job]], Ran]


class Contender(NamedTuple):
    """limits: it can end programs that hang. subset: it is so slow that it gets only this many jobs."""

    name: str
    open: Callable[[], AbstractContextManager[Run]]
    limits: bool = False
    subset: int | None = None


BATTNB, BATTNB_WORKER = "battnb auto", "battnb worker"
SEQUENTIAL, EXECUTOR, CHUNKS = "sequential", "ProcessPool one by one", f"ProcessPool chunks of {CHUNK}"
PEBBLE, LOKY, PROCESSES, FORKS = "pebble, timeouts", "loky", "a Process each", "bare fork loop"


@contextmanager
def battnb(isolation: str) -> Iterator[Run]:
    with bn.Pool(isolation=isolation, limits=bn.Limits(timeout_s=TIMEOUT_S)) as pool:
        pool.wait_ready()
        yield lambda jobs: asyncio.run(_with_battnb(pool, jobs))


async def _with_battnb(pool: bn.Pool, jobs: Sequence[Job]) -> Ran:
    """Use validate if all jobs have one task, otherwise stream."""
    if all([job.task is jobs[0].task for job in jobs]):
        verdicts = await pool.validate([job.candidate for job in jobs], jobs[0].task)
    else:
        found = {v.candidate_id: v async for v in pool.stream((job.candidate, job.task) for job in jobs)}
        verdicts = [found[job.candidate.id] for job in jobs]
    return Ran(
        [coarse(v) for v in verdicts], sum([v.cpu_s for v in verdicts]), sum([v.executed_cpu_s for v in verdicts])
    )


def coarse(verdict: bn.Verdict) -> str:
    """A verdict in the words of programs.outcome."""
    return TIMEOUT if verdict.timed_out else f"{verdict.demo_correct} demo, {verdict.test_correct or 0} test"


@contextmanager
def sequential() -> Iterator[Run]:
    yield lambda jobs: Ran([outcome(job.task, run_program(*work_of(job))) for job in jobs])


@contextmanager
def executor(make: Callable[[], Executor], chunk: int = 1) -> Iterator[Run]:
    """Any executor like those of concurrent.futures. chunk: programs in one call of it."""

    def run(jobs: Sequence[Job]) -> Ran:
        works = [work_of(job) for job in jobs]
        chunks = [pool.submit(run_programs, works[at : at + chunk]) for at in range(0, len(works), chunk)]
        outputs = [output for future in chunks for output in future.result()]
        return Ran([outcome(job.task, output) for job, output in zip(jobs, outputs, strict=True)])

    with make() as pool:
        yield run


@contextmanager
def loky() -> Iterator[Run]:
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=cores())

    def run(jobs: Sequence[Job]) -> Ran:
        outputs = list(executor.map(run_program, *zip(*[work_of(job) for job in jobs], strict=True)))
        return Ran([outcome(job.task, output) for job, output in zip(jobs, outputs, strict=True)])

    try:
        yield run
    finally:
        executor.shutdown(wait=True, kill_workers=True)


@contextmanager
def pebble() -> Iterator[Run]:
    from pebble import ProcessPool

    with ProcessPool(max_workers=cores()) as pool:

        def run(jobs: Sequence[Job]) -> Ran:
            futures = [pool.schedule(run_program, args=work_of(job), timeout=TIMEOUT_S) for job in jobs]
            return Ran([outcome(job.task, _patient(future)) for job, future in zip(jobs, futures, strict=True)])

        yield run


def _patient(future: Any) -> Any:
    try:
        return future.result()
    except TimeoutError:
        return None


@contextmanager
def processes() -> Iterator[Run]:
    """One multiprocessing.Process per job, as many at once as there are cores."""

    def run(jobs: Sequence[Job]) -> Ran:
        with ThreadPoolExecutor(cores()) as threads:
            return Ran(list(threads.map(_in_a_process, jobs)))

    yield run


def _in_a_process(job: Job) -> str:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_tell, args=(theirs, *work_of(job)))
    process.start()
    theirs.close()
    outputs = ours.recv() if ours.poll(TIMEOUT_S) else None
    process.kill()
    process.join()
    ours.close()
    return outcome(job.task, outputs)


def _tell(pipe: Any, source: str, inputs: Any) -> None:
    pipe.send(run_program(source, inputs))


@contextmanager
def forks() -> Iterator[Run]:
    with fork_loops(cores()) as loops:

        def run(jobs: Sequence[Job]) -> Ran:
            outputs = loops.run([work_of(job) for job in jobs])
            return Ran([outcome(job.task, output) for job, output in zip(jobs, outputs, strict=True)])

        yield run


def _process_pool() -> Executor:
    return ProcessPoolExecutor(cores())


CONTENDERS = (
    Contender(BATTNB, lambda: battnb("auto"), limits=True),
    Contender(BATTNB_WORKER, lambda: battnb("worker"), limits=True),
    Contender(SEQUENTIAL, sequential),
    Contender(EXECUTOR, lambda: executor(_process_pool)),
    Contender(CHUNKS, lambda: executor(_process_pool, CHUNK)),
    Contender(PEBBLE, pebble, limits=True),
    Contender(LOKY, loky),
    Contender(PROCESSES, processes, limits=True, subset=200),
    Contender(FORKS, forks),
)
