"""What crosses the sockets between the user's process and the sandbox: both ends of the format, and its checks.

Jobs go to a worker as marshal, because children trust their parent. A worker answers only in fixed binary records.
Each is read here, with every length and value checked; nothing from a worker is unpickled, unmarshalled or evaluated.

A frame is a 4-byte length and that many bytes. A grid is two bytes, height and width, and its cells row by row.

Kinds and reasons are plain ints in the sandbox: the members of an enum hash and convert in Python, which touches pages
in every fork.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

MAX_FRAME_BYTES = 64 * 2**20
MAX_SIDE = 30
MAX_NAME_BYTES, MAX_TEXT_BYTES = 200, 2_000
LONGEST_S = 1e12

LENGTH = struct.Struct("<I")
# candidate, first sample, samples, whether it is the last record of the candidate, length of the entry's name, form of
# the grids (in FORMS), names supplied, started, ended, executed CPU seconds, bytes of outcomes; then the CPU seconds of
# each sample (see result_of), the outcomes, the entry's name, a byte for each name supplied
RESULT = struct.Struct("<IHHBBBBdddI")
_SAMPLES, _SAMPLES_AT = struct.Struct("<H"), 6
TEXT = struct.Struct("<BiHH")
COUNT = struct.Struct("<Bq")
# kind, job, item, wait status, reason (a place in KILLS), position (item, sample, step), CPU seconds, started, ended,
# bytes of captured output, bytes of results
TRIAL = struct.Struct("<BIIiBIIIdddII")
DONE = struct.Struct("<BII")
TICK = struct.Struct("<BIIIIi")
# what is to be done (IDLE_LIMIT, THREAD_LIMIT or STOPPED), job, position (item, sample)
ORDER = struct.Struct("<BIII")

KEPT, TOGETHER, SOLO = range(3)
"""Where the programs of a job run: in the fork that their worker keeps, in one new fork, or in a new fork each."""

TRIAL_ENDED, JOB_DONE, TICKED = 1, 2, 3
"""Kinds of frame that a worker sends: a fork has ended, the job has, or a fork has been running for a while."""

GRID, INVALID, ERROR, MEMORY, EXITED, NOT_A_SOLVER, TIMED_OUT, CRASHED, DIFFERENCE, BOUNCED = range(10)
"""How one sample of a candidate came out. BOUNCED is followed by a Bounce: the program must run elsewhere."""

FORMS = (None, "tuple", "list", "ndarray", "transposed")
"""What grids are handed over as; None if that was never decided. "transposed": arrays whose first index is x."""
AS_TUPLES = 1

EXIT_NO_MEMORY, EXIT_BROKEN, EXIT_DONE = 97, 98, 99
"""How a fork ends by itself. It never exits with 0: that is how a candidate ends it that calls os._exit(0)."""

NOT_KILLED, CPU_LIMIT, STEP_LIMIT, WALL_LIMIT, IDLE_LIMIT, THREAD_LIMIT, STOPPED = range(7)
"""Why a worker killed a fork; see KILLS. STEP_LIMIT: one step alone used up the time of its sample."""


class Kill(NamedTuple):
    """What it means that a fork was killed.

    limit: the field of Limits that was passed, "" if none was. kind: how the sample under way came out.
    message: for the user, with a place for the limit's value. used_up: whether the sample's CPU time was used up.
    """

    limit: str = ""
    kind: int = TIMED_OUT
    message: str = ""
    used_up: bool = False


_CPU_TIME = Kill("timeout_s", TIMED_OUT, "used more than {:g} CPU seconds on one sample", True)
KILLS = (
    Kill(),
    _CPU_TIME,
    _CPU_TIME,
    Kill("wall_s", TIMED_OUT, "took more than {:g} seconds on one sample"),
    Kill("idle_s", TIMED_OUT, "neither ran nor waited for a processor for {:g} seconds on one sample"),
    Kill("threads", ERROR, "had more threads than Limits.threads allows, {:g}"),
    Kill(),
)
"""By reason, in the order of NOT_KILLED and those after it."""


class Bounce(IntEnum):
    """Why a program must run elsewhere than where it was sent.

    APART: it is not a straight line of DSL calls whose values nobody can change. NEEDS_S: it takes S, which is not
    here. NO_S: it does not take S, which is here. NEEDS_NUMPY: it wants arrays, and numpy is not loaded here.
    """

    APART, NEEDS_S, NO_S, NEEDS_NUMPY = range(4)


_record = tuple.__new__  # makes a named tuple in half the time that its class takes


class WireError(Exception):
    """What a worker sent is not in the format. The worker is replaced; users never see this."""


class Outcome(NamedTuple):
    """How one sample came out: a kind and, by kind, a grid's bytes, a count, or type, message and line."""

    kind: int
    grid: bytes = b""
    difference: int = 0
    type: str = ""
    message: str = ""
    line: int | None = None


class Result(NamedTuple):
    """One record of a candidate: the outcomes of its samples from `first` on, raw bytes until they are judged.

    form: a place in FORMS. supplied: the numbers of the names that were supplied (load.aliases.PRELUDE_NAMES).
    """

    candidate: int
    first: int
    cpu_s: tuple[float, ...]
    outcomes: bytes
    last: bool
    entry: str
    started_s: float
    ended_s: float
    executed_cpu_s: float
    form: int = AS_TUPLES
    supplied: bytes = b""


class TrialEnd(NamedTuple):
    """A fork has ended. item: the first that it had. at_item, at_sample, at_step: where it stood."""

    job: int
    item: int
    wait_status: int
    reason: int
    at_item: int
    at_sample: int
    at_step: int
    cpu_s: float
    started_s: float
    ended_s: float
    captured: bytes
    results: bytes


class JobDone(NamedTuple):
    """A job has ended; items from next_item on were not begun."""

    job: int
    next_item: int


class Tick(NamedTuple):
    """A fork has been running for a while: where it stands, and its process id as the worker sees it."""

    job: int
    at_item: int
    at_sample: int
    at_step: int
    pid: int


def dump(data: tuple[Any, ...] | dict[str, Any]) -> bytes:
    """A frame of plain data, for the sandbox."""
    body = marshal.dumps(data)
    return LENGTH.pack(len(body)) + body


def encode_grid(grid: tuple[tuple[int, ...], ...]) -> bytes:
    """A known good grid, height x width, as bytes."""
    return bytes((len(grid), len(grid[0]))) + b"".join(map(bytes, grid))


def transposed(outcome: bytes) -> bytes:
    """The outcome of a grid with rows and columns exchanged; any other as it is."""
    kind, height, width = outcome[:3]
    columns = [outcome[3 + column :: width] for column in range(width)] if kind == GRID else []
    return bytes((kind, width, height)) + b"".join(columns) if columns else outcome


def decode_grid(data: bytes) -> tuple[tuple[int, ...], ...]:
    return tuple(zip(*[iter(data[2:])] * data[1]))  # noqa: B905  (strict would cost what this saves)


# Outcomes and results


def encode_text(kind: int, type_name: str, message: str, line: int | None) -> bytes:
    """An outcome that is not a grid. Text is cut to MAX_TEXT_BYTES."""
    name = type_name.encode("utf-8", "replace")[:MAX_NAME_BYTES]
    text = message.encode("utf-8", "replace")[:MAX_TEXT_BYTES]
    return TEXT.pack(kind, -1 if line is None else min(line, 2**31 - 1), len(name), len(text)) + name + text


def encode_bounce(why: Bounce) -> bytes:
    """What stands for the outcomes of a program that must run elsewhere."""
    return bytes((BOUNCED, why))


def read_bounce(outcomes: bytes) -> Bounce:
    """Why a program must run elsewhere. Raises WireError unless that is what the bytes say."""
    if len(outcomes) != 2 or outcomes[0] != BOUNCED or outcomes[1] >= len(Bounce):
        raise WireError("a bounce that makes no sense")
    return Bounce(outcomes[1])


def read_outcomes(data: bytes, count: int) -> list[Outcome]:
    """The outcomes of `count` samples. Raises WireError unless data is exactly that."""
    if len(data) == count * COUNT.size and data[:: COUNT.size] == bytes((DIFFERENCE,)) * count:
        return [Outcome(DIFFERENCE, b"", difference) for _, difference in COUNT.iter_unpack(data)]
    outcomes, at = [], 0
    try:
        for _ in range(count):
            outcome, at = _read_outcome(data, at)
            outcomes.append(outcome)
    except (IndexError, struct.error) as error:
        raise WireError("an outcome is cut short") from error
    if at != len(data):
        raise WireError(f"{len(data) - at} bytes too many after {count} outcomes")
    return outcomes


def _read_outcome(data: bytes, at: int) -> tuple[Outcome, int]:
    kind = data[at]
    if kind == GRID:
        return _read_grid(data, at + 1)
    if kind == DIFFERENCE:
        _, count = COUNT.unpack_from(data, at)
        return Outcome(kind, difference=count), at + COUNT.size
    if kind >= BOUNCED:
        raise WireError(f"unknown kind of outcome: {kind}")
    _, line, name_length, text_length = TEXT.unpack_from(data, at)
    if name_length > MAX_NAME_BYTES or text_length > MAX_TEXT_BYTES:
        raise WireError("a text is too long")
    at += TEXT.size
    name, text = data[at : at + name_length], data[at + name_length : at + name_length + text_length]
    if len(name) + len(text) != name_length + text_length:
        raise WireError("a text is cut short")
    outcome = Outcome(
        kind,
        type=name.decode("utf-8", "replace"),
        message=text.decode("utf-8", "replace"),
        line=line if line >= 0 else None,
    )
    return outcome, at + name_length + text_length


def _read_grid(data: bytes, at: int) -> tuple[Outcome, int]:
    height, width = data[at], data[at + 1]
    end = at + 2 + height * width
    grid = data[at:end]
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE and len(data) >= end and max(grid[2:]) <= 9):
        raise WireError(f"a grid of {height} x {width} is cut short or has colours over 9")
    return Outcome(GRID, grid=grid), end


def read_results(data: bytes) -> Iterator[Result]:
    """The records that a fork left in its memory, up to the first that is not in the format.

    The fork may have been killed, or be hostile. What it wrote before that record is still its own and is kept.
    """
    at, end = 0, len(data)
    while at + RESULT.size <= end:
        (count,) = _SAMPLES.unpack_from(data, at + _SAMPLES_AT)
        layout = result_of(count)
        outcomes_at = at + layout.size
        if outcomes_at > end or not count:
            return
        head = layout.unpack_from(data, at)
        candidate, first, _, last, entry_length, form, count, started, ended, executed, length = head[:11]
        entry_at = outcomes_at + length
        supplied_at = entry_at + entry_length
        at = supplied_at + count
        cpu_s = head[11:]
        if at > end or form >= len(FORMS):
            return
        # If a time is not a number, all comparisons with it are false.
        if not (min(cpu_s) >= 0 and sum(cpu_s) <= LONGEST_S and 0 <= executed <= LONGEST_S and 0 <= started <= ended):
            return
        entry, outcomes = data[entry_at:supplied_at].decode("utf-8", "replace"), data[outcomes_at:entry_at]
        times = started, ended, executed
        yield _record(Result, (candidate, first, cpu_s, outcomes, last > 0, entry, *times, form, data[supplied_at:at]))


@lru_cache
def result_of(count: int) -> struct.Struct:
    """The head of a result, and the CPU seconds of so many samples."""
    return struct.Struct(f"{RESULT.format}{count}d")


_RESULT_OF_ONE = result_of(1)


def encode_result(
    candidate: int,
    first: int,
    cpu_s: Sequence[float],
    outcomes: bytes,
    last: bool,
    entry: str,
    started_s: float = 0.0,
    ended_s: float = 0.0,
    executed_cpu_s: float = 0.0,
    form: int = AS_TUPLES,
    supplied: bytes = b"",
) -> bytes:
    """A Result as bytes."""
    name = entry.encode()[:255]
    count = len(cpu_s)
    head = (_RESULT_OF_ONE if count == 1 else result_of(count)).pack(
        candidate, first, count, last, len(name), form, len(supplied), started_s, ended_s, executed_cpu_s,
        len(outcomes), *cpu_s,
    )  # fmt: skip
    return head + outcomes + name + supplied


# Frames


def read_frame(body: bytes) -> TrialEnd | JobDone | Tick:
    """What a worker says. Raises WireError for anything else."""
    try:
        if body[0] == TRIAL_ENDED:
            return _read_trial(body)
        if body[0] == JOB_DONE:
            return JobDone(*DONE.unpack(body)[1:])
        if body[0] == TICKED:
            return Tick(*TICK.unpack(body)[1:])
    except (IndexError, struct.error) as error:
        raise WireError("a frame is cut short") from error
    raise WireError(f"unknown kind of frame: {body[0]}")


def _read_trial(body: bytes) -> TrialEnd:
    head = TRIAL.unpack_from(body)
    captured_length, results_length = head[-2:]
    if head[4] >= len(KILLS):
        raise WireError(f"unknown reason: {head[4]}")
    captured_end = TRIAL.size + captured_length
    if len(body) != captured_end + results_length:
        raise WireError("a trial's frame has the wrong length")
    captured, results = body[TRIAL.size : captured_end], body[captured_end:]
    return TrialEnd._make([*head[1:-2], captured, results])
