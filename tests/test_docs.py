"""README and docs: every block runs, every output shown comes from a run, every link leads somewhere.

A page is run as a notebook: its blocks in order, in one kernel, in a folder of its own. The first word after the fence
says what a block is:

    python            a cell, magics included       python FILE   written to FILE, for the blocks after it
    bash              commands, as typed            json FILE     written to FILE
    text output       what the block before it prints, up to figures with a decimal point
    text              a drawing, which is not run
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from making import patience

import battnb as bn

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXECUTE = ROOT / "tests" / "notebooks" / "execute.py"
PATIENCE_S = 150
MOST_LINES_OF_README = 150

NOT_RUN = {
    "pip install": "fetches packages over the network",
    "kaggle datasets": "is Kaggle's client, which uploads",
    "kaggle kernels": "is Kaggle's client, which uploads",
    "battnb kaggle build": "fetches wheels over the network; tests/kaggle/test_bundle.py builds this bundle",
}
"""Commands that cannot run here, and why. Each must be on some page."""
RUN_SHORTER = {
    "make ": f"make --dry-run --directory {ROOT} ",  # these tests are what it runs: only its commands are looked up
    "--budget 11h": "--budget 1s",
    "--budget 10m": "--budget 1s",
    "budget_s=11 * 3600": "budget_s=1",
}
"""What takes hours or runs these tests, and what is run instead."""

FENCE = re.compile(r"^(`{3,})[ ]*([^\n`]*)\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:\A|\n)[ \t]*\n(?: {4,}|\t)(?![ \t]*(?:[-*+]|\d+\.) )\S")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FIGURE = re.compile(r"\d+\.\d+")
LAYER = re.compile(r"^(?:active|missing) +([^:]*).*")


def notebook_of(cells: list[str]) -> str:
    """A notebook of these cells, not yet run."""
    empty: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return json.dumps(
        {"cells": [empty | {"source": cell} for cell in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    )


GIVEN = {"my_notebook.ipynb": notebook_of(["1 + 1"])}
"""Files that a page takes to be the reader's own."""


class Block(NamedTuple):
    """A fenced block of a page. kind: the first word after its fence. name: the rest of that line."""

    kind: str
    name: str
    text: str


@pytest.fixture(autouse=True)
def within_patience() -> Iterator[None]:
    """As for all tests, but a page is a whole notebook."""
    with patience(PATIENCE_S):
        yield


@pytest.fixture(params=PAGES, ids=lambda page: str(page.stem))
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def blocks_of(page: Path) -> list[Block]:
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(kind, name.strip(), text) for _, info, text in found for kind, _, name in [info.partition(" ")]]


def is_cell(block: Block) -> bool:
    return block.kind == "bash" or (block.kind == "python" and not block.name)


def has_cells(page: Path) -> bool:
    return any(map(is_cell, blocks_of(page)))


def cell_of(block: Block) -> str:
    text = block.text
    for long, short in RUN_SHORTER.items():
        text = text.replace(long, short)
    if block.kind == "python":
        return text
    lines = [line for line in text.splitlines() if not line.startswith(tuple(NOT_RUN))]
    return "\n".join(["%%bash", "set -euo pipefail", *lines])


def printed(cell: Any) -> list[str]:
    """The lines that a cell printed, and those of its last value."""
    stream = "".join(["".join(output.get("text", ())) for output in cell["outputs"]])
    values = ["".join(output.get("data", {}).get("text/plain", ())) for output in cell["outputs"]]
    return [comparable(line) for text in (stream, *values) for line in text.splitlines()]


def comparable(line: str) -> str:
    """A line without what differs from run to run and from machine to machine."""
    return FIGURE.sub("#", LAYER.sub(r"\1", line.rstrip()))


def executed(page: Path, folder: Path) -> list[Any]:
    """The cells of a page's blocks, run in order in this folder."""
    for name, text in GIVEN.items():
        (folder / name).write_text(text)
    for block in blocks_of(page):
        if block.name and block.kind in ("python", "json"):
            (folder / block.name).write_text(block.text)
    notebook = folder / f"{page.stem}.ipynb"
    notebook.write_text(notebook_of([cell_of(block) for block in blocks_of(page) if is_cell(block)]))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, EXECUTE, notebook], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"{page.name}: {done.stderr[-4000:]}"
    return list(json.loads(notebook.read_text())["cells"])


@pytest.mark.parametrize("page", [page for page in PAGES if has_cells(page)], ids=lambda page: str(page.stem))
def test_every_block_runs_and_every_output_shown_is_what_is_printed(page: Path, tmp_path: Path) -> None:
    blocks = blocks_of(page)
    cells = dict(zip([n for n, block in enumerate(blocks) if is_cell(block)], executed(page, tmp_path), strict=True))
    for number, (before, block) in enumerate(pairwise(blocks)):
        if (block.kind, block.name) == ("text", "output"):
            assert is_cell(before), f"{page.name} shows an output of what is not run: {block.text}"
            said = printed(cells[number])
            missing = [line for line in block.text.splitlines() if comparable(line) not in said]
            assert not missing, f"{page.name} shows {missing}, but this was printed: {said}"


def test_every_block_says_what_it_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    kinds = {(block.kind, block.name) for block in blocks_of(page)}
    assert {kind for kind, _ in kinds} <= {"python", "bash", "json", "text"}
    assert {name for kind, name in kinds if kind == "text"} <= {"", "output"}
    assert not INDENTED.search(FENCE.sub("", text)), "an indented block: give it a fence, and say what it is"


def test_files_that_are_shown_can_be_read(page: Path) -> None:
    for block in blocks_of(page):
        if block.kind == "python" and block.name:
            ast.parse(block.text)
        elif block.kind == "json":
            assert [json.loads(line) for line in block.text.splitlines()]


def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for plain, picture in LINK.findall(text):
        path, _, anchor = (plain or picture).partition("#")
        if path.startswith("https://"):
            continue
        target = page if not path else page.parent / path
        assert target.exists(), f"{page.name} links to {path}, which is not there"
        if anchor:
            assert anchor in anchors_of(target), f"{page.name} links to #{anchor}, which {target.name} does not have"


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# What must be on the pages


def all_pages() -> str:
    return "\n".join([page.read_text(encoding="utf-8") for page in PAGES])


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES_OF_README
    missing = [page.name for page in PAGES[1:] if f"(docs/{page.name}" not in text]
    assert not missing


@pytest.mark.parametrize("exceptions", [NOT_RUN, RUN_SHORTER], ids=["not run", "run shorter"])
def test_no_exception_outlives_its_command(exceptions: dict[str, str]) -> None:
    blocks = [block.text for page in PAGES for block in blocks_of(page)]
    unused = [words for words in exceptions if not any(words in text for text in blocks)]
    assert not unused


def test_every_public_name_and_command_is_described() -> None:
    said = all_pages()
    names = [name for name in bn.__all__ if not name.endswith("Error")]
    missing = [name for name in names if not re.search(rf"\b{name}\b", said)]
    usage = subprocess.run([sys.executable, "-m", "battnb", "--help"], capture_output=True, text=True, check=True)
    commands = re.findall(r"^    (\w+) ", usage.stdout, re.MULTILINE)
    missing += [f"battnb {name}" for name in commands if f"battnb {name}" not in said]
    assert len(commands) > 5
    assert not missing


def test_paths_and_lists_that_pages_name_are_there() -> None:
    said = all_pages()
    paths = re.findall(r"`((?:battnb|tests|benchmarks)/[\w/.]+\.py)`", said)
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).is_file()]
    lists = re.findall(r"`([A-Z_]{5,})` in `(battnb/[\w/]+\.py|tests/[\w/]+\.py)`", said)
    assert len(lists) > 5
    assert not [name for name, path in lists if f"\n{name}" not in (ROOT / path).read_text(encoding="utf-8")]


def test_the_tables_of_statuses_and_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (ROOT / "docs" / "sandbox.md").read_text("utf-8"), re.MULTILINE)
    shown = dict(rows)
    limits = {name: getattr(bn.Limits(), name) for name in bn.Limits.__struct_fields__}
    units = {"MiB": 2**20, "KiB": 2**10}
    for name, value in limits.items():
        number, _, unit = shown[name].partition(" ")
        assert float(number) * units.get(unit, 1) == value, name
    assert [name for name, _ in rows if name in set(bn.Status)] == [status.value for status in bn.Status]


def test_every_layer_of_the_sandbox_is_described(pool: bn.Pool) -> None:
    said = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert not [layer for layer in pool.layers if f"| {layer} |" not in said]
