"""The notebooks as HTML, in a browser without a network: they ask for nothing, and show their pictures."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OFFLINE = ("--HTMLExporter.require_js_url=data:,", "--HTMLExporter.mathjax_url=data:,")  # as make html has it


def exported(folder, *options):
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--log-level", "ERROR"]
    subprocess.run([*command, *options, "--output-dir", folder, *NOTEBOOKS], check=True)
    return folder


@pytest.fixture(scope="session")
def offline(tmp_path_factory):
    """A folder of pages, made with the options of make html."""
    return exported(tmp_path_factory.mktemp("offline"), *OFFLINE)


@pytest.fixture(scope="session")
def by_default(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("by_default"))


def opened(browser, folder, notebook):
    page = browser.page(1100, 1400)
    page.goto((folder / f"{notebook.stem}.html").as_uri())
    page.wait_for_load_state("networkidle")
    return page


def test_the_exported_page_asks_for_nothing(notebook, browser, artefacts, offline):
    page = opened(browser, offline, notebook)
    page.screenshot(path=artefacts / f"html-{notebook.stem}.png", full_page=True)
    assert browser.asked == []


def test_nbconvert_by_default_asks_only_for_its_own_scripts(notebook, browser, by_default):
    opened(browser, by_default, notebook)
    assert len(browser.asked) == 2
    assert [address for address in browser.asked if "require" not in address and "mathjax" not in address] == []


def test_make_html_and_this_test_use_the_same_options():
    assert f"OFFLINE := {' '.join(OFFLINE)}\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("notebook", NOTEBOOKS[:2], ids=lambda path: path.stem)
def test_the_gantt_is_drawn(notebook, browser, offline):
    picture = opened(browser, offline, notebook).locator("[id='cell-id=gantt'] img").first
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 600
