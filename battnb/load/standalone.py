"""Programs that run by themselves: imports of what they use of the DSL are put before them."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from battnb.load.aliases import ALIASES, import_lines
from battnb.load.dsl_files import Dsl, Package, module_name
from battnb.load.packages import is_there
from battnb.load.pure import UNREADABLE, imported_modules, is_text, parse_module
from battnb.load.served import ServedModules
from battnb.model import as_bytes

_IS_BARE = re.compile(r"def \w+\(S, I, C\):\n(?:    t\d+ = [^\"'#\n]*\n)*+    return [^\"'#\n]*\n*")
_OWN = ("battnb.dsl",)

_FROM_PACKAGE = """\
if "__file__" in globals():  # in battnb's sandbox the DSL is there
    import os
    import sys

    sys.path.append(os.path.dirname(os.path.realpath(__file__)))
"""


_SERVING = """\
import sys


{code}

sys.meta_path.insert(0, ServedModules({texts!r}))
for name in sys.meta_path[0].texts:
    sys.modules.pop(name, None)  # another program's
del ServedModules, name, sys


"""


def with_imports(
    source: str | bytes,
    dsl: Dsl,
    known: frozenset[str],
    supplied: Sequence[str] = (),
    siblings: Mapping[str, str] | None = None,
) -> bytes:
    """A program with imports of the names that it uses, and of the DSL under the names by which it imports it.

    dsl: if it has a package, the package must lie beside the program's file. known: the names that the DSL gives.
    supplied: names that it took for granted (load.aliases.PRELUDE). They are not the DSL's then.
    siblings: texts of the modules beside it, by name, which are written into it.
    Bytes are kept as they are: only Python knows their encoding.
    """
    if isinstance(source, bytes):
        return source
    text = as_bytes(source)
    texts = {name: text for name, text in (siblings or {}).items() if name not in sys.stdlib_module_names}
    if not supplied and _IS_BARE.fullmatch(source):
        # A function of steps as battnb writes it: no strings, comments or imports, so every word is a name.
        head = _head(dsl, sorted(known & set(re.findall(r"[A-Za-z_]\w*", source))), ())
        return (f"{head}\n\n" if head else "").encode() + text
    try:
        module = parse_module(source)
    except UNREADABLE:
        return text
    used = known & {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} - {*supplied}
    head = "".join([f"{line}\n" for line in import_lines(supplied)])
    head += _head(dsl, sorted(used - _imported_names(module, dsl, known)), _stand_ins([module, *_parsed(texts)], dsl))
    head += _SERVING.format(code=inspect.getsource(ServedModules), texts=texts) if texts else ""
    if not head:
        return text
    first, rest = _without_head(text, module)
    return b"".join([first, head.encode(), b"" if first else b"\n\n", rest])


def _head(dsl: Dsl, names: Sequence[str], stand_ins: Sequence[str]) -> str:
    """The lines that import names, and that make the DSL importable under other names. Empty if neither is needed."""
    if not (names or stand_ins):
        return ""
    if dsl.package is not None:
        return _FROM_PACKAGE + textwrap.indent(_from_package(dsl.package, names, stand_ins), "    ")
    if tuple(dsl) != _OWN:
        return "".join([f"from {module_name(where)} import *\n" for where in dsl]) if names else ""
    aliases = [f'sys.modules["{name}"] = battnb.dsl\n' for name in stand_ins]
    head = "import sys\n\nimport battnb.dsl\n" if aliases else ""
    return head + (_import_text("battnb.dsl", names) if names else "") + "".join(aliases)


def _from_package(package: Package, names: Sequence[str], stand_ins: Sequence[str]) -> str:
    lines = [f"import {package.name}\n"] if stand_ins else []
    for name in stand_ins:
        module = f'{package.name}._modules["{name}"]' if name in package.copied else package.name
        lines.append(f'sys.modules["{name}"] = {module}\n')
    return (_import_text(package.name, names, 116) if names else "") + "".join(lines)


def _import_text(module: str, names: Sequence[str], width: int = 120) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    return line if len(line) <= width else f"from {module} import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


def _imported_names(module: ast.Module, dsl: Dsl, known: frozenset[str]) -> frozenset[str]:
    """The names that a program imports from the DSL itself."""
    modules = {module_name(where) for where in dsl}
    names = {
        alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module in modules
        for alias in node.names
    }
    return known if "*" in names else frozenset(names)


def _parsed(texts: Mapping[str, str]) -> Iterator[ast.Module]:
    for text in texts.values():
        with suppress(*UNREADABLE):
            yield parse_module(text)


def _stand_ins(modules: Sequence[ast.Module], dsl: Dsl) -> list[str]:
    """The modules that a program and those beside it import and that exist only if its DSL is loaded."""
    asked = {name for module in modules for name in imported_modules(module)}
    copied = dsl.package.copied if dsl.package is not None else ()
    return sorted([name for name in asked if name in copied or (name in ALIASES and not is_there(name))])


def _without_head(text: bytes, module: ast.Module) -> tuple[bytes, bytes]:
    """What must stay before any import, that is the docstring and imports from __future__, and the rest."""
    last: ast.stmt | None = None
    for node in module.body:
        if not (is_text(node) and last is None) and not _is_from_future(node):
            break
        last = node
    if last is None:
        return b"", text
    lines, end_line = text.splitlines(keepends=True), last.end_lineno or 0
    end = len(b"".join(lines[: end_line - 1])) + (last.end_col_offset or 0)
    more = text[end:].lstrip(b" \t\f")
    if more.startswith(b";"):  # the next statement may begin on the same line, and end on another
        return text[:end] + b"\n", more[1:].lstrip(b" \t\f\r\n\\")
    place = len(b"".join(lines[:end_line]))
    return text[:place], text[place:]


def _is_from_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
