"""Names that programs take for granted: modules of the public arc-dsl, and what models forget to import."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterable

ALIASES = ("dsl", "arc_dsl", "constants", "arc_types")
"""Modules that solvers written for the public arc-dsl import. The DSL stands in for those that are not installed."""

_MODULES = {
    "np": "numpy", "numpy": "numpy", "npt": "numpy.typing", "ndimage": "scipy.ndimage", "scipy": "scipy",
    "nx": "networkx", "bisect": "bisect", "collections": "collections", "copy": "copy", "functools": "functools",
    "heapq": "heapq", "itertools": "itertools", "json": "json", "math": "math", "operator": "operator",
    "random": "random", "re": "re", "statistics": "statistics", "string": "string", "sys": "sys", "time": "time",
    "typing": "typing",
}  # fmt: skip
_MEMBERS = {
    "typing": [name for name in typing.__all__ if hasattr(typing, name)],
    "abc": ("ABC", "abstractmethod"),
    "bisect": ("bisect_left", "bisect_right", "insort"),
    "collections": ("ChainMap", "Counter", "OrderedDict", "defaultdict", "deque", "namedtuple"),
    "copy": ("deepcopy",),
    "dataclasses": ("asdict", "dataclass", "field"),
    "enum": ("Enum", "IntEnum", "auto"),
    "fractions": ("Fraction",),
    "functools": ("cache", "cmp_to_key", "lru_cache", "partial", "reduce", "wraps"),
    "heapq": ("heapify", "heappop", "heappush"),
    "itertools": (
        "accumulate", "chain", "combinations", "combinations_with_replacement", "cycle", "groupby", "islice",
        "pairwise", "permutations", "product", "repeat", "starmap", "takewhile", "zip_longest",
    ),
    "math": ("ceil", "floor", "gcd", "hypot", "inf", "isqrt", "lcm", "pi", "sqrt"),
    "operator": ("itemgetter",),
    "numpy": ("ndarray",),
    "numpy.typing": ("NDArray",),
    "scipy.ndimage": ("binary_dilation", "binary_erosion", "binary_fill_holes", "find_objects", "label"),
}  # fmt: skip

PRELUDE: dict[str, tuple[str, str]] = {name: (module, "") for name, module in _MODULES.items()} | {
    name: (module, name) for module, names in _MEMBERS.items() for name in names
}
"""What is supplied to a program that takes it for granted: by name, its module and the attribute of it; "" for the
module itself. Where a package is not installed, its names are not supplied."""
PRELUDE_NAMES = tuple(PRELUDE)
"""In the order in which forks number them (sandbox/wire.py)."""
PRELUDE_PACKAGES = tuple(
    sorted({module.partition(".")[0] for module, _ in PRELUDE.values()}.difference(sys.stdlib_module_names))
)
"""The packages among its modules that are not Python's own."""


def import_lines(names: Iterable[str]) -> list[str]:
    """The imports that give these names of PRELUDE."""
    members: dict[str, list[str]] = {}
    lines = []
    for name in sorted(names):
        module, attribute = PRELUDE[name]
        if attribute:
            members.setdefault(module, []).append(name)
        else:
            lines.append(f"import {module}" if module == name else f"import {module} as {name}")
    return lines + [f"from {module} import {', '.join(found)}" for module, found in members.items()]
