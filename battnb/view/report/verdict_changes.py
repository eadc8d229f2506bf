"""What two runs have to say to each other: verdicts that changed, phases, candidates that became slower."""

from __future__ import annotations

from battnb.model import ComparisonRecord, Verdict
from battnb.trace import metrics
from battnb.trace.changes import SLOWER_BY, SLOWER_BY_S, phase_changes, slower
from battnb.view.report import markup
from battnb.view.report.text import NAME_CHARACTERS, html, shown
from battnb.view.style import LOOKS
from battnb.view.words import count_words, seconds_words

MOST_CHANGED, MOST_SLOWER = 50, 20


def changed_verdicts(both: ComparisonRecord) -> str:
    """Verdicts that are not the same in both runs, and candidates that are not in both: they come first."""
    changed = both.changed()
    other = _not_in_both(both)
    if not changed:
        same = "All verdicts are the same in both runs: statuses and outputs on every pair."
        return other or f'<p class="notice good">{same}</p>'
    parts = [other]
    if changed:
        words = f"{count_words(len(changed), 'verdict')} changed between the two runs. There should be none."
        rows = [_changed_row(before, after) for before, after in changed[:MOST_CHANGED]]
        heads = ["candidate", "before", "after", "pairs that differ"]
        parts.append(f'<p class="notice bad" role="alert">{words}</p>')
        parts.append(markup.table("Changed verdicts", heads, rows, words=None))
        if len(changed) > MOST_CHANGED:
            parts.append(f"<p>and {len(changed) - MOST_CHANGED:,} more</p>")
    return markup.section("changed", "Verdicts", *parts)


def differences(both: ComparisonRecord) -> str:
    """Phase by phase before and after, and the candidates that became slower."""
    rows = [
        (f"{change.name}{f' {metrics.SUMS[change.name]}' if change.name in metrics.SUMS else ''}",
         markup.seconds(change.before_s), markup.seconds(change.after_s),
         markup.difference(change.difference_s), markup.factor(change.factor))
        for change in phase_changes(both.before.profile, both.after.profile)
    ]  # fmt: skip
    phases = markup.table("Phase by phase", ["metric", "before", "after", "difference", "after / before"], rows)
    return markup.section("differences", "What became different", phases, _slower(both))


def _slower(both: ComparisonRecord) -> str:
    found = slower(both.before.verdicts, both.after.verdicts)
    rule = f"more than {SLOWER_BY:g} times and {seconds_words(SLOWER_BY_S)} more CPU"
    if not found:
        return f"<p>No candidate became slower ({rule}).</p>"
    rows = [
        (shown(change.name, NAME_CHARACTERS), markup.seconds(change.before_s), markup.seconds(change.after_s),
         markup.difference(change.difference_s), markup.factor(change.factor))
        for change in found[:MOST_SLOWER]
    ]  # fmt: skip
    words = f"{count_words(len(found), 'candidate')} became slower ({rule})"
    words += f"; the {MOST_SLOWER} that grew most" if len(found) > MOST_SLOWER else ""
    heads = ["candidate", "CPU before", "CPU after", "difference", "after / before"]
    return f"<p>{html(words)}:</p>{markup.table('Candidates that became slower', heads, rows)}"


def _not_in_both(both: ComparisonRecord) -> str:
    before, after = both.not_in_both()
    if not before and not after:
        return ""
    words = f"{count_words(len(before), 'candidate')} only in the first run, {len(after):,} only in the second"
    return f'<p class="notice bad">Not the same work: {words}.</p>'


def _changed_row(before: Verdict, after: Verdict) -> tuple[str, ...]:
    pairs = [
        str(number)
        for number, (a, b) in enumerate(
            zip(
                zip(before.sample_statuses, before.outputs, strict=True),
                zip(after.sample_statuses, after.outputs, strict=True),
                strict=False,
            ),
            1,
        )
        if a != b
    ]
    words = [LOOKS[verdict.status].words for verdict in (before, after)]
    return (shown(before.candidate_id, NAME_CHARACTERS), *words, ", ".join(pairs))
