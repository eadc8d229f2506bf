"""The performance report: one HTML file that answers where the time went. It needs no network and runs nothing.

answer.py and advice.py have the first screen, sections.py lists the rest. body.py puts them in order, page.py makes
one file of them, and scripts/ brings it to life.
"""

from __future__ import annotations

import os
from pathlib import Path

from battnb.files import write_whole
from battnb.model import Runs

MOST = 20_000
"""The most candidates in the table, and the most pieces of work with bars of their own."""


def write_report(of: Runs, path: str | os.PathLike[str], most: int = MOST) -> Path:
    """Write the report of a run, or of two, to a file, whole or not at all.

    most: candidates in the table, and bars in the timeline. The report says how many more it leaves out.
    Returns the path. Raises StoreError if it cannot be written.
    """
    return write_whole(path, report_html(of, most).encode("utf-8"))


def report_html(of: Runs, most: int = MOST) -> str:
    """The report as HTML."""
    from battnb.view.report.body import body, page_data, title
    from battnb.view.report.page import datatables_script, page_html
    from battnb.view.report.plot import bokeh_scripts, plot_item
    from battnb.view.report.report_parts import Report
    from battnb.view.report.rows import rows_of
    from battnb.view.report.timeline_bars import timeline_data

    rows = rows_of(of.runs, most)
    timeline = timeline_data([run.profile for run in of.runs], {name: n for n, name in enumerate(rows.ids)}, most)
    report = Report(of, rows, timeline)
    scripts = [*bokeh_scripts(), datatables_script()]
    return page_html(title(of), body(report), page_data(report), plot_item(timeline), scripts)
