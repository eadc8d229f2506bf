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
from battnb.sandbox.inside.supplied import names_wanted, uses_dsl

FILENAME = "<candidate>"
_LISTS_OR_ARRAYS = frozenset([c.name for c in CONVENTIONS if c.grids == "ndarray"])
_SOLVERS = ("solve", "verify")


class Guess(NamedTuple):
    """What a function seems to want its grids as: "list" or "ndarray"; "" if its code does not say.

    code: the function's, so that it is known again. is_plain: it has no annotations, which would come first.
    has_numpy: its module imports numpy.
    """

    code: CodeType
    form: str
    is_plain: bool
    has_numpy: bool


class Compiled(NamedTuple):
    """A program that was compiled.

    guesses: by the names of functions. wanted: names that it takes for granted. uses_dsl: and so wants tuples.
    """

    code: CodeType
    guesses: Mapping[str, Guess]
    wanted: Collection[str]
    uses_dsl: bool


def read_source(
    source: str | bytes, prelude: bool, dsl: Collection[str], modules: Collection[str] = ()
) -> Compiled | bytes:
    """Compile a program, or say in an outcome NOT_A_SOLVER why that cannot be done.

    prelude: look for names that it takes for granted. dsl: the DSL's names. modules: those that give all of these.
    """
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, error.msg or str(error), error.lineno)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        return wire.encode_text(wire.NOT_A_SOLVER, type(error).__name__, str(error) or "too deeply nested", None)
    wanted = names_wanted(code, dsl) if prelude else ()
    is_of_dsl = uses_dsl(code, dsl, modules)
    guesses = {} if is_of_dsl and _LISTS_OR_ARRAYS.isdisjoint(code.co_names) else _guesses(code)
    return Compiled(code, guesses, wanted, is_of_dsl)


def _guesses(module: CodeType) -> dict[str, Guess]:
    found, has_numpy = {}, mentions_numpy(module)
    for code in module.co_consts:
        if type(code) is CodeType and code.co_argcount and _may_be_entry(code.co_name):
            form = form_by_use(code, code.co_varnames[0]) or ""
            found[code.co_name] = Guess(code, form, not is_annotated(module, code), has_numpy)
    return found


def _may_be_entry(name: str) -> bool:
    return name in _LISTS_OR_ARRAYS or name.startswith(_SOLVERS)
