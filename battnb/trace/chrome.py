"""Profiles as Chrome Trace Event JSON, which Perfetto (https://ui.perfetto.dev) and chrome://tracing open.

Format: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from battnb.files import write_whole
from battnb.model import Profile, Span
from battnb.trace.intervals import Interval, levels
from battnb.trace.metrics import ran, spans_by_lane, waited, work_spans

Event = dict[str, Any]

NOTEBOOK_THREAD = 0
"""Thread id of the notebook's own process; worker n has n + 1."""


def to_chrome_trace(*profiles: Profile) -> dict[str, Any]:
    """Turn one or more profiles into one trace.

    Each profile is a process of the trace, and each lane is a named thread of it. Each span is one complete event
    ("X", microseconds) with its status as category. The counter ("C") "candidates" says how many run and how many
    wait.
    Returns a dict to be written as JSON.
    """
    events: list[Event] = []
    for pid, profile in enumerate(profiles, start=1):
        events += [*_names(profile, pid), *[_complete(span, pid) for span in profile], *_counters(profile, pid)]
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"made_by": "battnb"}}


def write_chrome_trace(path: str | os.PathLike[str], *profiles: Profile) -> Path:
    """Write a trace to a file, whole or not at all.

    Returns the path. Raises StoreError if it cannot be written.
    """
    return write_whole(path, msgspec.json.encode(to_chrome_trace(*profiles)))


def write_profile(profile: Profile, path: str | os.PathLike[str]) -> Path:
    """Write one profile (Profile.to_chrome_trace)."""
    return write_chrome_trace(path, profile)


def _names(profile: Profile, pid: int) -> Iterator[Event]:
    """Metadata events: the names of the process and of its threads, and the order of the threads."""
    threads = {NOTEBOOK_THREAD: "notebook"} | {lane + 1: f"worker {lane}" for lane in spans_by_lane(profile)}
    workers = "1 worker" if profile.workers == 1 else f"{profile.workers} workers"
    yield _metadata("process_name", pid, NOTEBOOK_THREAD, name=f"{profile.run} ({profile.mode}, {workers})")
    yield _metadata("process_sort_index", pid, NOTEBOOK_THREAD, sort_index=pid)
    for tid, name in threads.items():
        yield _metadata("thread_name", pid, tid, name=name)
        yield _metadata("thread_sort_index", pid, tid, sort_index=tid)


def _metadata(kind: str, pid: int, tid: int, **args: object) -> Event:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": args}


def _complete(span: Span, pid: int) -> Event:
    start_us, end_us = _microseconds(span.started_s), _microseconds(span.ended_s)
    return {
        "ph": "X",
        "name": span.name,
        "cat": "phase" if span.status is None else str(span.status),
        "pid": pid,
        "tid": NOTEBOOK_THREAD if span.lane is None else span.lane + 1,
        "ts": start_us,
        "dur": round(end_us - start_us, 3),
        "args": {
            "phase": span.phase,
            "status": None if span.status is None else str(span.status),
            "queued_s": span.queued_s,
            "wait_s": span.wait_s,
            "wall_s": span.wall_s,
            "cpu_s": span.cpu_s,
            "cached": span.cached,
        },
    }


def _counters(profile: Profile, pid: int) -> Iterator[Event]:
    running = _level_changes(ran(work_spans(profile)))
    waiting = _level_changes(waited(profile))
    now = {"running": 0, "waiting": 0}
    for moment in sorted(running.keys() | waiting.keys()):
        now["running"] = running.get(moment, now["running"])
        now["waiting"] = waiting.get(moment, now["waiting"])
        yield {"ph": "C", "name": "candidates", "pid": pid, "ts": moment, "args": dict(now)}


def _level_changes(intervals: Iterable[Interval]) -> dict[float, int]:
    return {_microseconds(moment): level for moment, level in levels(intervals)}


def _microseconds(seconds: float) -> float:
    """Exact to the nanosecond: an event that starts as another ends must not overlap it by a rounding error."""
    return round(seconds * 1e6, 3)
