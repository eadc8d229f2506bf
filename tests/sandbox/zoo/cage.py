"""What an animal of the zoo is, and the few phrases that many of them are written in."""

from __future__ import annotations

from typing import NamedTuple

RIGHT = "return [list(row)[::-1] for row in I]"
"""What turns every row round, as the zoo's task wants it."""


class Animal(NamedTuple):
    """A hostile program and what must become of it.

    type, message: of the verdict's error; the message need only contain it. "correct" is what a program gets that
    tried something, was refused and then did its work. in_worker: it cannot hurt others, so it may share a process.
    needs: the layer of the sandbox that refuses it; where that is missing the animal stays in its box.
    """

    name: str
    source: str | bytes
    status: str
    type: str = ""
    message: str = ""
    in_worker: bool = False
    needs: tuple[str, ...] = ()


def solver(*lines: str, top: str = "") -> str:
    """A solve(I) of these lines, after `top`."""
    return "\n".join([top, "def solve(I):", *["    " + part for line in lines for part in line.split("\n")], ""])


def refused(code: str, errors: str = "OSError", top: str = "import ctypes, os, signal, socket, subprocess, sys") -> str:
    """A solver that is right only if `code` raises one of `errors`."""
    inner = "\n".join(["    " + line for line in code.split("\n")])
    return solver(f"try:\n{inner}\nexcept {errors}:\n    {RIGHT}", "return 'it was not refused'", top=top)
