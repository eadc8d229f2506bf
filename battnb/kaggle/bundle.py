"""The offline bundle: a dataset of wheels and a folder for each notebook, as Kaggle's client takes them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from battnb.errors import InputError, StoreError
from battnb.kaggle.metadata import Kernel, Metadata, read_metadata
from battnb.kaggle.wheels import fetch_missing_wheels, write_own_wheel

DATASET, KERNELS = "dataset", "kernels"
DATASET_MARK, KERNEL_MARK = "dataset-metadata.json", "kernel-metadata.json"
"""The id in these files says which bundle a folder belongs to."""


class Bundle(msgspec.Struct, frozen=True):
    """What was written. kernels: the folder of each notebook. wheels: those in the dataset's folder."""

    dataset: Path
    kernels: tuple[Path, ...]
    wheels: tuple[Path, ...]


def build(out: str | Path, metadata_path: str | Path = "kaggle-metadata.json") -> Bundle:
    """Write a bundle whole, or nothing: DIR/dataset and DIR/kernels/<slug>.

    A folder is replaced if it holds only what an earlier call wrote under the same id. Other folders beside the
    kernels' stay. Raises InputError for metadata that Kaggle would refuse, for wheels that cannot be fetched, and if
    something else is in the way; StoreError if the bundle cannot be written.
    """
    metadata = read_metadata(metadata_path)
    out = Path(out)
    _check_free(out, metadata, Path(metadata_path).parent)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".") as fresh:
            wheels = _write_dataset(Path(fresh) / DATASET, metadata)
            _write_kernels(Path(fresh) / KERNELS, metadata, Path(metadata_path).parent)
            (out / KERNELS).mkdir(exist_ok=True)
            for name in [DATASET, *[f"{KERNELS}/{kernel.slug}" for kernel in metadata.kernels]]:
                _replace(out / name, Path(fresh) / name)
    except OSError as error:
        raise StoreError(f"cannot write to {out}: {error.strerror}; choose another folder") from error
    kernels = tuple([out / KERNELS / kernel.slug for kernel in metadata.kernels])
    return Bundle(out / DATASET, kernels, tuple([out / DATASET / wheel.name for wheel in wheels]))


def _check_free(out: Path, metadata: Metadata, beside: Path) -> None:
    """Raise InputError if anything would be lost that build() did not write."""
    found = []
    if not _is_ours(out / DATASET, DATASET_MARK, metadata.dataset_id):
        found.append(out / DATASET)
    if (out / KERNELS).is_symlink() or ((out / KERNELS).exists() and not (out / KERNELS).is_dir()):
        found.append(out / KERNELS)
    for kernel in metadata.kernels:
        folder = out / KERNELS / kernel.slug
        is_source = (beside / kernel.code_file).resolve().is_relative_to(folder.resolve())
        if is_source or not _is_ours(folder, KERNEL_MARK, f"{metadata.owner}/{kernel.slug}"):
            found.append(folder)
    if found:
        raise InputError(f"{found[0]} holds what this bundle did not write; choose another --out, or move it away")


def _is_ours(folder: Path, mark: str, wanted_id: str) -> bool:
    """Is it missing, empty, or does it hold only plain files that an earlier call wrote under the same id?"""
    if folder.is_symlink() or not folder.is_dir():
        return not (folder.is_symlink() or folder.exists())
    inside, about = list(folder.iterdir()), _about(folder / mark)
    wheels = folder.glob("*.whl") if mark == DATASET_MARK else ()
    names = {mark, about.get("code_file"), *[path.name for path in wheels]}
    are_ours = all([path.is_file() and not path.is_symlink() and path.name in names for path in inside])
    return not inside or (are_ours and about.get("id") == wanted_id)


def _about(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _replace(path: Path, fresh: Path) -> None:
    """Put a fresh folder in the place of an earlier one, which goes into the temporary folder of the fresh ones."""
    if path.exists():
        path.rename(fresh.with_name(f"{fresh.name}.earlier"))
    fresh.rename(path)


def _write_dataset(folder: Path, metadata: Metadata) -> list[Path]:
    """Write the wheels and the metadata, all in one folder: Kaggle skips folders inside it."""
    folder.mkdir()
    own = write_own_wheel(folder)
    found = [
        wheel for python in metadata.python_versions for wheel in fetch_missing_wheels(folder, python, metadata.image)
    ]
    about = {
        "title": metadata.dataset.title,
        "id": metadata.dataset_id,
        "licenses": [{"name": metadata.dataset.license}],
    }
    _write_json(folder / DATASET_MARK, about)
    return [own, *dict.fromkeys(found)]


def _write_kernels(folder: Path, metadata: Metadata, beside: Path) -> None:
    for kernel in metadata.kernels:
        inside = folder / kernel.slug
        inside.mkdir(parents=True)
        source = beside / kernel.code_file
        _write_json(inside / source.name, with_install_cell(json.loads(source.read_bytes())))
        _write_json(inside / KERNEL_MARK, _kernel(kernel, metadata))


def _kernel(kernel: Kernel, metadata: Metadata) -> dict[str, Any]:
    optional = {"machine_shape": metadata.machine_shape, "docker_image": metadata.docker_image}
    return {
        "id": f"{metadata.owner}/{kernel.slug}",
        "title": kernel.title,
        "code_file": Path(kernel.code_file).name,
        "language": "python",
        "kernel_type": "notebook",
        **{name: getattr(metadata, name) for name in ("is_private", "enable_gpu", "enable_tpu", "enable_internet")},
        "keywords": list(kernel.keywords),
        "dataset_sources": [metadata.dataset_id, *metadata.dataset_sources],
        "competition_sources": list(metadata.competition_sources),
        "kernel_sources": list(metadata.kernel_sources),
        "model_sources": list(metadata.model_sources),
        **{name: value for name, value in optional.items() if value},
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# The first cell of a notebook. It uses none of battnb's modules, since these are not there yet.

CELL_ID = "install"
FIRST_WITH_IDS = 5
"""The first minor version of nbformat 4 in which cells have ids. In earlier ones they must have none."""
SOURCE = """\
# On Kaggle battnb comes from the attached dataset of wheels, without a network.
# If battnb is installed already, this does nothing.
import glob
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("battnb") is None:
    mounted = os.path.join(os.environ.get("BATTNB_KAGGLE_ROOT", "/kaggle"), "input")
    wheels = [path for place in ("*", "datasets/*/*") for path in glob.glob(f"{mounted}/{place}/battnb-*.whl")]
    if not wheels:
        raise ModuleNotFoundError(f"no wheel of battnb is in {mounted}: add the dataset battnb-wheels to the notebook")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", os.path.dirname(wheels[0])]
    subprocess.run([*pip, "battnb"], check=True)"""


def with_install_cell(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook (nbformat 4, as JSON) without outputs, with SOURCE as its first cell of code."""
    made = copy.deepcopy(notebook)
    cells = [c for c in made["cells"] if c.get("id") != CELL_ID and "".join(c.get("source", "")) != SOURCE]
    first = next((place for place, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    cell = {"cell_type": "code", "metadata": {}, "source": SOURCE.splitlines(keepends=True)}
    if made.get("nbformat_minor", 0) >= FIRST_WITH_IDS:
        cell["id"] = CELL_ID
    made["cells"] = [*cells[:first], cell, *cells[first:]]
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return made
