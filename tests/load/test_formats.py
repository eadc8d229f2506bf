"""The tables of formats and of keys in docs/candidates.md say what can be read, and what is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from load.formats import COUNTS, FORMATS

import battnb as bn
from battnb.load.records import record_answers as records

PAGE = (Path(__file__).parents[2] / "docs/candidates.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The first two columns of the table after a heading."""
    table = PAGE.partition(f"# {heading}\n")[2].partition("|---|")[2].partition("\n\n")[0]
    found = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    return {re.sub(r"\[(.*?)\]\(.*?\)", r"\1", name): text for name, text in found}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_page_is_read(name: str, tmp_path: Path) -> None:
    assert list(rows("Formats")) == list(FORMATS)
    for example in FORMATS[name]:
        assert len(bn.load_battery(example(tmp_path))) == COUNTS.get(name, 1)


def test_the_keys_of_the_page_are_those_that_count() -> None:
    assert [re.findall(r"`([\w.]+)`", keys) for keys in rows("Records").values()] == [
        list(records.ID_KEYS),
        list(records.TASK_KEYS),
        list(records.CODE_KEYS),
        list(records.TEXT_KEYS),
        list(records.LIST_KEYS),
        list(records.CHAT_KEYS),
        ["entry", "grids"],
    ]
