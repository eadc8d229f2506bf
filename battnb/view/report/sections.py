"""The sections of the report, each a function from a Report to pieces of HTML. SECTIONS is the list of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from battnb.model import ComparisonRecord, Profile, RunRecord, Runs
from battnb.model.phase_table import RUN_BATT
from battnb.trace import metrics
from battnb.trace.bottleneck import critical_path, shares
from battnb.view.gantt_bars import gantt_bars
from battnb.view.report.answer import USES, phase_or_between, use_words
from battnb.view.report.candidates import TableRows
from battnb.view.report.report_metrics import COLUMNS, DEFINED
from battnb.view.report.report_parts import (
    NAME_CHARACTERS,
    NOTHING,
    html,
    notice,
    percent,
    seconds,
    share_bar,
    shown,
    status_html,
    table,
)
from battnb.view.report.timeline import TimelineData
from battnb.view.report.verdict_changes import differences
from battnb.view.svg import gantt_svg
from battnb.view.words import count_words, headline, phase_words, run_labels, seconds_words

SLOWEST = 10
LANES = 32
"""How many workers are listed one by one. Of more, the least and the most idle are."""
MOVES = {"in": "Zoom in", "out": "Zoom out", "earlier": "Earlier", "later": "Later", "all": "Whole run"}


class Report(msgspec.Struct, frozen=True):
    """What sections are made from: one run or two, the rows of the table of candidates, and the timeline."""

    of: Runs
    rows: TableRows
    timeline: TimelineData

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        return self.of.runs

    @property
    def labels(self) -> list[str]:
        """What each run is called in captions; a single one needs no name."""
        return run_labels([run.profile for run in self.runs]) if len(self.runs) > 1 else [""]

    def captioned(self, title: str) -> list[tuple[RunRecord, str]]:
        """Each run with the caption of its table."""
        captions = [f"{title}: {label}" if label else title for label in self.labels]
        return list(zip(self.runs, captions, strict=True))


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section of the page.

    name: the id of its element. link: its words in the page's navigation; "" for no link.
    make: gives its HTML; a section without any is left out. about: a sentence below its title.
    """

    name: str
    title: str
    link: str = ""
    make: Callable[[Report], Iterable[str]]
    about: str = ""


def timeline(report: Report) -> Iterator[str]:
    """The interactive timeline and its filters, and a still picture for paper and where scripts do not run."""
    profiles = [run.profile for run in report.runs]
    if report.timeline.left_out:
        yield notice(
            f"{report.timeline.left_out:,} shorter pieces of work have no bars of their own: they are drawn as "
            "density, the share of each moment that a worker spent on a status."
        )
    buttons = "".join([f'<button type="button" data-move="{move}">{words}</button>' for move, words in MOVES.items()])
    yield '<div class="screen"><form id="filters" aria-label="Filters of timeline and table"></form>'
    yield f'<div class="moves" role="group" aria-label="Move the timeline">{buttons}'
    yield '<output id="bars-shown" aria-live="polite"></output></div>'
    yield f'<div id="plot" role="figure" aria-label="{html(headline(profiles))}"></div>'
    yield '<p id="selected" aria-live="polite"></p></div>'
    bars = gantt_bars(profiles)
    legend = "".join([f"<li>{status_html(status)}</li>" for status in bars.statuses])
    yield f'<div class="still">{gantt_svg(bars)}<ul class="legend">{legend}</ul></div>'
    yield f"<noscript>{notice('Without scripts there is no timeline and no table of candidates.')}</noscript>"


def candidates(report: Report) -> Iterator[str]:
    """The table of candidates, which the page's scripts fill."""
    if report.rows.left_out:
        yield notice(
            f"{report.rows.left_out:,} more candidates are not in this table: it has the best and those that took "
            "most CPU time. All other numbers of the report count every candidate."
        )
    yield '<table id="table" class="candidates"><caption class="unseen">Candidates</caption></table>'


def compared(report: Report) -> Iterator[str]:
    """What became different between two runs."""
    if isinstance(report.of, ComparisonRecord):
        yield from differences(report.of)


def phases(report: Report) -> Iterator[str]:
    """The numbers of every phase, and those of the whole run."""
    for run, caption in report.captioned("Phases"):
        known = run.profile.phases
        rows = []
        for metric, part in metrics.phase_parts(run.profile):
            name = "whole run" if metric == RUN_BATT else phase_words(metric, known)
            rows.append([name, *[cell(part, run.profile) for _, cell in COLUMNS]])
        yield table(caption, ["phase", *[name for name, _ in COLUMNS]], rows)


def where_it_went(report: Report) -> Iterator[str]:
    """All of the workers' time by what it went to, the critical path, and how idle each worker was."""
    for (run, caption), (_, idle_caption) in zip(
        report.captioned("Workers' time"), report.captioned("Idle time of each worker"), strict=True
    ):
        yield _shares(run.profile, caption)
        yield f"<p>{html(_path_words(run.profile), 2000)}</p>"
        yield _idle(run.profile, idle_caption)


def statuses(report: Report) -> Iterator[str]:
    """How many candidates have each status, and how long workers had them in hand."""
    heads = ["status", "candidates", "share", "in hand (sum over workers)"]
    for run, caption in report.captioned("Statuses"):
        times = metrics.running_sum_s_by_status(run.profile)
        rows = [
            [status_html(status), f"{count:,}", share_bar(count / len(run.verdicts)), seconds(times.get(status))]
            for status, count in run.counts().items()
        ]
        yield table(caption, heads, rows)


def slowest(report: Report) -> Iterator[str]:
    """The pieces of work that took most CPU seconds."""
    heads = ["piece of work", "phase", "status", "CPU", "wall", "waited", "worker"]
    for run, caption in report.captioned("Slowest"):
        rows = [
            [
                shown(span.name, NAME_CHARACTERS),
                phase_words(span.phase, run.profile.phases),
                status_html(span.status),
                *[seconds(time_s) for time_s in (span.cpu_s, span.wall_s, span.wait_s)],
                str(span.lane),
            ]
            for span in metrics.slowest(run.profile, SLOWEST)
        ]
        yield table(caption, heads, rows, ("phase", "status")) if rows else "<p>No worker did anything.</p>"


def definitions(_: Report) -> Iterator[str]:
    """What each number means, from the docstrings of the functions that compute it."""
    named = [(metric.name, metric.definition) for metric in DEFINED]
    named += [(name, f"A part of the workers' time: {about}.") for name, about in USES.values()]
    yield f"<dl>{''.join([f'<dt>{html(name)}</dt><dd>{html(about, 2000)}</dd>' for name, about in named])}</dl>"


def _shares(profile: Profile, caption: str) -> str:
    found = shares(profile)
    whole_s = sum([share.worker_s for share in found]) or 1.0
    rows = []
    for share in found:
        numbers = [share_bar(share.worker_s / whole_s), seconds_words(share.worker_s)]
        rows.append([use_words(share, profile), *numbers, USES[share.use][1]])
    return table(caption, ["went to", "share", "seconds (sum)", "which is"], rows, words=None)


def _path_words(profile: Profile) -> str:
    path = critical_path(profile)
    words = (
        f"Critical path: {count_words(len(path.work), 'piece')} of work, {seconds_words(path.work_s)} in workers and "
        f"{seconds_words(path.own_s)} in the notebook's process"
    )
    longest = max(path.work, key=lambda span: span.wall_s, default=None)
    if longest is not None:
        words += f"; the longest piece on it is {shown(longest.name, NAME_CHARACTERS)}, {seconds_words(longest.wall_s)}"
    own = [f"{phase_or_between(phase, profile)} {seconds_words(time_s)}" for phase, time_s in path.own]
    return f"{words}. The notebook's process: {', '.join(own)}." if own else f"{words}."


def _idle(profile: Profile, caption: str) -> str:
    idle = metrics.idle_s_by_lane(profile)
    chosen = list(idle.items())
    if len(chosen) > LANES:
        chosen = sorted(chosen, key=lambda item: item[1])
        chosen = [*chosen[: LANES // 2], *chosen[-LANES // 2 :]]
        caption += f" (of {len(idle):,}, the {LANES // 2} least and the {LANES // 2} most idle)"
    wall_s = profile.wall_s or 1.0
    rows = [[f"worker {lane}", seconds_words(max(s, 0.0)), share_bar(s / wall_s)] for lane, s in chosen]
    return table(caption, ["worker", "idle", "share of the run"], rows)


def conditions(report: Report) -> Iterator[str]:
    """A table for each kind of condition, with two runs side by side."""
    heads = ["", *report.labels] if len(report.runs) > 1 else ["", "value"]
    yield '<div class="columns">'
    for caption, facts in CONDITIONS.items():
        by_run = [dict(facts(run)) for run in report.runs]
        names = dict.fromkeys([name for found in by_run for name in found])
        rows = [[name, *[found.get(name, NOTHING) for found in by_run]] for name in names]
        yield table(caption, heads, rows, words=None) if rows else f"<p>{caption}: not recorded.</p>"
    yield "</div>"


def _limits(run: RunRecord) -> Iterator[tuple[str, str]]:
    for name in run.limits.__struct_fields__:
        value = getattr(run.limits, name)
        if name.endswith("_bytes"):
            yield name, bytes_words(value)
        else:
            yield name, f"{value:g} s" if name.endswith("_s") else f"{value:,}"


def _machine(run: RunRecord) -> Iterator[tuple[str, str]]:
    if run.started_unix_s is not None:
        yield "began", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.started_unix_s))
    machine = run.machine
    if machine is not None:
        efficiency = metrics.core_efficiency(run.profile, machine.cores)
        yield "system", machine.system
        yield "processor", machine.processor
        yield "processors to use", str(machine.cores)
        yield "memory", "unknown" if machine.memory_bytes is None else bytes_words(machine.memory_bytes)
        yield "CPU of candidates / all processors' time", percent(efficiency)
    yield "workers", str(run.workers)
    yield "mode", run.mode


def _layers(run: RunRecord) -> Iterator[tuple[str, str]]:
    for layer, reason in run.layers.items():
        yield layer, "active" if reason is None else f"missing: {reason}"


CONDITIONS: dict[str, Callable[[RunRecord], Iterable[tuple[str, str]]]] = {
    "Limits": _limits,
    "Machine": _machine,
    "Versions": lambda run: run.machine.versions.items() if run.machine is not None else (),
    "Layers of the sandbox": _layers,
}


def bytes_words(count: int) -> str:
    """ "512 MiB", "64 KiB", "7.5 GiB"."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


SECTIONS = (
    Section(
        name="timeline",
        title="Timeline",
        link="Timeline",
        make=timeline,
        about="Each bar is a piece of work of a worker. Drag to move, Ctrl and the wheel to zoom, point at a bar to "
        "see everything about it, click it to find its candidate in the table.",
    ),
    Section(
        name="candidates",
        title="Candidates",
        link="Candidates",
        make=candidates,
        about="Open a row to see its source, its inlined form, why it failed, and for each pair what was wanted beside "
        "what it gave.",
    ),
    Section(name="differences", title="What became different", make=compared),
    Section(
        name="phases",
        title="Phases",
        link="Phases",
        make=phases,
        about="Sums add up the work of all workers and are not wall time. Demo and test pairs are executed at the same "
        "time, so their two phases overlap, and the phases need not add up to the run.",
    ),
    Section(
        name="time",
        title="Where the workers' time went",
        link="Workers' time",
        make=where_it_went,
        about="Every second of every worker is in exactly one row: together they are wall time x workers.",
    ),
    Section(name="statuses", title="Statuses", link="Statuses", make=statuses),
    Section(name="slowest", title=f"The {SLOWEST} slowest", link="Slowest", make=slowest),
    Section(name="conditions", title="Limits, machine, versions, sandbox", link="Machine", make=conditions),
    Section(name="definitions", title="How each number is defined", link="Definitions", make=definitions),
)
"""The page below its first screen, in order; its navigation comes from this list too."""
