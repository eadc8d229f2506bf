"""Notebooks, and JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from making import patience
from notebooks.lab import Lab

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PATIENCE_S = 150


@pytest.fixture(autouse=True)
def within_patience() -> Iterator[None]:
    """Longer than for other tests: notebooks and browsers are slow on a busy machine."""
    with patience(PATIENCE_S):
        yield


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab, with copies of the notebooks."""
    with Lab(tmp_path, NOTEBOOKS) as started:
        yield started
