"""The report from its first screen to its end, and the data that its scripts work on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from battnb.model import ComparisonRecord, RunRecord, Runs, Status
from battnb.version import __version__
from battnb.view.grid_pictures import COLOURS
from battnb.view.report import answer
from battnb.view.report.advice import what_would_help
from battnb.view.report.details import TOGETHER, packed, packs, task_data
from battnb.view.report.report_parts import Report, notice, section_html
from battnb.view.report.sections import SECTIONS
from battnb.view.report.text import NAME_CHARACTERS, html, shown
from battnb.view.report.timeline_bars import SOURCES
from battnb.view.report.verdict_changes import changed_verdicts
from battnb.view.style import LOOKS
from battnb.view.words import avoided_words

HATCHES = {"": " ", "///": "/", "...": ".", "\\\\\\": "\\", "xxx": "x", "---": "-", "|||": "|", "+++": "+",
           "ooo": "o", "//": "/"}  # fmt: skip
"""The hatches of view.style in Bokeh's letters."""


def title(of: Runs) -> str:
    """What the page is called: the task, the battery, and that it is a report."""
    run = of.runs[-1]
    return f"{shown(run.task.id, NAME_CHARACTERS)}, {shown(run.battery, NAME_CHARACTERS)}: battnb report"


def body(report: Report) -> Iterator[str]:
    """The page's HTML, without its data and scripts."""
    run = report.runs[-1]
    heading = f"{html(run.task.id, NAME_CHARACTERS)} <small>{html(run.battery, NAME_CHARACTERS)}</small>"
    yield f'<a class="skip" href="#timeline">Skip to the timeline</a><header><h1>{heading}</h1>'
    yield f"<p class='lead'>{html(_lead(report.of), 1000)}</p></header><main>"
    yield from _first_screen(report)
    made = [(section, list(section.make(report))) for section in SECTIONS]
    links = [f'<a href="#{section.name}">{html(section.link)}</a>' for section, parts in made if parts and section.link]
    yield f'<nav aria-label="Parts of the report">{"".join(links)}</nav>'
    yield from [section_html(section.name, section.title, parts, section.about) for section, parts in made if parts]
    yield f"</main><footer>Made by battnb {__version__}. This file needs no network and asks for nothing.</footer>"


def page_data(report: Report) -> dict[str, str]:
    """What the scripts need, packed, by the id of its element."""
    everything = {
        "runs": report.labels,
        "statuses": [_status(status) for status in (*Status, None)],
        "columns": [msgspec.structs.asdict(column) for column in report.rows.columns],
        "values": report.rows.values,
        "together": TOGETHER,
        "sources": {name: getattr(report.timeline, name) for name in SOURCES},
        "end_s": report.timeline.end_s,
        "task": task_data(report.runs[-1].task),
        "colours": COLOURS,
    }
    details = {f"pack-{number}": pack for number, pack in enumerate(packs(report.runs, report.rows.ids, report.labels))}
    return {"data": packed(everything)} | details


def _lead(of: Runs) -> str:
    before = f"{answer.comparison_lead(of)} " if isinstance(of, ComparisonRecord) else ""
    return before + answer.lead(of.runs[-1])


def _first_screen(report: Report) -> Iterator[str]:
    """Notices, the answers to the first questions, and what would help."""
    for run in report.runs:
        if not run.is_complete:
            yield notice(f"The {run.mode} run was stopped before its end: what it did not reach is cancelled.", "bad")
    if isinstance(report.of, ComparisonRecord):
        yield changed_verdicts(report.of)
        yield from [f"<p>{html(words[:1].upper() + words[1:])}.</p>" for words in avoided_words(report.of)]
    answers = [_answers(run, label) for run, label in zip(report.runs, report.labels, strict=True)]
    helps = "".join([f"<li>{html(sentence, 1000)}</li>" for sentence in what_would_help(report.runs[-1])])
    heading = "What would help" + (f": {report.labels[-1].lower()}" if len(report.runs) == 2 else "")
    parts = ['<div class="answers">', *answers, "</div>", f"<h3>{html(heading)}</h3><ol>{helps}</ol>"]
    yield section_html("answer", "Where the time went", parts)


def _answers(run: RunRecord, label: str) -> str:
    heading = f"<h3>{html(label)}</h3>" if label else ""
    return f'{heading}<dl class="cards">{"".join([_card(card) for card in answer.cards(run)])}</dl>'


def _card(card: answer.Card) -> str:
    words = f"<dd><b>{html(card.answer)}</b><span>{html(card.beside)}</span></dd>"
    return f'<div class="card"><dt>{html(card.question)}</dt>{words}</div>'


def _status(status: Status | None) -> dict[str, Any]:
    look = LOOKS[status]
    return {"words": look.words, "fill": look.fill, "hatch": HATCHES[look.hatch], "lines": look.lines}
