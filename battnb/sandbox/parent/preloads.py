"""What nurseries load, so that no program is charged for importing it.

There are four sets, each of which has the one before in it: so no more than four nurseries are ever needed, and one
that has a set is started when the first program that may import from it comes. What is not installed or not allowed is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
_MENTIONS = ((3, re.compile(r"\b(?:pandas|sklearn)\b")), (2, re.compile(r"\b(?:scipy|skimage|networkx|sympy|PIL)\b")))


def modules_of(preload: int) -> list[str]:
    """The modules of a set, those of the sets before it included."""
    return [module for some in PRELOADS[: preload + 1] for module in some]


def preload_for(texts: Iterable[str]) -> int:
    """The smallest set from which a program may import all that its texts mention of these packages."""
    found = NOTHING
    for text in texts:
        if "import" in text:
            found = max([found, *[number for number, mention in _MENTIONS if mention.search(text)]])
        if not found and "numpy" in text:
            found = NUMPY
    return found
