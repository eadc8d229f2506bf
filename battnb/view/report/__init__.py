"""The performance report: one HTML file that answers where the time went, with no network and nothing run.

answer.py has the first screen, bars.py and plot.py the timeline, rows.py and details.py the table of candidates,
sections.py and changes.py the rest; body.py puts them in order, page.py makes one file of them, and scripts/ brings
it to life.
"""

from __future__ import annotations

import os
from pathlib import Path

from battnb.model import Runs

MOST = 20_000
"""So many candidates are in the table, and so many pieces of work have bars of their own."""


def write_report(of: Runs, path: str | os.PathLike[str], most: int = MOST) -> Path:
    """Write the report of a run, or of two, to a file, whole or not at all.

    most: candidates in the table, and bars in the timeline; of more the report says how many it leaves out.
    Returns the path. Raises StoreError where it cannot be written.
    """
    from battnb.files import write_whole

    return write_whole(path, report_html(of, most).encode("utf-8"))


def report_html(of: Runs, most: int = MOST) -> str:
    """The report as HTML."""
    from battnb.view.report.body import body, page_data, title
    from battnb.view.report.page import datatables_script, page_html
    from battnb.view.report.plot import bokeh_scripts, plot_item
    from battnb.view.report.rows import rows_of
    from battnb.view.report.timeline_bars import timeline_data

    rows = rows_of(of.runs, most)
    timeline = timeline_data([run.profile for run in of.runs], {name: n for n, name in enumerate(rows.ids)}, most)
    scripts = [*bokeh_scripts(), datatables_script()]
    return page_html(title(of), body(of, rows, timeline), page_data(of, rows, timeline), plot_item(timeline), scripts)
