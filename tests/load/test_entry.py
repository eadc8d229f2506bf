"""Entry points: found by name and arity, in one order, without running anything."""

from __future__ import annotations

import subprocess
import sys
from functools import cache, partial, wraps
from typing import Any

import pytest

from battnb.load.entry import CONVENTIONS, EntryPoint, NoEntry, find_entry

ONE_TASK, VERIFY, SOLVE_I, SOLVE_SIC, TRANSFORM, P, OWN_3, MAIN, GENERATE, APPLY, PREDICT = CONVENTIONS[:11]
CLASS_TRANSFORM, CLASS_SOLVE, ONLY = CONVENTIONS[11:]


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"cache": cache, "partial": partial, "wraps": wraps, "__name__": "candidate"}
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
        ("def verify_007bbfb7(I): 0", "verify_007bbfb7", VERIFY),
        ("def verify_00000000(I): 0", "verify_00000000", VERIFY),
        ("def main(input_grid): 0", "main", MAIN),
        ("def generate_puzzle_output(grid): 0", "generate_puzzle_output", GENERATE),
        ("def apply_transform(grid): 0", "apply_transform", APPLY),
        ("def predict(grid): 0", "predict", PREDICT),
        ("class A:\n def transform(self, grid): 0", "A.transform", CLASS_TRANSFORM),
        ("class A:\n def __init__(self, k=1): 0\n def solve(self, grid): 0", "A.solve", CLASS_SOLVE),
        ("class A:\n @staticmethod\n def transform(grid): 0", "A.transform", CLASS_TRANSFORM),
        ("class A:\n @classmethod\n def transform(cls, grid): 0", "A.transform", CLASS_TRANSFORM),
        ("class A:\n def transform(self, grid): 0\nclass B(A): 0", "B.transform", CLASS_TRANSFORM),
        ("def flip(grid): 0", "flip", ONLY),
        ("def part(row): 0\ndef flip(grid): return [part(row) for row in grid]", "flip", ONLY),
        ("def part(a, b): 0\ndef test(): flip(1)\ndef flip(grid): 0", "flip", ONLY),
        ("@cache\ndef flip(grid, deep=False): 0", "flip", ONLY),
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


def test_new_names_come_after_all_that_were_there_before() -> None:
    last = ["def flip(grid): 0", "class A:\n def transform(self, grid): 0", "def verify_other(I): 0", "def main(g): 0"]
    for count, convention in enumerate([ONLY, CLASS_TRANSFORM, VERIFY, MAIN], 1):
        result = found("\n".join(last[:count]))
        assert isinstance(result, EntryPoint)
        assert result.convention is convention
    helpers = "def solve_row(row): 0\ndef solve_all(rows): 0\n"
    assert found(helpers + "def transform(grid): 0") == EntryPoint("transform", TRANSFORM)
    assert found("def main(): 0\ndef flip(grid): 0") == EntryPoint("flip", ONLY)


def test_only_what_a_program_defines_itself_counts_as_its_class_or_function() -> None:
    assert isinstance(
        found("from random import Random\nfrom shutil import rmtree\nfrom os.path import exists"), NoEntry
    )
    assert isinstance(found("class A:\n def __init__(self, k): 0\n def transform(self, grid): 0"), NoEntry)
    assert found("class A:\n def transform(self, g): 0\nclass B:\n def solve(self, g): 0") == NoEntry(
        "it defines 2 classes with transform or solve; name one as entry"
    )


def test_arity_decides_not_the_name_alone() -> None:
    assert found("def solve(a, b): 0\ndef p(g): 0") == EntryPoint("p", P)
    assert found("def solve(I, *, k): 0") == NoEntry(
        "it defines solve, which takes other arguments; name a function with entry="
    )


def test_why_there_is_none_is_said() -> None:
    nothing = found("x = 1")
    assert isinstance(nothing, NoEntry)
    assert nothing.reason.startswith(
        "it defines no function; it needs one of solve_<task>(I), verify_<task>(I), solve(I), solve(S, I, C), "
    )
    others = found("def flip(grid, k): 0\ndef turn(a): 0\ndef mirror(b): 0")
    assert isinstance(others, NoEntry)
    assert others.reason.startswith("it defines flip(grid, k), turn(a), mirror(b), but none of solve_<task>, ")
    assert others.reason.endswith("; name one with entry=")
    many = found("".join([f"def f{n}(a, b): 0\n" for n in range(9)]))
    assert isinstance(many, NoEntry)
    assert "f5(a, b) and 3 more, but" in many.reason
    several = found("def solve_a(I): 0\ndef solve_b(I): 0")
    assert several == NoEntry("it defines 2 solvers, none for this task; name one as entry")


def test_a_named_entry_is_called_as_its_arity_says() -> None:
    source = "def run(I): 0\ndef main(I): 0\n"
    source += "def full(S, I, C): 0\ndef p(g): 0\ndef transform(g): 0\ndef solve(I): 0\ndef two(a, b): 0"
    assert found(source, "run") == EntryPoint("run", SOLVE_I)
    assert found(source, "main") == EntryPoint("main", MAIN)
    assert found(source, "full") == EntryPoint("full", SOLVE_SIC)
    assert found(source, "p") == EntryPoint("p", P)
    assert found(source, "transform") == EntryPoint("transform", TRANSFORM)
    assert found(source, "gone") == NoEntry("it does not define gone")
    assert found(source, "two") == NoEntry("two cannot be called with (I) or with (S, I, C)")


def test_a_class_or_its_method_can_be_named() -> None:
    source = "class A:\n def transform(self, g): 0\nclass B:\n def solve(self, g): 0\n def transform(self, a, b): 0"
    assert found(source, "A") == EntryPoint("A.transform", CLASS_TRANSFORM)
    assert found(source, "B") == found(source, "B.solve") == EntryPoint("B.solve", CLASS_SOLVE)
    assert isinstance(found(source, "B.transform"), NoEntry)
    assert found(source, "C.solve") == NoEntry("it does not define C")


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
