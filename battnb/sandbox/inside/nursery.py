"""The nursery: a fresh interpreter with the DSL loaded that forks workers on request, and reaps them.

It has one thread and holds nothing of the notebook, so that it forks safely and fast. It puts on every layer of the
sandbox once; what it forks inherits them. It ends when its socket does, and takes all with it.

    engine --starts--> guardian --forks--> nursery --forks--> workers --fork--> trials

The guardian runs nobody's code. It stays outside the layers, waits for the nursery's end, and leaves nothing behind.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import marshal
import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from battnb.sandbox import wire
from battnb.sandbox.inside import hardening

if TYPE_CHECKING:
    from battnb.sandbox.inside.trial import ProgramNames

WARM = ("collections", "copy", "dataclasses", "functools", "heapq", "itertools", "math", "operator", "re", "typing")
"""Modules that candidates import often. They are loaded here, so that forks find them warm."""

FOLDERS, FOLDERS_A_WORKER = 400, 4
ORPHANS_MS = 100
"""Without seccomp candidates can make processes, which become the nursery's: it reaps them this often."""


def main(descriptor: int) -> None:
    control = socket.socket(fileno=descriptor)
    (length,) = wire.LENGTH.unpack(control.recv(wire.LENGTH.size, socket.MSG_WAITALL))
    setup = marshal.loads(control.recv(length, socket.MSG_WAITALL))
    _import_without_fork_hooks("random")
    os.mkdir(setup["private"], 0o700)
    namespaces = hardening.enter_namespaces()
    hardening.adopt_orphans()
    pid = os.fork()
    if pid:
        control.close()
        _guard(pid, setup["private"])
    hardening.die_with_parent()
    statm = os.open("/proc/self/statm", os.O_RDONLY)  # while it can be
    try:
        layers, known, names, folders = prepare(setup, namespaces)
    except BaseException as error:  # whatever a user's DSL raises is reported, and ends the nursery
        _say(control, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(1)
    _say(control, {"names": names, "missing": layers.missing})
    rest_bytes = int(os.pread(statm, 100, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")  # as the memory limit counts it
    os.close(statm)
    Nursery(control, known, layers, folders, rest_bytes).serve()
    os._exit(0)


def _guard(pid: int, private: str) -> NoReturn:
    """Wait for the nursery's end; then end what it left, and remove its folder.

    The engine's thread ends before its process does, and a fork of the notebook may hold the control socket longer.
    """

    def end_nursery(*_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end_nursery)
    hardening.die_with_parent(signal.SIGTERM)
    while os.waitpid(-1, 0)[0] != pid:
        pass  # orphans come here if there are no namespaces
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    own = os.getpid()
    while orphans := Path(f"/proc/{own}/task/{own}/children").read_text().split():
        for orphan in map(int, orphans):
            with suppress(ProcessLookupError):
                # Kill its whole group, if that is not this one, so that no process of a fork bomb forks meanwhile.
                group = os.getpgid(orphan)
                os.kill(orphan if group == os.getpgrp() else -group, signal.SIGKILL)
            os.waitpid(orphan, 0)
    hardening.unmount(private)
    with suppress(OSError):
        os.chmod(private, 0o700)
        os.rmdir(private)
        os._exit(0)
    # Without a mount namespace a candidate's files lie in it, perhaps in folders deeper than Python's recursion.
    os.execv("/bin/rm", ["rm", "-rf", "--", private])


def prepare(
    setup: dict[str, Any], namespaces: str | None
) -> tuple[hardening.Layers, ProgramNames, list[str], list[str]]:
    """Load what candidates will use, then harden. A DSL that is not battnb's own is loaded behind the layers.

    Returns the layers, what programs find, the names that the DSL gives, and the folders that forks may write to.
    """
    # Imported after random, and before any fork.
    from battnb.sandbox.inside import imports, trial, warm, worker  # noqa: F401

    allowed = frozenset([entry.partition(".")[0] for entry in setup["packages"]])
    dsl = warm.load([trial.OWN_DSL]) if trial.OWN_DSL in setup["dsl"] else {}
    for name in WARM:
        importlib.import_module(name)
    types = warm.types_of(setup["dsl"])
    with imports.only(allowed):
        for name in setup["preload"]:
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                importlib.import_module(name)
    warm.find_thread_pools()
    trial.seed()
    warm.warm_up(warm.alone(dsl))
    readable = hardening.Readable(setup["packages"], _dsl_files(setup["dsl"], trial.OWN_DSL), setup["forbidden"])
    private_files = hardening.mount_private(setup["private"], namespaces)
    folders = hardening.make_folders(setup["private"], FOLDERS)
    layers = hardening.harden(readable, setup["private"], namespaces, private_files)
    theirs = [module for module in setup["dsl"] if module != trial.OWN_DSL]
    if theirs:
        dsl |= warm.load(theirs)
        # Solvers often lie beside their DSL: when it is loaded, its folder is closed as well.
        hardening.enforce_landlock(readable._replace(files=()), setup["private"])
    imports.allow(allowed, setup["never"])
    return layers, warm.known(dsl, setup["dsl"], types), sorted({*types, *dsl}), folders


def _import_without_fork_hooks(module: str) -> None:
    """random seeds itself again in every fork, which takes a tenth of its time. Here each begins with the same seed."""
    register = os.register_at_fork
    os.register_at_fork = lambda **hooks: None
    try:
        importlib.import_module(module)
    finally:
        os.register_at_fork = register


def _dsl_files(modules: list[str], own: str) -> tuple[str, ...]:
    """The Python files that these modules may read as they are loaded: their own, and those beside them."""
    files: list[str] = []
    for module in modules:
        if module == own:
            continue
        spec = None if module.endswith(".py") else importlib.util.find_spec(module)
        origin = module if spec is None else spec.origin
        if origin is not None:
            files += [origin, *map(str, Path(origin).parent.glob("*.py"))]
    return tuple(files)


def _say(control: socket.socket, what: dict[str, Any]) -> None:
    body = json.dumps(what).encode()
    with suppress(OSError):  # the parent is gone, which ends the nursery when it reads
        control.sendall(wire.LENGTH.pack(len(body)) + body)


class Nursery:
    """control: the parent's socket. Each of its messages is a byte with the two sockets of a worker to fork."""

    def __init__(
        self, control: socket.socket, known: ProgramNames, layers: hardening.Layers, folders: list[str],
        rest_bytes: int,
    ) -> None:  # fmt: skip
        self._control = control
        self._known = known
        self._layers = layers
        self._folders = folders
        self._workers: dict[int, int] = {}
        self._rest_bytes = rest_bytes
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Fork workers until the control socket ends; then kill them all."""
        patience_ms = None if self._layers.fork_filter else ORPHANS_MS
        while True:
            for descriptor, _ in self._poll.poll(patience_ms):
                if descriptor != self._control.fileno():
                    self._reap(descriptor)
                elif not self._obey():
                    self._end()
                    return
            if patience_ms is not None:
                self._reap_orphans()

    def _obey(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        except ConnectionResetError:
            return False
        if len(descriptors) == 2:
            if len(self._folders) < FOLDERS_A_WORKER:
                return False  # candidates have filled them all; the parent starts another nursery
            self._fork_worker(*[socket.socket(fileno=descriptor) for descriptor in descriptors])
        return bool(data)

    def _fork_worker(self, jobs: socket.socket, orders: socket.socket) -> None:
        folders, self._folders = self._folders[:FOLDERS_A_WORKER], self._folders[FOLDERS_A_WORKER:]
        pid = os.fork()
        if not pid:
            self._become_worker(jobs, orders, folders)
        jobs.close()
        orders.close()
        descriptor = os.pidfd_open(pid)
        self._workers[descriptor] = pid
        self._poll.register(descriptor, select.POLLIN)
        _say(self._control, {"worker": pid})

    def _become_worker(self, jobs: socket.socket, orders: socket.socket, folders: list[str]) -> NoReturn:
        try:
            os.setsid()
            hardening.die_with_parent()
            self._control.close()
            for descriptor in self._workers:
                os.close(descriptor)
            from battnb.sandbox.inside.worker import Worker

            Worker(jobs, orders, self._known, self._rest_bytes, self._layers, folders).serve()
        finally:
            os._exit(0)  # also if its parent is gone, which raises an OSError

    def _reap(self, descriptor: int) -> None:
        """Kill what a worker that has ended left, and reap it then, so that no reused process id is hit."""
        pid = self._workers.pop(descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        self._kill_group(pid)
        os.waitpid(pid, 0)
        self._reap_orphans()

    def _reap_orphans(self) -> None:
        """Forks of dead workers, and what forks leave, come to the nursery if it is process 1."""
        with suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if ended.si_pid in self._workers.values():
                    return  # its own descriptor will say so in a moment
                os.waitpid(ended.si_pid, 0)

    def _kill_group(self, pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # it had no time to make its group

    def _end(self) -> None:
        for pid in self._workers.values():
            self._kill_group(pid)
        for pid in self._workers.values():
            os.waitpid(pid, 0)
