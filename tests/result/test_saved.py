"""Runs in files: what they hold, and that nothing is believed that contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from making import MIRROR, STRAIGHT, body

import battnb as bn
from battnb.model import PHASES, Profile, Programs, Span

HOSTILE = "#\u2028</script>\x00"


@pytest.fixture
async def run(pool: bn.Pool, mirror_task: bn.Task) -> bn.Run:
    candidates = [bn.Candidate("a", MIRROR), bn.Candidate("b", STRAIGHT), bn.Candidate("c", body("return 7"))]
    return await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None)


def test_a_saved_run_knows_its_programs_machine_layers_and_when_it_was(run: bn.Run, tmp_path: Path) -> None:
    read = bn.load_run(run.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    assert read == run
    assert {name: text.source for name, text in read.programs.texts({"a", "c"}).items()} == {
        "a": MIRROR,
        "c": body("return 7"),
    }
    assert read.machine is not None
    assert read.machine.cores >= 1
    assert read.machine.versions["battnb"] == bn.__version__
    assert "system calls (seccomp)" in read.layers
    assert read.started_unix_s is not None


async def test_the_programs_of_a_graph_are_kept_as_the_graph(pool: bn.Pool, arc_task: bn.Task, tmp_path: Path) -> None:
    battery = bn.generate_battery("007bbfb7", 30)
    run = await bn.run_batt(arc_task, battery, pool=pool, limits=bn.Limits(), out_dir=None)
    read = bn.load_run(run.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    ids = [verdict.candidate_id for verdict in run.verdicts]
    texts = read.programs.texts(set(ids))
    assert list(texts) == ids
    for text in texts.values():
        assert text.source.startswith("def solve(")
        assert text.inlined is not None
        assert len(text.inlined.encode()) == text.inlined_bytes


def test_a_file_of_version_1_is_still_read(run: bn.Run, tmp_path: Path) -> None:
    saved = json.loads(run.save(tmp_path / "run.json").read_bytes())
    saved["version"] = 1
    for name in ("programs", "machine", "layers", "started_unix_s"):
        del saved["runs"][0][name]
    del saved["runs"][0]["profile"]["phases"]
    (tmp_path / "old.json").write_text(json.dumps(saved))
    read = bn.load_run(tmp_path / "old.json")
    assert isinstance(read, bn.Run)
    assert (read.verdicts, read.programs, read.machine) == (run.verdicts, Programs(), None)
    assert read.profile.phases == PHASES
    assert read.report(tmp_path / "report.html").stat().st_size > 1_000_000


def spoil_output(run: dict[str, Any]) -> None:
    run["verdicts"][0]["outputs"][0] = [[1, 2], [3]]


def spoil_colour(run: dict[str, Any]) -> None:
    run["task"]["demo"][0]["input"] = [[10]]


def spoil_span(run: dict[str, Any]) -> None:
    run["profile"]["spans"][0]["ended_s"] = -1.0


def spoil_samples(run: dict[str, Any]) -> None:
    run["verdicts"][0]["outputs"].pop()


def spoil_ids(run: dict[str, Any]) -> None:
    run["verdicts"][1]["candidate_id"] = run["verdicts"][0]["candidate_id"]


def spoil_time(run: dict[str, Any]) -> None:
    run["verdicts"][0]["cpu_s"] = -1.0


def spoil_wall(run: dict[str, Any]) -> None:
    run["profile"]["wall_s"] = -5.0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_output, "output that is not a grid"),
        (spoil_colour, "can be trusted: input, row 1, cell 1 is 10; give an integer"),
        (spoil_span, r"span .* goes from .* to -1.0 s"),
        (spoil_samples, "3 outputs on 4 samples"),
        (spoil_ids, "'a' has two verdicts"),
        (spoil_time, "took -1.0 CPU s"),
        (spoil_wall, "takes -5.0 s"),
        (lambda run: run.update(started_unix_s=1e18), "it began"),
        (lambda run: run["verdicts"][0].update(executed_cpu_s=-1.0), "took"),
    ],
)
def test_a_file_that_contradicts_itself_is_not_believed(run: bn.Run, tmp_path: Path, spoil: Any, says: str) -> None:
    path = run.save(tmp_path / "run.json")
    saved = json.loads(path.read_bytes())
    spoil(saved["runs"][0])
    path.write_text(json.dumps(saved))
    with pytest.raises(bn.ProfileError, match=says) as caught:
        bn.load_run(path)
    assert str(path) in str(caught.value)


def test_text_of_any_kind_survives(mirror_task: bn.Task, tmp_path: Path) -> None:
    sources: list[str | bytes] = [
        HOSTILE,
        b"# -*- coding: latin-1 -*-\n# \xe9",
        b"# \xff",
        b"# coding: rot13\n",
        "'\ud800'",
    ]
    candidates = tuple([bn.Candidate(str(number), source) for number, source in enumerate(sources)])
    run = bn.run_batt_sync(mirror_task, bn.Battery("b", programs=candidates), out_dir=None, workers=1, live=None)
    read = bn.load_run(run.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    shown = [text.source for text in read.programs.texts({"0", "1", "2", "3", "4"}).values()]
    assert shown == [HOSTILE, "# -*- coding: latin-1 -*-\n# é", "# \\xff", "# coding: rot13\n", "'\\ud800'"]


def test_a_name_that_is_not_text_cannot_be_saved(mirror_task: bn.Task, tmp_path: Path) -> None:
    battery = bn.Battery("\ud800", programs=(bn.Candidate("a", MIRROR),))
    run = bn.run_batt_sync(mirror_task, battery, out_dir=None, workers=1, live=None)
    with pytest.raises(bn.StoreError, match="is not text; give it another name"):
        run.save(tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []


def test_an_id_may_be_given_as_a_number(mirror_task: bn.Task, tmp_path: Path) -> None:
    one: list[Any] = [bn.Candidate(1, MIRROR)]  # type: ignore[arg-type]
    run = bn.run_batt_sync(mirror_task, one, out_dir=tmp_path, workers=1, live=None, store=True)
    read = bn.load_run(run.save(tmp_path / "run.json"))
    assert isinstance(read, bn.Run)
    assert [(v.candidate_id, v.status) for v in read.verdicts] == [("1", "correct")]
    assert read.verdicts == run.verdicts
    assert read.report(tmp_path / "report.html").stat().st_size > 1_000_000


def test_a_long_inlined_form_is_not_written_out() -> None:
    battery = bn.generate_battery("007bbfb7", 30)
    programs = Programs(battery.steps, battery.outputs)
    name = battery.outputs[0].candidate_id
    whole = programs.texts({name})[name]
    cut = programs.texts({name}, most_bytes=10)[name]
    assert (cut.inlined, cut.inlined_bytes, cut.source) == (None, whole.inlined_bytes, whole.source)


def test_two_runs_are_matched_by_id(run: bn.Run) -> None:
    fewer = msgspec.structs.replace(run, verdicts=run.verdicts[1:][::-1])
    both = bn.Comparison(run, fewer)
    assert both.not_in_both() == (["a"], [])
    assert both.changed() == []
    assert both.speedup is None
    assert bn.Comparison(run, run).speedup == 1.0


def test_a_run_of_nothing_saves_and_loads(mirror_task: bn.Task, tmp_path: Path) -> None:
    profile = Profile("r", "parallel", 2, 0.0, (Span("v", "v", 0.0, 0.0),))
    run = bn.Run(mirror_task, "none", "parallel", 2, bn.Limits(), [], profile)
    assert bn.load_run(run.save(tmp_path / "run.json")) == run


def test_fields_of_a_newer_battnb_are_skipped_and_missing_ones_filled(run: bn.Run, tmp_path: Path) -> None:
    path = run.save(tmp_path / "run.json")
    saved = json.loads(path.read_bytes())
    [made] = saved["runs"]
    made["limits"]["heat_joules"] = 5
    made["mood"] = made["verdicts"][0]["mood"] = made["profile"]["mood"] = made["profile"]["spans"][0]["mood"] = "good"
    made["profile"]["phases"][0]["icon"] = "none"
    del made["limits"]["open_files"], made["verdicts"][1]["size_bytes"]
    path.write_text(json.dumps(saved))
    read = bn.load_run(path)
    assert isinstance(read, bn.Run)
    assert (read.limits, read.profile) == (run.limits, run.profile)
    assert read.verdicts[1].size_bytes == 0
    assert read.verdicts[0] == run.verdicts[0]


@pytest.mark.parametrize("where", ["status", "sample_statuses"])
def test_a_status_of_a_newer_battnb_is_named_in_one_sentence(run: bn.Run, tmp_path: Path, where: str) -> None:
    path = run.save(tmp_path / "run.json")
    saved = json.loads(path.read_bytes())
    saved["runs"][0]["verdicts"][0][where] = "overheated" if where == "status" else ["overheated"] * 4
    path.write_text(json.dumps(saved))
    with pytest.raises(bn.ProfileError) as caught:
        bn.load_run(path)
    says = "has the status 'overheated', which this battnb does not know: install a newer one"
    assert str(caught.value) == f"{path} {says}"


def test_tables_and_reports_take_every_status_there_is(run: bn.Run, tmp_path: Path) -> None:
    verdicts = [
        msgspec.structs.replace(run.verdicts[0], candidate_id=status.value, status=status) for status in bn.Status
    ]
    every = msgspec.structs.replace(run, verdicts=verdicts)
    assert every.to_frame()["status"].tolist() == [status.value for status in bn.Status]
    assert all([status.value.replace("_", " ") in every._repr_html_() for status in bn.Status])
    assert every.report(tmp_path / "report.html").exists()
