# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs whose output is not a grid, or is an unusual one."""

from __future__ import annotations

from sandbox.zoo.cage import RIGHT, Animal, solver

_INVALID = {
    "None": "None",
    "a number": "5",
    "a string": "'12'",
    "bytes": "b'12'",
    "empty": "()",
    "an empty row": "[[]]",
    "ragged": "[[1, 2], [3]]",
    "rows of strings": "['12', '34']",
    "a colour of 10": "[[10]]",
    "a negative colour": "[[-1]]",
    "a huge colour": "[[10**5000]]",
    "1.9": "[[1.9]]",
    "NaN": "[[float('nan')]]",
    "infinity": "[[float('inf')]]",
    "a bool": "[[True]]",
    "a string cell": "[['1']]",
    "None cell": "[[None]]",
    "flat": "[1, 2]",
    "31 rows": "[[0]] * 31",
    "31 columns": "[[0] * 31]",
    "31 x 31": "[[0] * 31] * 31",
    "a generator": "(row for row in I)",
    "an infinite generator": "(row for _ in iter(int, 1))",
    "an infinite row": "[(c for c in iter(int, 1))]",
    "a dict": "{0: [1]}",
    "a set": "{(1,)}",
    "a range": "range(3)",
    "complex": "[[1j]]",
    "three dimensions": "[[[1]]]",
    "itself": "X",
    "the program": "solve",
    "a class": "list",
    "a huge list": "[[0] * 10] * 10**5",
    "memoryview": "memoryview(b'12')",
    "Fraction": "[[__import__('fractions').Fraction(1)]]",
    "Decimal": "[[__import__('decimal').Decimal(1)]]",
    "an iterator": "iter(I)",
}
_NUMPY = {
    "0 dimensions": "np.array(5)",
    "3 dimensions": "np.zeros((1, 1, 1))",
    "empty array": "np.zeros((0, 3))",
    "floats": "np.array([[1.5]])",
    "bools": "np.array([[True]])",
    "objects": "np.array([[None]])",
    "NaN array": "np.array([[np.nan]])",
    "strings": "np.array([['1']])",
    "negative": "np.array([[-1]])",
    "masked": "np.ma.masked_all((1, 1), dtype=float) * np.nan",
    "complex array": "np.array([[1j]])",
}
_FINE = {
    "floats 2.0": "return [[float(c) for c in row[::-1]] for row in I]",
    "tuples in lists": "return [tuple(row[::-1]) for row in I]",
    "subclasses of int": "return [[type('N', (int,), {})(c) for c in row[::-1]] for row in I]",
    "subclass of list": "return type('L', (list,), {})([row[::-1] for row in I])",
    "named tuple": "from collections import namedtuple\nreturn [namedtuple('R', [f'c{n}' for n in range(len(row))])(*row[::-1]) for row in I]",
    "int enum": "from enum import IntEnum\nN = IntEnum('N', {f'n{i}': i for i in range(10)})\nreturn [[N(c) for c in row[::-1]] for row in I]",
    "one list for all rows": "r = list(I[0])[::-1]\nreturn [r for _ in I] if len(set(I)) == 1 else [list(x)[::-1] for x in I]",
}
_IN_PLACE = "def p(g):\n    for r in g: r.reverse()\n    return g\n"
_LATE = "out = []\ndef transform(g):\n    out.append([r[::-1] for r in g])\n    for o in out[:-1]: o.clear()\n    for r in g: r.clear()\n    return out[-1]\n"

ANIMALS = [
    *[
        Animal(
            "output: " + n,
            solver("X = [[1]]\nX[0] = X", f"return {v}"),
            "invalid_output",
            "invalid_output",
            in_worker=True,
        )
        for n, v in _INVALID.items()
    ],
    *[
        Animal(
            "output: numpy " + n,
            "import numpy as np\n" + solver(f"return {v}"),
            "invalid_output",
            "invalid_output",
            in_worker=True,
        )
        for n, v in _NUMPY.items()
    ],
    *[Animal("output: " + n, solver(code), "correct", in_worker=True) for n, code in _FINE.items()],
    *[
        Animal(
            f"output: numpy {kind}",
            f"import numpy as np\ndef transform(g): return np.flip(np.asarray(g), 1).astype(np.{kind})",
            "correct",
            in_worker=True,
        )
        for kind in ("int8", "uint64", "float32", "float16")
    ],
    Animal(
        "output: numpy cells",
        "import numpy as np\n" + solver("return [[np.int8(c) for c in row[::-1]] for row in I]"),
        "correct",
        in_worker=True,
    ),
    Animal("output: bools of p", "p = lambda g: [[bool(c) for c in r] for r in g]", "wrong", in_worker=True),
    Animal("output: the input changed in place", _IN_PLACE, "correct", in_worker=True),
    Animal("output: arguments and outputs changed later", _LATE, "correct", in_worker=True),
    Animal(
        "output: printed",
        solver(
            "print(I)\nprint('x' * 10**6)\nsys.stderr.write('y')\nos.write(1, b'z' * 10**6)\nos.write(2, b'z')",
            RIGHT,
            top="import os, sys",
        ),
        "correct",
    ),
    Animal("output: printed in worker", solver("print('x' * 10**6)", RIGHT), "correct", in_worker=True),
]
