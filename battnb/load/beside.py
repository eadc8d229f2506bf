"""What lies beside programs in their folder: the files of their DSL, and modules of their own that they import."""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from battnb.load.aliases import ALIASES
from battnb.load.packages import FORBIDDEN, PACKAGES, is_there, needed_by
from battnb.load.pure import UNREADABLE, imported_modules, parse_module
from battnb.model import Candidate

DSL_FILES = ("dsl.py", "arc_dsl.py", "constants.py", "arc_types.py")
MAX_BYTES = 2**20
"""The most that the modules beside one program may have together."""
_LOOKED_AT = 100


def dsl_beside(folder: Path) -> tuple[str, ...]:
    """The files of the DSL of a folder's programs, as paths; none if it has neither a dsl.py nor an arc_dsl.py.

    Their names are those that the public arc-dsl has. A file that a link brings there from elsewhere is none of them.
    """
    found = [folder / name for name in DSL_FILES if _lies_in_its_folder(folder / name)]
    has_dsl = any([path.stem in ("dsl", "arc_dsl") for path in found])
    return tuple([str(path.absolute()) for path in found]) if has_dsl else ()


def stood_in_for(programs: Iterable[Candidate]) -> list[str]:
    """The modules of arc-dsl that programs import, and that are not there, so that the DSL stands in for them.

    Only the first programs are looked at: there may be a million.
    """
    named: set[str] = set()
    for program in itertools.islice(programs, _LOOKED_AT):
        if "import" in program.source_text:
            named |= {name for name in _imported(program.source) if name not in program.siblings}
    return [name for name in ALIASES if name in named and not is_there(name)]


def siblings_of(path: Path, source: str | bytes) -> Mapping[str, str]:
    """The texts of the modules beside a program's file that it imports, directly or not, by name.

    path: the program's file. source: its text. Only .py files count that lie in the folder itself, not those that a
    link brings there, and none that Python, battnb or a package has a module of that name for, or that is a file of the
    folder's DSL. A module that would make them more than MAX_BYTES together is replaced by one that says so when it is
    imported.
    """
    folder = path.parent
    own = {path.stem, *[Path(file).stem for file in dsl_beside(folder)]}
    found: dict[str, str] = {}
    left = MAX_BYTES
    waiting = list(_imported(source))
    while waiting:
        name = waiting.pop(0)
        file = folder / f"{name}.py"
        if name in found or name in own or not _is_own(file):
            continue
        text = _text(file, file.stat().st_mtime_ns)
        fits = len(text) <= left
        found[name] = text if fits else _too_much(path)
        left -= len(text) if fits else 0
        waiting += _imported(text) if fits else ()
    return found


def _too_much(path: Path) -> str:
    reason = f"the modules beside {path.name} that it imports have more than {MAX_BYTES // 2**20} MiB together"
    return f"raise ImportError({reason!r})\n"


def _is_own(file: Path) -> bool:
    """Is it a file of this folder whose name nothing else has?"""
    name = file.stem
    if name in sys.stdlib_module_names or name in FORBIDDEN or not _lies_in_its_folder(file):
        return False
    return name not in {entry.partition(".")[0] for entry in needed_by(PACKAGES)}


def _lies_in_its_folder(file: Path) -> bool:
    """Is it a file, and not one elsewhere that a link leads to?"""
    return os.path.isfile(file) and file.resolve().parent == file.parent.resolve()


@lru_cache(maxsize=256)
def _text(file: Path, changed_ns: int) -> str:  # noqa: ARG001 - a file that has changed is read again
    """A module's text, the same object for all programs that import it; one that cannot be read says so.

    Of a file that is too large, the first part stands for it: it is not served in any case.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        return importlib.util.decode_source(data) if len(data) <= MAX_BYTES else " " * len(data)
    except (OSError, SyntaxError, ValueError) as error:
        return f"raise ImportError({f'{file.name} cannot be read: {error}'!r})\n"


def _imported(source: str | bytes) -> list[str]:
    """The top-level modules that a program imports, in the order in which it mentions them."""
    try:
        return list(dict.fromkeys([name.partition(".")[0] for name in imported_modules(parse_module(source))]))
    except UNREADABLE:
        return []
