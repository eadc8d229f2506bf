"""Reads runs from files, and checks what their types do not say.

Files survive changes of battnb: fields that this battnb does not know are skipped, and missing ones get their usual
values. A status that it does not know cannot be shown as another one, so such a file is refused in a sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from battnb.errors import ProfileError, TaskError
from battnb.model import Profile, Programs, Status, Verdict, is_grid
from battnb.result.views import Comparison, Run
from battnb.result.writing import FORMAT, VERSION, with_task

_LATEST_UNIX_S = 253_402_300_800.0
"""The year 10000: no calendar here goes further."""


class _Head(msgspec.Struct):
    format: str
    version: int


class _Saved(msgspec.Struct):
    runs: list[Run]


def load_run(path: str | os.PathLike[str]) -> Run | Comparison:
    """Read a saved run, or a comparison.

    Raises ProfileError for a file that is not one, is cut short, contradicts itself, or comes from a newer battnb.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ProfileError(f"cannot read {path}: {error.strerror}") from error
    runs = _decoded(path, data)
    if len(runs) not in (1, 2):
        raise ProfileError(f"{path} holds {len(runs)} runs; a file has one, or two to compare")
    for run in runs:
        wrong = next(_contradictions(run), None)
        if wrong is not None:
            raise ProfileError(f"{path} is not a saved run that can be trusted: {wrong}; save the run again")
    runs = [with_task(run, run.task) for run in runs]
    return runs[0] if len(runs) == 1 else Comparison(*runs)


def _decoded(path: str | os.PathLike[str], data: bytes) -> list[Run]:
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise ProfileError(f"{path} is not a saved run: its format is {head.format!r}, not {FORMAT!r}")
        if not 1 <= head.version <= VERSION:
            newest = f"this battnb reads up to {VERSION}"
            raise ProfileError(f"{path} has version {head.version}; {newest}: install a newer one")
        return msgspec.json.decode(data, type=_Saved).runs
    except TaskError as error:
        raise ProfileError(f"{path} is not a saved run that can be trusted: {error}; save the run again") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        wrong = f"is not a saved run, or is cut short: {error}"
        if unknown := _unknown_statuses(data):
            wrong = f"has the status {unknown[0]!r}, which this battnb does not know: install a newer one"
        raise ProfileError(f"{path} {wrong}") from error


def _unknown_statuses(data: bytes) -> list[str]:
    """The statuses in a file that are not in Status; none if it is not a file of runs."""
    try:
        verdicts = [verdict for run in msgspec.json.decode(data)["runs"] for verdict in run["verdicts"]]
        found = [status for v in verdicts for status in (v["status"], *v["sample_statuses"]) if status is not None]
        return [status for status in found if status not in set(Status)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return []


# What types do not say


def _contradictions(run: Run) -> Iterator[str]:
    """What is wrong with a run, in words."""
    yield from _of_profile(run.profile)
    yield from _of_programs(run.programs)
    if run.started_unix_s is not None and not 0 <= run.started_unix_s < _LATEST_UNIX_S:
        yield f"it began {run.started_unix_s} s after 1970"
    seen: set[str] = set()
    for verdict in run.verdicts:
        if verdict.candidate_id in seen:
            yield f"candidate {verdict.candidate_id!r} has two verdicts"
        seen.add(verdict.candidate_id)
        yield from _of_verdict(verdict, len(run.task.samples))


def _of_profile(profile: Profile) -> Iterator[str]:
    if profile.workers < 0 or not _is_time(profile.wall_s):
        yield f"its profile has {profile.workers} workers and takes {profile.wall_s} s"
    for span in profile:
        times = (span.started_s, span.ended_s, span.queued_s or 0.0, span.cpu_s or 0.0)
        if not all(map(math.isfinite, times)) or span.ended_s < span.started_s or (span.lane or 0) < 0:
            yield f"span {span.name!r} goes from {span.started_s} to {span.ended_s} s in lane {span.lane}"


def _of_programs(programs: Programs) -> Iterator[str]:
    for number, step in enumerate(programs.steps):
        if any([not 0 <= ref < number for ref in step.used]):
            yield f"step {number} uses something that is not a step before it"
    for output in programs.outputs:
        if any([not 0 <= ref < len(programs.steps) for ref in output.value.used]):
            yield f"the output of candidate {output.candidate_id!r} is not a step"


def _of_verdict(verdict: Verdict, samples: int) -> Iterator[str]:
    if not len(verdict.outputs) == len(verdict.sample_statuses) == samples:
        yield f"candidate {verdict.candidate_id!r} has {len(verdict.outputs)} outputs on {samples} samples"
    if not all([output is None or is_grid(output) for output in verdict.outputs]):
        yield f"candidate {verdict.candidate_id!r} has an output that is not a grid"
    if not (_is_time(verdict.cpu_s) and _is_time(verdict.wall_s) and _is_time(verdict.executed_cpu_s)):
        yield f"candidate {verdict.candidate_id!r} took {verdict.cpu_s} CPU s, {verdict.wall_s} s"


def _is_time(seconds: float) -> bool:
    return math.isfinite(seconds) and seconds >= 0
