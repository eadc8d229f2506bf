# ruff: noqa: E501  (programs are easier to read unbroken)
"""Sources that are not a program, are barely one, or are written in an unusual way."""

from __future__ import annotations

from sandbox.zoo.cage import RIGHT, Animal, solver

_FINE = solver(RIGHT)


def _finally(depth: int, indent: int = 1) -> str:
    """Python compiles the body of a finally three times, so the code grows threefold with each level."""
    space = " " * indent
    if not depth:
        return f"{space}a()\n"
    return f"{space}try:\n{space} return\n{space}finally:\n{_finally(depth - 1, indent + 1)}"


_NO_PROGRAM: dict[str, str | bytes] = {
    "syntax error": "def solve(I:\n",
    "unclosed": "(" * 50,
    "indentation": "def solve(I):\nreturn I\n",
    "tabs and spaces": "def solve(I):\n\treturn I\n        return I\n",
    "BOM in text": "\ufeff" + _FINE,
    "null byte": "def solve(I): return I\0\n",
    "only a null byte": b"\0",
    "null in bytes": _FINE.encode() + b"\0",
    "not UTF-8": b"x = '\xff'\n" + _FINE.encode(),
    "unknown encoding": b"# -*- coding: nonsense -*-\n" + _FINE.encode(),
    "codec that is none": b"# coding: hex\n" + _FINE.encode(),
    "UTF-16": _FINE.encode("utf-16"),
    "lone surrogate": _FINE + "x = '\ud800'\n",
    "deep parentheses": "x = " + "(" * 500 + "1" + ")" * 500 + "\n" + _FINE,
    "deep unary minus": "x = " + "-" * 50_000 + "1\n" + _FINE,
    "deep lists": "x = " + "[" * 500 + "]" * 500 + "\n" + _FINE,
    "deep indentation": "".join([" " * n + "if 1:\n" for n in range(150)]),
    "deep attributes": "x = a" + ".b" * 40_000 + "\n" + _FINE,
    "long sum": "x = 1" + "+1" * 40_000 + "\n" + _FINE,
    "return outside": "return 1\n",
    "star import inside": "def solve(I):\n    from os import *\n",
    "future too late": "x = 1\nfrom __future__ import annotations\n" + _FINE,
    "unknown future": "from __future__ import braces\n" + _FINE,
    "Python 2": "def solve(I):\n    print I\n",
    "Markdown": "Here is my program:\n```python\n" + _FINE + "```\n",
    "a long line of junk": "x" * 100_000 + " y\n",
}
_NO_ENTRY = {
    "empty": "",
    "a comment": "# solve(I)\n",
    "nothing to call": "x = 1\n",
    "solve is a number": "solve = 5\n",
    "wrong arity": "def solve(a, b): return a\n",
    "no arguments": "def solve(): return 1\n",
    "keyword only": "def solve(*, I): return I\n",
    "only helpers": "def helper(I): return I\ndef other(I): return I\n",
    "two solvers of other tasks": "def solve_00000001(I): return I\ndef solve_00000002(I): return I\n",
    "deleted": _FINE + "del solve\n",
    "under main": "if __name__ == '__main__':\n    def solve(I): return I\n",
}
_ENTRIES: dict[str, str | bytes] = {
    "two entry points": "def p(g): return None\n" + _FINE,
    "defined twice": solver("return None") + _FINE,
    "latin-1": ("# -*- coding: latin-1 -*-\nk = 'é'\nassert len(k) == 1\n" + _FINE).encode("latin-1"),
    "BOM": b"\xef\xbb\xbf" + _FINE.encode(),
    "carriage returns": _FINE.replace("\n", "\r\n"),
    "form feeds": "\f\n" + _FINE,
    "utf-7": b"# coding: utf-7\n" + _FINE.encode(),
    "future": "from __future__ import annotations\n" + _FINE,
    "a class with __call__": "class A:\n    def __call__(self, I): return [r[::-1] for r in I]\nsolve = A()\n",
    "lambda p": "p=lambda g:[r[::-1]for r in g]",
    "partial": "from functools import partial\nsolve = partial(lambda k, I: [r[::k] for r in I], -1)\n",
    "cached": "from functools import lru_cache\n@lru_cache\n" + _FINE.lstrip(),
    "decorated": "from functools import wraps\ndef d(f):\n    @wraps(f)\n"
    "    def g(*a): return f(*a)\n    return g\n@d\n" + _FINE.lstrip(),
    "a bound method": "class A:\n    def f(self, I): return [r[::-1] for r in I]\nsolve = A().f\n",
    "default arguments": "def solve(I, k=-1): return [r[::k] for r in I]\n",
    "made by exec": "exec('def solve(I): return [r[::-1] for r in I]')\n",
    "positional only": "def solve(I, /): return [r[::-1] for r in I]\n",
    "10 MB of text": "x = '''" + "x" * 10_000_000 + "'''\n" + _FINE,
    "10 MB of comments": "# x\n" * 2_500_000 + _FINE,
    "other scripts": "def 解く(格子): return [r[::-1] for r in 格子]\nsolve = 解く\n",
    "a line without an end": _FINE.rstrip(),
    "its own name for the DSL": "def vmirror(x): return None\n" + _FINE,
    "S": "def solve(S, I, C):\n    assert C is None and len(S) == 3\n    return [r[::-1] for r in I]\n",
    "S in several lines": "def solve(\n    S,\n    I,\n    C,\n):\n    assert C is None and len(S) == 3\n    return [r[::-1] for r in I]\n",
    "S in a comment": "# def solve(S, I, C):\n'''\ndef solve(S, I, C):\n'''\n" + _FINE,
    "S by assignment": "f = lambda S, I, C: [r[::-1] for r in I] if len(S) == 3 else None\nsolve = f\n",
}

_SLOW_HEAD = "def solve(" + ",".join(["a" * 20_000] * 3)
_MANY_HEADS = "def solve(a\n" * 20_000

ANIMALS = [
    *[Animal("source: " + name, text, "not_a_solver", in_worker=True) for name, text in _NO_PROGRAM.items()],
    *[
        Animal("source: " + name, text, "not_a_solver", "no entry point", in_worker=True)
        for name, text in _NO_ENTRY.items()
    ],
    *[Animal("source: " + name, text, "correct", in_worker=True) for name, text in _ENTRIES.items()],
    Animal(
        "source: import error", "import nothing_of_that_name\n" + _FINE, "error", "ModuleNotFoundError", in_worker=True
    ),
    Animal("source: name error", "x = y\n" + _FINE, "error", "NameError", in_worker=True),
    Animal("source: async solve", "async def solve(I): return I\n", "invalid_output", in_worker=True),
    Animal("source: generator solve", "def solve(I):\n    yield from I\n", "invalid_output", in_worker=True),
    Animal("source: many splits of a head", _SLOW_HEAD, "not_a_solver", "SyntaxError", in_worker=True),
    Animal("source: many heads", _MANY_HEADS, "not_a_solver", "SyntaxError", in_worker=True),
    Animal("source: compiles for ever", "def f():\n" + _finally(18) + _FINE, "any"),
    Animal(
        "source: many locals in many scopes",
        "def f():\n " + "=".join([f"a{n}" for n in range(12000)]) + "=0\n (" + "lambda:0," * 8000 + ")\n" + _FINE,
        "timeout",
        "timeout_s",
    ),
]
