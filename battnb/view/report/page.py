"""The report as one HTML file with everything in it, which may not request anything. scripts/ brings it to life.

A content security policy allows only the page's own scripts, which carry a number that nobody can guess, and forbids
every request. So even text that slipped through as HTML could neither run nor send anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from battnb.model import ComparisonRecord, RunRecord, Runs, Status
from battnb.version import __version__
from battnb.view.markup import COLOURS
from battnb.view.report import answer
from battnb.view.report.answer import what_would_help
from battnb.view.report.candidates import TOGETHER, packed, packs, rows_of, task_data
from battnb.view.report.report_parts import NAME_CHARACTERS, html, notice, section_html, shown
from battnb.view.report.sections import SECTIONS, Report
from battnb.view.report.timeline import bokeh_scripts, plot_item, timeline_data
from battnb.view.report.verdict_changes import changed_verdicts
from battnb.view.style import LOOKS
from battnb.view.words import avoided_words

MOST = 20_000
"""The most candidates in the table, and the most pieces of work with bars of their own."""
HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)
DATATABLES = "vendor/datatables.min.js"
"""The library of the table: DataTables (https://datatables.net), MIT licence."""
SCRIPTS = ("basics", "timeline", "filters", "table", "details", "report")
HATCHES = {"": " ", "///": "/", "...": ".", "\\\\\\": "\\", "xxx": "x", "---": "-", "|||": "|", "+++": "+",
           "ooo": "o", "//": "/"}  # fmt: skip
"""The hatches of view.style in Bokeh's letters."""


def report_html(of: Runs, most: int = MOST) -> str:
    """The report of a run, or of two, as HTML.

    most: candidates in the table, and bars in the timeline. The report says how many more it leaves out.
    """
    rows = rows_of(of.runs, most)
    timeline = timeline_data([run.profile for run in of.runs], {name: n for n, name in enumerate(rows.ids)}, most)
    report = Report(of, rows, timeline)
    scripts = [*bokeh_scripts(), _asset(DATATABLES), _own_script()]
    nonce = secrets.token_urlsafe(18)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(nonce=nonce)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{html(_title(of.runs[-1]))}</title><style>{_asset('report.css')}</style></head><body>",
        *_body(report),
        *[f'<script type="text/plain" id="{name}">{packed}</script>' for name, packed in _page_data(report).items()],
        f'<script type="application/json" id="plot-json">{_json(plot_item(timeline))}</script>',
        *[f'<script nonce="{nonce}">{_script(code)}</script>' for code in scripts],
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _title(run: RunRecord) -> str:
    return f"{shown(run.task.id, NAME_CHARACTERS)}, {shown(run.battery, NAME_CHARACTERS)}: battnb report"


def _body(report: Report) -> Iterator[str]:
    """The page's HTML, without its data and scripts."""
    run = report.runs[-1]
    heading = f"{html(run.task.id, NAME_CHARACTERS)} <small>{html(run.battery, NAME_CHARACTERS)}</small>"
    yield f'<a class="skip" href="#timeline">Skip to the timeline</a><header><h1>{heading}</h1>'
    before = f"{answer.comparison_lead(report.of)} " if isinstance(report.of, ComparisonRecord) else ""
    yield f"<p class='lead'>{html(before + answer.lead(run), 1000)}</p></header><main>"
    yield from _first_screen(report)
    made = [(section, list(section.make(report))) for section in SECTIONS]
    links = [f'<a href="#{section.name}">{html(section.link)}</a>' for section, parts in made if parts and section.link]
    yield f'<nav aria-label="Parts of the report">{"".join(links)}</nav>'
    yield from [section_html(section.name, section.title, parts, section.about) for section, parts in made if parts]
    yield f"</main><footer>Made by battnb {__version__}. This file needs no network and asks for nothing.</footer>"


def _page_data(report: Report) -> dict[str, str]:
    """What the scripts need, packed, by the id of its element."""
    everything = {
        "runs": report.labels,
        "statuses": [_status(status) for status in (*Status, None)],
        "columns": [msgspec.structs.asdict(column) for column in report.rows.columns],
        "values": report.rows.values,
        "together": TOGETHER,
        "sources": report.timeline.sources,
        "end_s": report.timeline.end_s,
        "task": task_data(report.runs[-1].task),
        "colours": COLOURS,
    }
    details = {f"pack-{number}": pack for number, pack in enumerate(packs(report.runs, report.rows.ids, report.labels))}
    return {"data": packed(everything)} | details


def _first_screen(report: Report) -> Iterator[str]:
    """Notices, the answers to the first questions, and what would help."""
    for run in report.runs:
        if not run.is_complete:
            yield notice(f"The {run.mode} run was stopped before its end: what it did not reach is cancelled.", "bad")
    if why := answer.why_failed(report.runs[-1]):
        yield notice(why, "bad")
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


def _own_script() -> str:
    """The page's own scripts as one, so that they see each other's names and nothing else does."""
    codes = "\n".join([_asset(f"scripts/{name}.js") for name in SCRIPTS])
    return f'(() => {{\n"use strict";\n{codes}}})();'


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(data: object) -> str:
    """JSON in which nothing can end the element around it."""
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _script(code: str) -> str:
    """Code that cannot end its element. In JavaScript a less-than sign and a slash meet only in strings."""
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")
