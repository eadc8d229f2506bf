"""The public names, and the methods that records get from higher layers."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import battnb as bn
from battnb import last, model, provided
from battnb.trace.checked import Checked
from battnb.trace.overview import Overview

ROOT = Path(bn.__file__).parent
STUB = ast.parse((ROOT / "__init__.pyi").read_text("utf-8"))
LISTED = [
    (node.module or "", name.name) for node in STUB.body if isinstance(node, ast.ImportFrom) for name in node.names
]
OWN = [(home, name) for home, name in LISTED if home.partition(".")[0] == "battnb"]
ALL = list(vars(bn)["__all__"])
PROVIDED = dict(provided._providers)


@pytest.mark.parametrize(("home", "name"), OWN, ids=[name for _, name in OWN])
def test_every_name_of_the_stub_is_there_and_is_its_home_s(home: str, name: str) -> None:
    place = importlib.import_module(home)
    wanted = importlib.import_module(f"{home}.{name}") if not hasattr(place, name) else getattr(place, name)
    assert getattr(bn, name) is wanted
    assert name in ALL
    assert name in dir(bn)


def test_all_is_what_the_stub_lists_and_the_last_runs() -> None:
    assert sorted([*[name for _, name in OWN], "last_run", "last_runs"]) == ALL
    assert isinstance(bn.last_runs, list)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="battnb has no 'run_bat'"):
        bn.run_bat  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("method", PROVIDED)
def test_what_a_record_gets_from_a_higher_layer_is_there(method: str) -> None:
    record, _, name = method.partition(".")
    kept_elsewhere = {"Overview": Overview, "Checked": Checked}
    assert callable(getattr(getattr(model, record, None) or kept_elsewhere[record], name))
    function = provided.provided(method)
    assert next(iter(inspect.signature(function).parameters.values())).default is inspect.Parameter.empty


def test_importing_it_loads_no_table_no_picture_and_no_layer() -> None:
    code = "import sys, battnb; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "pandas", "matplotlib", "bokeh", "IPython", "msgspec", "battnb.model"}


def test_the_last_run_may_be_set_and_is_still_the_last_one_after_the_next() -> None:
    bn.last_run = None
    assert bn.last_run is last.run is None
    last.run = made = object()
    assert bn.last_run is made
    bn.last_run, bn.last_runs = None, []


def test_the_html_of_a_subclass_is_that_of_its_record() -> None:
    class OwnTask(bn.Task, frozen=True):
        pass

    task = bn.Task("own", (bn.Pair(((1,),), ((2,),)),), ())
    assert OwnTask(task.id, task.demo, task.test)._repr_html_() == task._repr_html_()


def test_the_package_can_be_imported_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "battnb.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(ROOT.rglob("*.py*")):
            if path.suffix in (".py", ".pyi"):
                made.write(path, f"battnb/{path.relative_to(ROOT)}")
    code = f"import sys; sys.path.insert(0, {str(archive)!r}); import battnb; print(battnb.__file__, battnb.InputError)"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{archive}/battnb/__init__.py <class 'battnb.errors.InputError'>\n"
