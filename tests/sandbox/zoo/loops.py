"""Programs that do not end: some use CPU time, others only wait."""

from __future__ import annotations

from sandbox.zoo.cage import Animal, solver

_BUSY = {
    "python loop": solver("while True: pass"),
    "loop in a bare except": solver("while True:\n    try:\n        while True: pass\n    except: pass"),
    "loop in finally": solver("while True:\n    try: 1 / 0\n    except BaseException: continue\n    finally: continue"),
    "loop while it is loaded": "while True: pass\ndef solve(I): return I\n",
    "pow": solver("return pow(10, 10**9)"),
    "pow while it is loaded": "x = pow(10, int(10**9))\ndef solve(I): return I\n",
    "sum of a range": solver("return sum(range(10**13))"),
    "deque of count": solver(
        "from collections import deque", "from itertools import count", "deque(count(), maxlen=0)"
    ),
    "catastrophic re": solver("import re", "return re.fullmatch('(a|a)*b', 'a' * 40)"),
    "factorial": solver("import math", "return math.factorial(10**7)"),
    "infinite all": solver("from itertools import repeat", "return all(repeat(True))"),
    "sort with a slow key": solver("return sorted(range(10), key=lambda n: sum(range(10**12)))"),
    "equality that hangs": solver(
        "return [E()].index(5)", top="class E:\n    def __eq__(self, other):\n        while True: pass"
    ),
    "handlers replaced": solver(
        "for n in range(1, 65):\n    try: signal.signal(n, lambda *a: None)\n    except (OSError, ValueError): pass",
        "while True: pass",
        top="import signal",
    ),
    "signals masked": solver(
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))", "while True: pass", top="import signal"
    ),
    "alarms cancelled": solver(
        "signal.alarm(0)", "for timer in range(3): signal.setitimer(timer, 0)", "while True: pass", top="import signal"
    ),
    "limits raised": solver(
        "try: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))\nexcept ValueError: pass",
        "while True: pass",
        top="import resource",
    ),
    "spinning threads": solver(
        "def spin():\n    while True: pass",
        "ts = [threading.Thread(target=spin) for _ in range(4)]",
        "for t in ts: t.start()",
        "for t in ts: t.join()",
        top="import threading",
    ),
    "a spinning thread under a sleeper": solver(
        "def spin():\n    while True: pass",
        "threading.Thread(target=spin).start()",
        "time.sleep(60)",
        top="import threading, time",
    ),
    "leader gone, thread spins": solver(
        "def spin():\n    while True: pass",
        "threading.Thread(target=spin).start()",
        "ctypes.CDLL(None).syscall(60, 0)",
        top="import ctypes, threading",
    ),
    "destructor that hangs": solver("D()", top="class D:\n    def __del__(self):\n        while True: pass"),
    "message that hangs": solver(
        "raise E()", top="class E(Exception):\n    def __str__(self):\n        while True: pass"
    ),
    "rows that hang": solver(
        "return L([(1,)])", top="class L(list):\n    def __iter__(self):\n        while True: pass"
    ),
    "no end of rows": solver(
        "return L([(1,)])",
        top="import itertools\nclass L(list):\n    def __iter__(self):\n        while True: yield from ()",
    ),
    "recursion caught": solver(
        "def f():\n    try: f()\n    finally: f()", "while True:\n    try: f()\n    except RecursionError: pass"
    ),
    "memory errors caught": solver(
        "x = []", "while True:\n    try: x.append(bytes(10**6))\n    except MemoryError: pass"
    ),
    "numpy": "import numpy as np\n" + solver("a = np.ones((300, 300))", "while True: a = a @ a * 0.001"),
    "trace function": solver("def t(*a):\n    while True: pass", "sys.settrace(t)", "solve(I)", top="import sys"),
    "tiny sleeps and work": solver("while True:\n    time.sleep(0.0001)\n    sum(range(20000))", top="import time"),
}

_IDLE = {
    "sleep": solver("time.sleep(60)", top="import time"),
    "sleep while it is loaded": "import time\ntime.sleep(60)\ndef solve(I): return I\n",
    "sleep in pieces": solver("while True: time.sleep(0.01)", top="import time"),
    "stopped by itself": solver("os.kill(os.getpid(), signal.SIGSTOP)", top="import os, signal"),
    "deadlocked with itself": solver("l = threading.Lock()", "l.acquire()", "l.acquire()", top="import threading"),
    "deadlocked threads": solver(
        "a, b = threading.Lock(), threading.Lock()",
        "def f(x, y):\n    with x:\n        time.sleep(0.05)\n        with y: pass",
        "ts = [threading.Thread(target=f, args=p) for p in ((a, b), (b, a))]",
        "for t in ts: t.start()",
        "for t in ts: t.join()",
        top="import threading, time",
    ),
    "an empty pipe": solver("r, w = os.pipe()", "os.read(r, 1)", top="import os"),
    "an empty queue": solver("queue.Queue().get()", top="import queue"),
    "pause": solver("signal.pause()", top="import signal"),
    "leader gone, thread sleeps": solver(
        "threading.Thread(target=time.sleep, args=(60,)).start()",
        "ctypes.CDLL(None).syscall(60, 0)",
        top="import ctypes, threading, time",
    ),
}

_ALONE = ("leader gone, thread spins", "leader gone, thread sleeps", "limits raised")

ANIMALS = [
    *[Animal(name, source, "timeout", "timeout_s", in_worker=name not in _ALONE) for name, source in _BUSY.items()],
    *[Animal(name, source, "timeout", "idle_s", in_worker=name not in _ALONE) for name, source in _IDLE.items()],
]
