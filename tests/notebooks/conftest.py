"""Notebooks, kernels of other environments, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser
from lab import Lab
from making import patience

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PATIENCE_S = 150


@pytest.fixture(autouse=True)
def within_patience() -> Iterator[None]:
    """As for all tests, but a notebook and a browser may take their time on a busy machine."""
    with patience(PATIENCE_S):
        yield


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures are kept for a person to look at. Git ignores it."""
    folder = ROOT / "artefacts" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "NO CHROMIUM, so nothing was tested in a browser: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Browser(chromium) as started:
        yield started


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab on copies of the notebooks."""
    with Lab(tmp_path, NOTEBOOKS) as started:
        yield started
