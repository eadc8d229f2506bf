"""A bare loop of fork, run, pipe and reap, as cheap as possible: no limits, no layers, no checks.

Each core has one fresh interpreter, started without site packages. It has loaded the DSL, and used everything that a
fork touches. It compiles each program itself, since a fork would do so in cold pages. One pipe serves all forks.
"""

from __future__ import annotations

import gc
import marshal
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

_LENGTH = struct.Struct("<Q")
_START = "import sys; sys.path[:0] = {path!r}; from benchmarks.fork_loop import serve; serve({fd})"


def serve(descriptor: int) -> None:
    """In the fresh interpreter: answer lists of (source, inputs) with lists of outputs until the socket ends."""
    from battnb.sandbox.inside.warm import known, load

    names = known(load(["battnb.dsl"]), ["battnb.dsl"]).below
    sock = socket.socket(fileno=descriptor)
    reader, writer = os.pipe()
    _run_here(compile("def solve(I):\n    return I\n", "<warm>", "exec"), names, (((0,),),))
    gc.collect()
    gc.freeze()
    gc.disable()
    while (body := _receive(sock)) is not None:
        found = [_fork_one(source, inputs, names, reader, writer) for source, inputs in marshal.loads(body)]
        _send(sock, found)


def _fork_one(source: str, inputs: Sequence[Any], names: dict[str, Any], reader: int, writer: int) -> Any:
    code = compile(source, "<candidate>", "exec")
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, marshal.dumps(_run_here(code, names, inputs)))
        finally:
            os._exit(0)
    # What these programs return fits into a pipe, so the fork can end before it is read.
    os.waitpid(pid, 0)
    return marshal.loads(os.read(reader, 65_536))


def _run_here(code: Any, names: dict[str, Any], inputs: Sequence[Any]) -> list[Any]:
    namespace: dict[str, Any] = {"__builtins__": names}
    exec(code, namespace)
    solve = namespace["solve"]
    return [solve(grid) for grid in inputs]


def _send(sock: socket.socket, what: Any) -> None:
    body = marshal.dumps(what)
    sock.sendall(_LENGTH.pack(len(body)) + body)


def _receive(sock: socket.socket) -> bytes | None:
    head = sock.recv(_LENGTH.size, socket.MSG_WAITALL)
    if len(head) < _LENGTH.size:
        return None
    return sock.recv(_LENGTH.unpack(head)[0], socket.MSG_WAITALL)


class ForkLoops:
    """Several loops, each with its share of the programs."""

    def __init__(self, socks: Sequence[socket.socket]) -> None:
        self._socks = socks

    def run(self, works: Sequence[Any]) -> list[Any]:
        """The outputs of works, in their order."""
        shares = [works[start :: len(self._socks)] for start in range(len(self._socks))]
        with ThreadPoolExecutor(len(self._socks)) as threads:
            answers = list(threads.map(_ask, self._socks, shares))
        found: list[Any] = [None] * len(works)
        for start, answer in enumerate(answers):
            found[start :: len(self._socks)] = answer
        return found


def _ask(sock: socket.socket, share: Sequence[Any]) -> Any:
    _send(sock, list(share))
    return marshal.loads(_receive(sock) or b"")


@contextmanager
def fork_loops(count: int) -> Iterator[ForkLoops]:
    with ExitStack() as stack:
        socks = [stack.enter_context(_fork_loop()) for _ in range(count)]
        loops = ForkLoops(socks)
        loops.run([("def solve(I):\n    return I\n", (((0,),),))] * 20 * count)
        yield loops


@contextmanager
def _fork_loop() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    path = [str(Path(__file__).parents[1]), *[entry for entry in sys.path if entry]]
    code = _START.format(path=path, fd=theirs.fileno())
    process = subprocess.Popen([sys.executable, "-S", "-s", "-P", "-c", code], pass_fds=[theirs.fileno()])
    with ours, process:
        theirs.close()
        yield ours
        ours.close()
