"""The tables of docs/candidates.md are what battnb does: every example of an entry point runs."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

import battnb as bn
from battnb.load.aliases import PRELUDE
from battnb.load.entry import CONVENTIONS

PAGE = Path(__file__).parents[2].joinpath("docs", "candidates.md").read_text()
ROWS = re.findall(r"^\| `([^`]+\))` \| `([^`]+)` \| ([a-z ]+) \|$", PAGE, re.MULTILINE)
FORMS = {"tuples of tuples": ("tuple",), "lists of lists": ("list",), "lists or arrays": ("list", "ndarray")}


def test_the_table_has_every_convention_in_its_order() -> None:
    assert [name for name, _, _ in ROWS] == [str(convention) for convention in CONVENTIONS]


@pytest.mark.parametrize(("name", "source", "grids"), ROWS, ids=[name for name, _, _ in ROWS])
async def test_its_example_runs(pool: bn.Pool, name: str, source: str, grids: str) -> None:
    task = bn.load_task("67a3c6ac")
    [verdict] = await pool.validate([bn.Candidate(name, source)], task)
    assert (verdict.status, verdict.error) == ("correct", None)
    assert verdict.grids in FORMS[grids]
    known = re.escape(name.partition("(")[0]).replace("<task>", task.id)
    assert re.fullmatch(re.sub("<class>|<function>", r"\\w+", known), str(verdict.entry))


def test_the_table_of_names_taken_for_granted_is_whole() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \| (`.+) \|$", PAGE.partition("### Names taken for granted")[2], re.MULTILINE)
    listed = {(name, module) for module, names in rows for name in re.findall("`([^`]+)`", names)}
    exported = {(name, "typing") for name in typing.__all__ if PRELUDE.get(name) == ("typing", name)}
    assert listed | exported == {(name, module) for name, (module, _) in PRELUDE.items()}
