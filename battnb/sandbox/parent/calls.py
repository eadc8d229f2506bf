"""One call of the user's, between the loop that waits for it and the engine's thread."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from battnb.errors import InputError
from battnb.loops import call_in, heartbeat
from battnb.model import Candidate, Limits, Task, Verdict, as_task
from battnb.sandbox.parent.engine import Engine
from battnb.sandbox.parent.judge import Judge
from battnb.sandbox.parent.validation import Validation
from battnb.sandbox.parent.works import Work

SLICE = 1024
IN_FLIGHT = 8192
"""Candidates that stream has between its iterable and its verdicts."""
_END = object()

Pairs = Iterable[tuple[Candidate, Task]] | AsyncIterable[tuple[Candidate, Task]]


class PoolCall:
    """Candidates on their way to verdicts. isolation, one_at_a_time: see Validation."""

    def __init__(self, engine: Engine, limits: Limits, isolation: str, one_at_a_time: bool = False) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._arrived: deque[list[tuple[int, Verdict]]] = deque()
        self._error: Exception | None = None
        self._wakeup = asyncio.Event()
        self._unwatch: Callable[[], object] = lambda: None
        self._source = Validation(limits, isolation, self._deliver, self.fail, one_at_a_time)

    def submit(self) -> None:
        self._engine.submit(self._source)
        self._unwatch = self._engine.watch(self._loop, lambda: self._engine.stop(self._source))

    def add(self, works: list[Work], complete: bool) -> None:
        """Add work. complete: no more will come."""

        def add() -> None:
            self._source.add(works)
            self._source.is_complete = complete or self._source.is_complete

        self._engine.call(add)

    async def next(self) -> list[list[tuple[int, Verdict]]]:
        """Wait for verdicts. Raises what ended the engine."""
        if not self._wakeup.is_set():
            with heartbeat():
                await self._wakeup.wait()
        if self._error is None:
            self._wakeup.clear()  # before it looks, so that what arrives meanwhile wakes it again
        arrived = []
        while self._arrived:  # what is added before this is empty wakes nobody
            arrived.append(self._arrived.popleft())
        if self._error is not None and not arrived:
            raise self._error
        return arrived

    def end(self) -> None:
        """Stop what still runs for this call."""
        self._unwatch()
        self._engine.stop(self._source)

    def _deliver(self, verdicts: list[tuple[int, Verdict]]) -> None:
        self._arrived.append(verdicts)
        if len(self._arrived) == 1:  # otherwise the loop has been woken, and has not looked yet
            self.wake()

    def fail(self, error: Exception) -> None:
        """Have next() raise this, when what has arrived is taken."""
        self._error = error
        self.wake()

    def wake(self) -> None:
        """Have next() return, or raise, though nothing has arrived."""
        call_in(self._loop, self._wakeup.set)


class PairFeed:
    """Takes pairs from an iterable of either kind, as many as keep the workers busy, and hands them to a call.

    It hands over what is there before it waits for the next, so that a slow generator delays nothing.
    error: what the iterable raised.
    """

    def __init__(self, pairs: Pairs, call: PoolCall) -> None:
        self._pairs = aiter(pairs) if isinstance(pairs, AsyncIterable) else iter(pairs)
        self._call = call
        self._judges: dict[int, tuple[Task, Judge]] = {}
        self._taken = self._done = 0
        self._ended = False
        self.error: Exception | None = None
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Take until the iterable ends. The stream raises what it raises."""
        try:
            while not self._ended:
                self._room.clear()
                if self._taken - self._done > IN_FLIGHT // 2:
                    await self._room.wait()
                self._call.add(await self._take(min(SLICE, IN_FLIGHT - self._taken + self._done)), complete=False)
        except Exception as error:
            self.error = error  # the stream raises it when what came before has its verdicts
        finally:
            self._ended = True
            self._call.add([], complete=True)
            self._call.wake()

    def done(self, count: int) -> None:
        """Say that this many more have their verdicts."""
        self._done += count
        self._room.set()

    def is_done(self) -> bool:
        return self._ended and self._done == self._taken

    async def _take(self, count: int) -> list[Work]:
        if isinstance(self._pairs, AsyncIterator):
            pair = await anext(self._pairs, _END)
            pairs: list[Any] = [] if pair is _END else [pair]
        else:
            pairs = self._taken_now(self._pairs, count)
            await asyncio.sleep(0)
        self._ended = not pairs or self.error is not None
        now = time.monotonic()
        works = [Work(self._taken + i, checked(c), self._judge(t), now) for i, (c, t) in enumerate(pairs)]
        self._taken += len(works)
        return works

    def _taken_now(self, pairs: Iterator[tuple[Candidate, Task]], count: int) -> list[tuple[Candidate, Task]]:
        """The next pairs. If the iterable raises, those before that, and the error is kept."""
        taken = []
        try:
            for pair in islice(pairs, count):
                taken.append(pair)  # one by one, so that those before an error are kept
        except Exception as error:
            self.error = error
        return taken

    def _judge(self, task: Task) -> Judge:
        if id(task) not in self._judges:
            if len(self._judges) > 1000:
                self._judges.clear()
            self._judges[id(task)] = task, Judge(as_task(task))  # the task is kept, so that no other gets its id
        return self._judges[id(task)][1]


def checked(candidate: Candidate) -> Candidate:
    """The candidate, if it is one. Raises InputError that says what is wrong with it."""
    if type(candidate) is not Candidate:
        raise InputError(
            f"a candidate is a Candidate(id, source), not {type(candidate).__name__}; wrap its source text"
        )
    if candidate.entry is not None and type(candidate.entry) is not str:
        raise InputError(
            f"candidate {candidate.id!r}: its entry is {candidate.entry!r}; give a function's name or None"
        )
    return candidate
