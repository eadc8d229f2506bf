"""kaggle-metadata.json: the one place for owner, titles, competition, accelerator and data sources, read and checked.

Lengths, slugs, licences and missing files that Kaggle or its client would refuse are found before anything is written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from battnb.errors import InputError
from battnb.kaggle.checking import read_json

NAME = "kaggle-metadata.json"
LICENSES = (
    "CC0-1.0", "CC-BY-3.0", "CC-BY-3.0-IGO", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0",
    "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-3.0-IGO", "CC-BY-NC-SA-4.0", "CDLA-Permissive-1.0",
    "CDLA-Sharing-1.0", "DbCL-1.0", "EU-ODP-Legal-Notice", "FDL-1.3", "GPL-2.0", "GPL-3.0", "AGPL-3.0", "LGPL-3.0",
    "ODC-BY-1.0", "ODbL-1.0", "PDDL", "US-Government-Works", "apache-2.0", "copyright-authors", "other", "unknown",
)  # fmt: skip
"""The licences that dataset-metadata.json may name (from the documentation of Kaggle's client)."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SOURCE = re.compile(r"[a-z0-9-]+(?:/[A-Za-z0-9._-]+)+")


class Dataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dataset of wheels. slug: 6 to 50 characters, title: 6 to 50; license: one of LICENSES."""

    slug: str
    title: str
    license: str


class Kernel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notebook. slug: what Kaggle makes of its title, at least 5 characters; code_file: relative to the metadata."""

    slug: str
    title: str
    code_file: str
    keywords: tuple[str, ...] = ()


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle is made of.

    image: what Kaggle's image has, as requirements such as "numpy==2.0.2"; the bundle has no wheels of these.
    dataset_sources: besides the dataset of wheels. machine_shape, docker_image: as in kernel-metadata.json.
    """

    owner: str
    dataset: Dataset
    kernels: tuple[Kernel, ...]
    image: tuple[str, ...]
    competition_sources: tuple[str, ...] = ()
    dataset_sources: tuple[str, ...] = ()
    kernel_sources: tuple[str, ...] = ()
    model_sources: tuple[str, ...] = ()
    enable_gpu: bool = False
    enable_tpu: bool = False
    enable_internet: bool = False
    is_private: bool = True
    machine_shape: str = ""
    docker_image: str = ""
    python_versions: tuple[str, ...] = ("3.12", "3.13")

    @property
    def dataset_id(self) -> str:
        return f"{self.owner}/{self.dataset.slug}"


def read_metadata(path: str | Path) -> Metadata:
    """Read and check the file. Raises InputError with a sentence for each problem."""
    path = Path(path)
    try:
        metadata = msgspec.convert(read_json(path, "give the file with --metadata"), Metadata)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}") from None
    found = list(_problems(metadata, path.parent))
    if found:
        raise InputError(f"{path}: {'; '.join(found)}")
    return metadata


def slug_of(title: str) -> str:
    """The slug that Kaggle makes of a title: lower case, with hyphens for all but letters and digits."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _problems(metadata: Metadata, folder: Path) -> Iterator[str]:
    yield from _slug("owner", metadata.owner, 3, 50)
    yield from _slug("dataset.slug", metadata.dataset.slug, 6, 50)
    yield from _length("dataset.title", metadata.dataset.title, 6, 50)
    if metadata.dataset.license not in LICENSES:
        yield f"dataset.license {metadata.dataset.license!r} is not one of Kaggle's; choose from {', '.join(LICENSES)}"
    if not metadata.kernels:
        yield "kernels is empty; give at least one notebook"
    for number, kernel in enumerate(metadata.kernels):
        yield from _kernel_problems(f"kernels[{number}]", kernel, folder)
    for slug, count in Counter([kernel.slug for kernel in metadata.kernels]).items():
        if count > 1:
            yield f"two kernels have the slug {slug!r}"
    for slug in metadata.competition_sources:
        yield from _slug("competition_sources", slug, 3, 80)
    for field in ("dataset_sources", "kernel_sources", "model_sources"):
        for source in getattr(metadata, field):
            if not _SOURCE.fullmatch(source):
                yield f"{field} has {source!r}; write owner/slug"
    if not metadata.python_versions:
        yield "python_versions is empty; give the image's, such as 3.12"
    for version in metadata.python_versions:
        if version not in PYTHONS:
            yield f"python_versions has {version!r}; choose from {', '.join(PYTHONS)}"
    yield from _image_problems(metadata.image)


def _kernel_problems(where: str, kernel: Kernel, folder: Path) -> Iterator[str]:
    yield from _slug(f"{where}.slug", kernel.slug, 5, 50)
    yield from _length(f"{where}.title", kernel.title, 5, 50)
    if slug_of(kernel.title) != kernel.slug:
        made = slug_of(kernel.title)
        yield f"{where}.slug is {kernel.slug!r}, but Kaggle makes {made!r} of the title {kernel.title!r}"
    notebook = folder / kernel.code_file
    if not notebook.is_file():
        yield f"{where}.code_file {notebook} is not there"
    elif notebook.suffix != ".ipynb" or not _is_notebook(notebook):
        yield f"{where}.code_file {notebook} is not a notebook"


def _is_notebook(path: Path) -> bool:
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("cells"), list) and value.get("nbformat") == 4


def _slug(name: str, slug: str, least: int, most: int) -> Iterator[str]:
    if not _SLUG.fullmatch(slug):
        yield f"{name} is {slug!r}; write lower-case letters, digits, and single hyphens between them"
    yield from _length(name, slug, least, most)


def _length(name: str, text: str, least: int, most: int) -> Iterator[str]:
    if not least <= len(text) <= most:
        yield f"{name} {text!r} has {len(text)} characters; Kaggle wants {least} to {most}"


def _image_problems(image: Sequence[str]) -> Iterator[str]:
    for text in image:
        try:
            Requirement(text)
        except InvalidRequirement:
            yield f"image has {text!r}; write a package and its version, such as numpy==2.0.2"
