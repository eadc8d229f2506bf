"""Event loops: keeping one awake, running a coroutine in one from code that is not async, and patching one on request.

Nothing here patches a loop unless allow_nested_run is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import importlib
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from types import FrameType, ModuleType
from typing import Any, Generic, ParamSpec, TypeVar

from battnb.errors import InputError

HEARTBEAT_S = 0.05
TURN_S = 0.01
"""After this long, work gives its loop a turn. An interrupt needs several turns to arrive."""
PATCHES = ("nest_asyncio2", "nest_asyncio")
"""Packages that let a loop run within itself. The one that is maintained comes first."""
P = ParamSpec("P")
T = TypeVar("T")


class Thread(threading.Thread):
    """A thread for battnb's own work.

    It overrides run because of a hook that ipykernel 6.29 puts on Thread.run. The hook records a thread's maker by a
    number that later threads reuse. If threads make threads, a print can then search for its cell in an endless circle
    (ipython/ipykernel issue 1269).
    """

    def __init__(self, work: Callable[[], None], name: str, daemon: bool = False) -> None:
        super().__init__(name=name, daemon=daemon)
        self._work = work

    def run(self) -> None:
        self._work()


# Staying awake


@contextlib.contextmanager
def heartbeat() -> Iterator[None]:
    """Inside it, the running loop wakes up regularly.

    A loop in which nothing happens does not notice an interrupt: a kernel's handler only records it, and the loop goes
    on waiting.
    """
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def beat() -> None:
        timers[:] = [loop.call_later(HEARTBEAT_S, beat)]

    beat()
    try:
        yield
    finally:
        timers[0].cancel()


def call_in(loop: asyncio.AbstractEventLoop, function: Callable[[], Any]) -> bool:
    """Have a loop call this soon, from any thread. Returns False if the loop is closed: nobody waits there any more."""
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        return False
    return True


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and give the loop a turn now and then, so that work on many does not delay an interrupt."""
    due_s = time.monotonic() + TURN_S
    for item in items:
        yield item
        if time.monotonic() > due_s:
            await asyncio.sleep(0)
            due_s = time.monotonic() + TURN_S


# From code that is not async


def run_sync(work: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine, such as pool.validate(...), from code that is not async, and return what it returns.

    It works anywhere: in a script, in a cell, in a thread, and inside a running loop, patched or not. A running loop
    stands still meanwhile, because the coroutine has its own loop in its own thread. An interrupt cancels the coroutine
    and is raised as KeyboardInterrupt when the coroutine has ended; further interrupts change nothing.
    """
    call = _Call(work)
    with _interrupts_go_to(call.cancel) as was_interrupted:
        call.thread.start()
        call.wait()
    if was_interrupted():
        raise KeyboardInterrupt
    return call.result()


def in_sync(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """An async function for code that is not async, with the same parameters. It works wherever run_sync works."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_sync(lambda: function(*args, **kwargs))

    name = function.__name__
    call.__name__ = call.__qualname__ = f"{name}_sync"
    call.__doc__ = f"{name} for code that is not async. It works anywhere, in a running loop too.\n\n{function.__doc__}"
    return call


class _Call(Generic[T]):
    """A coroutine in a loop and a thread of its own."""

    def __init__(self, work: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._loop = asyncio.SelectorEventLoop()  # not the policy's: some kinds of loop only work in the main thread
        self._outcome: list[T] = []
        self._error: BaseException | None = None
        self._ended = threading.Event()
        # In the caller's context, so that what callbacks print goes to the caller's cell.
        self.thread = Thread(functools.partial(contextvars.copy_context().run, self._serve), "battnb-run")

    def wait(self) -> None:
        """Return when all has ended. An exception that arrives earlier cancels the coroutine, and is raised then."""
        interrupt: BaseException | None = None
        # An event, because Python 3.11 believes that a thread has ended if joining it was interrupted.
        while not self._ended.is_set():
            try:
                self._ended.wait(HEARTBEAT_S)
            except BaseException as error:
                interrupt = error
                self.cancel()
        self.thread.join()
        if interrupt is not None:
            raise interrupt

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def cancel(self) -> None:
        """From any thread, or a signal's handler."""

        def cancel() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()

        call_in(self._loop, cancel)

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()
            self._ended.set()

    async def _run(self) -> None:
        try:
            self._outcome.append(await (self._work() if callable(self._work) else self._work))
        except BaseException as error:
            self._error = error


@contextlib.contextmanager
def _interrupts_go_to(cancel: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Inside it, an interrupt calls this and raises nothing. Yields a function that says whether there was one.

    In a cell that also awaits, a kernel's own handler would only record the interrupt for its loop, which stands still.
    """
    interrupted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (as signal wants it)
        interrupted.append(number)
        cancel()

    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if is_main else None
    if handler is None or handler in (signal.SIG_IGN, signal.SIG_DFL):
        yield lambda: bool(interrupted)  # this is another thread, or nobody handles interrupts
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(interrupted)
    finally:
        signal.signal(signal.SIGINT, handler)


# Patching, on request


def allow_nested_run() -> None:
    """Let asyncio.run(...) and loop.run_until_complete(...) be called while a loop runs, as it does in every notebook.

    This is for other code that does so, such as a script that was pasted into a cell. battnb itself never needs it:
    await its functions in a cell, or call its sync forms anywhere. It patches asyncio for the whole process, with
    nest_asyncio2 if that is installed, otherwise with nest_asyncio, and cannot be undone. A second call does no harm.
    Raises InputError if neither is installed, or if the loop is of a kind that cannot be patched, such as uvloop's.
    """
    patch = _patch()
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        with contextlib.closing(asyncio.SelectorEventLoop()) as loop:
            patch.apply(loop)  # it patches the class
        return
    try:
        patch.apply(running)
    except ValueError as error:
        kind = f"{type(running).__module__}.{type(running).__qualname__}"
        raise InputError(
            f"the running loop is a {kind}, which {patch.__name__} cannot patch; use await, or the sync forms such as "
            "run_batt_sync, which need no patch"
        ) from error


def _patch() -> ModuleType:
    for name in PATCHES:
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    raise InputError(f"neither {' nor '.join(PATCHES)} is installed; pip install nest-asyncio2, or use await")
