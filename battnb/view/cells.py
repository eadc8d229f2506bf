"""What records look like in a cell: HTML that needs no style sheet, no script and no network."""

from __future__ import annotations

from html import escape

from battnb.model import Battery, Candidate, ComparisonRecord, Grid, Pair, Profile, RunRecord, Task, Verdict
from battnb.trace import metrics
from battnb.view.gantt_bars import GanttBars, gantt_bars
from battnb.view.grid_pictures import grid_svg
from battnb.view.markup import (
    MANY,
    box,
    captioned,
    counts_html,
    heading,
    pair_html,
    quiet,
    row,
    verdict_heading,
    wanted_beside_got,
)
from battnb.view.svg import gantt_svg
from battnb.view.words import avoided_words, count_words, headline

BEST = 3
"""So many of the best candidates are in a run's summary."""
LISTED = 8
"""So many candidates of a battery are listed."""
MOST_LINES = 40


def grid_html(grid: Grid, name: str = "") -> str:
    height, width = len(grid), len(grid[0])
    return captioned(name or f"{height} x {width}", grid_svg(grid))


def task_html(task: Task) -> str:
    """All demo pairs, then the test pairs."""
    counts = f"{count_words(len(task.demo), 'demo pair')}, {count_words(len(task.test), 'test pair')}"
    demo = [pair_html(pair, f"demo {number}") for number, pair in enumerate(task.demo[:MANY], 1)]
    test = [pair_html(pair, f"test {number}") for number, pair in enumerate(task.test[:MANY], 1)]
    more = len(task.samples) - len(demo) - len(test)
    rest = quiet(f"and {more:,} more pairs") if more else ""
    return box(heading(task.id, counts), row(demo, 26), row(test, 26), rest)


def lone_pair_html(pair: Pair) -> str:
    return box(pair_html(pair, "input"))


def verdict_html(verdict: Verdict) -> str:
    """What became of a candidate, and on each pair what was wanted beside what it gave."""
    return box(verdict_heading(verdict), failure_html(verdict), grids_html(verdict), _printed(verdict))


def grids_html(verdict: Verdict) -> str:
    shown = range(min(MANY, len(verdict.sample_statuses)))
    has_input = verdict.task is not None
    more = len(verdict.sample_statuses) - len(shown)
    rest = quiet(f"and {more:,} more pairs") if more else ""
    return row([wanted_beside_got(verdict, sample, 110, has_input) for sample in shown], 30) + rest


def failure_html(verdict: Verdict) -> str:
    """Why it failed, in a line."""
    failure = verdict.error
    if failure is None:
        return ""
    place = f" (line {failure.line})" if failure.line is not None else ""
    return f"<div><b>{escape(failure.type)}</b>{escape(place)}: {escape(failure.message)}</div>"


def _printed(verdict: Verdict) -> str:
    if not verdict.stdout:
        return ""
    lines = verdict.stdout.splitlines()
    return f"<div>{quiet('printed')}</div>{_code(lines)}"


def candidate_html(candidate: Candidate) -> str:
    """Its source text."""
    source = candidate.source
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    entry = f"calls {candidate.entry}" if candidate.entry else ""
    return box(heading(candidate.id, entry), _code(text.splitlines()))


def _code(lines: list[str]) -> str:
    rest = f"\n... and {len(lines) - MOST_LINES:,} more lines" if len(lines) > MOST_LINES else ""
    text = escape("\n".join(lines[:MOST_LINES]) + rest)
    return (
        '<pre style="margin:4px 0;padding:6px 10px;background:rgba(128,128,128,.1);color:inherit;border-radius:4px;'
        f'overflow-x:auto">{text}</pre>'
    )


def battery_html(battery: Battery) -> str:
    """How much is in it, and its first candidates."""
    counts = [count_words(len(battery), "candidate")]
    counts += [count_words(len(battery.steps), "step")] if battery.steps else []
    counts += [f"{count_words(len(battery.differs), 'differ')}"] if battery.differs else []
    ids = [(output.candidate_id, _of_solver(output.solver_id, output.mutated)) for output in battery.outputs[:LISTED]]
    ids += [(program.id, _first_line(program)) for program in battery.programs[:LISTED]]
    rows = "".join(
        [f"<div><b style='font-family:monospace'>{escape(name)}</b> {quiet(words)}</div>" for name, words in ids]
    )
    more = len(battery) - len(ids)
    return box(heading(battery.name, ", ".join(counts)), rows, quiet(f"and {more:,} more") if more > 0 else "")


def _of_solver(solver_id: str, mutated: bool) -> str:
    return f"{'a mutation of' if mutated else 'as in'} {solver_id}"


def _first_line(program: Candidate) -> str:
    text = program.source if isinstance(program.source, str) else program.source.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("def ", "p=", "p ="))), lines[0] if lines else "")[:80]


def run_html(run: RunRecord) -> str:
    """Counts, the Gantt, and the best candidates' grids."""
    end = "" if run.is_complete else ", not complete"
    bars = run_bars(run.profile)
    return box(
        heading(run.task.id, f"{run.battery}: {headline([run.profile])}{end}"),
        counts_html(run.counts(), bars),
        f'<div style="margin-top:6px">{gantt_svg(bars)}</div>',
        best_html(run, BEST),
    )


def best_html(run: RunRecord, count: int) -> str:
    """The best candidates of a run; of those that give the same only the first."""
    differing: dict[object, Verdict] = {}
    for verdict in run.best:
        differing.setdefault(verdict.outputs, verdict)
        if len(differing) == count:
            break
    cards = [
        verdict_heading(verdict)
        + row([wanted_beside_got(verdict, sample, 72) for sample in range(min(4, len(verdict.outputs)))], 22)
        for verdict in differing.values()
        if any(verdict.outputs)
    ]
    return f'<div style="margin-top:6px"><b>Best</b></div>{"".join(cards)}' if cards else ""


def comparison_html(both: ComparisonRecord) -> str:
    """Both runs on one time axis, and whether they came to the same verdicts."""
    bars = run_bars(both.before.profile, both.after.profile)
    changed = len(both.changed())
    same = "the same verdicts" if not changed else f"{count_words(changed, 'verdict')} not the same"
    return box(
        heading(both.after.task.id, f"{both.after.battery}: {headline([both.before.profile, both.after.profile])}"),
        f"<div>{quiet(same)}</div>",
        counts_html(both.after.counts(), bars),
        f'<div style="margin-top:6px">{gantt_svg(bars)}</div>',
        *[f"<div>{quiet(words)}</div>" for words in avoided_words(both)],
        best_html(both.after, 1),
    )


def run_bars(*profiles: Profile) -> GanttBars:
    return gantt_bars(list(profiles), resolution=400)


def profile_html(profile: Profile) -> str:
    """The timeline, and the timing summary."""
    return box(
        heading(profile.run, headline([profile])),
        gantt_svg(run_bars(profile)),
        _code(metrics.timing_summary(profile).splitlines()),
    )
