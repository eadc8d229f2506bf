"""The kinds of display, and which of them suits the place. Nothing that draws is imported to find that out."""

from __future__ import annotations

import importlib.util
import os
import sys

from battnb.errors import InputError

KINDS = ("auto", "panel", "bar", "log", None)


def display_kind(live: str | None) -> str | None:
    """The display that an option gives here: what "auto" is, and what "panel" is if there are no widgets.

    Raises InputError for something that is not a kind of display.
    """
    if live not in KINDS:
        raise InputError(f"live is {live!r}; choose one of {', '.join([repr(kind) for kind in KINDS])}")
    is_kernel = in_kernel()
    if live == "auto":
        if os.environ.get("KAGGLE_KERNEL_RUN_TYPE") == "Batch":
            return "log"
        if is_kernel:
            live = "panel"
        else:
            return "bar" if sys.stderr is not None and sys.stderr.isatty() else None
    if live == "panel" and not (is_kernel and importlib.util.find_spec("ipywidgets")):
        return "bar"
    return live


def in_kernel() -> bool:
    """Is this the kernel of a notebook?"""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
