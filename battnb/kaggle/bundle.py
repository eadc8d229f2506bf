"""The offline bundle: a dataset of wheels and a folder for each notebook, as Kaggle's client takes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from battnb.errors import InputError, StoreError
from battnb.kaggle.install_cell import with_install_cell
from battnb.kaggle.metadata import Kernel, Metadata, read_metadata
from battnb.kaggle.wheels import fetch_missing_wheels, write_own_wheel

MARKS = {"dataset": "dataset-metadata.json", "kernels": "*/kernel-metadata.json"}
"""What is in each folder of a bundle that this has written, by which it knows that it may write it anew."""


class Bundle(msgspec.Struct, frozen=True):
    """What was written. kernels: the folder of each notebook; wheels: in the dataset's folder."""

    dataset: Path
    kernels: tuple[Path, ...]
    wheels: tuple[Path, ...]


def build(out: str | Path, metadata_path: str | Path = "kaggle-metadata.json") -> Bundle:
    """Write a bundle whole, or nothing: DIR/dataset and DIR/kernels/<slug>.

    A bundle that is there is written anew. Raises InputError for metadata that Kaggle would refuse, for wheels that
    cannot be had, and where something else is in the way; StoreError where nothing can be written.
    """
    metadata = read_metadata(metadata_path)
    out = Path(out)
    for name in MARKS:
        _check_free(out / name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".") as fresh:
            wheels = _write_dataset(Path(fresh) / "dataset", metadata)
            _write_kernels(Path(fresh) / "kernels", metadata, Path(metadata_path).parent)
            for name in MARKS:
                shutil.rmtree(out / name, ignore_errors=True)
                (Path(fresh) / name).rename(out / name)
    except OSError as error:
        raise StoreError(f"cannot write to {out}: {error.strerror}; choose another folder") from error
    kernels = tuple([out / "kernels" / kernel.slug for kernel in metadata.kernels])
    return Bundle(out / "dataset", kernels, tuple([out / "dataset" / wheel.name for wheel in wheels]))


def _check_free(folder: Path) -> None:
    is_ours = folder.is_dir() and (not any(folder.iterdir()) or any(folder.glob(MARKS[folder.name])))
    if (folder.exists() or folder.is_symlink()) and not is_ours:
        raise InputError(f"{folder} is there and is no bundle's; choose another --out, or move it away")


def _write_dataset(folder: Path, metadata: Metadata) -> list[Path]:
    """The wheels, all in one folder: Kaggle skips folders inside of it."""
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
    _write_json(folder / "dataset-metadata.json", about)
    return [own, *dict.fromkeys(found)]


def _write_kernels(folder: Path, metadata: Metadata, beside: Path) -> None:
    for kernel in metadata.kernels:
        inside = folder / kernel.slug
        inside.mkdir(parents=True)
        source = beside / kernel.code_file
        _write_json(inside / source.name, with_install_cell(json.loads(source.read_bytes())))
        _write_json(inside / "kernel-metadata.json", _kernel(kernel, metadata))


def _kernel(kernel: Kernel, metadata: Metadata) -> dict[str, Any]:
    optional = {"machine_shape": metadata.machine_shape, "docker_image": metadata.docker_image}
    return {
        "id": f"{metadata.owner}/{kernel.slug}",
        "title": kernel.title,
        "code_file": Path(kernel.code_file).name,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": metadata.is_private,
        "enable_gpu": metadata.enable_gpu,
        "enable_tpu": metadata.enable_tpu,
        "enable_internet": metadata.enable_internet,
        "keywords": list(kernel.keywords),
        "dataset_sources": [metadata.dataset_id, *metadata.dataset_sources],
        "competition_sources": list(metadata.competition_sources),
        "kernel_sources": list(metadata.kernel_sources),
        "model_sources": list(metadata.model_sources),
        **{name: value for name, value in optional.items() if value},
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
