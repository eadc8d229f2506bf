"""Names that a program takes for granted (load/aliases.py): which it needs, and what they stand for."""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import CodeType
from typing import Any

from battnb.load.aliases import PRELUDE
from battnb.sandbox.inside.bytecode import all_codes, names_bound, names_loaded

_NAMES = frozenset(PRELUDE)


def names_wanted(code: CodeType, dsl: Collection[str]) -> Collection[str]:
    """The names of PRELUDE that are free in a program, so that none of its own is shadowed.

    dsl: the DSL's names. If one is in PRELUDE too, the DSL's counts if the program uses others of its names.
    """
    codes = list(all_codes(code))
    if all([_NAMES.isdisjoint(one.co_names) for one in codes]):
        return ()
    free = _free_names(code, codes)
    wanted = free & _NAMES
    contested = wanted.intersection(dsl)
    return wanted if (free - contested).isdisjoint(dsl) else wanted - contested


def uses_dsl(code: CodeType, dsl: Collection[str], modules: Collection[str]) -> bool:
    """Does a program import the DSL, or look up a name of it that it does not bind itself?

    modules: those that the DSL stands behind.
    """
    codes = list(all_codes(code))
    if any([name in modules for one in codes for name in one.co_names]):
        return True
    mentioned = any([name in dsl for one in codes for name in one.co_names])
    return mentioned and not _free_names(code, codes).isdisjoint(dsl)


def supplied(names: Collection[str]) -> dict[str, Any]:
    """What these names of PRELUDE stand for. Those of packages that are not installed are left out."""
    found = {name: _value(name) for name in sorted(names)}
    return {name: value for name, value in found.items() if value is not None}


def _free_names(module: CodeType, codes: list[CodeType]) -> set[str]:
    """The names that a program looks up and never binds itself. What a class binds is bound in its body only."""
    bound, free = names_bound(module), set()
    for code in codes:
        own = names_bound(code)
        free |= names_loaded(code) - own
        if code.co_flags & _OPTIMIZED:  # a function: what it binds so is global
            bound |= own
    return free - bound


_OPTIMIZED = 0x0001


def _value(name: str) -> Any:
    module, attribute = PRELUDE[name]
    try:
        __import__(module)
        return getattr(sys.modules[module], attribute) if attribute else sys.modules[module]
    except (ImportError, AttributeError):
        return None
