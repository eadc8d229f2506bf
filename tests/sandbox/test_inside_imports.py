"""What runs behind the socket imports little, since it forks a thousand times a second and every page counts."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import battnb.sandbox

PACKAGE = Path(battnb.sandbox.__file__).parents[1]
INSIDE = "battnb.sandbox.inside"
SHARED = ("battnb.sandbox.wire", "battnb.load.entry", "battnb.load.aliases", "battnb.load.served")
FOLDERS = ("battnb", "battnb.load", "battnb.sandbox", INSIDE)
"""Packages that are imported on the way."""


def path_of(module: str) -> Path:
    path = PACKAGE.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def is_module(name: str) -> bool:
    return path_of(name).exists()


def imports(path: Path) -> set[str]:
    """Every module that a file imports: at its top, in functions, for the type checker, or by its name as text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            module = str(node.module)
            below = {f"{module}.{alias.name}" for alias in node.names}
            found |= {name if module.startswith("battnb") and is_module(name) else module for name in below}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__", "find_spec"):
                found.add(str(node.args[0].value))
    return found


MODULES = sorted([f"{INSIDE}.{path.stem}" for path in path_of(INSIDE).parent.glob("*.py") if path.stem != "__init__"])


@pytest.mark.parametrize("module", [*MODULES, *FOLDERS[1:], *SHARED])
def test_what_is_inside_imports_the_standard_library_and_what_both_ends_share(module: str) -> None:
    allowed = {*MODULES, *SHARED} if module in MODULES else set()
    for name in imports(path_of(module)):
        # numpy is imported for a candidate that wants its grids as arrays.
        is_known = name.split(".")[0] in sys.stdlib_module_names or (name == "numpy" and module in MODULES)
        assert is_known or name in allowed, f"{module} imports {name}"


def test_there_is_something_to_check() -> None:
    assert f"{INSIDE}.worker" in MODULES
    assert f"{INSIDE}.trial" in imports(path_of(f"{INSIDE}.nursery"))  # which it imports in a function
    assert "numpy" in imports(path_of(f"{INSIDE}.trial"))  # by its name as text
