"""The report from its first screen to its foot, and the data that its scripts work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from battnb.model import ComparisonRecord, Profile, RunRecord, Runs, Status
from battnb.version import __version__
from battnb.view.gantt_bars import gantt_bars
from battnb.view.grid_pictures import COLOURS
from battnb.view.report import answer, markup
from battnb.view.report import verdict_changes as changes
from battnb.view.report.advice import what_would_help
from battnb.view.report.details import TOGETHER, packed, packs, task_data
from battnb.view.report.rows import Rows
from battnb.view.report.sections import SECTIONS
from battnb.view.report.text import NAME_CHARACTERS, html, shown
from battnb.view.report.timeline_bars import TimelineData
from battnb.view.style import LOOKS
from battnb.view.svg import gantt_svg
from battnb.view.words import avoided_words, headline, run_labels

HATCHES = {"": " ", "///": "/", "...": ".", "\\\\\\": "\\", "xxx": "x", "---": "-", "|||": "|", "+++": "+",
           "ooo": "o", "//": "/"}  # fmt: skip
"""The hatches of view.style in Bokeh's letters."""
LINKS = (
    ("timeline", "Timeline"), ("candidates", "Candidates"), ("phases", "Phases"), ("time", "Workers' time"),
    ("statuses", "Statuses"), ("slowest", "Slowest"), ("conditions", "Machine"), ("definitions", "Definitions"),
)  # fmt: skip


def title(of: Runs) -> str:
    """What the page is called: the task, the battery, and that it is a report."""
    run = of.runs[-1]
    return f"{shown(run.task.id, NAME_CHARACTERS)}, {shown(run.battery, NAME_CHARACTERS)}: battnb report"


def body(of: Runs, rows: Rows, timeline: TimelineData) -> Iterator[str]:
    """The page's HTML, without its data and scripts."""
    labels = labels_of(of)
    run = of.runs[-1]
    heading = f"{html(run.task.id, NAME_CHARACTERS)} <small>{html(run.battery, NAME_CHARACTERS)}</small>"
    yield f'<a class="skip" href="#timeline">Skip to the timeline</a><header><h1>{heading}</h1>'
    yield f"<p class='lead'>{html(_lead(of), 1000)}</p></header><main>"
    yield from _first_screen(of)
    links = "".join([f'<a href="#{name}">{html(words)}</a>' for name, words in LINKS])
    yield f'<nav aria-label="Parts of the report">{links}</nav>'
    yield _timeline(of.runs, timeline)
    yield _candidates(rows)
    if isinstance(of, ComparisonRecord):
        yield changes.differences(of)
    yield from [make(of.runs, labels) for make in SECTIONS]
    made = f"Made by battnb {__version__}. This file needs no network and asks for nothing."
    yield f"</main><footer>{made}</footer>"


def labels_of(of: Runs) -> list[str]:
    """What each run is called in captions; a single one needs no name."""
    return run_labels([run.profile for run in of.runs]) if len(of.runs) > 1 else [""]


def page_data(of: Runs, rows: Rows, timeline: TimelineData) -> dict[str, str]:
    """What the scripts need, packed, by the id of its element."""
    labels = labels_of(of)
    everything = {
        "runs": labels,
        "statuses": [_status(status) for status in (*Status, None)],
        "columns": [{"key": c.key, "title": c.title, "kind": c.kind, "about": c.about} for c in rows.columns],
        "values": rows.values,
        "together": TOGETHER,
        "sources": {
            "bars": timeline.bars,
            "areas": timeline.areas,
            "phases": timeline.phases,
            "waiting": timeline.waiting,
            "limits": timeline.limits,
        },
        "end_s": timeline.end_s,
        "task": task_data(of.runs[-1].task),
        "colours": COLOURS,
    }
    details = {f"pack-{number}": pack for number, pack in enumerate(packs(of.runs, rows.ids, labels))}
    return {"data": packed(everything)} | details


def _lead(of: Runs) -> str:
    before = f"{answer.comparison_lead(of)} " if isinstance(of, ComparisonRecord) else ""
    return before + answer.lead(of.runs[-1])


def _first_screen(of: Runs) -> Iterator[str]:
    for run in of.runs:
        if not run.is_complete:
            words = f"The {run.mode} run was stopped before its end: what it did not reach is cancelled."
            yield f'<p class="notice bad">{html(words)}</p>'
    if isinstance(of, ComparisonRecord):
        yield changes.changed_verdicts(of)
        yield from [f"<p>{html(words[:1].upper() + words[1:])}.</p>" for words in avoided_words(of)]
    answers = [_answers(run, label) for run, label in zip(of.runs, labels_of(of), strict=True)]
    last = of.runs[-1]
    helps = "".join([f"<li>{html(sentence, 1000)}</li>" for sentence in what_would_help(last)])
    heading = "What would help" + (f": {labels_of(of)[-1].lower()}" if len(of.runs) == 2 else "")
    parts = ('<div class="answers">', *answers, "</div>", f"<h3>{html(heading)}</h3><ol>{helps}</ol>")
    yield markup.section("answer", "Where the time went", *parts)


def _answers(run: RunRecord, label: str) -> str:
    heading = f"<h3>{html(label)}</h3>" if label else ""
    return f'{heading}<dl class="cards">{"".join([_card(card) for card in answer.cards(run)])}</dl>'


def _card(card: answer.Card) -> str:
    words = f"<dd><b>{html(card.answer)}</b><span>{html(card.beside)}</span></dd>"
    return f'<div class="card"><dt>{html(card.question)}</dt>{words}</div>'


def _timeline(runs: Sequence[RunRecord], timeline: TimelineData) -> str:
    profiles = [run.profile for run in runs]
    left_out = (
        f'<p class="notice">{timeline.left_out:,} shorter pieces of work have no bars of their own: they are drawn as '
        "density, the share of each moment that a worker spent on a status.</p>"
    )
    buttons = "".join([f'<button type="button" data-move="{move}">{words}</button>' for move, words in MOVES])
    about = (
        "Each bar is a piece of work of a worker. Drag to move, Ctrl and the wheel to zoom, point at a bar to see "
        "everything about it, click it to find its candidate in the table."
    )
    return markup.section(
        "timeline",
        "Timeline",
        left_out if timeline.left_out else "",
        '<div class="screen"><form id="filters" aria-label="Filters of timeline and table"></form>',
        f'<div class="moves" role="group" aria-label="Move the timeline">{buttons}',
        '<output id="bars-shown" aria-live="polite"></output></div>',
        f'<div id="plot" role="figure" aria-label="{html(headline(profiles))}"></div>',
        '<p id="selected" aria-live="polite"></p></div>',
        _still(profiles),
        '<noscript><p class="notice">Without scripts there is no timeline and no table of candidates.</p></noscript>',
        beside=about,
    )


def _still(profiles: Sequence[Profile]) -> str:
    """The timeline as a picture with a legend, for paper and where scripts do not run."""
    bars = gantt_bars(profiles)
    legend = "".join([f"<li>{markup.swatch(status)}</li>" for status in bars.statuses])
    return f'<div class="still">{gantt_svg(bars)}<ul class="legend">{legend}</ul></div>'


MOVES = (
    ("in", "Zoom in"), ("out", "Zoom out"), ("earlier", "Earlier"), ("later", "Later"), ("all", "Whole run")
)  # fmt: skip


def _candidates(rows: Rows) -> str:
    about = (
        "Open a row to see its source, its inlined form, why it failed, and on each pair what was wanted beside what "
        "it gave."
    )
    left_out = (
        f'<p class="notice">{rows.left_out:,} more candidates are not in this table: it has the best and those that '
        "took most CPU time. All other numbers of the report count every candidate.</p>"
    )
    table = '<table id="table" class="candidates"><caption class="unseen">Candidates</caption></table>'
    return markup.section("candidates", "Candidates", left_out if rows.left_out else "", table, beside=about)


def _status(status: Status | None) -> dict[str, Any]:
    look = LOOKS[status]
    return {"words": look.words, "fill": look.fill, "hatch": HATCHES[look.hatch], "lines": look.lines}
