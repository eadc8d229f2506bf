"""What installed modules contribute to a key: versions of packages, and the texts of modules that have no version.

Nothing is imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from battnb.load.dsl_files import Dsl, imported_names, is_file, with_imported

_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}
"""Names of distributions that differ from their module's, for common packages. Finding others takes longer."""
_OWN = __package__.partition(".")[0]
_RANDOM_BYTES = 16
_SUFFIXES = (".py", ".so", ".pyd")


def dsl_texts(dsl: Dsl, loaded_at: float = math.inf) -> Iterable[tuple[str, bytes]]:
    """The sources that a DSL is made of, by name: files with what they import from beside them, and whole packages.

    Also yields the sources of imported modules that have no version (local_texts).
    """
    texts = dict(dsl.package.files) if dsl.package is not None else {}
    for module in dsl:
        if not is_file(module):
            texts.update(_texts(module, loaded_at))
    yield from texts.items()
    beside = dsl.package.copied if dsl.package is not None else ()
    yield from local_texts(_imported_by(texts) - {*beside}, loaded_at)


def is_own(name: str) -> bool:
    """Is this text battnb's own: of its DSL, or what makes a package of files?"""
    return name == "__init__.py" or name.startswith(f"{_OWN}.")


def local_texts(modules: Iterable[str], loaded_at: float = math.inf) -> Iterable[tuple[str, bytes]]:
    """The sources of those modules that have no version, and of such modules that these import."""
    waiting, seen = list(modules), set()
    while waiting:
        module = waiting.pop()
        if module not in seen and _is_local(module):
            texts = dict(_texts(module, loaded_at))
            yield from texts.items()
            waiting += _imported_by(texts)
        seen.add(module)


def _texts(module: str, loaded_at: float) -> Iterable[tuple[str, bytes]]:
    files = list(_module_files(module))
    yield from [(name, path.read_bytes()) for name, path in files]
    if not files or max([path.stat().st_mtime for _, path in files]) > loaded_at:
        yield module, os.urandom(_RANDOM_BYTES)  # what was loaded cannot be known, so it equals nothing else


def _imported_by(texts: dict[str, bytes]) -> set[str]:
    return {name for path, text in texts.items() if path.endswith(".py") for name in imported_names(text)}


def _module_files(module: str) -> Iterable[tuple[str, Path]]:
    """The files of an installed module: of its whole package if it is in one, but only of the DSL if that is battnb."""
    top, _, inner = module.partition(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return
    for folder in map(Path, spec.submodule_search_locations or ()):
        if top == _OWN and (folder / inner).is_dir():
            folder = folder / inner  # the rest of battnb is covered by SEMANTICS
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
            yield f"{module}/{path.relative_to(folder)}", path
    if not spec.submodule_search_locations and spec.origin is not None and os.path.isfile(spec.origin):
        for path in with_imported(Path(spec.origin)):
            yield f"{module}/{path.name}", path


# Versions


def version(package: str) -> str:
    """The version that programs would import; empty for a module of Python itself, "absent" if none is installed."""
    return _installed(package)[0]


def _is_local(module: str) -> bool:
    """Can it change without another version? It can if it has none, or if it is installed as editable."""
    if module == _OWN or module in sys.stdlib_module_names:
        return False
    found, is_editable = _installed(module)
    return is_editable or (found == "absent" and _is_there(module))


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # a module without a spec, such as __main__
        return False


@lru_cache(maxsize=1000)
def _installed(package: str) -> tuple[str, bool]:
    """The version, and whether the package is installed as editable."""
    distribution = None if package in sys.stdlib_module_names else _distribution(package)
    if distribution is None:
        return "" if package in sys.stdlib_module_names else "absent", False
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return distribution.version, bool(origin.get("dir_info", {}).get("editable"))


def _distribution(package: str) -> importlib.metadata.Distribution | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.distribution(_DISTRIBUTIONS.get(package, package))
    others = _names_of_distributions().get(package) if _is_there(package) else None
    return importlib.metadata.distribution(others[0]) if others else None


@lru_cache(maxsize=1)
def _names_of_distributions() -> Mapping[str, list[str]]:
    """Distributions by the module that they are imported as. This reads the records of all that is installed."""
    return importlib.metadata.packages_distributions()
