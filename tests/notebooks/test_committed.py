"""The committed notebooks have been run, show pictures, and tell nothing about the machine that ran them."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from notebooks.execute import plain

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PLACES = re.compile(r"/(?:work|root|home|tmp|usr|opt)/|https?://(?!www\.w3\.org/)")


@pytest.fixture
def read(notebook):
    found = nbformat.read(notebook, as_version=4)
    nbformat.validate(found)
    return found


def outputs_of(read):
    return [output for cell in read.cells if cell.cell_type == "code" for output in cell.outputs]


def test_every_cell_has_been_run_in_order(read):
    counts = [cell.execution_count for cell in read.cells if cell.cell_type == "code"]
    assert counts == [*range(1, len(counts) + 1)]


def test_no_cell_failed(read):
    assert [output for output in outputs_of(read) if output.output_type == "error"] == []


def test_outputs_name_no_place_on_a_machine_or_in_the_network(read):
    texts = [json.dumps(output) for output in outputs_of(read)]
    assert [found.group() for text in texts for found in [PLACES.search(text)] if found] == []


def test_outputs_need_no_kernel(read):
    kinds = {kind for output in outputs_of(read) for kind in output.get("data", {})}
    assert not [kind for kind in kinds if "widget" in kind or "javascript" in kind]


def test_nothing_is_kept_that_changes_needlessly(read, notebook):
    before = notebook.read_text(encoding="utf-8")
    assert nbformat.writes(plain(read)) == before.rstrip("\n")


def test_kaggle_gets_every_notebook_under_a_slug_of_its_title():
    kernels = json.loads((ROOT / "kaggle-metadata.json").read_text())["kernels"]
    assert sorted(kernel["code_file"] for kernel in kernels) == [f"notebooks/{path.name}" for path in NOTEBOOKS]
    assert [kernel["slug"] for kernel in kernels] == [kernel["title"].replace(" ", "-") for kernel in kernels]
