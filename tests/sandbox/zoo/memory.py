"""Programs that want more memory than they may have."""

from __future__ import annotations

from sandbox.zoo.cage import Animal, solver

_MEMORY = {
    "list that grows": solver("x = []", "while True: x += [0] * 10**6"),
    "list at once": solver("return [0] * 10**9"),
    "bytes": solver("return bytes(10**10)"),
    "bytearray": solver("x = bytearray()", "while True: x += bytes(10**7)"),
    "string doubled": solver("x = 'a'", "while True: x += x"),
    "string at once": solver("return 'ab' * 10**11"),
    "dict": solver("return {n: bytes(10**5) for n in range(10**6)}"),
    "set": solver("return {bytes(10**5) + n.to_bytes(4) for n in range(10**6)}"),
    "huge int": solver("return 1 << 10**10"),
    "deep nesting": solver("x = []", "while True: x = [[[[x, [0] * 10**4]]]]"),
    "deep recursion": solver(
        "def f(n): return f((n, bytes(10**5)))", "return f(0)", top="import sys\nsys.setrecursionlimit(10**9)"
    ),
    "permutations": solver(
        "return [p * 10**4 for p in itertools.product(range(10), repeat=9)]", top="import itertools"
    ),
    "while it is loaded": "x = bytes(10**10)\ndef solve(I): return I\n",
    "numpy zeros": "import numpy as np\n" + solver("return np.zeros(10**10)"),
    "numpy that grows": "import numpy as np\n" + solver("x = []", "while True: x.append(np.empty(10**6))"),
    "a memory error of its own": solver("raise MemoryError('no more')"),
    "output of hundred megabytes": solver("return tuple([tuple(range(10**7))] * 30) + (list(range(10**8)),)"),
}

ANIMALS = [
    *[Animal("memory: " + name, source, "memory", in_worker=True) for name, source in _MEMORY.items()],
    Animal("memory: mapping", solver("mmap.mmap(-1, 2**36)", top="import mmap"), "error", "OSError", in_worker=True),
    Animal("memory: recursion", solver("return solve(I)"), "error", "RecursionError", in_worker=True),
    Animal(
        "memory: recursion in C",
        solver("x = []", "for _ in range(10**5): x = [x]", "return repr(x)"),
        "error",
        "RecursionError",
        in_worker=True,
    ),
    Animal(
        "memory: stack overflow in C",
        solver("gc.disable()", "x = ()", "for _ in range(4 * 10**5): x = (x,)", "return hash(x)", top="import gc"),
        "crashed",
        "SIGSEGV",
        in_worker=True,
    ),
]
