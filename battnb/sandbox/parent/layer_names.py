"""Layers of the sandbox by the short names that people give them."""

from __future__ import annotations

from collections.abc import Sequence

from battnb.errors import InputError
from battnb.sandbox.inside.hardening import LAYERS


def layers_called(names: str | Sequence[str]) -> tuple[str, ...]:
    """The layers that are meant, in the order of LAYERS.

    A name is a whole layer's, or what stands before its parentheses ("files") or in them ("seccomp"), or its
    beginning ("signals"), or one of its words ("capabilities"), in upper or lower case. What stands in parentheses
    gives all the layers that it makes: "landlock" is two.
    Raises InputError for a name that means none, or may mean several.
    """
    asked = [names] if isinstance(names, str) else list(names)
    meant = {layer for name in asked for layer in _meant(name)}
    return tuple([layer for layer in LAYERS if layer in meant])


def _meant(name: str) -> list[str]:
    wanted = " ".join(name.casefold().split()) if isinstance(name, str) else ""
    parts = {layer: _parts(layer) for layer in LAYERS}
    made = [layer for layer, (_, maker) in parts.items() if wanted == maker]
    ways = (
        [layer for layer, (plain, _) in parts.items() if wanted in (layer.casefold(), plain)],
        [layer for layer, (plain, _) in parts.items() if plain.startswith(wanted)],
        [layer for layer, (plain, _) in parts.items() if wanted in plain.split()],
    )
    if not wanted or not (made or any(ways)):
        raise InputError(f"require names {name!r}, which is no layer; choose from {', '.join(LAYERS)}")
    found = made or next(way for way in ways if way)
    if len(found) > 1 and not made:
        raise InputError(f"require names {name!r}, which may be any of {', '.join(found)}; give more of its name")
    return found


def _parts(layer: str) -> tuple[str, str]:
    """What stands before the parentheses of a layer's name, and in them; each may be empty."""
    plain, _, maker = layer.casefold().partition(" (")
    return plain, maker.removesuffix(")")
