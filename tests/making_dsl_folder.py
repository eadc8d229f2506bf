"""A folder in the shape of arc-dsl and re-arc: a DSL with its types and constants, a file of solvers, one of verifiers.

The DSL is battnb's own, written as one module with real annotations, and called by the names that such folders have.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from battnb.dsl import solvers

TYPES = '''\
"""The kinds of values that the DSL's functions take and give."""

from typing import Any, Callable, Container, FrozenSet, Iterable, Optional, Tuple, Union

Boolean = bool
Integer = int
IntegerTuple = Tuple[Integer, Integer]
Numerical = Union[Integer, IntegerTuple]
MaybeInteger = Optional[Integer]
IntegerSet = FrozenSet[Integer]
Grid = Tuple[Tuple[Integer, ...], ...]
Grids = Tuple[Grid, ...]
Cell = Tuple[Integer, IntegerTuple]
Object = FrozenSet[Cell]
Objects = FrozenSet[Object]
Indices = FrozenSet[IntegerTuple]
IndicesSet = FrozenSet[Indices]
Patch = Union[Object, Indices]
Element = Union[Object, Grid]
Piece = Union[Grid, Patch]
ContainerContainer = Container[Container]
Difference = Tuple[Any, ...]
'''

_COUNT = 20
_MODULES = (
    "arithmetic", "containers", "functions", "grids", "pieces", "patches", "objects", "differ_functions"
)  # fmt: skip


def make_dsl_folder(folder: Path) -> list[str]:
    """Write dsl.py, constants.py, arc_types.py, solvers.py and verifiers.py into a folder.

    solvers.py has 20 functions solve_<task>, verifiers.py a verify_<task> for the same tasks; each is right on every
    pair of its task. Returns the ids of these tasks.
    """
    imports = "from arc_types import *\nfrom constants import *\n"
    functions_text = "\n\n".join([part for module in _MODULES for part in _definitions(module)])
    named = _solvers()
    (folder / "arc_types.py").write_text(TYPES)
    (folder / "constants.py").write_text("from arc_types import *\n\n" + "\n".join(_definitions("constants")) + "\n")
    (folder / "dsl.py").write_text(f"{imports}\n\n{functions_text}")
    (folder / "solvers.py").write_text("from dsl import *\nfrom constants import *\n\n\n" + "\n\n".join(named.values()))
    (folder / "verifiers.py").write_text("from dsl import *\n\n\n" + "\n\n".join(map(_as_verifier, named.values())))
    return list(named)


def _definitions(name: str) -> Iterator[str]:
    """The statements of one of battnb's modules, without its docstring and what it imports from battnb."""
    module = importlib.import_module(f"battnb.dsl.{name}")
    for node in ast.parse(inspect.getsource(module)).body:
        is_own = isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in ("battnb", "__future__")
        if not (is_own or isinstance(node, ast.Expr)):
            yield ast.unparse(node) + "\n"


def _solvers() -> dict[str, str]:
    found = re.findall(r"^(def solve_(\w{8})\(I\):\n(?:    .*\n)+)", inspect.getsource(solvers), re.MULTILINE)
    return {task_id: text for text, task_id in found[:_COUNT]}


def _as_verifier(solver: str) -> str:
    """The same program as re-arc writes its own: with a type, and other names for the steps."""
    head, _, steps = solver.partition("\n")
    renamed = re.sub(r"\bx(\d+)\b", r"v\1", steps)
    return head.replace("solve_", "verify_").replace("(I):", "(I: Grid) -> Grid:") + "\n" + renamed
