"""What a sandbox process gives up before any candidate runs, as far as this kernel lets it.

The nursery puts the layers on once, in the order of LAYERS, and all that it forks inherits them. A worker and a fork
add short filters. A layer that this kernel does not have is reported with the reason, never passed over in silence.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from battnb.sandbox.inside import filters

FILE_BYTES = 16 * 2**20

NAMESPACES = "namespaces"
PRIVATE_FILES = "private files (tmpfs)"
RESOURCE_LIMITS = "resource limits"
NO_NEW_PRIVILEGES = "no new privileges"
CAPABILITIES = "no capabilities"
FILES = "files (Landlock)"
SIGNALS = "signals and abstract sockets (Landlock)"
SYSTEM_CALLS = "system calls (seccomp)"
PROCESSES = "processes"
ENVIRONMENT = "scrubbed environment"
LAYERS = (
    NAMESPACES, PRIVATE_FILES, RESOURCE_LIMITS, NO_NEW_PRIVILEGES, CAPABILITIES, FILES, SIGNALS, SYSTEM_CALLS,
    PROCESSES, ENVIRONMENT,
)  # fmt: skip
"""All layers, in the order in which they are put on."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = (
    0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
)  # fmt: skip
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MNT_DETACH = 2, 4, 8, 2
_CAPABILITY_VERSION_3 = 0x20080522
_LIBRARY_FOLDERS = ("/lib64", "/lib/{0}-linux-gnu", "/usr/lib/{0}-linux-gnu", "/usr/lib64")
_READABLE = ("/dev/urandom", "/dev/random", "/dev/zero", "/usr/share/zoneinfo", "/etc/localtime")


class Layers(NamedTuple):
    """The layers that are missing, with the reason, and what is left for each fork.

    fork_filter: None if there is no seccomp. most_processes: how many may descend from the nursery, threads included;
    None if nothing bounds them, or the filter does.
    """

    missing: tuple[tuple[str, str], ...]
    fork_filter: filters.ForkFilter | None
    most_processes: int | None

    def enter_worker(self) -> None:
        """Put on what is for workers, when this one has opened its files. Its forks inherit that."""
        if self.fork_filter is not None and not filters.worker_filter().put_on():
            os._exit(1)

    def put_on(self) -> Callable[[int], bool]:
        """What each fork still has to call with its process id, so that it makes no processes and signals only itself.

        That returns False if the kernel refuses. It is asked for before the fork, which is to touch few pages.
        """
        return self._lead_a_group if self.fork_filter is None else self.fork_filter.put_on_for

    def rehearse(self, pid: int) -> bool:
        """Do the same to no effect."""
        return self.fork_filter is None or self.fork_filter.rehearse(pid)

    def _lead_a_group(self, pid: int) -> bool:
        """Without a filter a fork may make some processes. They are to end with it."""
        os.setpgid(pid, pid)
        die_with_parent()  # it has left its worker's group
        if self.most_processes is not None:
            resource.setrlimit(resource.RLIMIT_NPROC, (self.most_processes, self.most_processes))
        return True

    def leave_fork(self, pid: int) -> None:
        """In the worker: end what a fork that has ended has left."""
        if self.fork_filter is None:
            # It has been reaped, but process ids are given out in turn: its own comes again only after all others.
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when the thread that made it ends."""
    libc().prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)


def adopt_orphans() -> None:
    """Have the kernel give this process the orphans of its descendants."""
    libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def enter_namespaces() -> str | None:
    """Isolate what is forked from here on: no other process, no network, a user namespace of its own.

    Returns why that failed, None if it worked. The first that is forked is process 1 of the rest: its end ends all.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWUSER | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWNS
    failed = _failed("unshare", libc().unshare(flags))
    if failed is not None:
        return failed
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError as error:
        return f"user namespace: {error.strerror}"
    return None


def mount_private(folder: str, namespaces: str | None) -> str | None:
    """Mount a bounded file system in memory on the private folder. It is gone with the namespace.

    namespaces: why there are none, None if there are. Returns why that failed, None if it worked.
    """
    if namespaces is not None:
        return "it takes a mount namespace"
    options = b"size=64m,nr_inodes=10k,mode=0700"
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    return _failed("mount", libc().mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options))


def unmount(folder: str) -> None:
    """Take the file system off the private folder again, if there is one."""
    libc().umount2(os.fsencode(folder), _MNT_DETACH)


class Readable(NamedTuple):
    """What candidates may read besides the standard library.

    packages: importable names. files: single files (those of a DSL). forbidden: files of solutions, to check.
    """

    packages: tuple[str, ...]
    files: tuple[str, ...]
    forbidden: tuple[str, ...]


def harden(readable: Readable, private: str, namespaces: str | None, private_files: str | None) -> Layers:
    """Put on every layer that this kernel has.

    private: the folder that candidates may write to. namespaces, private_files: why these are missing, None if they
    are not.
    """
    found: dict[str, str | None] = {NAMESPACES: namespaces, PRIVATE_FILES: private_files}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (0, 0))
    found[NO_NEW_PRIVILEGES] = _failed("prctl", libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    found[CAPABILITIES] = _failed("capset", libc().capset(header, bytes(24)))
    found[FILES], found[SIGNALS] = enforce_landlock(readable, private)
    fork_filter = None
    if os.uname().machine not in filters.ARCHITECTURES:
        found[SYSTEM_CALLS] = f"no list of system calls for {os.uname().machine}"
    elif not filters.base_filter().put_on():
        found[SYSTEM_CALLS] = "prctl: the kernel takes no filter"
    else:
        fork_filter = filters.ForkFilter()
    found[PROCESSES], most_processes = (None, None) if fork_filter is not None else _processes(namespaces)
    missing = tuple([(name, reason) for name in LAYERS if (reason := found.get(name)) is not None])
    return Layers(missing, fork_filter, most_processes)


def _failed(call: str, result: int) -> str | None:
    """Why a call into libc failed, None if it did not."""
    return None if result == 0 else f"{call}: {os.strerror(ctypes.get_errno())}"


def enforce_landlock(readable: Readable, private: str) -> tuple[str | None, str | None]:
    """Guard files and signals. Returns why files are not guarded and why signals are not; None if they are."""
    try:
        rules = filters.Ruleset(libc())
        for path in _readable_paths(readable.packages):
            rules.allow(path, filters.READ_FILE | filters.READ_DIR)
        for path in readable.files:
            rules.allow(path, filters.READ_FILE)
        for folder in {*sys.path, *[os.path.dirname(path) for path in readable.files]}:
            rules.allow(folder, filters.READ_DIR)
        rules.allow("/dev/null", filters.READ_FILE | filters.WRITE_FILE)
        rules.allow(private, filters.PRIVATE)
        rules.enforce()
    except OSError as error:
        return error.strerror or "refused", error.strerror or "refused"
    leak = next((path for path in readable.forbidden if _can_read(path)), None)
    files = f"{leak} can be read all the same" if leak else None
    return files, None if rules.abi >= 6 else f"this kernel's Landlock has version {rules.abi}, it takes 6"


def _readable_paths(packages: Sequence[str]) -> Iterable[str | Path]:
    for entry in Path(os.__file__).parent.iterdir():
        if entry.name not in ("site-packages", "dist-packages"):  # which may lie in the standard library's folder
            yield entry
    # A package's folder or file, and the libraries that its wheel brought. What does not exist allows nothing.
    names = [f"{package}{ending}" for package in packages for ending in ("", ".py", ".libs")]
    yield from (Path(folder, name) for folder in sys.path for name in names)
    machine = os.uname().machine
    yield from (folder.format(machine) for folder in _LIBRARY_FOLDERS)
    yield from Path(sys.base_prefix, "lib").glob("*.so*")
    yield from _READABLE


def _can_read(path: str) -> bool:
    with suppress(OSError), open(path, "rb"):
        return True
    return False


def _processes(namespaces: str | None) -> tuple[str | None, int | None]:
    """How processes are bounded without seccomp. Returns why they are not bounded, or how many there may be."""
    if namespaces is not None:
        return "without seccomp and namespaces nothing bounds them: RLIMIT_NPROC counts all that the user runs", None
    if not _process_limit_binds():
        return "without seccomp nothing bounds them: RLIMIT_NPROC does not bind root", None
    most = 64 + 32 * len(os.sched_getaffinity(0))  # a worker, its fork and their threads for each core, and more
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return None, most if hard == resource.RLIM_INFINITY else min(most, hard)


def _process_limit_binds() -> bool:
    """Whether RLIMIT_NPROC keeps a process from forking here. It tries, as a container's root may be nobody outside."""
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        try:
            os.fork()
        except OSError:
            os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def count_threads(limit: list[int]) -> None:
    """Have Python refuse threads beyond limit[0]. What bypasses Python is bounded by the address space."""
    start = _thread.start_new_thread

    def start_new_thread(function: Any, args: Any, kwargs: Any = None) -> int:
        if _thread._count() >= limit[0]:
            raise RuntimeError(f"can't start new thread: Limits.threads is {limit[0]}")
        return start(function, args, kwargs or {})

    _thread.start_new_thread = start_new_thread
    _thread.start_new = start_new_thread


def make_folders(private: str, count: int) -> list[str]:
    """Make folders with names that cannot be guessed, in one that is then closed: none can be listed or removed."""
    folders = [os.path.join(private, os.urandom(12).hex()) for _ in range(count)]
    for folder in folders:
        os.mkdir(folder, 0o700)
    os.chmod(private, 0o100)
    return folders


def size_of_empty(folder: str) -> int | None:
    """The size of an empty folder, if a folder with something in it has another size, as on tmpfs; otherwise None."""
    probe, size = os.path.join(folder, "probe"), os.stat(folder).st_size
    os.close(os.open(probe, os.O_CREAT | os.O_WRONLY, 0o600))
    grown = os.stat(folder).st_size
    os.unlink(probe)
    return size if grown != size == os.stat(folder).st_size else None


def empty(folder: str) -> bool:
    """Remove the plain files that a candidate left in a folder. False if something stays."""
    try:
        for name in os.listdir(folder)[:1000]:
            os.unlink(os.path.join(folder, name))
        return not os.listdir(folder)
    except OSError:
        return False
