"""JupyterLab in a real browser runs the quickstart. What it looked like is kept in artefacts/browser."""

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_quickstart_runs_in_jupyterlab(browser, lab, artefacts, theme):
    page = browser.page(1280, 1000, dark=theme == "dark")
    notebook = lab.open(page, "01_quickstart.ipynb", theme)
    notebook.run_all()
    notebook.wait()
    page.screenshot(path=artefacts / f"lab-{theme}.png")
    for cell_id in ("task", "best", "gantt"):
        notebook.output(cell_id).screenshot(path=artefacts / f"lab-{theme}-{cell_id}.png")
    assert notebook.errors() == []
    assert browser.asked == []
