"""What the nursery and a worker do beforehand: they load the DSL, and see to it that a fork writes to few pages.

A page that parent or fork writes to after a fork is copied, which with its tidying up costs two microseconds. Two or
three hundred of them are a third of what a small program costs.

warm_up runs trusted programs in the nursery: a fork that runs code which has run before touches far fewer pages that it
still shares with its parent. fill_holes has objects that are made later lie side by side. Python writes wherever it
makes an object, and pymalloc (Objects/obmalloc.c) makes it in any hole of its size that earlier objects left: a hundred
objects on a hundred pages.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import marshal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import _lru_cache_wrapper, partial
from time import monotonic
from types import BuiltinFunctionType, FunctionType, GenericAlias, ModuleType, UnionType
from typing import Any

from battnb.load.aliases import ALIASES
from battnb.sandbox import wire
from battnb.sandbox.inside.kept import Keeper
from battnb.sandbox.inside.reading import read_source
from battnb.sandbox.inside.trial import OWN_DSL, Attempt, Item, ProgramNames, TaskData, run_solo
from battnb.sandbox.inside.watch import Board

PROGRAMS = (
    "from math import floor\n\n\ndef helper(x):\n    return [list(r) for r in x]\n\n\n"
    "def solve(I):\n    k = {n}\n    return tuple(map(tuple, helper(I)))\n",
    "def transform(grid):\n    return [[max(c, 0) for c in row] for row in grid][::-1]\n",
    "p=lambda g:[r[::-1]for r in g]\n",
    "def solve(S, I, C):\n    x1 = hmirror(I)\n    x2 = vmirror(x1)\n    return x2\n",
    "def solve(I):\n    raise ValueError('{n}')\n",
)
"""Programs like those that will come. The one with S is a straight line."""

POOL_BYTES = 16 * 2**10
"""The size of pymalloc's pools, each of which holds blocks of one size. If it is another, fewer holes are found."""
_POOL_HEAD_BYTES = 48
_BLOCK_BYTES, _LARGEST_BLOCK_BYTES = 16, 512
_BYTES_HEAD_BYTES = 33
_MOST_BLOCKS = 8 * 2**10
_FRESH_BLOCKS = 4
_PUBLIC = (
    int, float, bool, str, tuple, frozenset, type, FunctionType, partial, _lru_cache_wrapper, GenericAlias, UnionType
)  # fmt: skip


def warm_up(names: ProgramNames) -> None:
    grid = wire.encode_grid(((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    seen = TaskData("warm", (grid, grid), ((grid, grid),), None)
    unseen = seen._replace(demo=None)
    board = Board(2**16)
    for n in range(40):
        for source in PROGRAMS:
            item = Item(source.format(n=n), None, None, 0)
            program = read_source(item.source, item.prelude, names.dsl, names.modules)
            run_solo(0, Attempt(names, item, seen if "S, I" in source else unseen, program), board)
            board.results()
            board.clear()
        packed = marshal.dumps(("items", n, ((PROGRAMS[3], None, None, 0),), (tuple(seen),), ()))
        Keeper(names, 2**30).run(packed, monotonic() + 1, board)
        board.clear()


def fill_holes() -> list[object]:
    """Fill the holes between the objects that are there, for as long as the caller keeps what this returns.

    An object that is made later then begins a fresh pool of its size, whose blocks and head lie on one page.
    """
    held: list[object] = []
    for size in range(_BLOCK_BYTES, _LARGEST_BLOCK_BYTES + 1, _BLOCK_BYTES):
        held += _fill_holes_of(size)
    return held


def _fill_holes_of(size: int) -> list[object]:
    blocks: list[object] = []
    fourth = _POOL_HEAD_BYTES + (_FRESH_BLOCKS - 1) * size
    while len(blocks) < _MOST_BLOCKS:
        blocks.append(_block(size, len(blocks)))
        last = [id(block) for block in blocks[-_FRESH_BLOCKS:]]
        if last[-1] % POOL_BYTES == fourth and last == list(range(last[0], last[0] + len(last) * size, size)):
            return blocks[:-_FRESH_BLOCKS]  # a fresh pool: there are no more holes of this size
    return blocks


def _block(size: int, number: int) -> object:
    """An object of this size in bytes, which the garbage collector does not track."""
    if size == 16:
        return object()
    return float(number) if size == 32 else bytes(size - _BYTES_HEAD_BYTES)


def find_thread_pools() -> None:
    """Have threadpoolctl, if it is loaded, find out now which libraries have threads of their own.

    scikit-learn asks it when it fits a model. It then reads /proc/self/maps, which no candidate may.
    """
    controller = getattr(sys.modules.get("threadpoolctl"), "ThreadpoolController", None)
    if controller is not None:
        found = controller().lib_controllers
        controller._load_libraries = lambda self: self.lib_controllers.extend(found)


# The DSL, as every program finds it in its globals


def alone(dsl: dict[str, Any], types: dict[str, Any] | None = None) -> ProgramNames:
    """What programs find if no module gives them the DSL. types: those that no step uses, but programs may."""
    return ProgramNames(dsl, {**vars(builtins), **(types or {}), **dsl}, frozenset())


def types_of(modules: Sequence[str]) -> dict[str, Any]:
    """The types that battnb's own DSL has beside its operations, if it is among these modules."""
    return _public(importlib.import_module(f"{OWN_DSL}.arc_types")) if OWN_DSL in modules else {}


def known(dsl: dict[str, Any], modules: Sequence[str], types: dict[str, Any] | None = None) -> ProgramNames:
    """What programs find, with the modules that the DSL was loaded from, and with stand-ins for those of arc-dsl.

    Called only when all is loaded, or a DSL that imports one of those modules would get a stand-in.
    """
    found = [where.rsplit("/", 1)[-1].removesuffix(".py") if where.endswith(".py") else where for where in modules]
    for alias in ALIASES:
        if alias not in sys.modules and importlib.util.find_spec(alias) is None:
            sys.modules[alias] = ModuleType(alias)
            vars(sys.modules[alias]).update((types or {}) | dsl)
            found.append(alias)
    return alone(dsl, types)._replace(modules=frozenset(found))


def load(modules: Sequence[str]) -> dict[str, Any]:
    """The public functions and constants of DSL modules. Later modules win.

    modules: dotted names, or paths that end in .py. Raises what importing them raises.
    """
    found: dict[str, Any] = {}
    for where in modules:
        module = _from_file(where) if where.endswith(".py") else importlib.import_module(where)
        found.update(_public(module))
    return found


def _from_file(path: str) -> ModuleType:
    name = path.rsplit("/", 1)[-1].removesuffix(".py")
    if getattr(sys.modules.get(name), "__file__", None) == path:
        return sys.modules[name]  # another module of the DSL has imported it, and uses its classes
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its own programs may import it by name
    folder = path.rpartition("/")[0]
    sys.path.insert(0, folder)  # and the module may import those beside it
    try:
        spec.loader.exec_module(module)
    finally:
        with suppress(ValueError):  # the module may have removed it itself
            sys.path.remove(folder)
    return module


def _public(module: ModuleType) -> dict[str, Any]:
    """What `from module import *` gives of functions, classes, types and plain constants.

    Modules are left out, and objects that a program could change so that another would see it.
    """
    listed = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = {name: getattr(module, name) for name in listed}
    return {name: value for name, value in found.items() if isinstance(value, _PUBLIC) or _is_no_object(value)}


def _is_no_object(value: Any) -> bool:
    """Is it something of typing, or a function in C and no method, which would have an object?"""
    if type(value) is BuiltinFunctionType:
        return isinstance(value.__self__, ModuleType)
    return type(value).__module__ == "typing"
