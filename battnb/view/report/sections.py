"""The parts of the report that are words and tables, each a function from what was run to HTML."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from battnb.model import Profile, RunRecord
from battnb.trace import metrics
from battnb.trace.bottleneck import remedies, shares
from battnb.trace.critical import critical_path
from battnb.trace.phase_numbers import PhaseNumbers, phase_numbers
from battnb.view.report import markup
from battnb.view.report.answer import USES, use_words
from battnb.view.report.conditions import conditions
from battnb.view.report.text import NAME_CHARACTERS, html, shown
from battnb.view.words import count_words, phase_words, seconds_words

SLOWEST = 10
LANES = 32
"""Workers that are listed one by one; of more, the least and the most idle."""


def phases(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:
    """Every phase's numbers, and those of the whole run."""
    heads = ["phase", "wall", "share", "pieces of work", "in hand (sum)", "CPU (sum)", "overhead (sum)",
             "waiting (sum)", "efficiency", "candidates / s", "CPU of the notebook"]  # fmt: skip
    tables = []
    for run, label in zip(runs, labels, strict=True):
        rows = [_phase_row(numbers, run.profile) for numbers in phase_numbers(run.profile)]
        tables.append(markup.table(_caption("Phases", label), heads, rows))
    about = (
        "Sums add up the work of all workers and are no wall time. Demo and test pairs are executed at once, so that "
        "their two phases overlap; so the phases need not add up to the run."
    )
    return markup.section("phases", "Phases", *tables, beside=about)


def where_it_went(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:
    """All of the workers' time by what it went to, the critical path, and how idle each worker was."""
    parts = []
    for run, label in zip(runs, labels, strict=True):
        parts += [
            _shares(run.profile, label),
            f"<p>{html(_path_words(run.profile), 2000)}</p>",
            _idle(run.profile, label),
        ]
    about = "Every second of every worker is in one row: wall time x workers, without a rest."
    return markup.section("time", "Where the workers' time went", *parts, beside=about)


def statuses(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:
    """How many candidates have each status, and how long workers had them in hand."""
    heads = ["status", "candidates", "share", "in hand (sum over workers)"]
    tables = []
    for run, label in zip(runs, labels, strict=True):
        times = metrics.running_sum_s_by_status(run.profile)
        rows = [
            (
                markup.swatch(status),
                f"{count:,}",
                markup.share_bar(count / len(run.verdicts)),
                markup.seconds(times.get(status)),
            )
            for status, count in run.counts().items()
        ]
        tables.append(markup.table(_caption("Statuses", label), heads, rows))
    return markup.section("statuses", "Statuses", *tables)


def slowest(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:
    """The pieces of work that took most CPU seconds."""
    heads = ["piece of work", "phase", "status", "CPU", "wall", "waited", "worker"]
    tables = []
    for run, label in zip(runs, labels, strict=True):
        rows = [
            (shown(span.name, NAME_CHARACTERS), phase_words(span.phase), markup.swatch(span.status),
             markup.seconds(span.cpu_s), markup.seconds(span.wall_s), markup.seconds(span.wait_s), str(span.lane))
            for span in metrics.slowest(run.profile, SLOWEST)
        ]  # fmt: skip
        tables.append(
            markup.table(_caption("Slowest", label), heads, rows, ("phase", "status"))
            if rows
            else "<p>No worker did anything.</p>"
        )
    return markup.section("slowest", f"The {SLOWEST} slowest", *tables)


def definitions(runs: Sequence[RunRecord], labels: Sequence[str]) -> str:  # noqa: ARG001  (all sections are called alike)
    """What each number means, from the functions that make it."""
    named = [(name, _doc(function)) for name, function in DEFINED]
    named += [(name, f"Of the workers' time: {about}.") for name, about in USES.values()]
    terms = "".join([f"<dt>{html(name)}</dt><dd>{html(about, 2000)}</dd>" for name, about in named])
    return markup.section("definitions", "How each number is defined", f"<dl>{terms}</dl>")


SECTIONS: tuple[Callable[[Sequence[RunRecord], Sequence[str]], str], ...] = (
    phases, where_it_went, statuses, slowest, conditions, definitions
)  # fmt: skip
"""The sections below the table of candidates, in order. A section of one's own is a function more."""

DEFINED: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("wall", metrics.wall_s),
    ("CPU (sum)", metrics.cpu_sum_s),
    ("CPU of the notebook", metrics.own_cpu_sum_s),
    ("check time (sum)", metrics.check_time_sum_s),
    ("in hand (sum)", metrics.running_sum_s),
    ("waiting (sum)", metrics.waiting_sum_s),
    ("overhead (sum)", metrics.overhead_sum_s),
    ("idle time of each worker", metrics.idle_s_by_lane),
    ("CPU limit", metrics.cpu_limit_s),
    ("efficiency", metrics.parallel_efficiency),
    ("CPU of candidates / all processors' time", metrics.core_efficiency),
    ("speedup", metrics.speedup),
    ("candidates / s", metrics.candidates_per_s),
    ("slowest", metrics.slowest),
    ("in hand by status", metrics.running_sum_s_by_status),
    ("critical path", critical_path),
    ("what would help", remedies),
)
"""What is defined at the end, by what it is called above."""


def _caption(title: str, label: str) -> str:
    return f"{title}: {label}" if label else title


def _phase_row(numbers: PhaseNumbers, profile: Profile) -> Sequence[str]:
    share = numbers.wall_s / profile.wall_s if profile.wall_s else 0.0
    sums = (numbers.running_sum_s, numbers.cpu_sum_s, numbers.overhead_sum_s, numbers.waiting_sum_s)
    return (
        "whole run" if numbers.metric == metrics.RUN_BATT else phase_words(numbers.metric),
        markup.seconds(numbers.wall_s),
        markup.share_bar(share),
        f"{numbers.pieces:,}" if numbers.pieces else markup.NOTHING,
        *[markup.seconds(seconds if numbers.pieces else None) for seconds in sums],
        markup.percent(numbers.efficiency),
        markup.NOTHING if numbers.candidates_per_s is None else f"{numbers.candidates_per_s:,.0f}",
        markup.seconds(numbers.own_cpu_s or None),
    )


def _shares(profile: Profile, label: str) -> str:
    found = shares(profile)
    whole_s = sum([share.worker_s for share in found]) or 1.0
    rows = [
        (
            use_words(share),
            markup.share_bar(share.worker_s / whole_s),
            seconds_words(share.worker_s),
            USES[share.use][1],
        )
        for share in found
    ]
    return markup.table(
        _caption("Workers' time", label), ["went to", "share", "seconds (sum)", "which is"], rows, words=None
    )


def _path_words(profile: Profile) -> str:
    path = critical_path(profile)
    words = (
        f"Critical path: {count_words(len(path.work), 'piece')} of work, {seconds_words(path.work_s)} in workers and "
        f"{seconds_words(path.own_s)} in the notebook's process"
    )
    longest = max(path.work, key=lambda span: span.wall_s, default=None)
    if longest is not None:
        words += f"; the longest piece on it is {shown(longest.name, NAME_CHARACTERS)}, {seconds_words(longest.wall_s)}"
    own = [f"{phase_words(phase) if phase else 'between phases'} {seconds_words(s)}" for phase, s in path.own]
    return f"{words}. Of the notebook's process: {', '.join(own)}." if own else f"{words}."


def _idle(profile: Profile, label: str) -> str:
    idle = metrics.idle_s_by_lane(profile)
    chosen = list(idle.items())
    if len(chosen) > LANES:
        chosen = sorted(chosen, key=lambda item: item[1])
        chosen = [*chosen[: LANES // 2], *chosen[-LANES // 2 :]]
    wall_s = profile.wall_s or 1.0
    rows = [(f"worker {lane}", seconds_words(max(s, 0.0)), markup.share_bar(s / wall_s)) for lane, s in chosen]
    caption = _caption("Idle time of each worker", label)
    if len(idle) > LANES:
        caption += f" (of {len(idle):,}, the {LANES // 2} least and the {LANES // 2} most idle)"
    return markup.table(caption, ["worker", "idle", "share of the run"], rows)


def _doc(function: Callable[..., Any]) -> str:
    """A docstring as prose: its paragraphs, each in a line."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return " ".join([" ".join(paragraph.split()) for paragraph in paragraphs])
