"""Entry points: found by name and arity, in one order, without running anything."""

from __future__ import annotations

import subprocess
import sys
from functools import cache, partial, wraps
from typing import Any

import pytest

from battnb.load.entry import CONVENTIONS, EntryPoint, NoEntry, find_entry

ONE_TASK, OWN_3 = CONVENTIONS[0], CONVENTIONS[5]
SOLVE_I, SOLVE_SIC, TRANSFORM, P = CONVENTIONS[1:5]


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"cache": cache, "partial": partial, "wraps": wraps}
    exec(source, names)
    return names


def found(source: str, entry: str | None = None) -> EntryPoint | NoEntry:
    return find_entry(namespace(source), "007bbfb7", entry)


@pytest.mark.parametrize(
    ("source", "name", "convention"),
    [
        ("def solve_007bbfb7(I): 0", "solve_007bbfb7", ONE_TASK),
        ("def solve(I): 0", "solve", SOLVE_I),
        ("def solve(S, I, C): 0", "solve", SOLVE_SIC),
        ("def transform(grid): 0", "transform", TRANSFORM),
        ("def p(g): 0", "p", P),
        ("p = lambda g: g", "p", P),
        ("p = lambda g, n=3: g", "p", P),
        ("p = lambda *g: g", "p", P),
        ("p = partial(lambda a, g: g, 1)", "p", P),
        ("p = partial(lambda g, k: g, k=1)", "p", P),
        ("p = sorted", "p", P),
        ("@cache\ndef solve(I): 0", "solve", SOLVE_I),
        ("def d(f):\n @wraps(f)\n def g(*a): 0\n return g\n@d\ndef solve(S, I, C): 0", "solve", SOLVE_SIC),
        ("class A:\n def __call__(self, I): 0\nsolve = A()", "solve", SOLVE_I),
        ("class A:\n def m(self, S, I, C): 0\nsolve = A().m", "solve", SOLVE_SIC),
        ("def solve_00000000(I): 0", "solve_00000000", ONE_TASK),
        ("def solve_007bbfb7(S, I, C): 0", "solve_007bbfb7", OWN_3),
    ],
)
def test_each_convention_is_found(source: str, name: str, convention: Any) -> None:
    assert found(source) == EntryPoint(name, convention)


def test_where_there_are_several_the_first_in_order_counts() -> None:
    names = ["def p(g): 0", "def transform(grid): 0", "def solve(I): 0", "def solve_007bbfb7(I): 0"]
    for last, convention in enumerate([P, TRANSFORM, SOLVE_I, ONE_TASK], 1):
        result = found("\n".join(["def solve_other(I): 0", *names[:last]]))
        assert isinstance(result, EntryPoint)
        assert result.convention is convention


def test_arity_decides_not_the_name_alone() -> None:
    assert found("def solve(a, b): 0\ndef p(g): 0") == EntryPoint("p", P)
    assert found("def solve(I, *, k): 0") == NoEntry("it defines solve, which takes other arguments")


def test_why_there_is_none_is_said() -> None:
    nothing = found("x = 1")
    assert isinstance(nothing, NoEntry)
    assert nothing.reason.startswith(
        "it defines none of solve_<task>(I), solve(I), solve(S, I, C), transform(grid), p(g)"
    )
    several = found("def solve_a(I): 0\ndef solve_b(I): 0")
    assert several == NoEntry("it defines 2 solvers, none for this task; name one as entry")


def test_a_named_entry_is_called_as_its_arity_says() -> None:
    source = "def main(I): 0\ndef full(S, I, C): 0\ndef p(g): 0\ndef transform(g): 0\ndef solve(I): 0\ndef two(a, b): 0"
    assert found(source, "main") == EntryPoint("main", SOLVE_I)
    assert found(source, "full") == EntryPoint("full", SOLVE_SIC)
    assert found(source, "p") == EntryPoint("p", P)
    assert found(source, "transform") == EntryPoint("transform", TRANSFORM)
    assert found(source, "gone") == NoEntry("it does not define gone")
    assert found(source, "two") == NoEntry("two cannot be called with (I) or with (S, I, C)")


def test_hostile_objects_are_not_asked_anything() -> None:
    source = """
class Meta(type):
    def __getattribute__(cls, name): raise SystemExit(name)
class Trap(metaclass=Meta):
    def __getattribute__(self, name): raise SystemExit(name)
    def __eq__(self, other): raise SystemExit
    __hash__ = None
    def __bool__(self): raise SystemExit
solve = Trap()
p = Trap
def transform(grid): 0
"""
    assert found(source) == EntryPoint("transform", TRANSFORM)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys; import battnb.load.entry; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"inspect", "ast", "msgspec", "dataclasses", "numpy"} & set(loaded)
