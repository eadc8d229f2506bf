from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import battnb as bn
from battnb.errors import StoreError
from battnb.model import Profile, Span, Status
from battnb.trace.chrome import to_chrome_trace, write_chrome_trace

PROFILE = Profile(
    "007bbfb7",
    "parallel",
    2,
    4.0,
    (
        Span("v", "v", 0.0, 4.0),
        Span("v", "a", 1.0, 2.5, 0, Status.CORRECT, 1.0, 1.4),
        Span("v", "b", 2.5, 4.0, 0, Status.TIMEOUT, 1.0, 1.5),
    ),
)


def events(trace: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in trace["traceEvents"] if event["ph"] == kind]


def test_each_span_is_one_complete_event_in_microseconds() -> None:
    trace = to_chrome_trace(PROFILE)
    phase, first, second = events(trace, "X")
    assert (phase["name"], phase["cat"], phase["tid"], phase["ts"], phase["dur"]) == ("v", "phase", 0, 0, 4_000_000)
    assert (first["name"], first["cat"], first["tid"]) == ("a", "correct", 1)
    assert (first["ts"], first["dur"]) == (1_000_000, 1_500_000)
    assert second["args"]["wait_s"] == 1.5
    assert second["args"]["status"] == "timeout"


def test_lanes_are_named_threads_even_those_without_work() -> None:
    names = [event["args"]["name"] for event in events(to_chrome_trace(PROFILE), "M") if event["name"] == "thread_name"]
    assert names == ["notebook", "worker 0", "worker 1"]


def test_counters_say_how_many_run_and_wait() -> None:
    counted = [(event["ts"], event["args"]) for event in events(to_chrome_trace(PROFILE), "C")]
    assert counted == [
        (1_000_000, {"running": 1, "waiting": 1}),
        (2_500_000, {"running": 1, "waiting": 0}),
        (4_000_000, {"running": 0, "waiting": 0}),
    ]


def test_counters_do_not_count_one_that_started_immediately_as_waiting() -> None:
    at_once = Profile("r", "parallel", 1, 1.0, (Span("v", "a", 0.0, 1.0, 0, Status.WRONG, 0.0),))
    assert [event["args"]["waiting"] for event in events(to_chrome_trace(at_once), "C")] == [0, 0]


def test_two_runs_are_two_processes() -> None:
    trace = to_chrome_trace(PROFILE, Profile("007bbfb7", "sequential", 1, 0.0, ()))
    names = {e["pid"]: e["args"]["name"] for e in events(trace, "M") if e["name"] == "process_name"}
    assert names == {1: "007bbfb7 (parallel, 2 workers)", 2: "007bbfb7 (sequential, 1 worker)"}


def test_events_of_one_lane_never_overlap_by_rounding() -> None:
    edges = [0.1 * index / 3 for index in range(1000)]
    spans = tuple(Span("v", "c", a, b, 0, Status.WRONG) for a, b in pairwise(edges))
    complete = events(to_chrome_trace(Profile("r", "parallel", 1, 40.0, spans)), "X")
    nanoseconds = [(round(event["ts"] * 1000), round(event["dur"] * 1000)) for event in complete]
    for (start, length), (following, _) in pairwise(nanoseconds):
        assert start + length == following


def test_a_trace_is_written_whole_and_read_by_any_json_reader(tmp_path: Path) -> None:
    path = write_chrome_trace(tmp_path / "trace.json", PROFILE)
    assert json.loads(path.read_text()) == to_chrome_trace(PROFILE)
    assert [file.name for file in tmp_path.iterdir()] == ["trace.json"]


def test_a_trace_that_cannot_be_written_says_where_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "trace.json", tmp_path / "taken"):
        with pytest.raises(StoreError, match=str(place)):
            write_chrome_trace(place, PROFILE)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "taken"]


def test_a_trace_makes_its_folder(tmp_path: Path) -> None:
    assert write_chrome_trace(tmp_path / "deep/er/trace.json", PROFILE).is_file()


COMMON: dict[str, Any] = {"ph": str, "pid": int}
FIELDS: dict[str, dict[str, Any]] = {
    "X": {"name": str, "cat": str, "tid": int, "ts": (int, float), "dur": (int, float), "args": dict},
    "M": {"name": str, "tid": int, "args": dict},
    "C": {"name": str, "ts": (int, float), "args": dict},
}
"""What the Trace Event format asks of each kind of event."""


async def test_a_run_of_2000_candidates_is_a_valid_trace(pool: bn.Pool, mirror_task: bn.Task, tmp_path: Path) -> None:
    candidates = [bn.Candidate(str(n), f"def solve(I):\n    x{n} = vmirror(I)\n    return x{n}\n") for n in range(2000)]
    run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None)
    trace = json.loads(run.profile.to_chrome_trace(tmp_path / "trace.json").read_text())
    for event in trace["traceEvents"]:
        for field, kind in (COMMON | FIELDS[event["ph"]]).items():
            assert isinstance(event[field], kind), event
    complete = events(trace, "X")
    assert len(complete) == len(run.profile.spans) > 2000
    assert min(event["dur"] for event in complete) >= 0
    named = {(event["pid"], event["tid"]) for event in events(trace, "M") if event["name"] == "thread_name"}
    assert {(event["pid"], event["tid"]) for event in complete} <= named
    counters = events(trace, "C")
    assert [event["ts"] for event in counters] == sorted(event["ts"] for event in counters)
    assert counters[-1]["args"] == {"running": 0, "waiting": 0}
    assert {value for event in counters for value in event["args"].values()} >= {0, 1}
    assert {event["cat"] for event in complete} == {"phase", "correct"}
