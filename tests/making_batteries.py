"""Batteries to test phases with."""

from __future__ import annotations

import ast

from battnb.model import Battery, Code, DifferMark, Output, Ref, Step


def arg(text: str) -> Ref | Code:
    """A step if the text is its name, such as t1 for the first; else code as it is written."""
    return Ref(int(text[1:]) - 1) if text[:1] == "t" and text[1:].isdigit() else Code(text)


def steps(*lines: str) -> tuple[Step, ...]:
    """Steps from lines such as "vmirror(I)" or "f(t1, k=ONE)"; a function may be t1 too."""
    found = []
    for line in lines:
        call = ast.parse(line, mode="eval").body
        assert isinstance(call, ast.Call)
        args = tuple([arg(ast.unparse(a)) for a in call.args])
        kwargs = tuple([(str(k.arg), arg(ast.unparse(k.value))) for k in call.keywords])
        found.append(Step(arg(ast.unparse(call.func)), args, kwargs))
    return tuple(found)


def battery(
    lines: list[str], outputs: dict[str, str], differs: list[tuple[str, str | None, str]] | None = None
) -> Battery:
    """outputs: values by candidate id; a candidate is its own solver. differs: (name, id of the solver, value)."""
    marks = [DifferMark(str(n), name, solver, arg(value)) for n, (name, solver, value) in enumerate(differs or [])]
    outs = [Output(name, name, False, arg(value)) for name, value in outputs.items()]
    return Battery("made", steps(*lines), tuple(outs), tuple(marks))
