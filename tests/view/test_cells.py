from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import battnb as bn
from battnb.dsl.generate import generate_battery


@pytest.fixture(scope="module")
def both() -> Any:
    return bn.compare_sync(bn.load_task("007bbfb7"), generate_battery("007bbfb7", 12), out_dir=None, workers=2)


def words(thing: Any) -> Any:
    html = thing._repr_html_()
    ET.fromstring(html)
    assert not re.search(r"<script|<style|<link|src=|url\(|href=", html)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_records_show_themselves(both: bn.Comparison) -> None:
    run = both.parallel
    assert words(run.task).startswith("007bbfb7 5 demo pairs, 1 test pair demo 1 → output")
    assert "12 candidates" in words(generate_battery("007bbfb7", 12))
    assert "def solve(I)" in words(bn.Candidate("a", "def solve(I): return I"))
    assert "input" in words(run.task.demo[0])
    assert "Timing summary" in words(run.profile)


def test_a_verdict_shows_input_wanted_and_got_of_every_pair(both: bn.Comparison) -> None:
    best = both.parallel.best[0]
    said = words(best)
    assert said.count("wanted") == said.count("got") == 6
    assert best._repr_html_().count("<svg") >= 18


def test_a_verdict_without_its_task_shows_what_it_gave() -> None:
    verdict = bn.Verdict("c", "t", bn.Status.ERROR, (bn.Status.WRONG, bn.Status.ERROR), 0, None, (((1,),), None))
    assert "wanted" not in words(verdict)


def test_runs_and_comparisons_sum_up_with_a_gantt(both: bn.Comparison) -> None:
    assert "Parallel on 2 workers" in words(both.parallel)
    said = words(both)
    assert "the same verdicts" in said
    assert "faster" in said or "slower" in said


def test_a_run_shows_candidates_by_id(both: bn.Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    run = both.parallel
    name = run.verdicts[3].candidate_id
    run.show(name, run.verdicts[4])
    assert f"<Verdict {name} on 007bbfb7" in capsys.readouterr().out
    with pytest.raises(bn.InputError, match="not among the run's 12"):
        run.show("nobody")


def test_a_saved_run_holds_its_task_once_and_its_verdicts_know_it_again(both: bn.Comparison, tmp_path: Path) -> None:
    path = both.parallel.save(tmp_path / "run.json")
    assert path.read_text().count('"demo"') == 1
    assert bn.load_run(path) == both.parallel
