# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that start processes or endless threads, signal others, or make the system calls behind that."""

from __future__ import annotations

from sandbox.zoo.cage import RIGHT, Animal, refused, solver

from battnb.sandbox.inside.hardening import NAMESPACES, SIGNALS, SYSTEM_CALLS

_REFUSED = {
    "fork": "os.fork()",
    "fork bomb": "while True: os.fork()",
    "double fork": "if os.fork() == 0:\n    os.setsid()\n    os.fork()\n    os._exit(0)",
    "subprocess": "subprocess.run(['/bin/true'])",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "os.execv('/bin/true', ['true'])",
    "multiprocessing": "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=print).start()",
    "setsid": "os.setsid()",
    "setpgid": "os.setpgid(0, 0)",
    "os.system": "if os.system('true') != 0: raise OSError",
    "memfd": "os.memfd_create('x')",
    "pidfd": "os.pidfd_open(os.getppid())",
    "signals by a pipe": "import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())\nfcntl.fcntl(r, 10, 9)\n"
    "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\nos.write(w, b'x')",
    "signals by a socket": "import fcntl, struct\na, b = socket.socketpair()\nfcntl.ioctl(a, 0x8902, struct.pack('i', os.getppid()))\n"
    "fcntl.fcntl(a, 10, 9)\nfcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\nb.send(b'x')",
}

# The number on x86_64 and the arguments of calls that have no Python function.
_CALLS = {
    "fork": (57,),
    "vfork": (58,),
    "clone": (56, 17, 0, 0, 0, 0),
    "clone3": (435, 0, 0),
    "unshare": (272, 0x10000000),
    "ptrace": (101, 0, 0, 0, 0),
    "setns": (308, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "io_uring_setup": (425, 8, 0),
    "userfaultfd": (323, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, 0, 0, 0),
    "shmget": (29, 0, 4096, 0o1777),
    "msgget": (68, 0, 0o1777),
    "add_key": (248, 0, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "open_by_handle_at": (304, 0, 0, 0),
    "tkill": (200, 1, 9),
    "rt_sigqueueinfo": (129, 1, 9, 0),
    "pidfd_getfd": (438, 0, 0, 0),
    "memfd_secret": (447, 0),
    "prlimit of another": (302, 1, 6, 0, 0),
    "sched_setaffinity of another": (203, 1, 8, 0),
}
_CALL = "lib = ctypes.CDLL(None, use_errno=True)\nif lib.syscall{0} < 0: raise OSError(ctypes.get_errno(), 'refused')"

_KILLS = {
    "the worker": ("os.kill(os.getppid(), signal.SIGKILL)", ()),
    "process 1": ("os.kill(1, signal.SIGKILL)", (SIGNALS,)),
    "its group": ("os.killpg(0, signal.SIGKILL)", ()),
    "its group by 0": ("os.kill(0, signal.SIGKILL)", ()),
    "everything": ("os.kill(-1, signal.SIGKILL)", (NAMESPACES, SIGNALS)),
    "its neighbours": (
        "for pid in range(2, 300):\n    if pid != os.getpid(): os.kill(pid, signal.SIGKILL)",
        (NAMESPACES,),
    ),
}
_PIDS = """
import os, signal
def solve(I):
    sent = 0
    for pid in range(2, 200):
        try:
            if pid != os.getpid(): os.kill(pid, 0); sent += 1
        except OSError: pass
    assert not sent
    return [list(row)[::-1] for row in I]
"""

ANIMALS = [
    *[Animal("process: " + n, refused(code), "correct", needs=(SYSTEM_CALLS,)) for n, code in _REFUSED.items()],
    *[
        Animal("system call: " + n, refused(_CALL.format(c)), "correct", needs=(SYSTEM_CALLS,))
        for n, c in _CALLS.items()
    ],
    *[
        Animal("kill: " + n, refused(code), "correct", needs=(SYSTEM_CALLS, *more))
        for n, (code, more) in _KILLS.items()
    ],
    Animal("kill: who is there", _PIDS, "correct", needs=(NAMESPACES,)),
    Animal(
        "threads without end",
        solver(
            "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            top="import threading, time",
        ),
        "error",
        "RuntimeError",
        "start new thread",
    ),
    Animal(
        "threads, a few",
        solver(
            "ts = [threading.Thread(target=sum, args=(range(10),)) for _ in range(4)]",
            "for t in ts: t.start()",
            "for t in ts: t.join()",
            RIGHT,
            top="import threading",
        ),
        "correct",
    ),
    Animal(
        "an executor",
        solver(
            "with ThreadPoolExecutor(4) as e: return list(e.map(lambda row: row[::-1], I))",
            top="from concurrent.futures import ThreadPoolExecutor",
        ),
        "correct",
    ),
]
