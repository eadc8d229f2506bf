"""Files and folders of programs: which candidates they hold, read as Python reads them."""

from __future__ import annotations

import codecs
from pathlib import Path

import msgspec
import pytest

import battnb as bn
from battnb.errors import BatteryError
from battnb.load import batteries
from battnb.load.batteries import load_battery, load_candidates
from battnb.load.program_source import read_program
from battnb.model import Battery, Candidate

G = "def transform(grid):\n    return [r[::-1] for r in grid]\n"
SOLVER = "def solve_{}(I):\n    return tuple([row[::-1] for row in I])\n"
TWO = SOLVER.format("aaaaaaaa") + "{}" + SOLVER.format("bbbbbbbb")


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_folder_gives_a_candidate_a_file_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("def solve(I): return I\n")
    (tmp_path / "a.py").write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe4'\n")
    (tmp_path / "notes.txt").write_text("no program")
    latin, utf = load_candidates(tmp_path)
    assert (latin.id, type(latin.source)) == ("a", bytes)
    assert utf == Candidate("b", "def solve(I): return I\n", claims=("b", tmp_path.name))
    assert load_battery(tmp_path).programs == (latin, utf)


def test_a_file_of_solvers_gives_each_what_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "solvers.py"
    file.write_text(
        '"""Solvers."""\nfrom dsl import *\nimport math; K = 3\n\ndef helper(x):\n    return other(x, K)\n'
        "def other(x, k):\n    return x\ndef unused(x):\n    return x\nL = 4\n\n"
        "@decorated\ndef solve_aaa(I):\n    return helper(I)\n\ndef solve_bbb(I):\n    x1 = vmirror(I)\n    return x1\n"
        "def decorated(f):\n    return f\n"
    )
    first, second = load_candidates(file)
    assert (first.id, first.entry, second.id, second.entry) == ("solve_aaa", "solve_aaa", "solve_bbb", "solve_bbb")
    assert isinstance(first.source, str)
    assert all(
        text in first.source for text in ("import math; K = 3", "@decorated\ndef solve_aaa", "def other", "from dsl")
    )
    assert not any(text in first.source for text in ("unused", "L = 4", "solve_bbb"))
    assert read_program(second.source.replace("import math; K = 3\n", "")) is not None  # type: ignore[arg-type]
    namespace = {"vmirror": lambda grid: grid[::-1]}
    exec(first.source.replace("from dsl import *", "").replace("@decorated", ""), namespace)


def test_a_file_of_one_solver_is_one_candidate(tmp_path: Path) -> None:
    source = "def helper(x): return x\ndef transform(grid): return helper(grid)\n"
    (tmp_path / "mine.py").write_text(source)
    assert load_battery(tmp_path / "mine").programs == (Candidate("mine", source, claims=("mine",)),)


ONE: dict[str, str | bytes] = {
    "exec": 'exec("p=lambda g:[r[::-1]for r in g]")',
    "exec of what is packed": "import zlib\nexec(zlib.decompress(bytes.fromhex('"
    + __import__("zlib").compress(b"p=lambda g:[r[::-1]for r in g]").hex()
    + "')))",
    "helpers that are named as solvers are": "def solve_row(r):\n    return r[::-1]\n\n\ndef solve_all(g):\n"
    "    return [solve_row(r) for r in g]\n\n\ndef transform(grid):\n    return solve_all(grid)\n",
    "a helper of a helper": "def solve_row(r):\n    return r[::-1]\n\n\ndef solve_all(g):\n"
    "    return tuple([solve_row(r) for r in g])\n",
    "annotated": "p: object = lambda g: [r[::-1] for r in g]\n",
    "conditional": "if True:\n    def p(g):\n        return [r[::-1] for r in g]\n",
    "in try": "try:\n    from nothing import p\nexcept ImportError:\n    def p(g): return [r[::-1] for r in g]\n",
    "in match": "match 1:\n    case 1:\n        def p(g): return [r[::-1] for r in g]\n",
    "two names": "transform = p = lambda g: [r[::-1] for r in g]\n",
    "solve beside solvers of tasks": TWO.format("") + "def solve(I):\n    return solve_aaaaaaaa(I)\n",
    "a solver and helpers": "def turned(r):\n    return r[::-1]\ndef solve_x(I):\n    return tuple(map(turned, I))\n",
    "a BOM": codecs.BOM_UTF8 + G.encode(),
    "latin-1": b"# -*- coding: latin-1 -*-\nname = '\xe4'\nassert len(name) == 1\n" + G.encode(),
    "UTF-8 said to be latin-1": "# coding: latin-1\nname = 'ä'\nassert len(name) == 2\n".encode() + G.encode(),
    "CRLF": G.replace("\n", "\r\n"),
    "CR": G.replace("\n", "\r"),
    "a form feed": "\f\n" + G,
    "U+2028 in a text": f"name = '\u2028'\n{G}",
    "as a script": f'{G}\n\nif __name__ == "__main__":\n    main()\n',
}


@pytest.mark.parametrize("name", ONE)
async def test_a_file_with_one_program_is_one_candidate(
    tmp_path: Path, name: str, mirror_task: bn.Task, pool: bn.Pool
) -> None:
    programs = load_battery(write(tmp_path / "a.py", ONE[name])).programs
    assert [candidate.id for candidate in programs] == ["a"]
    (verdict,) = await pool.validate(programs, mirror_task)
    assert verdict.status == "correct", verdict.error


MANY: dict[str, str | bytes] = {
    "functions": TWO.format(""),
    "a form feed between them": TWO.format("\f\n"),
    "U+2028 before them": TWO.format("NAME = '\u2028\x85\x1c'\n"),
    "CRLF": TWO.format("").replace("\n", "\r\n"),
    "CR": TWO.format("").replace("\n", "\r"),
    "a BOM": codecs.BOM_UTF8 + TWO.format("").encode(),
    "latin-1": b"# coding: latin-1\nNAME = '\xe4'\n" + TWO.format("assert len(NAME) == 1\n").encode(),
    "a helper that is named as they are": TWO.format("def solve_row(r):\n    return r[::-1]\n").replace(
        "row[::-1]", "solve_row(row)"
    ),
    "one that calls another": TWO.format("") + "def solve_cccccccc(I):\n    return solve_aaaaaaaa(I)\n",
    "a main that runs them all": TWO.format("def main():\n    solve_aaaaaaaa(1)\n")
    + 'if __name__ == "__main__":\n    main()\n',
    "a main without a guard's quotes": TWO.format("import sys\n") + "if __name__ == '__main__':\n    sys.exit(1)\n",
    "annotated": "solve_aaaaaaaa: object = lambda I: I[:0] + tuple(r[::-1] for r in I)\n" + SOLVER.format("bbbbbbbb"),
    "conditional": "if True:\n    def solve_aaaaaaaa(I):\n        return tuple(r[::-1] for r in I)\n"
    + SOLVER.format("bbbbbbbb"),
    "eval of a helper": "def turned(r):\n    return r[::-1]\ndef solve_aaaaaaaa(I):\n"
    "    return tuple([eval('turned')(r) for r in I])\n" + SOLVER.format("bbbbbbbb"),
}


@pytest.mark.parametrize("name", MANY)
async def test_a_file_of_solvers_is_a_candidate_for_each(
    tmp_path: Path, name: str, mirror_task: bn.Task, pool: bn.Pool
) -> None:
    programs = load_battery(write(tmp_path / "a.py", MANY[name])).programs
    assert [candidate.id for candidate in programs][:2] == ["solve_aaaaaaaa", "solve_bbbbbbbb"]
    assert [candidate.claims for candidate in programs][:2] == [("aaaaaaaa",), ("bbbbbbbb",)]
    verdicts = await pool.validate(programs, mirror_task)
    assert {verdict.status for verdict in verdicts} == {"correct"}, [verdict.error for verdict in verdicts]


def test_verifiers_are_solvers_too(tmp_path: Path) -> None:
    path = write(tmp_path / "verifiers.py", TWO.format("").replace("solve_", "verify_"))
    assert [(c.id, c.entry, c.claims) for c in load_battery(path).programs] == [
        ("verify_aaaaaaaa", "verify_aaaaaaaa", ("aaaaaaaa",)),
        ("verify_bbbbbbbb", "verify_bbbbbbbb", ("bbbbbbbb",)),
    ]


@pytest.mark.parametrize(
    ("name", "source", "claims"),
    [
        ("007bbfb7.py", G, ("007bbfb7",)),
        ("solve_007bbfb7.py", G, ("007bbfb7", "solve_007bbfb7")),
        ("a.py", SOLVER.format("007bbfb7"), ("007bbfb7", "a")),
        ("task001.py", "p=lambda g:g", ("task001",)),
    ],
)
def test_what_may_be_the_id_of_its_task(tmp_path: Path, name: str, source: str, claims: tuple[str, ...]) -> None:
    (candidate,) = load_battery(write(tmp_path / name, source)).programs
    assert candidate.claims == claims


# Folders


def test_folders_are_read_with_all_that_is_in_them(tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    for name in ("007bbfb7/a.py", "007bbfb7/deep/er/b.py", "00d62c1b/a.py", "solve_0520fde7/c.py", "d.PY"):
        write(folder / name, G)
    write(folder / "e/solvers.py", TWO.format(""))
    assert {candidate.id: candidate.claims for candidate in load_battery(folder).programs} == {
        "007bbfb7/a": ("a", "007bbfb7", "programs"),
        "b": ("b", "er", "deep", "007bbfb7", "programs"),
        "00d62c1b/a": ("a", "00d62c1b", "programs"),
        "d": ("d", "programs"),
        "solve_aaaaaaaa": ("aaaaaaaa", "e", "programs"),
        "solve_bbbbbbbb": ("bbbbbbbb", "e", "programs"),
        "c": ("c", "0520fde7", "solve_0520fde7", "programs"),
    }


def test_what_is_no_program_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    for name in ("a.py", "._a.py", ".hidden.py", ".ipynb_checkpoints/a-checkpoint.py", "__pycache__/b.py"):
        write(folder / name, G)
    write(folder / "__init__.py", "")
    (folder / "gone.py").symlink_to(folder / "nowhere.py")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    battery = load_battery(folder)
    assert battery.candidate_ids == ["a"]
    assert battery.notes == (f"{folder}: left out 3 hidden files or folders, 1 links that lead nowhere",)


def test_modules_that_only_help_are_no_candidates(tmp_path: Path) -> None:
    files = {
        "solvers.py": "from dsl import *\nfrom utils import show\n" + TWO.format(""),
        "dsl.py": "from arc_types import *\ndef vmirror(grid):\n    return grid\n",
        "arc_types.py": "Grid = tuple\n",
        "constants.py": "ONE = 1\n",
        "utils.py": "def show(grid):\n    print(grid)\n",
        "main.py": "import solvers\ndef load(path):\n    return path\ndef main():\n    load('.')\n",
        "tests.py": "from dsl import *\ndef test_vmirror():\n    assert vmirror(1)\n",
        "odd.py": "def mirrored(grid):\n    return grid\n",
        "broken.py": "def solve(I) return I\n",
    }
    for name, text in files.items():
        write(tmp_path / name, text)
    battery = load_battery(tmp_path)
    assert battery.candidate_ids == ["broken", "odd", "solve_aaaaaaaa", "solve_bbbbbbbb"]
    assert battery.notes == (f"{tmp_path}: left out 6 modules without a solver",)


async def test_what_battnb_has_stored_is_read_again(tmp_path: Path, pool: bn.Pool) -> None:
    tasks = [bn.load_task("67a3c6ac"), bn.load_task("68b16354")]
    sources = {"rows": "def solve(I): return vmirror(I)", "columns": "def solve(I): return I[::-1]"}
    mirrors = [Candidate(name, source) for name, source in sources.items()]
    for task in tasks:
        await bn.run_batt(task, mirrors, pool=pool, out_dir=tmp_path)
    write(tmp_path / "solver_md5" / f"dsl_{'0' * 32}" / "dsl.py", "def f(x):\n    return x\n")
    for folder, claimed in (("", 4), ("solver_dir", 4), ("solver_dir/solve_67a3c6ac", 2)):
        programs = load_battery(tmp_path / folder).programs
        assert len(programs) == claimed
        assert [c.claims[1] for c in programs if "67a3c6ac" in c.claims] == ["67a3c6ac"] * 2
        verdicts = await pool.validate(programs, tasks[0])
        assert len([verdict for verdict in verdicts if verdict.status == "correct"]) == claimed // 2
    assert len(load_battery(tmp_path / "solver_md5").programs) == 2


async def test_what_is_stored_of_a_task_with_an_odd_id_is_its_own_again(tmp_path: Path, pool: bn.Pool) -> None:
    task = msgspec.structs.replace(bn.load_task("67a3c6ac"), id="training/x 1%")
    await bn.run_batt(task, [Candidate("rows", "def solve(I): return vmirror(I)")], pool=pool, out_dir=tmp_path)
    [program] = load_battery(tmp_path).programs
    assert task.id in program.claims


# What is refused


@pytest.mark.parametrize(("name", "text"), [("a.py", "x = 1\n"), ("a.jsonl", "\n")])
def test_a_file_without_candidates_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BatteryError, match="holds no candidate"):
        load_battery(tmp_path / name)
    with pytest.raises(BatteryError, match="holds no candidate"):
        load_candidates(tmp_path if name == "a.jsonl" else tmp_path / name)


def test_a_new_kind_of_file_is_one_function_in_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def text(path: Path) -> Battery | None:
        return Battery(path.stem, programs=(Candidate("t", path.read_text()),)) if path.suffix == ".txt" else None

    monkeypatch.setattr(batteries, "READERS", (text, *batteries.READERS))
    (tmp_path / "a.txt").write_text("p=lambda g:g")
    assert load_battery(tmp_path / "a.txt").programs == load_candidates(tmp_path / "a.txt")
    assert load_candidates(tmp_path / "a.txt") == (Candidate("t", "p=lambda g:g"),)
