"""Runs that battnb 0.1.0 saved still load and show what they showed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import battnb as bn

OLD = Path(__file__).parent / "fixtures" / "0.1.0"
PROGRAMS = {
    "right": "correct", "text": "correct", "bytes": "wrong", "straight": "wrong", "error": "error",
    "timeout": "timeout", "memory": "memory", "exits": "exited", "not_a_solver": "not_a_solver",
    "invalid": "invalid_output", "some": "error", "looks_up": "correct",
}  # fmt: skip


def test_its_verdicts_are_as_they_were() -> None:
    run = bn.load_run(OLD / "run.json")
    assert isinstance(run, bn.Run)
    assert {verdict.candidate_id: verdict.status for verdict in run.verdicts} == PROGRAMS
    right = {verdict.candidate_id for verdict in run.best if verdict.status == "correct"}
    assert right == {"right", "text", "looks_up"}
    assert run.verdict("looks_up").unseen_correct == 0
    assert run.verdict("error").stdout == "before the error\n" * 6
    assert run.verdict("right").outputs == tuple([pair.output for pair in bn.load_task("007bbfb7").samples])
    assert run.machine is not None
    assert run.machine.versions["battnb"] == "0.1.0"


@pytest.mark.parametrize("name", ["run.json", "battery_run.json"])
def test_every_view_of_it_can_be_made(name: str, tmp_path: Path) -> None:
    run = bn.load_run(OLD / name)
    assert isinstance(run, bn.Run)
    texts = run.programs.texts({verdict.candidate_id for verdict in run.verdicts})
    assert len(texts) == len(run.verdicts) == len(run.to_frame())
    assert "main.run_batt" in run.timing_summary()
    assert run.report(tmp_path / "report.html").stat().st_size > 100_000
    assert bn.load_run(run.save(tmp_path / "again.json")) == run


def test_limits_and_fields_of_another_version_do_no_harm(tmp_path: Path) -> None:
    """A newer battnb may save more, and an older one saved less."""
    data = json.loads((OLD / "run.json").read_bytes())
    (saved,) = data["runs"]
    saved["limits"] |= {"sockets": 3}
    del saved["limits"]["open_files"]
    for verdict in saved["verdicts"]:
        verdict["mood"] = "good"
        del verdict["executed_cpu_s"], verdict["unseen_correct"]
    saved["profile"]["phases"] = [{"metric": "another", "words": "another", "icon": 1}]
    (tmp_path / "run.json").write_text(json.dumps(data))
    run = bn.load_run(tmp_path / "run.json")
    assert isinstance(run, bn.Run)
    assert run.limits == bn.Limits(timeout_s=0.5)
    assert {verdict.candidate_id: verdict.status for verdict in run.verdicts} == PROGRAMS
