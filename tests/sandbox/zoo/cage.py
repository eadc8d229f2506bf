"""What an animal of the zoo is, and helpers that write its source."""

from __future__ import annotations

from typing import NamedTuple

RIGHT = "return [list(row)[::-1] for row in I]"
"""Reverses every row, as the zoo's task wants it."""


class Animal(NamedTuple):
    """A hostile program and what must become of it.

    type, message: those of the verdict's error; its message need only contain this one. A program that tried something,
    was refused and then did its work is "correct". in_worker: it cannot hurt others, so it may share a process.
    needs: the layers of the sandbox that refuse it; if one is missing, the animal does not run.
    """

    name: str
    source: str | bytes
    status: str
    type: str = ""
    message: str = ""
    in_worker: bool = False
    needs: tuple[str, ...] = ()


def solver(*lines: str, top: str = "") -> str:
    """A solve(I) made of these lines, after `top`."""
    return "\n".join([top, "def solve(I):", *["    " + part for line in lines for part in line.split("\n")], ""])


def refused(code: str, errors: str = "OSError", top: str = "import ctypes, os, signal, socket, subprocess, sys") -> str:
    """A solver that is right only if `code` raises one of `errors`."""
    inner = "\n".join(["    " + line for line in code.split("\n")])
    return solver(f"try:\n{inner}\nexcept {errors}:\n    {RIGHT}", "return 'it was not refused'", top=top)
