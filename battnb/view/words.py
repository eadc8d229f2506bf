"""What pictures and reports say in words: plain text, made from the metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from battnb.model import ComparisonRecord, Phase, Profile
from battnb.trace import metrics
from battnb.trace.overview import Overview, comparable_speedup, counted_and_spent_s


def phase_words(metric: str, phases: Iterable[Phase]) -> str:
    """What a phase is called in a picture. phases: those of the run; one that is not among them is named by the last
    part of its metric."""
    return next((phase.words for phase in phases if phase.metric == metric), metric.rsplit(".", 1)[-1])


def seconds_words(seconds: float) -> str:
    """A time as people write it: "123 s", "12.9 s", "0.21 s", "41 ms", "0.7 ms"."""
    if seconds >= 99.95:
        return f"{seconds:.0f} s"
    if seconds >= 0.995:
        return f"{seconds:.1f} s"
    if seconds >= 0.0995:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.00095 or seconds < 5e-7 else f"{seconds * 1e3:.1g} ms"


def count_words(count: int, noun: str) -> str:
    """ "1 worker", "2 workers", "10,000 workers"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def left_words(left_s: float | None) -> str:
    """ ", about 3.0 s left"; "" if nobody can know."""
    return "" if left_s is None else f", about {seconds_words(left_s)} left"


def limit_words(limit_s: float) -> str:
    """What the line of the CPU limit is called."""
    return f"CPU limit {seconds_words(limit_s)}: CPU seconds / workers"


def more_words(count: int, noun: str = "") -> str:
    """ "and 12 more pairs": what a list leaves out; "" if it leaves out nothing."""
    return f"and {count:,} more {noun}".strip() if count > 0 else ""


def named_words(names: Sequence[str], most: int) -> str:
    """ "a, b, c and 12 more": the first of some names."""
    return f"{', '.join(names[:most])} {more_words(len(names) - most)}".rstrip()


def change_words(speedup: float, adverb: str) -> str:
    """ "1.95 x faster", or "1.10 x slower"; adverb: "x" or "times"."""
    return f"{speedup:.2f} {adverb} faster" if speedup >= 1 else f"{1 / speedup:.2f} {adverb} slower"


def run_labels(profiles: Sequence[Profile]) -> list[str]:
    """What each of several runs is called: its mode, or its name if modes are equal, or else which of two it is."""
    modes, names = [profile.mode for profile in profiles], [profile.run for profile in profiles]
    ways = [labels for labels in (modes, names) if len(set(labels)) == len(labels)]
    labels = ways[0] if ways else ["before", "after"] if len(names) == 2 else names
    return [label[:1].upper() + label[1:] for label in labels]


def run_words(profile: Profile) -> str:
    """One run in numbers: "6.6 s wall, 12.8 s CPU (sum), 98 % parallel efficiency"."""
    if not profile.spans:
        return "nothing was recorded"
    words = [f"{seconds_words(profile.wall_s)} wall", f"{seconds_words(metrics.cpu_sum_s(profile))} CPU (sum)"]
    efficiency = metrics.parallel_efficiency(profile)
    if efficiency is not None and profile.workers > 1:
        words.append(f"{efficiency * 100:.0f} % parallel efficiency")
    return ", ".join(words + _left_out_words(profile))


def headline(profiles: Sequence[Profile]) -> str:
    """The result in one line.

    For one run these are its numbers. For two, which are the same work done in two ways, they are their wall times and
    the speedup: "Sequential 12.9 s, parallel 6.6 s on 2 workers: 1.95 x faster, 98 % parallel efficiency".
    """
    labels = run_labels(profiles)
    if len(profiles) == 1:
        return f"{labels[0]} on {count_words(profiles[0].workers, 'worker')}: {run_words(profiles[0])}"
    # As parts of a sentence: only the first keeps its capital.
    in_a_row = [labels[0], *[label[:1].lower() + label[1:] for label in labels[1:]]]
    walls = [f"{label} {seconds_words(run.wall_s)}" for label, run in zip(in_a_row, profiles, strict=True)]
    line = f"{', '.join(walls)} on {count_words(profiles[-1].workers, 'worker')}"
    return ": ".join([line, *_comparison_words(profiles[0], profiles[-1])])


def _comparison_words(before: Profile, after: Profile) -> list[str]:
    speedup, efficiency = metrics.speedup(before, after), metrics.parallel_efficiency(after)
    if speedup is None or efficiency is None:
        return []
    change = change_words(speedup, "x")
    cached = sum([span.cached for run in (before, after) for span in metrics.verdict_spans(run)])
    if cached:
        return [f"{change}, with {count_words(cached, 'verdict')} from the cache"]
    return [f"{change}, {efficiency * 100:.0f} % parallel efficiency"]


def _left_out_words(profile: Profile) -> list[str]:
    """How many spans with a verdict no worker ran. A picture of lanes does not show them."""
    absent = [span for span in metrics.verdict_spans(profile) if span.lane is None]
    cached = sum([span.cached for span in absent])
    counts = {"from the cache": cached, "never ran": len(absent) - cached}
    return [f"{count:,} {words}" for words, count in counts.items() if count]


def tasks_words(overview: Overview) -> str:
    """ "12 of 400 tasks, 5 solved on demo, 4 on test"."""
    words = f"{overview.complete:,} of {count_words(overview.total, 'task')}, {overview.solved:,} solved on demo"
    return words + (f", {overview.tests_solved:,} on test" if any([row.test_pairs for row in overview.rows]) else "")


def comparison_summary(both: ComparisonRecord) -> str:
    """Both timing summaries, and wall time against wall time."""
    parts = [f"{run.mode}\n{metrics.timing_summary(run.profile)}" for run in both.runs]
    words = ", ".join([f"{run.mode} {run.profile.wall_s:.3f} s" for run in both.runs])
    speedup = comparable_speedup(both)
    ratio = f": {speedup:.2f} x" if speedup else ""
    return "\n\n".join([*parts, words + ratio, *known_words(both), *avoided_words(both)])


def known_words(both: ComparisonRecord) -> list[str]:
    """Which of the runs took verdicts from the cache instead of working: then no speedup is meaningful."""
    words = []
    for run in both.runs:
        own = run.own_verdicts
        if cached := sum([verdict.cached for verdict in own]):
            words.append(f"{run.mode}: {cached} of {len(own)} verdicts came from the cache, and took no time")
    return words


def avoided_words(both: ComparisonRecord) -> list[str]:
    """How much work each run avoided by running equal steps once. What it avoided is not parallelism."""
    words = []
    for run in both.runs:
        counted_s, spent_s = counted_and_spent_s(run.verdicts)
        if counted_s - spent_s > 0.01 * counted_s:
            words.append(
                f"{run.mode}: candidates count {counted_s:.3f} CPU s (sum) but took {spent_s:.3f} (sum), since "
                f"equal steps ran once: {1 - spent_s / counted_s:.0%} of their work was avoided"
            )
    return words
