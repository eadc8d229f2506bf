"""What is read off a program before it runs. A worker does that where it can: there all is warm, and nothing copied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import CodeType
from typing import NamedTuple

from battnb.load.entry import CONVENTIONS
from battnb.sandbox import wire
from battnb.sandbox.inside.bytecode import is_annotated
from battnb.sandbox.inside.grid_forms import mentions_numpy
from battnb.sandbox.inside.grid_uses import form_by_use
from battnb.sandbox.inside.supplied import names_wanted

FILENAME = "<candidate>"
_LISTS_OR_ARRAYS = frozenset([c.name for c in CONVENTIONS if c.grids == "ndarray"])


class Guess(NamedTuple):
    """What a function seems to want its grids as: "list" or "ndarray"; "" if neither its code nor the module's says.

    code: the function's, so that it is known again. is_plain: it has no annotations, which would come first.
    """

    code: CodeType
    form: str
    is_plain: bool


class Compiled(NamedTuple):
    """A program that was compiled. guesses: by the names of functions. wanted: names that it takes for granted."""

    code: CodeType
    guesses: Mapping[str, Guess]
    wanted: Collection[str]


_NOTHING: dict[str, Guess] = {}


def read_source(source: str | bytes, prelude: bool, dsl: Collection[str]) -> Compiled | bytes:
    """Compile a program, or say in an outcome NOT_A_SOLVER why that cannot be done.

    prelude: look for names that it takes for granted. dsl: the DSL's names.
    """
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, error.msg or str(error), error.lineno)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, str(error) or "too deeply nested", None)
    guesses = _NOTHING if _LISTS_OR_ARRAYS.isdisjoint(code.co_names) else _guesses(code)
    return Compiled(code, guesses, names_wanted(code, dsl) if prelude else ())


def _guesses(module: CodeType) -> dict[str, Guess]:
    by_module = "ndarray" if mentions_numpy(module) else ""
    found = {}
    for code in module.co_consts:
        if type(code) is CodeType and code.co_name in _LISTS_OR_ARRAYS and code.co_argcount:
            form = form_by_use(code, code.co_varnames[0]) or by_module
            found[code.co_name] = Guess(code, form, not is_annotated(module, code))
    return found
