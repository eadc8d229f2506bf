"""The engine: one thread that owns all worker I/O, turn by turn. It starts nurseries, and replaces whatever dies."""

from __future__ import annotations

import atexit
import contextlib
import selectors
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from battnb.errors import PoolClosed, SandboxError
from battnb.loops import Thread
from battnb.sandbox.parent.lanes import Lanes, Source
from battnb.sandbox.parent.nurseries import Channel, Nurseries

if TYPE_CHECKING:
    import asyncio

BIT_S = 0.001
"""For this long it takes in what workers have said before it looks after them again."""
LOOK_AFTER_S = 0.2
"""This often the engine checks whether the loops that wait for its work are still open."""


class Engine:
    """It runs from when it is made. lanes: how many jobs run at once. dsl, packages, require: see Nurseries.

    failure: what ended it, if anything.
    """

    def __init__(self, lanes: int, dsl: Sequence[str], packages: Sequence[str], require: Sequence[str]) -> None:
        self._dsl = tuple(dsl)
        self._selector = selectors.DefaultSelector()
        self.nurseries = Nurseries(self._selector, dsl, packages, require)
        self.lanes = Lanes(lanes, self.nurseries, self._selector)
        self._calls: deque[Callable[[], None]] = deque()
        self._closing = False
        self._door = threading.Lock()
        self._ended = threading.Event()
        self._watched: dict[object, tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = {}
        self._looked_s = 0.0
        self.failure: Exception | None = None
        self._ready: Future[None] = Future()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._thread = Thread(self._run, "battnb-engine", daemon=True)
        _open.add(self)
        self._thread.start()

    # Called from any thread

    def wait_ready(self, timeout_s: float | None = None) -> None:
        """Block until the first nursery is ready. Raises SandboxError if it cannot start."""
        try:
            self._ready.result(timeout_s)
        except TimeoutError:
            message = f"the sandbox is not ready after {timeout_s:g} s; it is loading {', '.join(self._dsl)}"
            raise SandboxError(message) from None
        if self.failure is not None:
            raise self.failure
        if not self.nurseries.is_ready and self._closing:
            raise PoolClosed("the pool was closed before its sandbox was ready")

    def when_ready(self, callback: Callable[[], object]) -> None:
        """Call this, in some thread, when the sandbox has started or has failed."""
        self._ready.add_done_callback(lambda _: callback())

    def submit(self, source: Source) -> None:
        """Run a source's work. Raises PoolClosed after close()."""
        with self._door:
            if self.failure is not None:
                raise self.failure
            if self._closing:
                raise PoolClosed("the pool is closed; make a new one")
            self.call(lambda: self.lanes.add(source))

    def stop(self, source: Source) -> None:
        """Have a source's work end soon."""
        self.call(lambda: self.lanes.stop(source))

    def call(self, function: Callable[[], None] = lambda: None) -> None:
        """Have the engine's thread call this soon, and look for work."""
        self._calls.append(function)
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_out.send(b"w")

    def watch(self, loop: asyncio.AbstractEventLoop, closed: Callable[[], None]) -> Callable[[], None]:
        """Have this called in the engine's thread if a loop is closed. Returns what ends the watch."""
        key = object()
        self._watched[key] = loop, closed
        self.call()
        return lambda: self._watched.pop(key, None) and None

    def close(self) -> None:
        """End everything: what has not ended fails with PoolClosed. Returns when no process is left.

        An interrupt that comes meanwhile is raised then, and no sooner. In the engine's own thread it returns at once.
        """
        if not self._thread.is_alive():
            return
        self._closing = True
        self.call()
        if threading.current_thread() is self._thread:
            return
        interrupt: BaseException | None = None
        while not self._ended.is_set():
            try:
                self._ended.wait()
            except BaseException as error:
                interrupt = error
        self._thread.join()
        if interrupt is not None:
            raise interrupt

    # The thread

    def _run(self) -> None:
        with self._selector:
            self._selector.register(self._wake_in, selectors.EVENT_READ, None)
            try:
                self.nurseries.get()
                while not self._closing:
                    self._turn()
            except Exception as error:
                self.failure = error
                if not isinstance(error, SandboxError):
                    what = f"{type(error).__name__}: {error}"
                    self.failure = SandboxError(f"the engine failed with {what}; this is a defect of battnb")
                    self.failure.__cause__ = error
            finally:
                self._end()
                self._ended.set()

    def _turn(self) -> None:
        for key, events in self._selector.select(self._patience_s()):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    while self._wake_in.recv(4096):
                        pass
                continue
            if events & selectors.EVENT_WRITE:
                key.data.flush()
            if events & selectors.EVENT_READ and key.data.is_open:
                self._hear(key.data)
        # Each turn does a bit of each: no lane waits for its next job until all news is taken in.
        if self._calls:
            self._calls.popleft()()
        self.lanes.feed()
        if self.lanes.has_news():
            until_s = time.monotonic() + BIT_S
            while self.lanes.has_news() and time.monotonic() < until_s:
                self.lanes.take_in()
            self.lanes.feed()
        self.lanes.replace_silent()
        self._look_after()

    def _patience_s(self) -> float | None:
        if self.lanes.has_news() or self._calls:
            return 0.0
        if self._watched:
            return LOOK_AFTER_S
        return 1.0 if self.lanes.is_busy() else None

    def _hear(self, channel: Channel) -> None:
        if self.lanes.hear(channel):
            return
        ended = self.nurseries.hear(channel)
        if self.nurseries.is_ready and not self._ready.done():
            self.lanes.start_workers()
            self._ready.set_result(None)
        if ended is not None:
            self.lanes.lose_nursery(ended)

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._watched and now - self._looked_s > LOOK_AFTER_S:
            self._looked_s = now
            for key, (loop, closed) in list(self._watched.items()):
                if loop.is_closed() and self._watched.pop(key, None) is not None:
                    closed()

    def _end(self) -> None:
        with self._door:  # who is in the door now is still heard; those who come later find it closed
            self._closing = True
        while self._calls:
            self._calls.popleft()()
        self.lanes.end(self.failure or PoolClosed("the pool was closed before this work ended"))
        self.nurseries.end()
        self._selector.unregister(self._wake_in)
        self._wake_in.close()
        self._wake_out.close()
        if not self._ready.done():
            self._ready.set_result(None)


_open: weakref.WeakSet[Engine] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """A pool that nobody closed ends before the interpreter does, so that its folder goes too."""
    for engine in list(_open):
        engine.close()
