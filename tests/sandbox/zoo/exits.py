"""Programs that end themselves instead of answering."""

from __future__ import annotations

from sandbox.zoo.cage import RIGHT, Animal, solver

_CODES = {
    "sys.exit()": ("sys.exit()", "0"),
    "sys.exit(0)": ("sys.exit(0)", "0"),
    "sys.exit(3)": ("sys.exit(3)", "3"),
    "sys.exit('text')": ("sys.exit('text')", "1"),
    "sys.exit(True)": ("sys.exit(True)", "1"),
    "SystemExit": ("raise SystemExit", "0"),
    "os._exit(0)": ("os._exit(0)", "0"),
    "os._exit(3)": ("os._exit(3)", "3"),
    "exit in C": ("ctypes.CDLL(None).exit(7)", "7"),
    "exit of a thread": ("t = threading.Thread(target=os._exit, args=(5,))\nt.start()\nt.join()\ntime.sleep(9)", "5"),
    "sys.exit in a list": ("return [[sys.exit(2) for c in row] for row in I]", "2"),
    "exit of the group": ("ctypes.CDLL(None).syscall(231, 9)", "9"),
}
_SIGNALS = {
    "os.abort": ("os.abort()", "SIGABRT"),
    "segfault": ("ctypes.string_at(0)", "SIGSEGV"),
    "write to 0": ("ctypes.memset(0, 1, 1)", "SIGSEGV"),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
    "SIGINT": ("signal.raise_signal(signal.SIGINT)", "SIGINT"),
    "SIGFPE": ("signal.raise_signal(signal.SIGFPE)", "SIGFPE"),
    "SIGSYS": ("signal.raise_signal(signal.SIGSYS)", "SIGSYS"),
    "a real-time signal": ("signal.raise_signal(40)", "signal 40"),
    "alarm": ("signal.alarm(1)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nsignal.pause()", "SIGALRM"),
    "SIGBUS": (
        "f = open('b', 'w+b')\nf.truncate(4096)\nm = mmap.mmap(f.fileno(), 4096)\nf.truncate(0)\nm[0]",
        "SIGBUS",
    ),
    "jump to nowhere": ("ctypes.CFUNCTYPE(None)(16)()", "SIGSEGV"),
}
_TOP = "import ctypes, mmap, os, signal, sys, threading, time"

ANIMALS = [
    *[
        Animal("exit: " + name, solver(code, top=_TOP), "exited", "exit code", number, in_worker=True)
        for name, (code, number) in _CODES.items()
    ],
    *[
        Animal("crash: " + name, solver(code, top=_TOP), "crashed", signal, in_worker=True)
        for name, (code, signal) in _SIGNALS.items()
    ],
    Animal(
        "exit: while it is loaded", "raise SystemExit(4)\n" + solver(RIGHT), "exited", "exit code", "4", in_worker=True
    ),
    Animal(
        "crash: while it is loaded", "import os\nos.abort()\n" + solver(RIGHT), "crashed", "SIGABRT", in_worker=True
    ),
    Animal("exit: at exit", solver("atexit.register(os._exit, 3)", RIGHT, top="import atexit, os"), "correct"),
    Animal(
        "exit: in a destructor",
        solver("D()", RIGHT, top="import sys\nclass D:\n    def __del__(self): sys.exit(3)"),
        "correct",
        in_worker=True,
    ),
    Animal(
        "exit: in a thread only",
        solver("t = threading.Thread(target=sys.exit)", "t.start()", "t.join()", RIGHT, top=_TOP),
        "correct",
        in_worker=True,
    ),
    Animal(
        "crash: crafted code",
        solver("solve.__code__ = solve.__code__.replace(co_code=bytes([100, 255] * 50))", "return solve(I)"),
        "any",
    ),
    Animal("exit: quit", solver("quit()"), "error", "NameError", in_worker=True),
]
