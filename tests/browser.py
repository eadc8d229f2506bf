"""Headless Chromium that can reach this machine only, and remembers what it was asked to fetch."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL = ("file", "data", "blob", "about")


class Browser:
    """A browser with a profile of its own. Both are gone when the block is left.

    asked: the addresses beyond this machine that pages asked for. All were refused.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.asked: list[str] = []

    def __enter__(self) -> Browser:
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(executable_path=self._path, args=FLAGS)
        return self

    def __exit__(self, *_: object) -> None:
        self._chromium.close()
        self._playwright.stop()

    def page(self, width: int = 1280, height: int = 1600, dark: bool = False) -> Page:
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        context.route("**/*", self._route)
        return context.new_page()

    def _route(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in LOCAL or address.hostname == "127.0.0.1":
            route.continue_()
        else:
            self.asked.append(route.request.url)
            route.abort()
