"""Methods that records get from higher layers.

A record knows no view and no table library. Its method asks here for the function that does the work. One table, in the
root package, names these functions; a function is imported when its method is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

_providers: dict[str, str] = {}


def provide(table: Mapping[str, str]) -> None:
    """Name the functions behind methods: {"Profile.to_frame": "package.module:function"}."""
    _providers.update(table)


def provided(method: str) -> Callable[..., Any]:
    """The function behind a method, such as "Profile.to_frame". It gets the record as its first argument."""
    module, _, function = _providers[method].partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def is_provided(method: str) -> bool:
    """Is there a function behind a method?"""
    return method in _providers
