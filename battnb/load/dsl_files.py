"""The DSL of programs. If it comes from files, it is also a package that can be kept beside the programs.

The package's name is the md5 of its contents. So two DSLs with the same file name, or two states of one file, are two
packages, even in one process.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

_IMPORTED = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w., \t]+))", re.MULTILINE)

_INIT = '''\
"""The DSL of the programs beside this folder, as it was when they were stored."""

import importlib.util
import os
import sys

_LISTED = {listed!r}
_COPIED = {copied!r}
_modules = {{}}


def _load(name, folder):
    if folder is None:
        return importlib.import_module(name)
    path = os.path.join(os.path.dirname(__file__), folder)
    file = os.path.join(path, name + ".py")
    if getattr(sys.modules.get(name), "__file__", None) == file:
        return sys.modules[name]  # another of them has imported it
    spec = importlib.util.spec_from_file_location(name, file)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, path)
    try:
        spec.loader.exec_module(module)
    finally:
        if path in sys.path:
            sys.path.remove(path)
    return module


def _public(module):
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    return {{name: getattr(module, name) for name in names}}


def _load_all():
    """Load the modules. Meanwhile they find each other by their own names, which are given back afterwards."""
    others = {{name: sys.modules.pop(name) for name in _COPIED if name in sys.modules}}
    found = {{}}
    try:
        for name, folder in _LISTED:
            found.update(_public(_load(name, folder)))
    finally:
        _modules.update({{name: sys.modules.pop(name) for name in _COPIED if name in sys.modules}})
        sys.modules.update(others)
    return found


globals().update(_load_all())
'''


class Package(msgspec.Struct, frozen=True):
    """A package that gives the names of a DSL.

    files: paths in it, with their bytes. copied: the original names of the modules that are in it. The package's
    _modules has each of them.
    """

    name: str
    files: tuple[tuple[str, bytes], ...]
    copied: tuple[str, ...]


class Dsl(tuple[str, ...]):
    """The modules whose names programs see: dotted names, or paths of .py files, which are read when this is made.

    package: a package that gives all their names; None if none of them is a file, or if one cannot be read.
    """

    package: Package | None

    def __new__(cls, modules: str | Iterable[str | os.PathLike[str]]) -> Dsl:
        if isinstance(modules, Dsl):
            return modules
        named = [modules] if isinstance(modules, str) else [os.fspath(module) for module in modules]
        made = super().__new__(cls, named)
        try:
            made.package = _package(made)
        except OSError:
            made.package = None  # the sandbox says so when it loads it
        return made

    def md5(self, program_md5: str) -> str:
        """The md5 of a program and of the files that it gets its names from; its own md5 if there are no files."""
        if self.package is None:
            return program_md5
        return hashlib.md5(f"{program_md5} {self.package.name}".encode()).hexdigest()


def is_file(module: str) -> bool:
    return module.endswith(".py")


def module_name(module: str) -> str:
    """The name that a module of a DSL is imported by."""
    return Path(module).stem if is_file(module) else module


def _package(modules: Iterable[str]) -> Package | None:
    """The package of some modules and of what they import from beside them; None if none of them is a file."""
    listed: list[tuple[str, str | None]] = []
    folders: dict[Path, str] = {}
    files: dict[str, bytes] = {}
    for module in modules:
        if not is_file(module):
            listed.append((module, None))
            continue
        path = Path(module).absolute()
        folder = folders.setdefault(path.parent, str(len(folders)))
        listed.append((path.stem, folder))
        for file in with_imported(path):
            files.setdefault(f"{folder}/{file.name}", file.read_bytes())
    if not files:
        return None
    copied = tuple(sorted({Path(path).stem for path in files}))
    files["__init__.py"] = _INIT.format(listed=listed, copied=copied).encode()
    digest = hashlib.md5()
    for name, data in sorted(files.items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return Package(f"dsl_{digest.hexdigest()}", tuple(sorted(files.items())), copied)


def with_imported(path: Path) -> list[Path]:
    """A module's file, and the files beside it that it imports, directly or not. Raises OSError."""
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found[at] = None
            beside = [at.with_name(f"{module}.py") for module in imported_names(at.read_bytes())]
            waiting += [other for other in beside if other.is_file()]
    return list(found)


def imported_names(source: bytes) -> list[str]:
    """The modules that a source may import: whatever looks like an import. A wrong guess does no harm."""
    found = []
    for base, several in _IMPORTED.findall(source.decode("utf-8", "replace")):
        found += [base] if base else [part.split()[0].partition(".")[0] for part in several.split(",") if part.strip()]
    return found
