"""Files for other tools: tables, traces, pictures; and the commands that make them of saved runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from making import MIRROR, STRAIGHT, body

import battnb as bn
from battnb.cli import main as cli
from battnb.files import write_whole
from battnb.result.writing import EXPORTS, FORMATS, PLOTS

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "parquet": b"PAR1", "csv": b"", "json": b"{"}


@pytest.fixture(scope="module")
def both(mirror_task: bn.Task) -> bn.Comparison:
    candidates = [bn.Candidate("a", MIRROR), bn.Candidate("b", STRAIGHT), bn.Candidate("c", body("return 7"))]
    return bn.compare_sync(mirror_task, candidates, out_dir=None, workers=1, live=None)


def test_every_format_is_written_under_its_name(both: bn.Comparison, tmp_path: Path) -> None:
    written = both.parallel.export(tmp_path / "out", FORMATS)
    names = ["candidates.csv", "spans.csv", "candidates.parquet", "spans.parquet", "trace.json"]
    assert [path.name for path in written] == [*names, "gantt.png", "gantt.svg", "gantt.pdf"]
    for path in written:
        assert path.read_bytes().startswith(BEGINNINGS[path.suffix[1:]])


def test_the_tables_are_the_frames(both: bn.Comparison, tmp_path: Path) -> None:
    run = both.parallel
    run.export(tmp_path, ["csv"])
    candidates, spans = pd.read_csv(tmp_path / "candidates.csv"), pd.read_csv(tmp_path / "spans.csv")
    assert list(candidates["candidate_id"]) == ["a", "b", "c"]
    assert candidates["cpu_s"].sum() == pytest.approx(run.to_frame()["cpu_s"].sum())
    assert spans["wall_s"].sum() == pytest.approx(run.profile.to_frame()["wall_s"].sum())


def test_two_runs_have_tables_of_their_own_and_the_rest_together(both: bn.Comparison, tmp_path: Path) -> None:
    names = [path.name for path in both.export(tmp_path, ["csv", "trace", "svg"])]
    assert names[:2] == ["sequential-candidates.csv", "sequential-spans.csv"]
    assert names[2:] == ["parallel-candidates.csv", "parallel-spans.csv", "trace.json", "gantt.svg"]
    assert {event["pid"] for event in json.loads((tmp_path / "trace.json").read_text())["traceEvents"]} == {1, 2}


def test_a_format_that_there_is_not_is_bad_input(both: bn.Comparison, tmp_path: Path) -> None:
    for wrong in (["xlsx"], "csv"):
        with pytest.raises(bn.InputError, match="give a list of some of csv, parquet"):
            both.export(tmp_path / "out", wrong)
    assert not (tmp_path / "out").exists()


# The command line


def command(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_battnb_report_and_export_need_only_the_saved_run(
    both: bn.Comparison, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both.parallel.save("run.json")
    assert command("report", "run.json") == 0
    assert command("export", "run.json", "-o", "out", "-f", "csv", "trace") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "-- Wrote report.html"
    assert len(said) == 4
    assert (in_folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in (in_folder / "out").iterdir()) == ["candidates.csv", "spans.csv", "trace.json"]


def test_two_saved_runs_are_compared_under_the_names_of_their_files(both: bn.Comparison, in_folder: Path) -> None:
    both.parallel.save("cold.json")
    both.parallel.save("warm.json")
    assert command("report", "cold.json", "warm.json", "-o", "deep/both.html") == 0
    page = (in_folder / "deep/both.html").read_text()
    assert "<h3>Cold</h3>" in page
    assert "<h3>Warm</h3>" in page
    both.save("both.json")
    assert command("report", "both.json") == 0
    assert "<h3>Sequential</h3>" in (in_folder / "report.html").read_text()


def test_what_cannot_be_compared_is_one_sentence_and_code_2(
    both: bn.Comparison, arc_task: bn.Task, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both.save("both.json")
    both.parallel.save("one.json")
    bn.Run(arc_task, "b", "parallel", 1, bn.Limits(), [], bn.Profile("r", "parallel", 1, 0.0, ())).save("other.json")
    (in_folder / "broken.json").write_text("{")
    fewer = msgspec.structs.replace(both.parallel.task, demo=both.parallel.task.demo[:1])
    bn.Run(fewer, "b", "parallel", 1, bn.Limits(), [], bn.Profile("r", "parallel", 1, 0.0, ())).save("fewer.json")
    for arguments, says in (
        (["one.json", "both.json"], "both.json holds two runs already"),
        (["one.json", "other.json"], "one.json is of task mirror and other.json of 007bbfb7; compare runs of one task"),
        (["one.json", "fewer.json"], "task mirror has other pairs in one.json than in fewer.json"),
        (["one.json"] * 3, "3 files are given; give one, or two to compare"),
        (["broken.json"], "broken.json is not a saved run, or is cut short"),
        (["absent.json"], "cannot read absent.json"),
    ):
        assert command("report", *arguments) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"battnb: {says}")
        assert said.count("\n") == 1
    assert not (in_folder / "report.html").exists()


# The lists


def test_a_plot_in_the_list_is_exported_in_every_picture_format(
    both: bn.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("battnb.result.writing.PLOTS", {**PLOTS, "again": PLOTS["gantt"]})
    names = [path.name for path in both.export(tmp_path, ["png", "svg"])]
    assert names == ["gantt.png", "again.png", "gantt.svg", "again.svg"]


def test_every_plot_draws_one_run_and_two(both: bn.Comparison) -> None:
    for draw in PLOTS.values():
        assert all([draw(runs).axes for runs in (both.runs[:1], both.runs)])


def test_a_format_in_the_list_can_be_exported(
    both: bn.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ids(runs: Sequence[Any], folder: Path, _: str) -> Iterator[Path]:
        yield write_whole(folder / "ids.txt", "\n".join([v.candidate_id for v in runs[0].verdicts]).encode())

    monkeypatch.setattr("battnb.result.writing.EXPORTS", {**EXPORTS, "ids": ids})
    [path] = both.parallel.export(tmp_path, ["ids"])
    assert path.read_text() == "a\nb\nc"
