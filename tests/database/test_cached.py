"""A second run computes nothing that is known, and never serves a result that is not the one asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from database.keeping import Counting, facts, kept, named
from making import MIRROR, QUICK, STRAIGHT, body

import battnb as bn
from battnb.model import Limits, Pair, Task
from battnb.trace import metrics
from battnb.view.words import headline

SPIN = body("while True: pass")
SLEEP = "import time\n" + body("time.sleep(60)")


async def test_a_second_run_executes_nothing_and_gives_the_same(counting: Counting, tmp_path: Path) -> None:
    task, battery, lines = bn.load_task("007bbfb7"), bn.generate_battery("007bbfb7", 60), []
    first = await kept(task, battery, tmp_path, counting)
    counting.forget()
    again = await kept(task, battery, tmp_path, counting, say=lines.append)
    assert (counting.validated, counting.values) == ([], 0)
    assert facts(again.verdicts) == facts(first.verdicts)
    own = [verdict for verdict in again.verdicts if verdict.validated]
    assert own
    assert all([verdict.cached and verdict.worker is None for verdict in own])
    assert [v.check_time for v in own] == [v.check_time for v in first.verdicts if v.validated]
    unique = len([verdict for verdict in own if verdict.duplicate_of is None])
    assert f"-- Cached {unique} of {unique} verdicts" in lines
    assert [(r.md5, r.score, r.counts, r.source) for r in again.ratings] == [
        (r.md5, r.score, r.counts, r.source) for r in first.ratings
    ]


async def test_what_was_known_is_marked_in_the_timeline_and_in_a_speedup(counting: Counting, tmp_path: Path) -> None:
    task, battery = bn.load_task("007bbfb7"), bn.generate_battery("007bbfb7", 20)
    first = await kept(task, battery, tmp_path, counting)
    again = await kept(task, battery, tmp_path, counting, mode="sequential")
    spans = metrics.verdict_spans(again.profile)
    assert spans
    assert all([span.cached and span.lane is None for span in spans])
    assert metrics.cpu_sum_s(again.profile) == 0
    assert "from the cache" in headline([again.profile])
    assert "from the cache" in again.best[0]._repr_html_()
    assert "from the cache" not in first.best[0]._repr_html_()
    both = bn.Comparison(again, first)
    assert f"sequential: {len(spans)} of {len(spans)} verdicts came from the cache" in both.timing_summary()
    assert f"with {len(spans)} verdicts from the cache" in headline([again.profile, first.profile])


async def test_the_log_says_how_much_was_known_and_leaves_it_out_of_rates(
    counting: Counting, mirror_task: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        await bn.run_batt(mirror_task, named(MIRROR), out_dir=tmp_path, pool=counting, store=True, live="log")
    first, again = [line for line in capsys.readouterr().out.splitlines() if "complete" in line or "ended" in line]
    assert "1 of 1 validated, " in first
    assert "from the cache" not in first
    assert "1 of 1 validated, 1 from the cache" in again
    assert "a second" not in again


async def test_compare_ignores_the_store(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    await kept(mirror_task, named(MIRROR), tmp_path, counting)
    counting.forget()
    both = await bn.compare(mirror_task, named(MIRROR), out_dir=tmp_path, pool=counting, live=None)
    assert counting.validated.count("c") == 2
    assert not any([verdict.cached for run in (both.before, both.after) for verdict in run.verdicts])


async def test_without_the_cache_all_is_computed_and_kept(
    counting: Counting, mirror_task: Task, tmp_path: Path
) -> None:
    for _ in range(2):
        run = await kept(mirror_task, named(MIRROR), tmp_path, counting, cache=False)
        assert not run.verdicts[0].cached
    assert counting.validated == ["c", "c"]
    assert (await kept(mirror_task, named(MIRROR), tmp_path, counting)).verdicts[0].cached


async def test_nothing_is_kept_unless_it_is_asked_for(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    await bn.run_batt(mirror_task, named(MIRROR), out_dir=tmp_path, pool=counting, live=None)
    assert not (tmp_path / "battnb.db").exists()


# What determines a verdict


@pytest.mark.parametrize("what", ["name", "source", "entry", "grids", "input", "wanted", "id", "isolation", "output"])
async def test_whatever_determines_a_verdict_is_part_of_its_key(
    counting: Counting, mirror_task: Task, tmp_path: Path, what: str
) -> None:
    source = MIRROR + "\ndef other(I): return I\n"
    await kept(mirror_task, named(source), tmp_path, counting)
    counting.forget()
    pair = mirror_task.demo[0]
    replaced = {"input": Pair(((1, 9), (3, 4)), pair.output), "wanted": Pair(pair.input, pair.input)}
    task = mirror_task
    if what in replaced:
        task = msgspec.structs.replace(task, demo=(replaced[what], *task.demo[1:]))
    if what == "id":
        task = msgspec.structs.replace(task, id="another")
    changed = {
        "name": named(source, "d"), "source": named(source + "#"), "entry": named(source, entry="other"),
        "grids": named(source, grids="list"),
    }  # fmt: skip
    limits = msgspec.structs.replace(QUICK, output_bytes=2**15) if what == "output" else None
    if what == "isolation":
        with Counting(1, QUICK, isolation="fork") as apart:
            run = await kept(task, named(source), tmp_path, apart)
    else:
        run = await kept(task, changed.get(what, named(source)), tmp_path, counting, limits=limits)
    assert run.verdicts[0].cached == (what == "name")
    assert run.verdicts[0].candidate_id == ("d" if what == "name" else "c")


async def test_a_dsl_changes_with_what_it_imports(mirror_task: Task, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from beside import turned\n")
    (tmp_path / "beside.py").write_text("def turned(grid): return grid\n")
    source = "def solve(I):\n    x1 = turned(I)\n    return x1\n"

    async def judged() -> bn.Verdict:
        with bn.Pool(1, QUICK, dsl=[tmp_path / "mine.py"]) as pool:
            return (await kept(mirror_task, named(source), tmp_path / "out", pool)).verdicts[0]

    assert [(v.status, v.cached) for v in [await judged(), await judged()]] == [("wrong", False), ("wrong", True)]
    (tmp_path / "beside.py").write_text("def turned(grid): return tuple([row[::-1] for row in grid])\n")
    changed = await judged()
    assert (changed.status, changed.cached) == ("correct", False)


def test_a_changed_version_of_python_numpy_or_battnb_is_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from battnb.database import keys
    from battnb.load.dsl_files import Dsl

    def both() -> tuple[bytes, list[tuple[str, str]]]:
        keys._installed.cache_clear()
        environment = keys.Environment(Dsl("battnb.dsl"), ("numpy", "scipy"))
        return environment.digest, environment.versions("import numpy as np")

    digest, versions = both()
    assert both() == (digest, versions)
    assert [name for name, _ in versions] == ["numpy"]
    monkeypatch.setattr("importlib.metadata.Distribution.version", "9.9.9")
    assert both()[1] == [("numpy", "9.9.9")]
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    other = both()[0]
    monkeypatch.setattr(keys, "SEMANTICS", 10**6)
    assert len({digest, other, both()[0]}) == 3
    keys._installed.cache_clear()


async def test_a_module_that_changes_while_a_pool_is_open_is_not_what_the_pool_runs(
    mirror_task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool goes on with what it loaded, so its verdicts may be kept under neither text."""
    (tmp_path / "turning.py").write_text("from turned import turned\n")
    (tmp_path / "turned.py").write_text("def turned(grid): return grid\n")
    monkeypatch.syspath_prepend(tmp_path)
    source = "def solve(I):\n    x1 = turned(I)\n    return x1\n"
    with bn.Pool(1, QUICK, dsl=["turning"]) as pool:
        pool.wait_ready()
        await kept(mirror_task, named(source), tmp_path / "out", pool)
        assert (await kept(mirror_task, named(source), tmp_path / "out", pool)).verdicts[0].cached
        (tmp_path / "turned.py").write_text("def turned(grid): return tuple([row[::-1] for row in grid])\n")
        stale = (await kept(mirror_task, named(source), tmp_path / "out", pool)).verdicts[0]
        assert (stale.status, stale.cached) == ("wrong", False)
    with bn.Pool(1, QUICK, dsl=["turning"]) as pool:
        fresh = (await kept(mirror_task, named(source), tmp_path / "out", pool)).verdicts[0]
        assert (fresh.status, fresh.cached) == ("correct", False)


@pytest.mark.parametrize("is_in_dsl", [False, True], ids=["imported by a program", "imported by the DSL's package"])
async def test_a_local_module_without_a_version_counts_with_its_text(
    mirror_task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_in_dsl: bool
) -> None:
    helper, package = (tmp_path / f"{name}_{is_in_dsl}" for name in ("helper", "package"))
    package.mkdir()
    (package / "__init__.py").write_text(f"from {helper.name} import turned\n")
    monkeypatch.syspath_prepend(tmp_path)
    source = body("return turned(I)") if is_in_dsl else f"from {helper.name} import turned\n" + body("return turned(I)")
    dsl = [package.name if is_in_dsl else "battnb.dsl"]

    async def judged(text: str) -> tuple[str, bool]:
        helper.with_suffix(".py").write_text(f"def turned(grid): return {text}\n")
        with bn.Pool(1, QUICK, dsl=dsl, packages=[helper.name]) as pool:
            verdict = (await kept(mirror_task, named(source), tmp_path / "out", pool)).verdicts[0]
        return verdict.status, verdict.cached

    assert await judged("grid") == ("wrong", False)
    assert await judged("tuple([row[::-1] for row in grid])") == ("correct", False)


def test_an_editable_install_counts_with_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from battnb.database.keys import Environment
    from battnb.load.dsl_files import Dsl

    (tmp_path / "edited.py").write_text("A = 1\n")
    (tmp_path / "edited-1.0.dist-info").mkdir()
    (tmp_path / "edited-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: edited\nVersion: 1.0\n")
    (tmp_path / "edited-1.0.dist-info" / "direct_url.json").write_text('{"dir_info": {"editable": true}}')
    monkeypatch.syspath_prepend(tmp_path)
    before = Environment(Dsl("battnb.dsl"), ("edited",)).versions("import edited")
    assert before == Environment(Dsl("battnb.dsl"), ("edited",)).versions("import edited")
    (tmp_path / "edited.py").write_text("A = 2\n")
    assert before != Environment(Dsl("battnb.dsl"), ("edited",)).versions("import edited")


def test_a_dsl_whose_text_cannot_be_found_is_never_the_same_twice() -> None:
    from battnb.database import keys
    from battnb.load.dsl_files import Dsl

    assert len({keys.Environment(Dsl("no_such_module_anywhere"), ()).digest for _ in range(2)}) == 2


async def test_two_candidates_of_one_name_are_not_confused(
    counting: Counting, mirror_task: Task, tmp_path: Path
) -> None:
    from battnb.database.keeping import Keeping
    from battnb.database.run_store import store_in
    from battnb.model import Profile, RunRecord

    def so_far() -> RunRecord:
        return RunRecord(
            task=mirror_task,
            battery="b",
            mode="parallel",
            workers=2,
            limits=QUICK,
            verdicts=[],
            profile=Profile(run="r", mode="parallel", workers=2, wall_s=0.0, spans=()),
        )

    twins = [*named(MIRROR), *named(body("return I"))]
    for _ in range(2):
        with store_in(tmp_path) as store, Keeping(store).run(so_far, counting) as (executor, _):
            verdicts = await executor.validate(twins, mirror_task, limits=QUICK)
        assert [verdict.status for verdict in verdicts] == ["correct", "wrong"]


# Limits


async def test_a_timeout_is_shown_as_it_is_under_the_limit_that_is_asked_for(
    counting: Counting, mirror_task: Task, tmp_path: Path
) -> None:
    await kept(mirror_task, named(SPIN), tmp_path, counting, limits=QUICK)
    tighter = msgspec.structs.replace(QUICK, timeout_s=0.1)
    (verdict,) = (await kept(mirror_task, named(SPIN), tmp_path, counting, limits=tighter)).verdicts
    assert verdict.cached
    assert verdict.status == "timeout"
    assert verdict.error is not None
    assert "0.1 CPU seconds" in verdict.error.message
    assert 0.1 < verdict.cpu_s < 0.11
    looser = msgspec.structs.replace(QUICK, timeout_s=0.3)
    (verdict,) = (await kept(mirror_task, named(SPIN), tmp_path, counting, limits=looser)).verdicts
    assert not verdict.cached
    assert (await kept(mirror_task, named(SPIN), tmp_path, counting, limits=looser)).verdicts[0].cached
    assert (await kept(mirror_task, named(SPIN), tmp_path, counting, limits=QUICK)).verdicts[0].cached


async def test_a_success_serves_limits_below_its_own_but_above_what_it_used(
    counting: Counting, mirror_task: Task, tmp_path: Path
) -> None:
    await kept(mirror_task, named(MIRROR), tmp_path, counting, limits=Limits(timeout_s=5.0))
    tight = Limits(timeout_s=0.5)
    assert (await kept(mirror_task, named(MIRROR), tmp_path, counting, limits=tight)).verdicts[0].cached


async def test_a_sleeper_is_judged_each_time(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    for _ in range(2):
        (verdict,) = (await kept(mirror_task, named(SLEEP), tmp_path, counting)).verdicts
        assert (verdict.status, verdict.cached) == ("timeout", False)
    with bn.open_store(tmp_path) as store:
        assert list(store.verdicts()["kind"]) == ["passing", "passing"]


async def test_what_was_stopped_is_judged_again(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    candidates = [*named(MIRROR, "quick"), *named(SPIN, "slow")]
    patient = msgspec.structs.replace(QUICK, timeout_s=60)
    handle = bn.start_batt(
        mirror_task, candidates, out_dir=tmp_path, pool=counting, store=True, live=None, limits=patient,
        mode="sequential", on_verdicts=lambda verdicts: handle.cancel(),
    )  # fmt: skip
    run = await handle
    assert [verdict.status for verdict in run.verdicts] == ["correct", "cancelled"]
    counting.forget()
    run = await kept(mirror_task, candidates, tmp_path, counting)
    assert [(v.status, v.cached) for v in run.verdicts] == [("correct", True), ("timeout", False)]
    assert counting.validated == ["slow"]
    with bn.open_store(tmp_path) as store:
        assert list(store.runs()["state"]) == ["stopped", "complete"]


async def test_every_kind_of_verdict_comes_back_as_it_was(
    counting: Counting, mirror_task: Task, tmp_path: Path
) -> None:
    programs: dict[str, str | bytes] = {
        "right": MIRROR, "straight": STRAIGHT, "raises": body("print('here')", "return I[99]"),
        "syntax": "def solve(I:\n", "no grid": body("return 'x'"), "exits": "import os\n" + body("os._exit(3)"),
        "memory": body("return [0] * 10**10"), "bytes": MIRROR.encode("latin-1"),
        "some": body("if len(I) == 1: raise ValueError('one')", "return I"),
        "crash": "import ctypes\n" + body("ctypes.string_at(0)"),
    }  # fmt: skip
    candidates = [candidate for name, source in programs.items() for candidate in named(source, name)]
    first = await kept(mirror_task, candidates, tmp_path, counting)
    counting.forget()
    again = await kept(mirror_task, candidates, tmp_path, counting)
    assert facts(again.verdicts) == facts(first.verdicts)
    assert counting.validated == []
    assert {v.candidate_id for v in again.verdicts if v.status == "correct"} == {"right", "straight", "bytes"}


# Only what is new


async def test_one_changed_candidate_is_all_that_runs_again(counting: Counting, tmp_path: Path) -> None:
    task, battery = bn.load_task("007bbfb7"), bn.generate_battery("007bbfb7", 40)
    await kept(task, battery, tmp_path, counting)
    counting.forget()
    more = bn.generate_battery("007bbfb7", 41)
    assert more.steps[: len(battery.steps)] != battery.steps or len(more.steps) > len(battery.steps)
    run = await kept(task, more, tmp_path, counting)
    alone = await bn.run_batt(task, more, out_dir=None, pool=counting, live=None)
    assert facts(run.verdicts) == facts(alone.verdicts)
    assert sum([not v.cached for v in run.verdicts if v.validated]) < 25


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_lookup_reads_each_of_many_verdicts_once(counting: Counting, mirror_task: Task, tmp_path: Path) -> None:
    many = [candidate for n in range(1200) for candidate in named(f"{MIRROR}# {n}\n", str(n))]
    await kept(mirror_task, many, tmp_path, counting)
    counting.forget()
    run = await kept(mirror_task, many[::-1], tmp_path, counting)
    assert counting.validated == []
    assert [v.candidate_id for v in run.verdicts] == [candidate.id for candidate in many[::-1]]
