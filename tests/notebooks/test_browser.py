"""JupyterLab runs the notebooks in a real browser. Pictures of it are kept in artefacts/browser."""

import re

import pytest

GENERATE = "battery = bn.generate_battery(task.id, count=1500)"
SLOW = """
import inspect
from battnb.dsl import solvers
head, solver = inspect.getsource(solvers.solve_007bbfb7).split("\\n", 1)
head += "\\n    import time\\n    until = time.thread_time() + 0.05\\n    while time.thread_time() < until: {}\\n"
battery = bn.Battery("slow", programs=tuple([bn.Candidate(f"slow {n}", head.format(n) + solver) for n in range(40)]))
"""


def while_it_runs(panel):
    """The last picture of a panel that was certainly taken before its run ended."""
    live = panel.locator(".jupyter-widgets svg").first
    live.wait_for()
    picture = None
    while live.is_visible():
        taken = panel.screenshot()
        picture = taken if live.is_visible() or picture is None else picture
    return picture


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_quickstart_runs_in_jupyterlab(browser, lab, artefacts, theme):
    page = browser.page(1280, 1000, dark=theme == "dark")
    # The notebook's own run is over before a browser can look, so it gets programs that take a few seconds.
    lab.change("01_quickstart.ipynb", "battery", GENERATE, SLOW)
    notebook = lab.open(page, "01_quickstart.ipynb", theme)
    notebook.run_all()
    panel = notebook.output("run")
    (artefacts / f"lab-{theme}-run-running.png").write_bytes(while_it_runs(panel))
    notebook.wait()
    assert notebook.errors() == []
    assert panel.locator(".jupyter-widgets").count() == 0
    assert panel.locator("svg").count() > 0
    for cell_id in notebook.cell_ids:
        if notebook.output(cell_id).is_visible():
            notebook.output(cell_id).screenshot(path=artefacts / f"lab-{theme}-{cell_id}.png")
    assert browser.asked == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_button_of_the_panel_stops_the_run(browser, lab, artefacts, theme):
    page = browser.page(1280, 1000, dark=theme == "dark")
    notebook = lab.open(page, "02_sequential_vs_parallel.ipynb", theme)
    notebook.run_all()
    panel = notebook.output("compare")
    panel.get_by_text(re.compile(r"([5-9]|[12]\d) of 32 validated")).wait_for()
    panel.screenshot(path=artefacts / f"lab-{theme}-compare-running.png")
    panel.get_by_role("button", name="Stop the run").click()
    panel.get_by_text("stopped after").first.wait_for(timeout=20_000)
    panel.screenshot(path=artefacts / f"lab-{theme}-compare-stopped.png")
    assert browser.asked == []
