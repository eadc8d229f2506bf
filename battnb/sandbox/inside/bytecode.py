"""What code objects tell without being run, for CPython 3.11 to 3.13. Forks read it, so it makes few objects."""

from __future__ import annotations

from collections.abc import Iterator
from opcode import opmap
from types import CodeType

_EXTENDED, _CACHE = opmap["EXTENDED_ARG"], opmap["CACHE"]
_LOADS = [(opmap[name], shift) for name, shift in (
    ("LOAD_NAME", 0), ("LOAD_GLOBAL", 1), ("LOAD_FROM_DICT_OR_GLOBALS", 0),
) if name in opmap]  # fmt: skip
"""Instructions that load a global name, and how far their argument is shifted to be the name's number."""
_STORE_NAME, _STORE_GLOBAL = opmap["STORE_NAME"], opmap["STORE_GLOBAL"]
_LOAD_CONST, _ANNOTATIONS = opmap["LOAD_CONST"], 0x04
_MAKES = [opmap[name] for name in ("MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE") if name in opmap]
"""Instructions that give a function its annotations, if their argument says so."""
_PAIRS = {
    opmap[pair]: (opmap[first], opmap[second])
    for pair, first, second in (
        ("LOAD_FAST_LOAD_FAST", "LOAD_FAST", "LOAD_FAST"),
        ("STORE_FAST_LOAD_FAST", "STORE_FAST", "LOAD_FAST"),
        ("STORE_FAST_STORE_FAST", "STORE_FAST", "STORE_FAST"),
    )
    if pair in opmap
}
"""Instructions of CPython 3.13 that are two in one; each half of their argument belongs to one of them."""


def all_codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are defined in it."""
    yield code
    for const in code.co_consts:
        if type(const) is CodeType:
            yield from all_codes(const)


def names_loaded(code: CodeType) -> set[str]:
    """The names that this code looks up outside itself, without those of the code that is defined in it."""
    return {name for op, shift in _LOADS for name in _names_of(code, op, shift)}


def names_bound(code: CodeType) -> set[str]:
    """The names that this code binds in its namespace, or declares to be global and binds."""
    return {*_names_of(code, _STORE_NAME, 0), *_names_of(code, _STORE_GLOBAL, 0)}


def _names_of(code: CodeType, op: int, shift: int) -> Iterator[str]:
    instructions = Instructions(code)
    for at in instructions.places(op):
        yield code.co_names[instructions.argument(at) >> shift]


def is_annotated(code: CodeType, function: CodeType) -> bool:
    """Does the code that defines a function give it annotations?"""
    instructions = Instructions(code)
    for at in instructions.places(_LOAD_CONST):
        if code.co_consts[instructions.argument(at)] is function:
            return any([op in _MAKES and arg & _ANNOTATIONS for _, op, arg in instructions.after(at, 3)])
    return True


class Instructions:
    """The instructions of a code object, two bytes each, among them the room for caches."""

    def __init__(self, code: CodeType) -> None:
        raw = code.co_code
        self.ops = raw[::2]
        if any([pair in self.ops for pair in _PAIRS]):
            raw = _without_pairs(raw)
            self.ops = raw[::2]
        self._raw = raw

    def places(self, op: int) -> Iterator[int]:
        """Where an instruction occurs."""
        at = self.ops.find(op)
        while at >= 0:
            yield at
            at = self.ops.find(op, at + 1)

    def places_with(self, op: int, arg: int, start: int) -> Iterator[int]:
        """Where an instruction occurs with this argument below 256, from a place on."""
        unit = bytes((op, arg))
        at = self._raw.find(unit, 2 * start)
        while at >= 0:
            if not at & 1:
                yield at >> 1
            at = self._raw.find(unit, at + 1)

    def argument(self, at: int) -> int:
        """The whole argument of the instruction at a place."""
        arg, place = self._raw[2 * at + 1], 8
        while at and self.ops[at - 1] == _EXTENDED:
            at -= 1
            arg |= self._raw[2 * at + 1] << place
            place += 8
        return arg

    def after(self, at: int, count: int) -> Iterator[tuple[int, int, int]]:
        """The next instructions after a place: where they are, what, and their arguments."""
        for place in range(at + 1, min(at + 1 + count, len(self.ops))):
            op = self.ops[place]
            if op not in (_CACHE, _EXTENDED):
                yield place, op, self.argument(place)

    def before(self, at: int) -> int:
        """The place of the instruction before a place; -1 if there is none."""
        at -= 1
        while at >= 0 and self.ops[at] == _CACHE:
            at -= 1
        return at


def _without_pairs(raw: bytes) -> bytes:
    """The same instructions with every pair as two. Pairs have no long arguments, and jumps are not followed."""
    units = bytearray()
    for op, arg in zip(raw[::2], raw[1::2], strict=True):
        if op in _PAIRS:
            first, second = _PAIRS[op]
            units += bytes((first, arg >> 4, second, arg & 15))
        else:
            units += bytes((op, arg))
    return bytes(units)
