"""What nurseries load, so that no program is charged for importing it.

There are four sets, each of which has the one before in it: so no more than four nurseries are ever needed, and one
that has a set is started when the first program that may import from it comes. What is not installed or not allowed is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

PRELOADS: tuple[tuple[str, ...], ...] = (
    (),
    ("numpy", "numpy.random"),
    (
        "scipy.ndimage", "scipy.signal", "scipy.spatial", "skimage.measure", "skimage.morphology", "networkx", "sympy",
        "PIL.Image",
    ),
    ("pandas", "sklearn.cluster"),
)  # fmt: skip
NOTHING, NUMPY = 0, 1
_PACKAGES = ((3, ("pandas", "sklearn")), (2, ("scipy", "skimage", "networkx", "sympy", "PIL")))
_MENTIONS = {name: re.compile(rf"\b{name}\b") for _, names in _PACKAGES for name in names}


def modules_of(preload: int) -> list[str]:
    """The modules of a set, those of the sets before it included."""
    return [module for some in PRELOADS[: preload + 1] for module in some]


def preload_for(source: str, siblings: Iterable[str] = ()) -> int:
    """The smallest set from which a program may import all that its texts mention of these packages."""
    return max([_preload_for(source), *map(_preload_for_module, siblings)])


def _preload_for(text: str) -> int:
    found = _mentioned(text) if "import" in text else NOTHING
    return found or (NUMPY if "numpy" in text else NOTHING)


@lru_cache(maxsize=256)
def _preload_for_module(text: str) -> int:
    """Thousands of programs may have the same large module beside them."""
    return _preload_for(text)


def _mentioned(text: str) -> int:
    # To look for a word is slow, and most programs do not have these letters at all.
    for number, names in _PACKAGES:
        for name in names:
            if name in text and _MENTIONS[name].search(text):
                return number
    return NOTHING


def preload_of(module: str) -> int:
    """The smallest set with a module of the package of this one; NOTHING if there is none."""
    package = module.partition(".")[0]
    having = [n for n, names in enumerate(PRELOADS) if package in [name.partition(".")[0] for name in names]]
    return min(having, default=NOTHING)
