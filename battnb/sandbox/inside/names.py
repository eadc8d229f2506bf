"""The DSL's names, as every program finds them in its globals."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from battnb.load.aliases import ALIASES

OWN_DSL = "battnb.dsl"
_PLAIN = (int, float, bool, str, tuple, frozenset)


class ProgramNames(NamedTuple):
    """What a program finds besides what it defines.

    dsl: the DSL's names. below: Python's builtins with the DSL over them. It is made once, and takes the place of a
    program's builtins: to copy all names into every program's globals would touch, and so copy, every page of theirs.
    modules: those from which a program may import all names, and gets the DSL's.
    """

    dsl: dict[str, Any]
    below: dict[str, Any]
    modules: frozenset[str]


def alone(dsl: dict[str, Any]) -> ProgramNames:
    """What programs find if no module gives them the DSL."""
    return ProgramNames(dsl, {**vars(builtins), **dsl}, frozenset())


def known(dsl: dict[str, Any], modules: Sequence[str]) -> ProgramNames:
    """What programs find, with the modules that the DSL was loaded from, and with stand-ins for those of arc-dsl.

    Called only when all is loaded, or a DSL that imports one of those modules would get a stand-in.
    """
    found = [where.rsplit("/", 1)[-1].removesuffix(".py") if where.endswith(".py") else where for where in modules]
    for alias in ALIASES:
        if alias not in sys.modules and importlib.util.find_spec(alias) is None:
            sys.modules[alias] = ModuleType(alias)
            vars(sys.modules[alias]).update(dsl)
            found.append(alias)
    return alone(dsl)._replace(modules=frozenset(found))


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
    """What `from module import *` gives, except modules and classes, which are not operations."""
    listed = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = {name: getattr(module, name) for name in listed}
    return {name: value for name, value in found.items() if isinstance(value, (FunctionType, *_PLAIN))}
