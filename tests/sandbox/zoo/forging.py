# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that try to get a verdict they have not earned, or to disturb how verdicts are made."""

from __future__ import annotations

from sandbox.zoo.cage import RIGHT, Animal, solver

BOARD = """
import os, struct, sys
def _find(name):
    frame = sys._getframe()
    while frame is not None:
        if name in frame.f_locals: return frame.f_locals[name]
        frame = frame.f_back
board, index = _find('board'), _find('index')
def record(outcomes, cpu_s=(0.0,) * 4, last=1, candidate=None, first=0, entry=b'solve', times=(0.0, 0.0, 0.0)):
    who = index if candidate is None else candidate
    head = struct.pack('<IHHBBdddI', who, first, len(cpu_s), last, len(entry), *times, len(outcomes))
    return head + struct.pack(f'<{len(cpu_s)}d', *cpu_s) + outcomes + entry
def text(kind, name=b'', message=b''):
    return struct.pack('<BiHH', kind, -1, len(name), len(message)) + name + message
def forge(data):
    board._results[:len(data)] = data
    board._cells[0] = len(data)
    os._exit(0)
GRID = bytes([0, 1, 1, 5])
"""
"""Finds the memory that the worker reads, and writes records in its format."""


def _board(*lines: str) -> str:
    return BOARD + "\n".join(lines) + "\n" + solver(RIGHT)


# These may get any status but correct, as long as the others keep their verdicts.
HARMLESS = {
    "garbage": _board("forge(os.urandom(5000))"),
    "all ones": _board("board._bytes[64:] = b'\\xff' * board.capacity", "board._cells[0] = 2**64 - 1", "os._exit(0)"),
    "more than there is": _board("board._cells[0] = 2**63", "os._exit(0)"),
    "an outcome cut short": _board("forge(record(b'\\0\\0'))"),
    "an outcome too many": _board("forge(record(GRID * 5))"),
    "a grid of 255 x 255": _board("forge(record(bytes([0, 255, 255]) * 4))"),
    "a grid of 0 x 0": _board("forge(record(bytes([0, 0, 0]) * 4))"),
    "colours over 9": _board("forge(record(bytes([0, 1, 1, 77]) * 4))"),
    "differences": _board("forge(record(struct.pack('<Bq', 8, 0) * 4))"),
    "an unknown kind": _board("forge(record(b'\\x55' * 4))"),
    "bounced for ever": _board("forge(record(bytes([9, 0]), (0.0,)))"),
    "bounced between kinds": _board("forge(record(bytes([9, 2]), (0.0,)))"),
    "bounced for S": _board("forge(record(bytes([9, 1]), (0.0,)))"),
    "bounced with more": _board("forge(record(bytes([9, 2]) + b'x', (0.0,)))"),
    "bounced later": _board("forge(record(GRID + bytes([9, 0]) * 3))"),
    "bounced for no reason": _board("forge(record(bytes([9, 77]), (0.0,)))"),
    "bounced in words": _board("forge(record(text(9, b'no S'), (0.0,)))"),
    "infinite time": _board("forge(record(GRID * 4, (float('inf'),) * 4))"),
    "no time at all": _board(
        "forge(record(GRID * 4, (float('nan'),) * 4, times=(float('nan'), float('inf'), float('-inf'))))"
    ),
    "negative time": _board("forge(record(GRID * 4, (-1e300,) * 4))"),
    "the smallest time": _board("forge(record(GRID * 4, (5e-324,) * 4))"),
    "no samples": _board("forge(record(b'', ()))"),
    "too many samples": _board("forge(record(GRID * 5, (0.0,) * 5))"),
    "65,535 samples": _board("forge(record(b'', (0.0,) * 65535))"),
    "last too early": _board("forge(record(GRID, (0.0,)))"),
    "a later sample first": _board("forge(record(GRID, (0.0,), first=2))"),
    "another's record": _board("forge(b''.join([record(GRID * 4, candidate=n) for n in range(60)]))"),
    "many empty records": _board("r = record(b'x' * 5, (), 0, entry=b'')", "forge(r * (board.capacity // len(r)))"),
    "many refused records": _board(
        "r = record(b'', (0.0,), 0, first=99, entry=b'')", "forge(r * (board.capacity // len(r)))"
    ),
    "a long text": _board("forge(record(text(2, b'E' * 65535, b'm' * 65535) * 4))"),
    "a long entry": _board("forge(record(GRID * 4, entry=b'<script>' * 30))"),
    "every kind": _board("forge(b''.join([record(text(k) * 4, last=0) for k in range(256)]))"),
    "far ahead": _board("board._cells[1], board._cells[2], board._cells[3] = 2**40, 2**63, 2**63", "os._exit(0)"),
    "far ahead and loops": _board("board._cells[1], board._cells[2] = 2**31, 2**31", "while True: pass"),
    "hurrying and loops": _board("n = 0", "while True:", "    n += 1", "    board._cells[2] = n"),
    "hurrying and sleeps": _board(
        "import time", "n = 0", "while True:", "    n += 1", "    board._cells[2] = n % 7", "    time.sleep(0.003)"
    ),
    "signals from the board's end": _board("import mmap", "board._bytes[-1] = 1", "os.abort()"),
}

_DESCRIPTORS = """
import os, struct, fcntl
def solve(I):
    body = struct.pack('<BII', 2, 1, 4096)
    for data in (b'garbage' * 100, struct.pack('<I', len(body)) + body, struct.pack('<I', 2**31) + b'x', bytes(10**5)):
        for fd in range(64):
            try:
                if fcntl.fcntl(fd, fcntl.F_GETFL) & 3: os.write(fd, data)
            except OSError: pass
    return [list(row)[::-1] for row in I]
"""
_NO_SOCKETS = """
import os, stat
def solve(I):
    for fd in range(256):
        try: mode = os.fstat(fd).st_mode
        except OSError: continue
        assert not stat.S_ISSOCK(mode) and not stat.S_ISFIFO(mode), fd
    return [list(row)[::-1] for row in I]
"""
_LOOKS = """
import gc, sys
def things():
    frame, seen = sys._getframe(), []
    while frame is not None:
        seen += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    gc.unfreeze()
    seen += gc.get_objects()
    return seen + gc.get_referents(*seen)
def solve(I):
    if len(I) == 1 or len(I[0]) < 3: return [list(row)[::-1] for row in I]
    wanted = tuple([row[::-1] for row in I])
    cells = bytes([c for row in I for c in row[::-1]])
    for thing in things():
        if thing is not wanted and thing is not cells and (
            type(thing) is tuple and thing == wanted or type(thing) in (bytes, bytearray) and cells in thing):
            return 'found'
    return [list(row) for row in wanted]
"""
_SCANS = """
import ctypes, os, sys
def solve(I):
    if len(I) == 1 or len(I[0]) < 3: return [list(row)[::-1] for row in I]
    libc = ctypes.CDLL(None)
    libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    made = [c for row in I for c in row[::-1]]
    found, (there, here) = 0, os.pipe()
    for thing in (solve, I, sys, [], {}, 'x', sys._getframe()):
        for page in range((id(thing) & ~0xFFFFF) - 2**20, (id(thing) & ~0xFFFFF) + 2**21, 4096):
            if libc.write(here, page, 4096) > 0: found += bytes(made) in os.read(there, 4096)
    assert found <= ALLOWED, found
    return [list(row)[::-1] for row in I]
"""

_TRICKS = {
    "list that is equal to all": (
        "class L(list):\n    def __eq__(self, other): return True\n    def __len__(self): return 2",
        "return L([[0]])",
        "wrong",
    ),
    "int that is equal to all": (
        "class N(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n    def __index__(self): return 5",
        "return [[N(0)]]",
        "wrong",
    ),
    "int of two minds": (
        "class N(int):\n    def __int__(self): return 99\n    def __ge__(self, o): return True\n    def __le__(self, o): return True",
        "return [[N(c) for c in row[::-1]] for row in I]",
        "correct",
    ),
    "tuple of two lengths": (
        "class T(tuple):\n    def __len__(self): return 1",
        "return [T([1, 2, 3]), T([1, 2])]",
        "invalid_output",
    ),
    "a class that lies": (
        "class A:\n    __class__ = property(lambda self: list)\n    def __iter__(self): return iter([[1]])",
        "return A()",
        "wrong",
    ),
    "a class that fails": ("class A:\n    __class__ = property(lambda self: 1 / 0)", "return A()", "error"),
    "reduce": (
        "import os\nclass A(list):\n    def __reduce__(self): return os._exit, (0,)",
        "return A([[0]])",
        "wrong",
    ),
    "metaclass with a name": (
        "class M(type):\n    __name__ = property(lambda cls: 'correct')\n    __hash__ = None\nclass A(metaclass=M): pass",
        "return [[A()]]",
        "invalid_output",
    ),
    "metaclass that fails": (
        "class M(type):\n    __name__ = property(lambda cls: 1 / 0)\n    def __instancecheck__(c, o): 1 / 0\nclass A(metaclass=M): pass",
        "return A()",
        "error",
    ),
    "array of its own": (
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True\n    def __iter__(self): return iter([[0]])",
        "return np.zeros((2, 2), int).view(A)",
        "wrong",
    ),
    "float of its own": (
        "class F(float):\n    def __floordiv__(self, o): return self\n    def __int__(self): return 3",
        "return [[F(1.5)]]",
        "wrong",
    ),
    "judge replaced": (
        "import battnb.sandbox.inside.output, battnb.sandbox.inside.trial\nbattnb.sandbox.inside.trial.encode_output = lambda *a: b'correct'",
        "return None",
        "any",
    ),
    "clock replaced": ("import battnb.sandbox.inside.trial as t\nt.monotonic = lambda: float('nan')", RIGHT, "any"),
    "CPU clock replaced": ("import battnb.sandbox.inside.trial as t\nt.process_time = lambda: 0.0", RIGHT, "any"),
    "comparison replaced": (
        "import builtins\nbuiltins.len = lambda x: 1\nbuiltins.max = builtins.min = lambda *a: 0\nbuiltins.map = builtins.set = None",
        "return [[77]]",
        "any",
    ),
    "counters deleted": ("import sys\nfor m in list(sys.modules): sys.modules.pop(m)", "return [[0]]", "any"),
    "globals cleared": (
        "import sys",
        "f = sys._getframe()\nwhile f.f_back: f = f.f_back\nf.f_globals.clear()\nreturn [[0]]",
        "any",
    ),
}

_ERRORS = {
    "text that fails": ("class E(Exception):\n    def __str__(self): raise ValueError", "raise E", "E"),
    "text that exits": ("class E(Exception):\n    def __str__(self): raise SystemExit(0)", "raise E", "E"),
    "text that is none": ("class E(Exception):\n    def __str__(self): return 5", "raise E", "E"),
    "long text": ("", "raise ValueError('x' * 10**7)", "ValueError"),
    "BaseException": ("class E(BaseException): pass", "raise E", "E"),
    "StopIteration": ("", "raise StopIteration([[1]])", "StopIteration"),
    "GeneratorExit": ("", "raise GeneratorExit", "GeneratorExit"),
    "KeyboardInterrupt": ("", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "a group": ("", "raise ExceptionGroup('g', [SystemExit(), ValueError()])", "TypeError"),
    "an error named correct": ("", "raise type('correct', (Exception,), {})", "correct"),
    "a name with a NUL": ("", "raise type('a b<c>', (Exception,), {})", "a b<c>"),
    "metaclass with a name, raised": (
        "class M(type):\n    __name__ = property(lambda c: 'correct')\nclass E(Exception, metaclass=M): pass",
        "raise E",
        "E",
    ),
    "a class, not an error": ("", "raise int", "TypeError"),
    "in C": ("", "return sorted([1, 'a'])", "TypeError"),
    "surrogates": ("", "raise ValueError('\\ud800')", "ValueError"),
    "a long chain": (
        "",
        "e = ValueError()\nfor _ in range(10**4):\n    n = ValueError()\n    n.__cause__ = e\n    e = n\nraise e",
        "ValueError",
    ),
    "traceback that lies": ("class E(Exception):\n    __traceback__ = property(lambda s: 1 / 0)", "raise E", ""),
    "class that fails, raised": ("class E(Exception):\n    __class__ = property(lambda s: 1 / 0)", "raise E", ""),
    "input that is none": ("", "return [[int(input())]]", "EOFError"),
    "assertion": ("", "assert False", "AssertionError"),
    "wire error": ("from battnb.sandbox.wire import WireError", "raise WireError", "WireError"),
    "memory limit by name": ("", "raise TimeoutError", "TimeoutError"),
}

_ODD_EXITS = {
    "None": ("None", "0"),
    "a list": ("[1]", "1"),
    "a bool": ("False", "1"),
    "a huge number": ("2**80", str(2**80)),
    "an object": ("type('A', (), {'__str__': None})()", "1"),
    "an int of its own": ("type('N', (int,), {'__str__': None})(0)", "1"),
}

ANIMALS = [
    *[Animal("forged: " + name, source, "any") for name, source in HARMLESS.items()],
    Animal("garbage to all descriptors", _DESCRIPTORS, "correct"),
    Animal("no socket is open", _NO_SOCKETS, "correct"),
    Animal("looks for the output", _LOOKS, "correct"),
    Animal("scans memory for the output", _SCANS.replace("ALLOWED", "6"), "correct"),
    *[
        Animal("trick: " + name, solver(code, top=top), status, in_worker="replaced" not in name and status != "any")
        for name, (top, code, status) in _TRICKS.items()
    ],
    *[
        Animal("raises: " + name, solver(code, top=top), "error", kind, in_worker=True)
        for name, (top, code, kind) in _ERRORS.items()
    ],
    *[
        Animal("exits with " + name, solver(f"raise SystemExit({value})"), "exited", "exit code", code, in_worker=True)
        for name, (value, code) in _ODD_EXITS.items()
    ],
]
