"""How a function uses its grid, read from its code: as an array, as a list, or in ways that say neither.

Each place where the grid is loaded is followed along the instructions until its value is used up. Where this meets an
instruction that it does not know, following ends, and nothing is said.
"""

from __future__ import annotations

from opcode import opmap
from types import CodeType
from typing import Any

from battnb.sandbox.inside.bytecode import Instructions

_OF_ARRAYS = frozenset((
    "T", "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "cumsum", "diagonal", "dtype", "fill", "flat",
    "flatten", "item", "max", "mean", "min", "ndim", "nonzero", "prod", "ravel", "repeat", "reshape", "round", "shape",
    "size", "squeeze", "std", "strides", "sum", "swapaxes", "take", "tobytes", "tolist", "trace", "transpose", "view",
))  # fmt: skip
_OF_LISTS = frozenset(("append", "clear", "count", "extend", "index", "insert", "pop", "remove", "reverse"))

_GRID, _ROW, _ROWS, _PAIRS, _NUMBER, _LIST, _INDEX, _SLICE, _OTHER = range(9)
"""What is known of a value. The first four are of the grid: itself, a row, an iterator over rows, and over what
enumerate gives. _INDEX is a tuple."""
_LONGEST = 40
_TIMES, _PLUS = (5, 18), (0, 13)
"""Arguments of BINARY_OP, plain and in place. Times a number is something for lists too."""
_UNDECIDED = ""
_NEVER = 2**31


def _ops(*names: str) -> frozenset[int]:
    return frozenset([opmap[name] for name in names if name in opmap])


_LOAD_LOCAL = _ops("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF")
_STORE_LOCAL = _ops("STORE_FAST", "STORE_DEREF", "DELETE_FAST")
_LOAD_OTHER = _ops("LOAD_GLOBAL", "LOAD_FAST_AND_CLEAR")
_LOAD_GLOBAL, _LOAD_CONST, _MAKE_FUNCTION = opmap["LOAD_GLOBAL"], opmap["LOAD_CONST"], opmap["MAKE_FUNCTION"]
_GET_ITER, _FOR_ITER, _UNPACK = opmap["GET_ITER"], opmap["FOR_ITER"], opmap["UNPACK_SEQUENCE"]
_CALL, _COPY, _SWAP = opmap["CALL"], opmap["COPY"], opmap["SWAP"]
_ATTRIBUTE, _NAME_SHIFT = _ops("LOAD_ATTR", "LOAD_METHOD"), int("LOAD_METHOD" not in opmap)
_TRUTH = _ops("UNARY_NOT", "TO_BOOL", "JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP") | _ops(
    *[f"POP_JUMP_{way}IF_{truth}" for way in ("", "FORWARD_", "BACKWARD_") for truth in ("TRUE", "FALSE")]
)
_BUILDS = {opmap["BUILD_LIST"]: _LIST, opmap["BUILD_TUPLE"]: _INDEX, opmap["BUILD_SLICE"]: _SLICE}
_SKIPPED = _ops("PRECALL", "KW_NAMES", "NOP")
_NEGATIVE, _LIST_EXTEND = opmap["UNARY_NEGATIVE"], opmap["LIST_EXTEND"]
_SUBSCRIPT, _STORE_SUBSCRIPT, _SLICED = opmap["BINARY_SUBSCR"], opmap["STORE_SUBSCR"], opmap.get("BINARY_SLICE")
_BINARY, _COMPARE = opmap["BINARY_OP"], opmap["COMPARE_OP"]


def form_by_use(code: CodeType, parameter: str) -> str | None:
    """What a function wants its grid as, "list" or "ndarray", by how it uses it; None if that says nothing."""
    return _Reader(code).read(parameter, _GRID) or None


class _Reader:
    """Follows the uses of names in one code object. Forms are "list", "ndarray" or _UNDECIDED."""

    def __init__(self, code: CodeType) -> None:
        self._code = code
        self._instructions = Instructions(code)
        self._rows: list[tuple[int, int, int]] = []

    def read(self, name: str, kind: int) -> str:
        """The form that the first decisive use tells, of the value that a name has at the start."""
        code = self._code
        cells = [cell for cell in code.co_cellvars if cell not in code.co_varnames]
        number = (*code.co_varnames, *cells, *code.co_freevars).index(name)
        form = self._read(number, kind, 0)
        if not form and self._stored(number, 0) == _NEVER:
            form = self._read_inner(name, kind)
        while not form and self._rows:
            form = self._read(*self._rows.pop(0))
        return form

    def _read(self, number: int, kind: int, start: int) -> str:
        """The uses of a local variable from a place on, until it may be something else."""
        end = self._stored(number, start)
        for at in sorted([at for op in _LOAD_LOCAL for at in self._instructions.places_with(op, number, start)]):
            if at < end and (form := self._follow(at, number, kind)):
                return form
        return _UNDECIDED

    def _stored(self, number: int, start: int) -> int:
        stores = [next(self._instructions.places_with(op, number, start), _NEVER) for op in _STORE_LOCAL]
        return min(stores)

    def _read_inner(self, name: str, kind: int) -> str:
        """How code that is defined here uses the value."""
        for inner in self._code.co_consts:
            if type(inner) is CodeType and name in inner.co_freevars and (form := _Reader(inner).read(name, kind)):
                return form
        return _UNDECIDED

    def _follow(self, at: int, number: int, kind: int) -> str:
        """Follow the value that an instruction loads, until it is used up."""
        stack = [kind]
        before = self._instructions.before(at)
        if before >= 0 and (pushed := self._pushed_before(before, number, kind)) is not None:
            stack.insert(0, pushed)
        for place, op, arg in self._instructions.after(at, _LONGEST):
            if op == _FOR_ITER:
                return self._loop(stack[-1], place)
            if op == _CALL and stack[-1] in (_ROWS, _PAIRS) and not arg:
                return self._comprehension(stack[-1], before)
            if op in _SKIPPED:
                continue
            if (pushed := self._pushed(op, arg, number, kind)) is not None:
                stack.append(pushed)
            elif (form := self._step(op, arg, stack, before)) is not None:
                return form
        return _UNDECIDED

    def _pushed_before(self, at: int, number: int, kind: int) -> int | None:
        op = self._instructions.ops[at]
        return _BUILDS.get(op) or self._pushed(op, self._instructions.argument(at), number, kind)

    def _pushed(self, op: int, arg: int, number: int, kind: int) -> int | None:
        """What an instruction pushes if it does nothing else. The null of a call counts with its function."""
        if op in _LOAD_LOCAL:
            return kind if arg == number else _OTHER
        if op == _LOAD_CONST:
            value: Any = self._code.co_consts[arg]
            return {int: _NUMBER, float: _NUMBER, tuple: _INDEX, slice: _SLICE}.get(type(value), _OTHER)
        if op in _BUILDS and not arg:
            return _BUILDS[op]
        return _OTHER if op in _LOAD_OTHER else None

    def _step(self, op: int, arg: int, stack: list[int], before: int) -> str | None:
        """Let an instruction work on what is known. Returns a form if the value is used up, None if it is not."""
        top = stack[-1]
        if op in _TRUTH:
            return "list" if top in (_GRID, _ROW) else _UNDECIDED
        if op in _ATTRIBUTE:
            return _by_attribute(self._code.co_names[arg >> _NAME_SHIFT], top)
        if op == _NEGATIVE:
            return "ndarray" if top in (_GRID, _ROW) else _replace(stack, 1, top)
        if op == _LIST_EXTEND:  # a list of three constants or more is made so
            return _replace(stack, 2, _LIST)
        if op == _GET_ITER:
            return _replace(stack, 1, {_GRID: _ROWS, _PAIRS: _PAIRS}.get(top))
        if op == _CALL:
            is_pairs = arg == 1 and top == _GRID and self._is_enumerate(before)
            return _replace(stack, len(stack), _PAIRS if is_pairs else None)
        if op in (_COPY, _SWAP):
            return _move(op, arg, stack)
        if op in _BUILDS:
            is_own = any([kind <= _PAIRS for kind in stack[-arg:]])
            return _replace(stack, arg, None if is_own and len(stack) <= arg else _BUILDS[op])
        return _by_operation(op, arg, stack)

    def _is_enumerate(self, at: int) -> bool:
        if at < 0 or self._instructions.ops[at] != _LOAD_GLOBAL:
            return False
        return self._code.co_names[self._instructions.argument(at) >> 1] == "enumerate"

    def _loop(self, kind: int, place: int) -> str:
        """Note the variable of a loop over rows, which is a row."""
        after = list(self._instructions.after(place, 8))
        if kind == _PAIRS and [unit[1:] for unit in after[:1]] == [(_UNPACK, 2)]:
            after = after[2:]
        if kind in (_ROWS, _PAIRS) and after and after[0][1] in _STORE_LOCAL:
            store, _, number = after[0]
            self._rows.append((number, _ROW, store + 1))
        return _UNDECIDED

    def _comprehension(self, kind: int, before: int) -> str:
        """How a comprehension uses the rows that it is called with. Since CPython 3.12 most are plain loops."""
        ops = self._instructions.ops
        maker = before if ops[before] == _MAKE_FUNCTION else self._instructions.before(before)
        if maker < 1 or ops[maker] != _MAKE_FUNCTION:
            return _UNDECIDED
        inner = self._code.co_consts[self._instructions.argument(maker - 1)]
        return _Reader(inner).read(".0", kind) if type(inner) is CodeType else _UNDECIDED


def _replace(stack: list[int], count: int, kind: int | None) -> str | None:
    """Put one value in the place of some. Without one, or if fewer are known, the value that is followed is used up."""
    if kind is None or len(stack) < count:
        return _UNDECIDED
    stack[len(stack) - count :] = [kind]
    return None


def _move(op: int, arg: int, stack: list[int]) -> str | None:
    if arg > len(stack):
        return _UNDECIDED
    if op == _COPY:
        stack.append(stack[-arg])
    else:
        stack[-1], stack[-arg] = stack[-arg], stack[-1]
    return None


def _by_attribute(name: str, kind: int) -> str:
    if kind not in (_GRID, _ROW):
        return _UNDECIDED
    return "ndarray" if name in _OF_ARRAYS else "list" if name in _OF_LISTS else _UNDECIDED


def _by_operation(op: int, arg: int, stack: list[int]) -> str | None:
    if len(stack) < 2:
        return _UNDECIDED
    left, right = stack[-2:]
    if op == _SUBSCRIPT:
        return "ndarray" if (left, right) in _ARRAY_ITEMS else _replace(stack, 2, _ITEMS.get((left, right == _SLICE)))
    if op == _STORE_SUBSCRIPT:
        return "ndarray" if (left, right) in _ARRAY_ITEMS else _UNDECIDED
    if op == _SLICED:
        return _replace(stack, 3, stack[-3] if len(stack) > 2 else None)
    kinds = {left, right}
    if op not in (_BINARY, _COMPARE) or kinds.isdisjoint((_GRID, _ROW)):
        return _replace(stack, 2, _OTHER) if op in (_BINARY, _COMPARE) and len(stack) > 2 else _UNDECIDED
    if _NUMBER in kinds:
        return _UNDECIDED if op == _BINARY and arg in _TIMES else "ndarray"
    if _LIST in kinds:
        return "list"
    return "list" if op == _BINARY and arg in _PLUS and kinds <= {_GRID, _ROW} else _UNDECIDED


_ARRAY_ITEMS = frozenset([(_GRID, _INDEX), (_ROW, _INDEX)])
_ITEMS = {(_GRID, True): _GRID, (_GRID, False): _ROW, (_ROW, True): _ROW}
"""What an item of a grid or row is, by whether the index is a slice. An item of a row is followed no more."""
