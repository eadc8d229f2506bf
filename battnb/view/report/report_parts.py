"""What the sections of a report share: their data, tables and numbers. Text from elsewhere goes through text.html."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from battnb.model import RunRecord, Runs, Status
from battnb.view.report.rows import TableRows
from battnb.view.report.text import html
from battnb.view.report.timeline_bars import TimelineData
from battnb.view.style import LOOKS
from battnb.view.words import run_labels, seconds_words

FEW = 5
"""A table with at most this many columns is not as wide as the page."""
NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


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


class Safe(str):
    """A piece of HTML, not text."""


def section_html(name: str, title: str, parts: Iterable[str], about: str = "") -> str:
    """A part of the page under a heading, to which links may lead."""
    beside = f'<p class="about">{html(about)}</p>' if about else ""
    heading = f'<h2 id="{name}-title">{html(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{beside}{"".join(parts)}</section>'


def notice(words: str, kind: str = "") -> str:
    """A paragraph that stands out. kind: "good", "bad" or neither."""
    return f'<p class="{f"notice {kind}".strip()}">{html(words, 1000)}</p>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[str] | None = ()) -> str:
    """A table whose first column names the row. Cells are text, or Safe HTML.

    words: heads of columns that hold words, which are flush left; others hold numbers. None: all hold words.
    """
    of_words = [number == 0 or words is None or head in words for number, head in enumerate(heads)]
    head = "".join(
        [f'<th scope="col"{_kind(is_word)}>{html(t)}</th>' for t, is_word in zip(heads, of_words, strict=True)]
    )
    body = "".join([_row(cells, of_words) for cells in rows])
    few = ' class="few"' if len(heads) <= FEW else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html(caption)}"><table{few}>'
        f"<caption>{html(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], of_words: Sequence[bool]) -> str:
    first, *rest = [cell if isinstance(cell, Safe) else html(cell) for cell in cells]
    others = "".join([f"<td{_kind(is_word)}>{cell}</td>" for cell, is_word in zip(rest, of_words[1:], strict=True)])
    return f'<tr><th scope="row">{first}</th>{others}</tr>'


def _kind(is_word: bool) -> str:
    return "" if is_word else ' class="number"'


def status_html(status: Status | None) -> Safe:
    """A status with its colour."""
    look = LOOKS[status]
    return Safe(f'<span class="swatch" style="background:{look.fill}"></span>{html(look.words)}')


def share_bar(share: float) -> Safe:
    """A share of a whole as a bar and as a number."""
    width = min(max(share, 0.0), 1.0) * 100
    bar = f'<span class="share"><span style="width:{width:.2f}%"></span></span>'
    return Safe(f'<span class="whole">{bar}<span class="percent">{share:.1%}</span></span>')


def seconds(value: float | None) -> str:
    """Seconds as people write them; a dash if there are none."""
    return NOTHING if value is None else seconds_words(value)


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def difference(value: float | None) -> str:
    """A difference of two times, with its sign."""
    return NOTHING if value is None else f"{'+' if value >= 0 else MINUS}{seconds_words(abs(value))}"


def factor(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} \N{MULTIPLICATION SIGN}"
