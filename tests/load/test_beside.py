"""What lies beside programs in their folder: modules of their own, and the files of their DSL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from making_dsl_folder import make_dsl_folder

from battnb.load.beside import dsl_beside, siblings_of, stood_in_for
from battnb.model import Candidate

PROGRAM = "import common\ndef solve(I): return common.flip(I)\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "common.py").write_text("from shapes import mirrored as flip\n")
    (tmp_path / "shapes.py").write_text("import common\ndef mirrored(grid): return grid\n")
    (tmp_path / "unrelated.py").write_text("")
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path / "program.py"


def test_modules_that_a_program_imports_are_found_with_what_they_import(program: Path) -> None:
    found = siblings_of(program, PROGRAM)
    assert list(found) == ["common", "shapes"]
    assert found["common"] == "from shapes import mirrored as flip\n"


@pytest.mark.parametrize(
    "line",
    ["import common", "import os, common as c", "from common import *", "if 1: import common", "x = 1; import common",
     "def f():\n    from common import (\n        flip,\n    )"],
)  # fmt: skip
def test_an_import_may_be_written_in_any_way(program: Path, line: str) -> None:
    assert "common" in siblings_of(program, line + "\n")
    assert "common" in siblings_of(program, (line + "\n").encode())


@pytest.mark.parametrize("source", ["", "x = 'import common'\n", "import nothing\n", "from . import common\n", "def ("])
def test_nothing_is_found_where_nothing_is_imported(program: Path, source: str) -> None:
    assert siblings_of(program, source) == {}


@pytest.mark.parametrize("name", ["types", "numpy", "battnb", "pandas", "joblib", "program"])
def test_names_that_others_have_are_left_alone(program: Path, name: str) -> None:
    program.with_name(f"{name}.py").write_text("1 / 0\n")
    assert siblings_of(program, f"import {name}\n") == {}


def test_a_link_that_leads_out_of_the_folder_is_not_followed(program: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.py"
    elsewhere.write_text("KEY = 1\n")
    program.with_name("secret.py").symlink_to(elsewhere)
    program.with_name("other.py").symlink_to(program.with_name("unrelated.py"))
    assert list(siblings_of(program, "import secret, other\n")) == ["other"]


def test_modules_that_are_too_large_say_so_when_they_are_imported(program: Path) -> None:
    program.with_name("large.py").write_text("#" * 2**20)
    found = siblings_of(program, "import common, large\n")
    assert found["shapes"].startswith("import common")
    with pytest.raises(ImportError, match=r"the modules beside program\.py .* more than 1 MiB together"):
        exec(found["large"])


def test_a_module_in_another_encoding_is_read_as_python_reads_it(program: Path) -> None:
    program.with_name("latin.py").write_bytes("# coding: latin-1\nX = 'é'\r\n".encode("latin-1"))
    program.with_name("broken.py").write_bytes(b"X = '\xff'\n")
    found = siblings_of(program, "import latin, broken\n")
    assert found["latin"] == "# coding: latin-1\nX = 'é'\n"
    with pytest.raises(ImportError, match=r"broken\.py cannot be read"):
        exec(found["broken"])


# The DSL


def test_the_dsl_beside_solvers_is_found(tmp_path: Path) -> None:
    make_dsl_folder(tmp_path)
    assert [Path(file).name for file in dsl_beside(tmp_path)] == ["dsl.py", "constants.py", "arc_types.py"]
    assert siblings_of(tmp_path / "solvers.py", (tmp_path / "solvers.py").read_text()) == {}


def test_constants_without_a_dsl_are_a_module_like_any_other(program: Path) -> None:
    program.with_name("constants.py").write_text("ONE = 1\n")
    assert dsl_beside(program.parent) == ()
    assert siblings_of(program, "from constants import *\n") == {"constants": "ONE = 1\n"}


def test_modules_that_the_dsl_stands_in_for_are_named() -> None:
    programs = [Candidate("a", "from dsl import *\nimport constants\n"), Candidate("b", "import os\n")]
    assert stood_in_for([Candidate("c", "def solve(I): return I\n")]) == []
    assert set(stood_in_for(programs)) <= {"dsl", "constants"}
    assert "constants" in stood_in_for(programs)
    assert stood_in_for([Candidate("d", "import constants\n", siblings={"constants": ""})]) == []


def test_a_dsl_that_a_link_brings_from_elsewhere_is_not_taken(program: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "dsl.py"
    elsewhere.write_text("KEY = 1\n")
    program.with_name("dsl.py").symlink_to(elsewhere)
    assert dsl_beside(program.parent) == ()
    program.with_name("dsl.py").unlink()
    program.with_name("dsl.py").symlink_to(program.with_name("unrelated.py"))
    assert dsl_beside(program.parent) == (str(program.with_name("dsl.py")),)


def test_a_huge_file_is_not_read_whole(program: Path) -> None:
    with program.with_name("common.py").open("wb") as file:
        file.truncate(2**40)
    assert siblings_of(program, PROGRAM)["common"].startswith("raise ImportError(")


@pytest.mark.parametrize("name", ["fifo", "folder", "x" * 300, "a\u0301"])
def test_what_is_no_file_is_not_read(program: Path, name: str) -> None:
    os.mkfifo(program.with_name("fifo.py"))
    program.with_name("folder.py").mkdir()
    assert siblings_of(program, f"import {name}\n") == {}
