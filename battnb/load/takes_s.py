"""Whether a program takes S, the demo pairs.

It is known for sure only in the program's own fork, when its module code has run: load.entry then finds the function
and its Convention, which says takes_s. From the text alone two questions are answered. Before a program runs,
sandbox/parent/works.py guesses, to send it to a fork that has S; a wrong guess only has it sent again. Afterwards
uses_s says whether a right answer may have been looked up, and is on the safe side.
"""

from __future__ import annotations

import ast
import re

from battnb.load.entry import never_takes_s
from battnb.load.program_source import read_program
from battnb.load.pure import UNREADABLE, parse_module
from battnb.load.written import names_used
from battnb.model import Candidate

_REACHES_ROUND = {
    "__builtins__", "__import__", "__main__", "ag_frame", "attrgetter", "builtins", "compile", "cr_frame", "ctypes",
    "dir", "eval", "exec", "f_back", "f_builtins", "f_globals", "f_locals", "gc", "getattr", "gi_frame", "globals",
    "importlib", "inspect", "locals", "setattr", "sys", "tb_frame", "vars",
}  # fmt: skip
"""Names by which a program may reach what it does not mention, or call what it does not show."""
_DUNDER_ATTRIBUTE = re.compile(r"\.__\w+__")


def uses_s(candidate: Candidate, entry: str | None = None) -> bool:
    """May its answers come from the demo pairs? True if that cannot be told.

    entry: the name of the function that was called. A function that can be called with the input alone is called so.
    """
    program, entry = read_program(candidate.source), candidate.entry or entry
    if program is None and never_takes_s(entry):
        return False
    if program is not None and "S" in names_used(program.steps, program.output):
        return True
    try:
        body = parse_module(candidate.source).body
    except UNREADABLE:
        return True
    if program is None:
        return not _takes_only_the_input(body, entry)
    return any([_reaches_round(_names(node)) for node in body if isinstance(node, ast.FunctionDef)])


def _reaches_round(names: set[str]) -> bool:
    return any([name.removeprefix(".") in _REACHES_ROUND or _DUNDER_ATTRIBUTE.fullmatch(name) for name in names])


def _takes_only_the_input(body: list[ast.stmt], entry: str | None) -> bool:
    """Is it plain that the function can be called with one argument, and that nothing in the source gets round that?"""
    names = [_names(node) for node in body]
    mention_it = [node for node, mentioned in zip(body, names, strict=True) if entry in mentioned]
    if len(mention_it) != 1 or _reaches_round(set().union(*names)):
        return False
    function = mention_it[0]
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return False
    args = function.args
    return len(args.posonlyargs) + len(args.args) - len(args.defaults) <= 1


def _names(node: ast.stmt) -> set[str]:
    """The names that a statement mentions, binds or imports. Names of attributes begin with a dot."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(f".{part.attr}")
        elif isinstance(part, ast.MatchClass):
            found |= {f".{name}" for name in part.kwd_attrs}
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= {alias.name.partition(".")[0] for alias in part.names}
            found |= {(part.module or "").partition(".")[0]} if isinstance(part, ast.ImportFrom) else set()
    return found
