"""What changed between two runs: verdicts, phases, and candidates that became slower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from battnb.model import ComparisonRecord, Verdict
from battnb.trace import metrics
from battnb.trace.overview import SLOWER_BY, SLOWER_BY_S, Change, phase_changes, slower
from battnb.view.report.report_parts import (
    NAME_CHARACTERS,
    difference,
    factor,
    html,
    notice,
    seconds,
    section_html,
    shown,
    table,
)
from battnb.view.style import LOOKS
from battnb.view.words import count_words, more_words, seconds_words

MOST_CHANGED, MOST_SLOWER = 50, 20


def changed_verdicts(both: ComparisonRecord) -> str:
    """Verdicts that are not the same in both runs, and candidates that are not in both. They come first in a report."""
    changed = both.changed()
    other = _not_in_both(both)
    if not changed:
        return other or notice("All verdicts are the same in both runs: statuses and outputs on every pair.", "good")
    words = f"{count_words(len(changed), 'verdict')} changed between the two runs. There should be none."
    rows = [_changed_row(before, after) for before, after in changed[:MOST_CHANGED]]
    heads = ["candidate", "before", "after", "pairs that differ"]
    more = more_words(len(changed) - MOST_CHANGED)
    parts = [
        other,
        f'<p class="notice bad" role="alert">{words}</p>',
        table("Changed verdicts", heads, rows, words=None),
        f"<p>{more}</p>" if more else "",
    ]
    return section_html("changed", "Verdicts", parts)


def differences(both: ComparisonRecord) -> Iterator[str]:
    """Each phase before and after, and the candidates that became slower."""
    phases = phase_changes(both.before.profile, both.after.profile)
    named = [(f"{change.name} {metrics.SUMS.get(change.name, '')}".strip(), change) for change in phases]
    yield _changes_table("Phase by phase", ["metric", "before", "after"], named)
    found = slower(both.before.verdicts, both.after.verdicts)
    rule = f"more than {SLOWER_BY:g} times and {seconds_words(SLOWER_BY_S)} more CPU"
    if not found:
        yield f"<p>No candidate became slower ({rule}).</p>"
        return
    words = f"{count_words(len(found), 'candidate')} became slower ({rule})"
    words += f"; the {MOST_SLOWER} that grew most" if len(found) > MOST_SLOWER else ""
    yield f"<p>{html(words)}:</p>"
    named = [(shown(change.name, NAME_CHARACTERS), change) for change in found[:MOST_SLOWER]]
    yield _changes_table("Candidates that became slower", ["candidate", "CPU before", "CPU after"], named)


def _changes_table(caption: str, heads: list[str], named: Iterable[tuple[str, Change]]) -> str:
    rows = [
        [name, seconds(c.before_s), seconds(c.after_s), difference(c.difference_s), factor(c.factor)]
        for name, c in named
    ]
    return table(caption, [*heads, "difference", "after / before"], rows)


def _not_in_both(both: ComparisonRecord) -> str:
    before, after = both.not_in_both()
    if not before and not after:
        return ""
    words = f"{count_words(len(before), 'candidate')} only in the first run, {len(after):,} only in the second"
    return notice(f"Not the same work: {words}.", "bad")


def _changed_row(before: Verdict, after: Verdict) -> list[str]:
    samples = [zip(verdict.sample_statuses, verdict.outputs, strict=True) for verdict in (before, after)]
    pairs = [str(number) for number, (a, b) in enumerate(zip_longest(*samples), 1) if a != b]
    words = [LOOKS[verdict.status].words for verdict in (before, after)]
    return [shown(before.candidate_id, NAME_CHARACTERS), *words, ", ".join(pairs)]
