"""A report as its file: its tables, its text and its packed data, read without a browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "img", "br", "rect", "path"}


class Page(HTMLParser):
    """tags: (name, attributes) of every element. tables: by caption, rows of cells as text. words: all text shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.source = page
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = ""
        self._words: list[str] = []
        self.feed(page)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def data(self, name: str = "data") -> Any:
        """Packed data by the id of its element."""
        (packed,) = re.findall(rf'<script type="text/plain" id="{name}">([^<]*)</script>', self.source)
        return json.loads(gzip.decompress(base64.b64decode(packed)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[self._caption] = self._rows
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if "script" in self._open or "style" in self._open:
            return
        self._words.append(data)
        if "caption" in self._open:
            self._caption += data
        elif {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data
