"""Names that programs take for granted are supplied if they may be, and nothing of their own is shadowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import battnb as bn
from battnb.load.aliases import PRELUDE, PRELUDE_NAMES, import_lines
from battnb.load.dsl_files import Dsl
from battnb.load.standalone import with_imports
from battnb.model.candidate import GRIDS
from battnb.sandbox import wire

DEMO = (bn.Pair(((1, 2), (3, 4)), ((2, 1), (4, 3))),)
TASK = bn.Task("mirror", DEMO, ())
MIRROR = "    return [row[::-1] for row in grid]\n"
PRODUCT = "def transform(grid):\n    assert list(product((1, 2), (3,))) == [(1, 3), (2, 3)]\n"

SUPPLIED = {
    "typing": (f"def transform(grid: Sequence[List[int]]) -> List[List[int]]:\n{MIRROR}", ("Sequence", "List")),
    "numpy": ("def transform(grid):\n    return np.fliplr(grid)\n", ("np",)),
    "in a method": (f"class A:\n    def transform(self, grid):\n        deque(grid)\n    {MIRROR}", ("deque",)),
    "as a base": (f"class Colour(Enum):\n    RED = 2\ndef transform(grid):\n{MIRROR}", ("Enum",)),
    "modules": (
        f"def transform(grid):\n    grid = copy.deepcopy(grid)\n    math.pi\n{MIRROR}",
        ("copy", "math"),
    ),
    "of the DSL too": (PRODUCT + MIRROR, ("product",)),
    "own import": (f"from collections import Counter\ndef transform(grid):\n    Counter(grid[0])\n{MIRROR}", ()),
    "own function": (f"def deepcopy(g):\n    return g\ndef transform(grid):\n    deepcopy(grid)\n{MIRROR}", ()),
    "own global": (f"def set_it():\n    global np\n    np = 1\nset_it()\ndef transform(grid):\n    np\n{MIRROR}", ()),
    "attribute": (f"def transform(grid):\n    grid.copy()\n    [].index if not grid else 0\n{MIRROR}", ()),
}


@pytest.mark.parametrize("name", SUPPLIED)
async def test_what_is_free_is_supplied(pool: bn.Pool, name: str) -> None:
    source, names = SUPPLIED[name]
    with_it, without = await pool.validate([bn.Candidate("a", source, prelude=True), bn.Candidate("b", source)], TASK)
    assert (with_it.status, with_it.supplied) == ("correct", names)
    assert without.supplied == ()
    assert without.status == ("error" if names else "correct")


async def test_the_dsl_wins_for_programs_that_use_more_of_it(pool: bn.Pool) -> None:
    source = "def transform(grid):\n    product\n    return vmirror(tuple(map(tuple, grid)))\n"
    [verdict] = await pool.validate([bn.Candidate("a", source, prelude=True)], TASK)
    assert (verdict.status, verdict.supplied) == ("correct", ())


async def test_golf_has_to_do_without(pool: bn.Pool) -> None:
    golf = ["p=lambda g:np.fliplr(g)", "exec('p=lambda g:np.fliplr(g)')\nnp\n"]
    for verdict in await pool.validate([bn.Candidate(text, text, prelude=True) for text in golf], TASK):
        assert (verdict.status, verdict.supplied) == ("error", ())


async def test_straight_lines_get_it_too(pool: bn.Pool) -> None:
    source = "def solve(I):\n    x1 = deepcopy(I)\n    x2 = vmirror(x1)\n    return x2\n"
    [verdict] = await pool.validate([bn.Candidate("a", source, prelude=True)], TASK)
    assert (verdict.status, verdict.supplied) == ("correct", ("deepcopy",))


async def test_what_is_stored_runs_by_itself(tmp_path: Path) -> None:
    source = (
        '"""Mirror."""\nfrom __future__ import annotations\n'
        "def transform(grid):\n    assert list(product([1], [2])) and Counter([1]) and math.pi\n"
        "    return np.fliplr(grid)\n"
    )
    await bn.run_batt(TASK, [bn.Candidate("a", source, prelude=True)], out_dir=tmp_path, workers=1)
    [stored] = (tmp_path / "solver_md5").glob("*.py")
    code = stored.read_text() + "\nprint(transform([[1, 2]]).tolist())\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[[2, 1]]\n"
    [again] = bn.load_candidates(tmp_path / "solver_md5")
    async with bn.Pool(1) as pool:
        [verdict] = await pool.validate([again], TASK)
    assert (verdict.status, verdict.supplied) == ("correct", ())


def test_supplied_names_are_imported_instead_of_the_dsls() -> None:
    text = with_imports("def solve(I): return product(I, I)\n", Dsl("battnb.dsl"), frozenset({"product"}), ("product",))
    assert text.decode().startswith("from itertools import product\n")
    assert "battnb" not in text.decode()


def test_every_name_can_be_imported_and_numbered() -> None:
    for name, (module, _) in PRELUDE.items():
        if module.partition(".")[0] in sys.stdlib_module_names:
            namespace: dict[str, object] = {}
            exec("\n".join(import_lines([name])), namespace)
            assert name in namespace
    assert len(PRELUDE_NAMES) < 256
    assert wire.FORMS[1:] == GRIDS


async def test_a_candidate_without_a_program_says_why(pool: bn.Pool, tmp_path: Path) -> None:
    missing = [bn.Candidate(f"t{n}", "", unreadable=f"line {n} has no answer") for n in range(2)]
    for isolation in ("auto", "worker", "fork"):
        for number, verdict in enumerate(await pool.validate(missing, TASK, isolation=isolation)):
            assert verdict.status == "not_a_solver"
            assert verdict.error is not None
            assert (verdict.error.type, verdict.error.message) == ("unreadable", f"line {number} has no answer")
    run = await bn.run_batt(TASK, missing, out_dir=tmp_path, pool=pool)
    assert [(v.status, v.duplicate_of) for v in run.verdicts] == [("not_a_solver", None)] * 2
    assert not list(tmp_path.glob("solver_md5/*"))


async def test_equal_sources_that_run_otherwise_are_not_duplicates(pool: bn.Pool, tmp_path: Path) -> None:
    source = "def transform(grid):\n    return np.fliplr(grid)\n"
    said = [bn.Candidate("a", source), bn.Candidate("b", source, prelude=True), bn.Candidate("c", source, prelude=True)]
    run = await bn.run_batt(TASK, said, out_dir=tmp_path, pool=pool, store=True)
    assert [(v.status, v.duplicate_of) for v in run.verdicts] == [("error", None), ("correct", None), ("correct", "b")]
