"""The versions of Python that battnb runs on: what is refused, and that every place names the same ones."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from battnb.version import NEWEST_PYTHON, OLDEST_PYTHON, __version__

ROOT = Path(__file__).parents[1]
IMPORT_AS = "import sys, importlib, pathlib, re\nsys.version_info = {}\nimport battnb"


def imported_as(version: tuple[int, ...]) -> str:
    """What an import of battnb on another version of Python says on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_AS.format(version)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0), (4, 0, 0)])
def test_another_python_is_refused_in_a_sentence(version: tuple[int, ...]) -> None:
    here = ".".join(map(str, version[:2]))
    wanted = f"battnb runs on Python 3.11 to 3.13, and this is Python {here}; make an environment with one of those"
    assert imported_as(version).splitlines()[-1] == f"ImportError: {wanted}"


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 99)])
def test_the_oldest_and_the_newest_are_not_refused(version: tuple[int, ...]) -> None:
    assert imported_as(version) == ""


def test_what_is_declared_is_what_is_refused() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (oldest, newest), after = (OLDEST_PYTHON, NEWEST_PYTHON), (NEWEST_PYTHON[0], NEWEST_PYTHON[1] + 1)
    assert project["requires-python"] == ">={}.{},<{}.{}".format(*oldest, *after)
    pattern = re.compile(r"Programming Language :: Python :: 3\.(\d+)")
    declared = [int(found[1]) for found in map(pattern.fullmatch, project["classifiers"]) if found]
    assert declared == [*range(oldest[1], newest[1] + 1)]
    assert (
        f"({oldest[0]}, {oldest[1]}) <= sys.version_info < ({after[0]}, {after[1]})" in (ROOT / "Makefile").read_text()
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
