"""Phase left_out: how many demo pairs a program gets right that it could not look up.

A program that takes S sees the demo outputs, so a right answer on a demo pair may mean nothing. The program is run
again on each pair that it got right, with that pair left out of S.
"""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec

from battnb.executor import Executor
from battnb.load.program_source import read_program
from battnb.load.pure import UNREADABLE, parse_module
from battnb.load.written import names_used
from battnb.model import Candidate, Limits, Task, Verdict

WITHOUT = " without demo pair "
_REACHES_ROUND = {
    "__builtins__", "__import__", "__main__", "ag_frame", "attrgetter", "builtins", "compile", "cr_frame", "ctypes",
    "dir", "eval", "exec", "f_back", "f_builtins", "f_globals", "f_locals", "gc", "getattr", "gi_frame", "globals",
    "importlib", "inspect", "locals", "setattr", "sys", "tb_frame", "vars",
}  # fmt: skip
"""Names by which a program may reach what it does not mention, or call what it does not show."""
_DUNDER_ATTRIBUTE = re.compile(r"\.__\w+__")


def uses_s(candidate: Candidate, entry: str | None = None) -> bool:
    """May it see the demo pairs? True if that cannot be told.

    entry: the name of the function that was called. A function that can be called with the input alone is called so.
    """
    program = read_program(candidate.source)
    if program is not None:
        return "S" in names_used(program.steps, program.output) or _may_reach_round(candidate.source)
    entry = candidate.entry or entry
    return entry not in ("transform", "p") and not _takes_only_the_input(candidate.source, entry)


def _may_reach_round(source: str | bytes) -> bool:
    """May a function of this source reach what it does not mention?"""
    try:
        body = parse_module(source).body
    except UNREADABLE:
        return True
    return any([_reaches_round(_names(node)) for node in body if isinstance(node, ast.FunctionDef)])


def _reaches_round(names: set[str]) -> bool:
    return any([name.removeprefix(".") in _REACHES_ROUND or _DUNDER_ATTRIBUTE.fullmatch(name) for name in names])


def _takes_only_the_input(source: str | bytes, entry: str | None) -> bool:
    """Is it plain that the function can be called with one argument, and that nothing in the source gets round that?"""
    try:
        body = parse_module(source).body
    except UNREADABLE:
        return False
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


def task_without(task: Task, pair: int) -> Task:
    """The task without a demo pair, which becomes its only test pair. It has an id of its own."""
    demo = task.demo[:pair] + task.demo[pair + 1 :]
    return Task(id_without(task.id, pair), demo, (task.demo[pair],))


def id_without(task_id: str, pair: int) -> str:
    """The id of a task without a demo pair. pair: counted from 0."""
    return f"{task_id}{WITHOUT}{pair + 1}"


async def left_out(
    candidates: Sequence[Candidate],
    verdicts: Sequence[Verdict],
    task: Task,
    executor: Executor,
    *,
    limits: Limits | None = None,
    one_at_a_time: bool = False,
) -> dict[str, list[Verdict]]:
    """Run candidates that use S on each demo pair that they get right, with that pair left out of S.

    candidates, verdicts: n each, validated on the task.
    Returns for each candidate that uses S, by id, a verdict for each such pair. Its test_correct is 1 if the candidate
    is right again. Raises PoolClosed if the executor is closed before all have ended.
    """
    judged = [(c, v) for c, v in zip(candidates, verdicts, strict=True) if v.demo_correct and uses_s(c, v.entry)]
    found: dict[str, list[Verdict]] = {candidate.id: [] for candidate, _ in judged}

    async def without(pair: int) -> None:
        chosen = [(c, v) for c, v in judged if v.sample_statuses[pair] == "correct"]
        again = [_renamed(c, v, pair) for c, v in chosen]
        if not again:
            return
        on_pair = await executor.validate(again, task_without(task, pair), limits=limits, one_at_a_time=one_at_a_time)
        for (candidate, _), verdict in zip(chosen, on_pair, strict=True):
            found[candidate.id].append(verdict)

    if one_at_a_time:
        for pair in range(len(task.demo)):
            await without(pair)
    elif judged:
        await _together([without(pair) for pair in range(len(task.demo))])
    return found


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All at once. If one fails, the others are ended and its own error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


def _renamed(candidate: Candidate, verdict: Verdict, pair: int) -> Candidate:
    """The candidate under another id, with the entry point that was found for the task's own id."""
    name = id_without(candidate.id, pair)
    return msgspec.structs.replace(candidate, id=name, entry=candidate.entry or verdict.entry)
