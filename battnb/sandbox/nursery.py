"""The nursery: a fresh interpreter with the DSL loaded that forks workers on request, and reaps them.

It is single-threaded and holds nothing of the notebook, so that it forks safely and fast. Every layer of the sandbox
is put on here, once; what it forks inherits them. It ends when its socket does, and takes all with it.

The parent starts it as `python -S -s -P -c "..."` with an environment of its own (see engine.start_nursery).
"""

from __future__ import annotations

import json
import marshal
import os
import random
import select
import signal
import socket
import sys
from typing import Any

from battnb.sandbox import hardening, names, wire
from battnb.sandbox.worker import Worker

# Loaded here, so that a candidate that imports them finds them warm.
import collections, copy, dataclasses, functools, heapq, itertools, math, operator, re, typing  # noqa: E401, F401, I001, E402


def main(descriptor: int) -> None:
    hardening.die_with_parent()
    control = socket.socket(fileno=descriptor)
    setup = marshal.loads(_read_frame(control))
    try:
        layers, known = prepare(setup)
    except Exception as error:
        _say(control, {"failed": f"{type(error).__name__}: {error}"})
        return
    _say(control, {"names": sorted(known), "active": layers.active, "missing": layers.missing})
    Nursery(control, known, layers).serve()


def prepare(setup: dict[str, Any]) -> tuple[hardening.Layers, dict[str, Any]]:
    """Load what candidates will use, then harden; a DSL that is not ours is loaded behind the layers."""
    known = names.load(setup["dsl"])
    random.seed(0)
    for name in setup["preload"]:
        __import__(name)
    return hardening.harden(), known


def _read_frame(control: socket.socket) -> bytes:
    head = control.recv(4, socket.MSG_WAITALL)
    return control.recv(wire.LENGTH.unpack(head)[0], socket.MSG_WAITALL)


def _say(control: socket.socket, what: dict[str, Any]) -> None:
    body = json.dumps(what).encode()
    control.sendall(wire.LENGTH.pack(len(body)) + body)


class Nursery:
    """control: the parent's socket. Its messages are one byte each, with a worker's socket where one is wanted."""

    def __init__(self, control: socket.socket, known: dict[str, Any], layers: hardening.Layers) -> None:
        self._control = control
        self._known = known
        self._layers = layers
        self._workers: dict[int, int] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Fork workers until the control socket ends; then kill them all."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._control.fileno():
                    self._reap(descriptor)
                elif not self._obey():
                    self._end()
                    return

    def _obey(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not data:
            return False
        if descriptors:
            self._fork_worker(socket.socket(fileno=descriptors[0]))
        return True

    def _fork_worker(self, sock: socket.socket) -> None:
        pid = os.fork()
        if not pid:
            self._become_worker(sock)
        sock.close()
        descriptor = os.pidfd_open(pid)
        self._workers[descriptor] = pid
        self._poll.register(descriptor, select.POLLIN)
        _say(self._control, {"worker": pid})

    def _become_worker(self, sock: socket.socket) -> None:
        """In the fork. Never returns."""
        try:
            os.setsid()
            hardening.die_with_parent()
            self._control.close()
            for descriptor in self._workers:
                os.close(descriptor)
            Worker(sock, self._known, _address_space_bytes(), self._layers).serve()
        finally:
            os._exit(0)

    def _reap(self, descriptor: int) -> None:
        """A worker has ended: kill what it left, then reap it, so that no reused process id is hit."""
        pid = self._workers.pop(descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        self._kill_group(pid)
        os.waitpid(pid, 0)

    def _kill_group(self, pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)  # it had no time to make its group

    def _end(self) -> None:
        for pid in self._workers.values():
            self._kill_group(pid)
        for pid in self._workers.values():
            os.waitpid(pid, 0)


def _address_space_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
