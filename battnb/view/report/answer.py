"""The first screen in words and numbers: how long, how many, how fast, what was the bottleneck, and what would help."""

from __future__ import annotations

import msgspec

from battnb.model import ComparisonRecord, Profile, RunRecord, Status, phase_table
from battnb.trace import metrics
from battnb.trace.bottleneck import Remedy, Share, Use, bottleneck, remedies, shares
from battnb.trace.overview import comparable_speedup
from battnb.view.reasons import why_sentence, why_words
from battnb.view.report.report_parts import NAME_CHARACTERS, shown
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


def why_failed(run: RunRecord) -> str:
    """A sentence that says why most candidates failed; "" if most did not."""
    why = why_words(run)
    return why and why_sentence(why, has_best=run.winner is not None)


def cards(run: RunRecord) -> list[Card]:
    """The answers about one run."""
    profile = run.profile
    computed = f"wall time; workers computed {seconds_words(metrics.cpu_sum_s(profile))} (CPU, a sum)"
    return [
        Card("How long?", seconds_words(profile.wall_s), computed),
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
        within = "" if share.phase is None else "in "
        about += f", most of it {within}{phase_or_between(share.phase, profile)}"
    return Card(question, name, f"{of_all}: {about}")


LEAST_GAIN = 0.03
"""A remedy that could not save this share of the run is not worth a sentence."""
MOST_REMEDIES = 4


def what_would_help(run: RunRecord) -> list[str]:
    """Sentences on what would make the run shorter, the greatest gain first. If nothing would, one that says so."""
    cores = run.machine.cores if run.machine is not None else None
    found = [remedy for remedy in remedies(run.profile, cores) if remedy.gain_s > LEAST_GAIN * run.profile.wall_s]
    whole = seconds_words(run.profile.wall_s)
    sentences = [
        f"{_words(remedy, run, cores)} (saves up to {seconds_words(remedy.gain_s)} of {whole})." for remedy in found
    ]
    return sentences[:MOST_REMEDIES] or [
        f"Nothing would help much: no part of the run could save {LEAST_GAIN:.0%} of it."
    ]


def _words(remedy: Remedy, run: RunRecord, cores: int | None) -> str:
    if remedy.use == Use.COMPUTING:
        return _more_workers(remedy, run, cores)
    if remedy.use == Use.TIMED_OUT:
        return _timeouts(run)
    if remedy.use == Use.UNEVEN:
        return _uneven(remedy, run.profile)
    if remedy.use == Use.OWN:
        return _own(remedy.phase, run.profile)
    return (
        "Cut what candidates cost besides computing: any that is not a straight line of DSL calls is forked, one that "
        "sleeps or waits only costs time, and other work on the machine takes its processors away"
    )


def _more_workers(remedy: Remedy, run: RunRecord, cores: int | None) -> str:
    if run.mode == "sequential":
        return f'Run in parallel: mode="parallel" on {count_words(remedy.workers or 2, "worker")}'
    if cores is not None and cores > run.workers:
        return f"Use all {cores} processors: workers={cores} instead of {run.workers}"
    have = f"all {cores} are in use" if cores is not None else f"{run.workers} were used"
    return f"A machine with more processors: {have}, and the same computing could be divided among {remedy.workers}"


def _timeouts(run: RunRecord) -> str:
    count = run.counts().get(Status.TIMEOUT, 0)
    return (
        f"Lower Limits.timeout_s, now {run.limits.timeout_s:g} CPU s on a sample, "
        f"or drop the {count_words(count, 'candidate')} that timed out"
    )


def _uneven(remedy: Remedy, profile: Profile) -> str:
    longest = max(metrics.work_spans(profile), key=lambda span: span.wall_s)
    if longest.wall_s < remedy.gain_s:
        return "Fewer workers, or candidates that take longer: workers had gaps in their work while others had some"
    took = f"{shown(longest.name, NAME_CHARACTERS)} took {seconds_words(longest.wall_s)}"
    return f"Give the workers even shares: the longest piece of work, {took}, is best begun first"


def _own(phase: str | None, profile: Profile) -> str:
    """What makes a phase of the notebook's own process shorter."""
    if phase is None:
        return "Do less beside the run: between its phases the notebook's process was busy with something else"
    why = f"while no worker had anything to do, the notebook's process was in {phase_words(phase, profile.phases)}"
    return f"{OWN.get(phase, 'Make the phase shorter')}: {why}"


OWN = {
    phase_table.CHECK_BATT: "Have fewer or smaller steps in the battery",
    phase_table.FILTER: "Generate fewer candidates that are the same",
    phase_table.INLINE: "Generate smaller programs",
    phase_table.VALIDATE: "Hand over more candidates at a time",
    phase_table.STORE: "Store on a faster disk, or not at all (out_dir=None)",
    phase_table.DIFFERS: "Rate with fewer differs",
}
"""What to do about the notebook's own share of a phase; phases that are not here get a general sentence."""
