"""What records and grids look like in a cell, and how things are shown from anywhere in one.

The HTML needs no style sheet, no script and no network. Grids are plain tuples; show() makes them pictures too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from typing import Any

from battnb.errors import InputError
from battnb.model import Battery, Candidate, ComparisonRecord, Grid, Pair, Profile, RunRecord, Task, Verdict, as_grid
from battnb.trace import metrics
from battnb.view.gantt_bars import GanttBars, gantt_bars
from battnb.view.markup import (
    below,
    box,
    captioned,
    counts_html,
    grid_svg,
    grid_text,
    heading,
    more,
    pair_html,
    quiet,
    row,
    verdict_heading,
    wanted_beside_got,
)
from battnb.view.reasons import why_sentence, why_words
from battnb.view.svg import gantt_svg
from battnb.view.words import avoided_words, count_words, headline, more_words

MANY = 12
"""More pairs than this are not shown one by one."""
BEST = 3
"""How many of the best candidates a run's summary shows."""
BEST_PAIRS = 4
"""How many pairs are shown of a best candidate."""
LISTED = 8
"""How many candidates of a battery are listed."""
MOST_LINES = 40


def task_html(task: Task) -> str:
    """All demo pairs, then the test pairs."""
    counts = f"{count_words(len(task.demo), 'demo pair')}, {count_words(len(task.test), 'test pair')}"
    demo = [pair_html(pair, f"demo {number}") for number, pair in enumerate(task.demo[:MANY], 1)]
    test = [pair_html(pair, f"test {number}") for number, pair in enumerate(task.test[:MANY], 1)]
    rest = more(len(task.samples) - len(demo) - len(test), "pairs")
    return box(heading(task.id, counts), row(demo, 26), row(test, 26), rest)


def lone_pair_html(pair: Pair) -> str:
    return box(pair_html(pair, "input"))


def verdict_html(verdict: Verdict) -> str:
    """What became of a candidate, and for each pair what was wanted beside what it gave."""
    printed = f"<div>{quiet('printed')}</div>{_code(verdict.stdout)}" if verdict.stdout else ""
    return box(verdict_heading(verdict), _failure(verdict), _grids(verdict), printed)


def _grids(verdict: Verdict) -> str:
    samples, has_input = len(verdict.sample_statuses), verdict.task is not None
    shown = [wanted_beside_got(verdict, sample, 110, has_input) for sample in range(min(MANY, samples))]
    return row(shown, 30) + more(samples - MANY, "pairs")


def _failure(verdict: Verdict) -> str:
    failure = verdict.error
    if failure is None:
        return ""
    place = f" (line {failure.line})" if failure.line is not None else ""
    return f"<div><b>{escape(failure.type)}</b>{place}: {escape(failure.message)}</div>"


def candidate_html(candidate: Candidate) -> str:
    """Its source text."""
    entry = f"calls {candidate.entry}" if candidate.entry else ""
    return box(heading(candidate.id, entry), _code(candidate.source_text))


def _code(text: str) -> str:
    lines = text.splitlines()
    rest = f"\n... {more_words(len(lines) - MOST_LINES, 'lines')}" if len(lines) > MOST_LINES else ""
    shown = escape("\n".join(lines[:MOST_LINES]) + rest)
    return (
        '<pre style="margin:4px 0;padding:6px 10px;background:rgba(128,128,128,.1);color:inherit;border-radius:4px;'
        f'overflow-x:auto">{shown}</pre>'
    )


def battery_html(battery: Battery) -> str:
    """How much is in it, and its first candidates."""
    counts = [count_words(len(battery), "candidate")]
    counts += [count_words(len(battery.steps), "step")] if battery.steps else []
    counts += [count_words(len(battery.differs), "differ")] if battery.differs else []
    ids = [
        (output.candidate_id, f"{'a mutation of' if output.mutated else 'as in'} {output.solver_id}")
        for output in battery.outputs[:LISTED]
    ]
    ids += [(program.id, _first_line(program.source_text)) for program in battery.programs[:LISTED]]
    rows = [f"<div><b style='font-family:monospace'>{escape(name)}</b> {quiet(words)}</div>" for name, words in ids]
    return box(heading(battery.name, ", ".join(counts)), *rows, more(len(battery) - len(ids)))


def _first_line(text: str) -> str:
    """The line that begins the program's function, or else its first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("def ", "p=", "p ="))), lines[0] if lines else "")[:80]


def run_html(run: RunRecord) -> str:
    """Counts, the Gantt, and the best candidates' grids."""
    end = "" if run.is_complete else ", not complete"
    bars = _bars(run.profile)
    return box(
        heading(run.task.id, f"{run.battery}: {headline([run.profile])}{end}"),
        counts_html(run.counts(), bars),
        below(gantt_svg(bars)),
        _best(run, BEST),
    )


def comparison_html(both: ComparisonRecord) -> str:
    """Both runs on one time axis, and whether they came to the same verdicts."""
    profiles = [run.profile for run in both.runs]
    bars = _bars(*profiles)
    changed = len(both.changed())
    same = "the same verdicts" if not changed else f"{count_words(changed, 'verdict')} not the same"
    return box(
        heading(both.after.task.id, f"{both.after.battery}: {headline(profiles)}"),
        f"<div>{quiet(same)}</div>",
        counts_html(both.after.counts(), bars),
        below(gantt_svg(bars)),
        *[f"<div>{quiet(words)}</div>" for words in avoided_words(both)],
        _best(both.after, 1),
    )


def profile_html(profile: Profile) -> str:
    """The timeline, and the timing summary."""
    picture, summary = gantt_svg(_bars(profile)), _code(metrics.timing_summary(profile))
    return box(heading(profile.run, headline([profile])), picture, summary)


def different(best: Iterable[Verdict], count: int) -> list[Verdict]:
    """The first few of the best candidates, and only one of those that give the same outputs."""
    found: dict[object, Verdict] = {}
    for verdict in best:
        found.setdefault(verdict.outputs, verdict)
        if len(found) == count:
            break
    return list(found.values())


def candidate_card(verdict: Verdict, pairs: int) -> str:
    """A candidate with its score and what it gave on its first pairs."""
    shown = range(min(pairs, len(verdict.sample_statuses)))
    return verdict_heading(verdict) + row([wanted_beside_got(verdict, sample, 72) for sample in shown], 22)


def why_html(why: str, has_best: bool) -> str:
    """Why most candidates failed; "" if most did not."""
    return below(f"<b>{escape(why_sentence(why, has_best))}</b>") if why else ""


def _best(run: RunRecord, count: int) -> str:
    why = why_html(why_words(run), has_best=run.winner is not None)
    cards = [candidate_card(verdict, BEST_PAIRS) for verdict in different(run.best, count) if any(verdict.outputs)]
    return why + below("<b>Best</b>") + "".join(cards) if cards else why


def _bars(*profiles: Profile) -> GanttBars:
    return gantt_bars(list(profiles), resolution=400)


class GridView:
    """A grid that shows itself: coloured cells in a notebook, rows of digits elsewhere."""

    def __init__(self, rows: object, name: str = "") -> None:
        grid = as_grid(rows)
        if grid is None:
            raise InputError(
                f"this is not a grid but a {type(rows).__name__}; give 1 to 30 rows of one length, of whole numbers 0-9"
            )
        self.grid: Grid = grid
        self.name = name or f"{len(grid)} x {len(grid[0])}"

    def __repr__(self) -> str:
        return grid_text(self.grid)

    def tolist(self) -> list[list[int]]:
        """The grid as lists. So a Pair takes what this shows."""
        return [list(row) for row in self.grid]

    def _repr_html_(self) -> str:
        return box(captioned(self.name, grid_svg(self.grid)))


class GridRow:
    """Several grids beside each other."""

    def __init__(self, views: list[GridView]) -> None:
        self._views = views

    def __repr__(self) -> str:
        return "\n\n".join([repr(view) for view in self._views])

    def _repr_html_(self) -> str:
        return box(row([captioned(view.name, grid_svg(view.grid)) for view in self._views], 18))


def grid(rows: object, name: str = "") -> GridView:
    """A grid (tuples, lists or an array) that shows itself in a cell. Raises InputError if it is not one."""
    return GridView(rows, name)


def show(*things: object) -> None:
    """Show tasks, verdicts, runs, grids, anything: in a cell as pictures, elsewhere as text.

    Grids that follow each other stand in one row. It works anywhere in a cell, not only at its end.
    """
    for thing in _with_grids(things):
        _display(thing)


def _with_grids(things: tuple[object, ...]) -> list[object]:
    found: list[object] = []
    views: list[GridView] = []
    for thing in things:
        made = as_grid(thing)
        view = thing if isinstance(thing, GridView) else GridView(made) if made is not None else None
        if view is not None:
            if not views:
                found.append(GridRow(views))
            views.append(view)
        else:
            views = []
            found.append(thing)
    return found


def _display(thing: object) -> None:
    ipython: Any = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(thing)
    else:
        print(thing)
