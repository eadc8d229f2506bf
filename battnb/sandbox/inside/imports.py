"""What programs may import: the standard library, the packages that are allowed, and modules of their own.

Landlock guards the files in any case. This answers earlier, and as Python does for a module that is not installed, so
that `try: import pandas` goes on without it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from battnb.load.aliases import ALIASES
from battnb.load.served import ServedModules

_FINDERS: list[Any] = sys.meta_path
_gave_way: dict[str, ModuleType] = {}


class AllowedPackages:
    """Stands where PathFinder does among the finders, and finds no module of site-packages that is not allowed.

    names: the modules that are allowed. never: those that cannot be. Whatever else lies in folders that are not the
    standard library's is not found; a folder that a program adds to sys.path is its own.
    """

    def __init__(self, names: Collection[str], never: Collection[str] = ()) -> None:
        self._names = frozenset(names)
        self._never = frozenset(never)
        library = os.path.dirname(os.__file__)
        own = (library, os.path.join(library, "lib-dynload"))
        self._guarded = [folder for folder in sys.path if folder not in own and not folder.endswith(".zip")]

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if path is None and name not in self._names:
            path = [folder for folder in sys.path if folder not in self._guarded]
        return PathFinder.find_spec(name, path, target)

    def find_distributions(self, *args: Any, **kwargs: Any) -> Any:
        """For importlib.metadata, which packages ask for versions."""
        return PathFinder.find_distributions(*args, **kwargs)

    def invalidate_caches(self) -> None:
        PathFinder.invalidate_caches()

    def could_be_allowed(self, name: str) -> bool:
        """Is it installed, and only not allowed?"""
        if name in self._names or name in self._never:
            return False
        found = PathFinder.find_spec(name, self._guarded)
        return found is not None and found.origin is not None  # any folder would be a package, but one of no file


def allow(names: Collection[str], never: Collection[str] = ()) -> None:
    """From now on, only these modules can be imported from where packages lie. never: those that cannot be allowed."""
    _FINDERS[:] = [AllowedPackages(names, never) if finder is PathFinder else finder for finder in _FINDERS]


@contextmanager
def only(names: Collection[str]) -> Iterator[None]:
    """Allow only these modules for a while."""
    before = _FINDERS[:]
    allow(names)
    try:
        yield
    finally:
        _FINDERS[:] = before


def advice(error: BaseException) -> str:
    """What to add to the message of an error about a module that is installed but not allowed."""
    if type(error) is not ModuleNotFoundError or type(error.name) is not str:
        return ""
    name = error.name.partition(".")[0]
    for finder in _FINDERS:
        if type(finder) is AllowedPackages and name and finder.could_be_allowed(name):
            return f'; it is installed, but not allowed: name it in packages=, as in Pool(packages=["{name}"])'
    return ""


# Modules beside a program


def serve(texts: Mapping[str, str]) -> None:
    """Let the program that runs next import these modules, by name, loaded afresh; what was served before is gone."""
    stop_serving()
    _FINDERS.append(ServedModules(dict(texts)))
    # A module that stands in for one of arc-dsl's gives way to the program's own of that name.
    _gave_way.update({name: sys.modules.pop(name) for name in texts if _is_stand_in(name)})


def stop_serving() -> None:
    """Forget the modules that were served, so that no other program in this process finds them."""
    for finder in [finder for finder in _FINDERS if type(finder) is ServedModules]:
        _FINDERS.remove(finder)
        for name in finder.texts:
            if getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None) is finder:
                del sys.modules[name]
    sys.modules.update(_gave_way)
    _gave_way.clear()


def _is_stand_in(name: str) -> bool:
    return name in ALIASES and name in sys.modules and sys.modules[name].__spec__ is None
