"""Phase store writes programs once, links them by score and speed, and keeps the best."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import battnb as bn
from battnb import phases
from battnb.database.run_store import open_store
from battnb.errors import StoreError
from battnb.load.dsl_files import Dsl
from battnb.load.standalone import with_imports
from battnb.model import Candidate, Rating, Status, Verdict
from battnb.phases.inline import InlinedCandidate
from battnb.phases.store import (
    Link,
    Place,
    place_link,
    put_in_place,
    read_links,
    store_differs,
    what_to_evict,
    write_once,
)

NAMES = ("vmirror", "rot90", "ZERO")


def entry(n: int, score: int = 1, cpu_s: float = 0.01, length: int = 10) -> tuple[InlinedCandidate, Verdict]:
    """A program that is stored as md5 m<n>, and its verdict."""
    source = f"def solve(S, I, C):\n    return I  # {'x' * length}\n"
    program = InlinedCandidate(Candidate(str(n), source), f"m{n:04}")
    verdict = Verdict(
        candidate_id=str(n),
        task_id="aa",
        status=Status.WRONG,
        sample_statuses=(),
        demo_correct=score,
        test_correct=None,
        outputs=(((1,),),),
        cpu_s=cpu_s,
    )
    return program, verdict


async def put(folder: Path, *entries: tuple[InlinedCandidate, Verdict], **options):  # type: ignore[no-untyped-def]
    return await phases.store([p for p, _ in entries], [v for _, v in entries], folder, **options)


def links(folder: Path) -> dict[str, str]:
    """Names of linked programs, and where their links are."""
    found = list((folder / "solver_dir").rglob("*.py"))
    names = [path.stem for path in found]
    assert len(set(names)) == len(names)
    return {path.stem: str(path.relative_to(folder / "solver_dir").parent) for path in found}


async def test_a_program_is_written_once_and_linked_by_score_and_speed(tmp_path: Path) -> None:
    stored = await put(tmp_path, entry(1, score=3, cpu_s=0.01), entry(2, score=0, cpu_s=0.0))
    assert (stored.written, stored.linked, stored.evicted) == (2, 2, 0)
    assert links(tmp_path) == {"m0001": "solve_aa/3/15", "m0002": "solve_aa/0/10"}
    link = tmp_path / "solver_dir/solve_aa/3/15/m0001.py"
    assert os.readlink(link) == "../../../../solver_md5/m0001.py"
    assert link.read_text() == (tmp_path / "solver_md5/m0001.py").read_text()
    assert stat.S_IMODE(link.stat().st_mode) == 0o644


async def test_links_hold_when_the_store_is_moved(tmp_path: Path) -> None:
    await put(tmp_path / "a", entry(1))
    (tmp_path / "a").rename(tmp_path / "b")
    (path,) = (tmp_path / "b/solver_dir").rglob("*.py")
    assert path.resolve() == tmp_path / "b/solver_md5/m0001.py"
    assert path.exists()


async def test_running_again_moves_a_link_and_doubles_nothing(tmp_path: Path) -> None:
    await put(tmp_path, entry(1, score=1, cpu_s=0.5))
    again = await put(tmp_path, entry(1, score=2, cpu_s=0.01))
    assert (again.written, again.linked) == (0, 1)
    assert links(tmp_path) == {"m0001": "solve_aa/2/15"}
    await put(tmp_path, entry(1, score=2, cpu_s=0.01))
    assert links(tmp_path) == {"m0001": "solve_aa/2/15"}


async def test_two_links_that_a_killed_run_left_become_one(tmp_path: Path) -> None:
    await put(tmp_path, entry(1, score=2))
    place_link(f"{tmp_path}/solver_dir/solve_aa/0/3/m0001.py", "../../../../solver_md5/m0001.py")
    await put(tmp_path, entry(2))
    assert links(tmp_path) == {"m0001": "solve_aa/2/15", "m0002": "solve_aa/1/15"}


def test_the_worst_score_goes_first_then_the_slowest_then_the_longest_then_by_md5() -> None:
    order = [
        Link("a", 3, 5, 100), Link("b", 2, 9, 100), Link("c", 2, 8, 10), Link("d", 2, 8, 20), Link("e", 2, 8, 20),
        Link("f", 1, 12, 1),
    ]  # fmt: skip
    mixed = list(order)
    random.Random(0).shuffle(mixed)
    for keep in range(7):
        assert what_to_evict(mixed, keep) == order[keep:]


async def test_deciding_changes_nothing(tmp_path: Path) -> None:
    await put(tmp_path, *[entry(n) for n in range(5)])
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    found = read_links(tmp_path / "solver_dir/solve_aa")
    assert len(what_to_evict(found, 2)) == 3
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


async def test_32_are_kept_and_programs_are_never_removed(tmp_path: Path) -> None:
    await put(tmp_path, *[entry(n, score=n % 4) for n in range(40)])
    assert len(links(tmp_path)) == 32
    assert not any(where.startswith("solve_aa/0/") and int(name[1:]) % 4 for name, where in links(tmp_path).items())
    programs = {path.name for path in (tmp_path / "solver_md5").iterdir()}
    stored = await put(tmp_path, *[entry(n, score=4) for n in range(100, 110)])
    assert (stored.linked, stored.evicted) == (10, 10)
    assert len(links(tmp_path)) == 32
    assert programs <= {path.name for path in (tmp_path / "solver_md5").iterdir()}


async def test_what_is_too_bad_to_keep_is_not_written(tmp_path: Path) -> None:
    await put(tmp_path, *[entry(n, score=2) for n in range(3)], keep=3)
    stored = await put(tmp_path, entry(9, score=1), keep=3)
    assert (stored.written, stored.linked, stored.evicted) == (0, 0, 1)
    assert sorted(links(tmp_path)) == ["m0000", "m0001", "m0002"]
    assert not list(tmp_path.rglob("m0009*"))


async def test_a_program_without_any_grid_is_not_kept(tmp_path: Path) -> None:
    program, verdict = entry(1)
    bare = bn.Verdict(verdict.candidate_id, "aa", Status.ERROR, (), 0, None, (None, None))
    stored = await put(tmp_path, (program, bare))
    assert (stored.written, stored.linked) == (0, 0)
    assert not list(tmp_path.iterdir())


async def test_tasks_are_apart(tmp_path: Path) -> None:
    program, verdict = entry(1)
    await put(tmp_path, (program, verdict))
    await put(tmp_path, (program, Verdict("1", "bb", Status.WRONG, (), 2, None, (((1,),),), cpu_s=0.01)))
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.py")} == {
        "solver_md5/m0001.py", "solver_dir/solve_aa/1/15/m0001.py", "solver_dir/solve_bb/2/15/m0001.py",
    }  # fmt: skip


STORER = """
import asyncio, sys
sys.path[:0] = [{tests!r}, {tests!r} + "/phases"]
from pathlib import Path
from test_store import entry, put
async def main():
    for round in range(12):
        first, cpu_s = {me} * 10, 0.01 * (1 + round)
        made = [entry(n, score=(n + round + {me}) % 5, cpu_s=cpu_s) for n in range(first, first + 20)]
        await put(Path({folder!r}), *made, keep=25)
asyncio.run(main())
"""


def test_processes_that_store_at_once_lose_nothing(tmp_path: Path) -> None:
    tests = str(Path(__file__).parents[1])
    text = [STORER.format(tests=tests, folder=str(tmp_path), me=me) for me in range(3)]
    running = [subprocess.Popen([sys.executable, "-c", code]) for code in text]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    found = links(tmp_path)
    assert len(found) == 25
    assert all(path.exists() for path in (tmp_path / "solver_dir").rglob("*.py"))
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")]
    for n in range(40):
        path = tmp_path / f"solver_md5/m{n:04}.py"
        assert not path.exists() or path.read_text() == entry(n)[0].candidate.source


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="space"):
        write_once(f"{tmp_path}/solver_md5/x.py", b"x = 1\n")
    assert list((tmp_path / "solver_md5").iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.*choose another folder"):
        await put(tmp_path / "file/out", entry(1))


def rating(md5: str, family: str, score: int, counts: tuple[int | None, int | None], value: str) -> Rating:
    return Rating(
        candidate_id="1",
        name=f"differ_colors_{family}",
        family=family,
        score=score,
        counts=(counts,),
        cpu_s=0.01,
        md5=md5,
        source=f"def differ(S, I, C):\n    return {value}\n",
    )


async def test_differs_are_stored_by_family(tmp_path: Path) -> None:
    ratings = [
        rating("d1", "iz", 3, (0, 0), "rot90(I)"),
        rating("d2", "zo", 2, (0, 1), "I"),
        rating("d3", "zo", 0, (None, None), "I"),
    ]
    await store_differs(ratings, "aa", tmp_path, names=NAMES)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py")} == {
        "differ_md5/d1.py",
        "differ_md5/d2.py",
        "differ_dir/iz/solve_aa/3/15/d1.py",
        "differ_dir/zo/solve_aa/2/15/d2.py",
    }
    assert (tmp_path / "differ_md5/d1.py").read_text().startswith("from battnb.dsl import rot90\n")


@pytest.mark.parametrize(
    ("source", "head"),
    [
        ("def solve(I):\n    return rot90(I)\n", "from battnb.dsl import rot90\n\n\n"),
        ("def solve(I):\n    return I  # rot90\n", ""),
        ("from collections import Counter\ndef solve(I):\n    return rot90(I)\n", "from battnb.dsl import rot90\n\n\n"),
        ("from battnb.dsl import *\ndef solve(I):\n    return rot90(I)\n", ""),
        ("from battnb.dsl import rot90\ndef solve(I):\n    return rot90(I)\n", ""),
        (
            "from battnb.dsl import rot90\ndef solve(I):\n    return vmirror(rot90(I))\n",
            "from battnb.dsl import vmirror\n\n\n",
        ),
    ],
)
def test_a_stored_program_imports_what_it_uses(source: str, head: str) -> None:
    assert with_imports(source, Dsl("battnb.dsl"), frozenset(NAMES)) == (head + source).encode()


def test_imports_come_after_those_from_the_future() -> None:
    source = '"""A solver."""\nfrom __future__ import annotations\n\ndef solve(I): return rot90(I)\n'
    stored = with_imports(source, Dsl("battnb.dsl"), frozenset(NAMES)).decode()
    namespace: dict[str, object] = {}
    exec(compile(stored, "stored", "exec"), namespace)
    assert namespace["__doc__"] == "A solver."
    assert namespace["solve"](((1, 2),)) == ((1,), (2,))  # type: ignore[operator]


@pytest.mark.parametrize(
    "begin",
    [
        "'doc'; x = '''\ny\n'''\n",
        "from __future__ import annotations; x = '''\ny\n'''\n",
        "'doc' ; \\\n x = '\\ny\\n'\n",
        "'doc';  # rest; of it\nx = '\\ny\\n'\n",
        "'doc'  # a; b\nx = '\\ny\\n'\n",
        "'''d\n'''; x = '\\ny\\n'\n",
        "'''Ã©''';x='\\ny\\n'\n",
    ],
)
def test_imports_come_between_statements(begin: str) -> None:
    source = f"{begin}def solve(I): return rot90(I)\n"
    stored = with_imports(source, Dsl("battnb.dsl"), frozenset(NAMES)).decode()
    namespace: dict[str, object] = {}
    exec(compile(stored, "stored", "exec"), namespace)
    assert namespace["x"] == "\ny\n"
    assert namespace["solve"](((1, 2),)) == ((1,), (2,))  # type: ignore[operator]


def test_each_stored_program_has_its_own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    source = "import common\ndef solve(I):\n    import common as late, json\n    return common.N, late.N\n"
    found = []
    for number in (1, 2):
        texts = {"common": f"N = {number}  # ''' \"\"\"", "json": "1 / 0"}
        stored = with_imports(source, Dsl("battnb.dsl"), frozenset(NAMES), (), texts).decode()
        namespace: dict[str, object] = {}
        exec(compile(stored, "stored", "exec"), namespace)
        found.append(namespace["solve"](()))  # type: ignore[operator]
    del sys.modules["common"]
    assert found == [(1, 1), (2, 2)]


def test_bytes_stay_as_they_are() -> None:
    assert with_imports(b"# rot90 \xff", Dsl("battnb.dsl"), frozenset(NAMES)) == b"# rot90 \xff"


def test_another_dsl_is_imported_by_its_name() -> None:
    stored = with_imports("def solve(I): return rot90(I)\n", Dsl(("my.dsl", "other.dsl")), frozenset(NAMES))
    assert stored.startswith(b"from my.dsl import *\nfrom other.dsl import *\n")


# Names of tasks


@pytest.mark.parametrize(
    "task_id", ["a/../../../out", "../up", "/abs", "..", "", "nul\0", "x" * 3000, "a\\b", "\ud800"]
)
async def test_no_task_id_leads_out_of_the_folder(pool: bn.Pool, tmp_path: Path, task_id: str) -> None:
    pair = ([[1, 2]], [[2, 1]])
    task = bn.Task(task_id, (pair, pair), (pair,))  # type: ignore[arg-type]
    out, said = tmp_path / "in" / "out", list[str]()
    battery = bn.generate_battery("67a3c6ac", 12)
    run = await bn.run_batt(task, battery, pool=pool, out_dir=out, live=None, store=True, say=said.append)
    assert run.is_complete
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out"]
    assert {path.name for path in out.iterdir()} <= {
        "solver_md5",
        "solver_dir",
        "differ_md5",
        "differ_dir",
        "battnb.db",
    }
    (folder,) = (out / "solver_dir").iterdir()
    links = list(folder.glob("*/*/*.py"))
    assert links
    assert all([link.resolve().parent == out / "solver_md5" for link in links])
    assert sum([line.endswith(f"its folder is {folder.name}") for line in said]) == (folder.name != f"solve_{task.id}")
    with open_store(out) as store:
        assert store.make_folders(tmp_path / "again") == len(links) + len(list((out / "differ_dir").rglob("*.py")))


def test_a_store_that_names_a_folder_outside_is_not_followed(tmp_path: Path) -> None:
    place = Place(tmp_path / "out", "solver_md5", "solver_dir/solve_../../../up")
    with pytest.raises(StoreError, match="outside"):
        put_in_place(place, {"0" * 32: (b"", 1, 1)}, (), 32)
    assert list(tmp_path.iterdir()) == []
