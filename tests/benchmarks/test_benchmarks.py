"""The benchmarks run, and their contenders agree on verdicts. No times are checked.

They run in processes of their own, because some peers leave helper processes that only end with them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pebble", reason="the peers come with battnb[bench]")

from benchmarks.bars import Bar
from benchmarks.naive_inline import inline_text
from benchmarks.one_turn import WORKS
from benchmarks.side_by_side import MEMORY, interval
from benchmarks.workloads import solver_sources, tiny

ROOT = Path(__file__).parents[2]


def measured(module, *options):
    command = [sys.executable, "-m", f"benchmarks.{module}", "--json", *options]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def test_all_contenders_reach_the_same_verdicts():
    run = measured("pool", "--smoke")
    false = {(key, row["contender"]): row["false_verdicts"] for key, r in run["results"].items() for row in r["rows"]}
    assert len(false) == 8 + 8 + 9
    assert set(false.values()) == {0}
    assert min(run["latency"].values()) > 0


def test_a_report_is_measured():
    cost = measured("report", "--count", "50")
    assert (cost["count"], cost["write_s"] > 0, cost["size_mb"] > 1) == (50, True, True)


def test_the_naive_way_and_battnb_agree():
    run = measured("whole_run", "--repeat", "1", "--count", "12", "--no-picture")
    assert [contender["false_verdicts"] for contender in run["contenders"][1:]] == [0, 0, 0]


def test_whole_datasets_come_to_the_same_in_every_way():
    run = measured("datasets", "--tasks", "2", "--count", "12", "--kills", "1")
    assert [turn["different"] for turn in (*run["turns"], *run["heavy"])] == [0] * 8
    assert [turn["executed"] for turn in (run["turns"][2], run["heavy"][2])] == [0, 0]
    assert run["turns"][2]["cached"] == run["turns"][2]["verdicts"] > 0
    assert (run["killed"]["again"], run["killed"]["different"], run["together"]["different"]) == (0, 0, 0)


def test_the_picture_is_drawn(tmp_path):
    script = "import sys; from pathlib import Path; from benchmarks.seed_picture import seed_picture as draw\n"
    script += "print(draw(Path(sys.argv[1]), count=4, cpu_s=0.02).changed)"
    command = [sys.executable, "-c", script, str(tmp_path / "picture.png")]
    assert subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout == "0\n"
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


@pytest.mark.parametrize("where", [(), ("--kernel",)])
def test_the_cost_of_the_panel_is_measured(where):
    cost = measured("panel", "--smoke", "--repeat", "1", *where)
    assert cost["walls"].keys() == {"tiny", "spinners"}
    assert all(min(figures) > 0 for figures in cost["walls"].values())


def test_two_checkouts_are_compared_figure_by_figure():
    found = measured("side_by_side", "--against", str(ROOT), "--turns", "1", "--smoke")
    assert {one["figure"].partition(":")[0] for one in found} == {*WORKS}
    assert all(one["old"] > 0 and one["low"] <= one["ratio"] <= one["high"] for one in found)
    assert [one["figure"] for one in found].count(f"datasets: {MEMORY}") == 1


def test_the_interval_holds_most_medians():
    assert interval([1.0] * 5) == (1.0, 1.0)
    low, high = interval([0.9, 1.0, 1.0, 1.1, 1.2])
    assert 0.9 <= low <= 1.0 <= high <= 1.2


def test_reading_records_is_measured():
    costs = measured("records", "--count", "500")
    assert [(cost["file"], cost["count"]) for cost in costs] == [("records.jsonl", 500), ("records.jsonl.gz", 500)]
