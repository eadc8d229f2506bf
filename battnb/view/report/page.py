"""The page itself: one HTML file with everything in it, which may not request anything.

A content security policy allows only the page's own scripts, which carry a number that nobody can guess, and forbids
every request. So even text that slipped through as HTML could neither run nor send anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from battnb.view.report.text import html

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)
SCRIPTS = ("basics", "timeline", "filters", "table", "details", "report")


def page_html(
    title: str, body: Iterable[str], data: dict[str, str], plot: dict[str, Any], scripts: Iterable[str]
) -> str:
    """Put a page together.

    body: its HTML. data: packed data by the ids of the elements that hold it. plot: what Bokeh embeds.
    scripts: those of the libraries; the page's own come after them.
    """
    nonce = secrets.token_urlsafe(18)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(nonce=nonce)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{html(title)}</title><style>{_asset('report.css')}</style></head><body>",
        *body,
        *[f'<script type="text/plain" id="{name}">{packed}</script>' for name, packed in data.items()],
        f'<script type="application/json" id="plot-json">{_json(plot)}</script>',
        *[f'<script nonce="{nonce}">{_script(code)}</script>' for code in (*scripts, _own_script())],
        "</body></html>\n",
    ]
    return "\n".join(parts)


def datatables_script() -> str:
    """The library of the table: DataTables (https://datatables.net), MIT licence."""
    return _asset("vendor/datatables.min.js")


def _own_script() -> str:
    """The page's own scripts as one, so that they see each other's names and nothing else does."""
    codes = "\n".join([_asset(f"scripts/{name}.js") for name in SCRIPTS])
    return f'(() => {{\n"use strict";\n{codes}}})();'


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(data: object) -> str:
    """JSON in which nothing can end the element around it."""
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _script(code: str) -> str:
    """Code that cannot end its element. In JavaScript a less-than sign and a slash meet only in strings."""
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")
