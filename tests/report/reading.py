"""A report in a browser, as its reader sees it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from browser import Browser

AT = """([index]) => {
    const view = [...Bokeh.index.roots].find((root) => root.model.name === "plot");
    const { left, right, top, bottom } = Bokeh.documents[0].get_model_by_name("bars").data;
    const box = view.el.getBoundingClientRect();
    return [
        box.left + view.frame.x_scale.compute((left[index] + right[index]) / 2),
        box.top + view.frame.y_scale.compute((top[index] + bottom[index]) / 2),
    ];
}"""


class Reading:
    """A page that is open. errors: what its console complained about, and requests, which all fail."""

    def __init__(self, browser: Browser, path: Path, dark: bool = False, width: int = 1280) -> None:
        self.browser = browser
        self.errors: list[str] = []
        self.page = browser.page(width, 1000, dark)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.goto(path.resolve().as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def model(self, name: str, expression: str) -> Any:
        """The value of an expression of a Bokeh model m."""
        return self.page.evaluate(f"(m => {expression})(Bokeh.documents[0].get_model_by_name({name!r}))")

    @property
    def bars(self) -> dict[str, list[Any]]:
        return dict(self.model("bars", "m.data"))

    @property
    def shown_bars(self) -> int:
        """How many bars the timeline draws now."""
        return int(
            self.page.evaluate("""() => {
            const view = [...Bokeh.index.roots].find((root) => root.model.name === "plot");
            return view.renderer_views.get(view.model.renderers.find(r => r.name === "work")).all_indices.count;
        }""")
        )

    @property
    def names(self) -> list[str]:
        """The names in the table, in the order shown."""
        return self.page.locator("#table tbody tr.row td.name").all_inner_texts()

    def point_at(self, bar: int) -> None:
        """Move the mouse to the middle of a bar, so that its tooltip shows."""
        self.page.locator("#plot").evaluate("plot => plot.scrollIntoView({ block: 'center', behavior: 'instant' })")
        left, top = self.page.evaluate(AT, [bar])
        self.page.mouse.move(left - 1, top)
        self.page.mouse.move(left, top)

    def tooltip(self) -> dict[str, str]:
        """What the tooltip says, by its labels, when it has appeared."""
        labels, values = [self.page.locator(f".bk-tooltip-row-{part}") for part in ("label", "value")]
        self.until(lambda: labels.count() > 0)
        pairs = zip(labels.all_text_contents(), values.all_text_contents(), strict=True)
        return {label.strip(": "): value.strip() for label, value in pairs}

    def open_row(self, name: str) -> Any:
        """Open a row by its candidate's name; returns what it opened to."""
        self.page.get_by_role("button", name=f"Details of {name}", exact=True).click()
        detail = self.page.locator("tr.detail-row .detail").last
        detail.wait_for()
        return detail

    def until(self, happened: Any, patience_s: float = 30.0) -> None:
        """Wait until something is so."""
        until_s = time.monotonic() + patience_s
        while not happened():
            assert time.monotonic() < until_s, "it never happened"
            self.page.wait_for_timeout(20)
