"""The first screen in words and numbers: how long, how many, how fast, and what was the bottleneck."""

from __future__ import annotations

import msgspec

from battnb.model import ComparisonRecord, Profile, RunRecord, Status
from battnb.trace import metrics
from battnb.trace.bottleneck import Share, Use, bottleneck, shares
from battnb.trace.changes import comparable_speedup
from battnb.view.style import LOOKS
from battnb.view.words import change_words, count_words, known_words, phase_words, run_labels, seconds_words


class Card(msgspec.Struct, frozen=True):
    """A question, its answer in a few large characters, and a sentence below it."""

    question: str
    answer: str
    beside: str


def lead(run: RunRecord) -> str:
    """The result of a run in one sentence."""
    counts = ", ".join([f"{count:,} {LOOKS[status].words}" for status, count in run.counts().items()])
    how = "one after the other" if run.mode == "sequential" else f"on {count_words(run.workers, 'worker')}"
    took = seconds_words(run.profile.wall_s)
    judged = f"{count_words(len(run.verdicts), 'candidate')} in {took} {how}"
    return f"{judged}: {counts}." if counts else f"{judged}."


def cards(run: RunRecord) -> list[Card]:
    """The answers about one run."""
    profile = run.profile
    return [
        Card("How long?", seconds_words(profile.wall_s), _how_long(profile)),
        Card("How many?", f"{len(run.verdicts):,}", _how_many(run)),
        _how_fast(run),
        _bottleneck(profile),
    ]


def comparison_lead(both: ComparisonRecord) -> str:
    """The result of two runs in one sentence."""
    labels = run_labels([run.profile for run in both.runs])
    times = f"{labels[0]} {seconds_words(both.before.profile.wall_s)}, {labels[1].lower()} "
    times += seconds_words(both.after.profile.wall_s)
    speedup = comparable_speedup(both)
    if speedup is None:
        return f"{times}: not the same work, so there is no speedup."
    change = change_words(speedup, "times")
    if known := known_words(both):
        return f"{times}: {change}, but not by the same work; {'; '.join(known)}."
    return f"{times}: {change}, wall time against wall time on the same work."


def use_words(share: Share, profile: Profile) -> str:
    """What a share of the workers' time is called."""
    name = USES[share.use][0]
    return f"{name}: {phase_or_between(share.phase, profile)}" if share.use == Use.OWN else name


def phase_or_between(phase: str | None, profile: Profile) -> str:
    """What a phase of the notebook's own process is called; None is outside of all phases."""
    return "between phases" if phase is None else phase_words(phase, profile.phases)


USES = {
    Use.COMPUTING: ("computing", "CPU seconds of candidates and of the steps that they share"),
    Use.TIMED_OUT: ("timed out", "work that ended at a time limit"),
    Use.OVERHEAD: ("overhead", "in hand but not computing: forked, sent, killed, asleep, or waiting for a processor"),
    Use.UNMEASURED: ("not measured", "in hand, CPU seconds unknown"),
    Use.UNEVEN: ("uneven", "nothing in hand while another worker had something"),
    Use.OWN: ("no worker busy", "only the notebook's own process had work"),
}
"""Each use of a worker's time: its name and its definition."""


def _how_long(profile: Profile) -> str:
    cpu_s = metrics.cpu_sum_s(profile)
    return f"wall time; workers computed {seconds_words(cpu_s)} (CPU, a sum)"


def _how_many(run: RunRecord) -> str:
    validated = run.own_verdicts
    duplicates = sum([v.duplicate_of is not None for v in run.verdicts])
    words = [f"{len(validated):,} validated"]
    cached = sum([v.cached for v in validated])
    words += [f"{cached:,} of them known before"] if cached else []
    words += [f"{count_words(duplicates, 'duplicate')}"] if duplicates else []
    rest = len(run.verdicts) - len(validated) - duplicates
    never = sum([v.status == Status.CANCELLED and v.duplicate_of is None for v in run.verdicts])
    words += [f"{never:,} never ran"] if never else []
    words += [f"{rest - never:,} dropped for their score"] if rest > never else []
    return ", ".join(words)


def _how_fast(run: RunRecord) -> Card:
    validated = sum([not v.cached for v in run.own_verdicts])
    rate = metrics.candidates_per_s(run.profile, validated)
    efficiency = metrics.parallel_efficiency(run.profile)
    beside = "" if efficiency is None else f"; {efficiency:.0%} of the workers' time computed candidates"
    if not rate:
        return Card("How fast?", "-", "no candidate was validated in this run" + beside)
    answer = f"{rate:,.0f} / s" if rate >= 10 else f"{rate:.2g} / s"
    return Card("How fast?", answer, "candidates while validating" + beside)


def _bottleneck(profile: Profile) -> Card:
    question, share = "What was the bottleneck?", bottleneck(profile)
    if share is None:
        return Card(question, "-", "nothing took time")
    whole_s = sum([part.worker_s for part in shares(profile)])
    of_all = f"{share.worker_s / whole_s:.0%} of the workers' time"
    name, about = USES[share.use]
    if share.use == Use.OWN:
        most = phase_or_between(share.phase, profile)
        return Card(question, name, f"{of_all}: {about}, most of it {most if share.phase is None else f'in {most}'}")
    return Card(question, name, f"{of_all}: {about}")
