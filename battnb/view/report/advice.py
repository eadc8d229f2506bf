"""Sentences on what would make a run shorter, and by how much at the most."""

from __future__ import annotations

from battnb.model import Profile, RunRecord, Status, phase_table
from battnb.trace import metrics
from battnb.trace.bottleneck import Remedy, Use, remedies
from battnb.view.report.text import NAME_CHARACTERS, shown
from battnb.view.words import count_words, phase_words, seconds_words

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
