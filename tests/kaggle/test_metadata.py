"""kaggle-metadata.json: what Kaggle would refuse is said in a sentence, and then nothing is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from battnb.cli import main as cli
from battnb.errors import InputError
from battnb.kaggle.metadata import read_metadata, slug_of

ROOT = Path(__file__).parents[2]
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with this repository's metadata and notebooks."""
    shutil.copy(ROOT / "kaggle-metadata.json", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    return tmp_path


def change(folder: Path, how: Change) -> Path:
    path = folder / "kaggle-metadata.json"
    value = json.loads(path.read_bytes())
    how(value)
    path.write_text(json.dumps(value))
    return path


def test_this_repositorys_own_is_good() -> None:
    metadata = read_metadata(ROOT / "kaggle-metadata.json")
    assert metadata.dataset_id == "battnb/battnb-wheels"
    assert [kernel.slug for kernel in metadata.kernels] == [slug_of(kernel.title) for kernel in metadata.kernels]
    assert metadata.python_versions == ("3.12", "3.13")


def test_its_image_has_the_versions_that_notebooks_are_tested_with() -> None:
    metadata = read_metadata(ROOT / "kaggle-metadata.json")
    image = {Requirement(one).name: str(Requirement(one).specifier) for one in metadata.image}
    lines = (ROOT / "tests" / "kernels" / "kaggle.txt").read_text().splitlines()
    tested = {Requirement(line).name: str(Requirement(line).specifier) for line in lines if line[:1] not in ("#", "")}
    both = image.keys() & tested.keys()
    assert len(both) > 8
    assert {name: image[name] for name in both} == {name: tested[name] for name in both}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            lambda m: m.update(owner="Bat NB"),
            r"owner is 'Bat NB'; write lower-case letters, digits, and single hyphens",
        ),
        (lambda m: m["dataset"].update(slug="battnb_wheels"), r"dataset\.slug is 'battnb_wheels'; write lower-case"),
        (lambda m: m["dataset"].update(slug="wheel"), r"dataset\.slug 'wheel' has 5 characters; Kaggle wants 6 to 50"),
        (lambda m: m["dataset"].update(title="nb" * 26), r"dataset\.title 'nbnb.*' has 52 characters"),
        (
            lambda m: m["dataset"].update(license="MIT"),
            r"dataset\.license 'MIT' is not one of Kaggle's; choose from CC0-1\.0,",
        ),
        (
            lambda m: m["kernels"][0].update(title="four"),
            r"kernels\[0\]\.title 'four' has 4 characters; Kaggle wants 5 to",
        ),
        (lambda m: m["kernels"][1].update(slug="other-slug"), r"kernels\[1\]\.slug is 'other-slug', but Kaggle makes"),
        (lambda m: m["kernels"][2].update(code_file="no.ipynb"), r"kernels\[2\]\.code_file .*no\.ipynb is not there"),
        (
            lambda m: m["kernels"][2].update(code_file="kaggle-metadata.json"),
            r"metadata\.json is not a notebook",
        ),
        (lambda m: m["kernels"].append(m["kernels"][0]), "two kernels have the slug 'battnb-quickstart'"),
        (lambda m: m.update(kernels=[]), "kernels is empty"),
        (lambda m: m.update(python_versions=["3.9"]), r"python_versions has '3\.9'; choose from"),
        (lambda m: m.update(image=["numpy=2"]), "image has 'numpy=2'; write a package and its version"),
        (lambda m: m.update(dataset_sources=["wheels"]), "dataset_sources has 'wheels'; write owner/slug"),
        (lambda m: m.update(competition_sources=["ARC"]), "competition_sources is 'ARC'; write lower-case letters"),
        (lambda m: m.update(enable_gpu="yes"), r"Expected `bool`, got `str` - at `\$\.enable_gpu`"),
        (lambda m: m.update(titel="x"), "Object contains unknown field `titel`"),
        (lambda m: m.pop("owner"), "Object missing required field `owner`"),
    ],
)
def test_what_kaggle_would_refuse_is_said_and_nothing_is_written(
    folder: Path, how: Change, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = change(folder, how)
    with pytest.raises(InputError, match=said):
        read_metadata(path)
    assert cli.main(["kaggle", "build", "--out", str(folder / "out"), "--metadata", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (folder / "out").exists()


def test_all_that_is_wrong_is_said_at_once(folder: Path) -> None:
    path = change(folder, lambda m: (m.update(owner="A"), m["dataset"].update(license="MIT")))
    with pytest.raises(InputError, match=r"owner is 'A'.*; dataset\.license 'MIT'"):
        read_metadata(path)


@pytest.mark.parametrize(("text", "said"), [("{", "line 1, column 2: broken JSON"), ("[]", "Expected `object`")])
def test_a_file_that_is_not_metadata_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "kaggle-metadata.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_metadata(path)
    with pytest.raises(InputError, match=r"cannot read .*give the file with --metadata"):
        read_metadata(tmp_path / "nothing.json")
