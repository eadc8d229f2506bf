"""The benchmarks run, and their contenders agree on verdicts. No times are checked."""

import json

import pytest

pytest.importorskip("pebble", reason="the peers come with battnb[bench]")

from benchmarks import whole_run
from benchmarks.bars import Bar
from benchmarks.naive_inline import inline_text
from benchmarks.peers import CONTENDERS
from benchmarks.seed_picture import seed_picture
from benchmarks.throughput import run_workload
from benchmarks.workloads import arbitrary, real, solver_sources, tiny

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.mark.parametrize("workload", [real(10), tiny(40), arbitrary(4)], ids=lambda workload: workload.name)
def test_all_contenders_reach_the_same_verdicts(workload):
    result = run_workload(workload, repeats=1, memory=False)
    assert len(result.rows) >= len(CONTENDERS) - 1
    assert {row.contender: row.false_verdicts for row in result.rows if row.false_verdicts} == {}


def test_the_naive_way_and_battnb_agree(capsys):
    whole_run.main(["--json", "--repeat", "1", "--count", "12", "--no-picture"])
    run = json.loads(capsys.readouterr().out)
    assert [contender["false_verdicts"] for contender in run["contenders"][1:]] == [0, 0, 0]


def test_the_picture_is_drawn(tmp_path):
    picture = seed_picture(tmp_path / "picture.png", count=4, cpu_s=0.02)
    assert picture.changed == 0
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_every_solver_of_the_package_is_in_the_real_workload():
    assert len(solver_sources()) >= 30
    assert all(source.startswith(f"def solve_{task_id}(I):") for task_id, source in solver_sources().items())


def test_tiny_programs_are_distinct_and_the_same_every_time():
    sources = [job.source for job in tiny(500).jobs]
    assert len(set(sources)) == 500
    assert sources == [job.source for job in tiny(500).jobs]


def test_naive_inlining_keeps_the_meaning():
    assert inline_text("def solve(I):\n    x = f(I, 1)\n    return g(x, x)\n") == "g(f(I, 1), f(I, 1))"


def test_a_bar_without_a_figure_is_neither_met_nor_missed():
    assert [Bar("b", figure, 2).is_met for figure in (None, 1, 3)] == [None, False, True]
