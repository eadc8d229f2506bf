"""The live panel in a notebook: ipywidgets while it goes on, plain HTML when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from battnb.view.live.bar_and_log import Display, Shown
from battnb.view.markup import box, framed, quiet


class Panel(Display):
    """Widgets for the parts of a panel, so that only what has changed is sent, and a button that stops the run.

    If the kernel delivers no widget messages while a cell awaits, the button does nothing. The stop button of the
    notebook always works.
    """

    def __init__(self, cancel: Callable[[], None], parts: Callable[[Any], Sequence[str]]) -> None:
        """cancel: what the button calls. parts: turns a snapshot into three pieces of HTML."""
        self._cancel = cancel
        self._parts_of = parts
        self._handle: Any = None
        self._box: Any = None

    def open(self) -> None:
        """Take the place below the cell. Widgets come later, so that a short run needs none."""
        from IPython.display import display

        starting = {"text/html": box(quiet("the run begins")), "text/plain": "the run begins"}
        self._handle = display(starting, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def show(self, snapshot: Shown) -> None:
        if self._box is None:
            self._show_widgets()
        for widget, text in zip(self._parts, self._parts_of(snapshot), strict=True):
            if widget.value != text:
                widget.value = text

    def end(self, snapshot: Shown) -> None:
        """Leave one HTML element to be stored: no widget, no script."""
        bundle = {"text/html": framed(*self._parts_of(snapshot)), "text/plain": snapshot.line}
        self._handle.update(bundle, raw=True)
        if self._box is not None:
            for widget in (*self._parts, self._button, self._box):
                widget.close()

    def _show_widgets(self) -> None:
        import ipywidgets

        self._parts = tuple([ipywidgets.HTML() for _ in range(3)])
        self._button = ipywidgets.Button(description="Stop the run", tooltip="Ends it with the verdicts reached so far")
        self._button.on_click(lambda _: self._stop())
        layout = ipywidgets.Layout(
            border="1px solid rgba(128,128,128,.35)", padding="6px 12px", max_width="960px", overflow="hidden"
        )
        self._box = ipywidgets.VBox([*self._parts, self._button], layout=layout)
        self._handle.update(self._box)

    def _stop(self) -> None:
        self._button.disabled = True
        self._button.description = "Stopping"
        self._cancel()
