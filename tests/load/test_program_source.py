"""Straight-line programs: which sources are one, which steps they have, and how they are written."""

from __future__ import annotations

import pytest

from battnb.load.program_source import program_of, read_program
from battnb.load.written import ProgramTexts, names_used
from battnb.model import Code, Program, Ref, Step

I = Code("I")  # noqa: E741


def call(func: str, *args: Ref | Code) -> Step:
    return Step(Code(func), args)


def test_lines_of_calls_are_steps() -> None:
    source = '''
"""A solver."""
from arc_dsl import *
import dsl

def solve_007bbfb7(I: Grid) -> Grid:
    """Twice."""
    x1 = hconcat(I, I)  # side by side
    O = vconcat(x1, x1)
    return O
'''
    steps = (call("hconcat", I, I), call("vconcat", Ref(0), Ref(0)))
    assert read_program(source) == read_program(source.encode()) == Program(steps, Ref(1))


def test_calls_in_calls_are_steps_from_left_to_right() -> None:
    program = read_program("def solve(S, I, C):\n  return f(g(I), h(g(S), -3), k='x')")
    assert program is not None
    assert [step.func for step in program.steps] == [Code("g"), Code("g"), Code("h"), Code("f")]
    assert program.steps[2].args == (Ref(1), Code("-3"))
    assert program.steps[3].kwargs == (("k", Code("'x'")),)


def test_a_step_can_be_called_and_so_can_a_result() -> None:
    program = read_program("def solve(I):\n  x1 = compose(rot90, vmirror)\n  x2 = x1(I)\n  return lbind(add, 1)(x2)")
    assert program is not None
    assert [step.func for step in program.steps] == [Code("compose"), Ref(0), Code("lbind"), Ref(2)]


def test_a_name_bound_twice_is_the_latest() -> None:
    assert read_program("def solve(I):\n  I = f(I)\n  x = g(I)\n  x = h(x, I)\n  return x") == Program(
        (call("f", I), call("g", Ref(0)), call("h", Ref(1), Ref(0))), Ref(2)
    )


def test_a_single_parameter_of_any_name_is_the_input_also_in_lambdas() -> None:
    program = read_program("def solve(grid):\n  return apply(lambda x: f(x, grid, grid), grid)")
    assert program == Program((call("apply", Code("lambda x: f(x, I, I)"), I),), Ref(0))


@pytest.mark.parametrize("value", ["I", "ZERO", "5", "-1", "None", "True", "'a'", "(1, (2, -3))", "()", "(x,)"])
def test_a_return_without_steps_is_a_program(value: str) -> None:
    assert read_program(f"def solve(I):\n    return {value}") == Program((), Code(value))


def test_a_lambda_carries_the_steps_that_it_mentions() -> None:
    program = read_program("def solve(I):\n  t1 = f(I)\n  return g(lambda x, y=t1: h(x, t1, lambda t1: t1))")
    assert program is not None
    assert program.steps[1].args == (Code("lambda x, y=t1: h(x, t1, lambda t1: t1)", (("t1", 0),)),)


def test_calls_in_tuples_are_steps_and_other_pure_expressions_stay() -> None:
    program = read_program("def solve(I):\n  return f((g(I), 1 if I == 2 else h(I), not I))")
    assert program is not None
    assert program.steps[0] == call("g", I)
    assert program.steps[1].args == (Code("(_0, 1 if I == 2 else h(I), not I)", (("_0", 0),)),)


@pytest.mark.parametrize(
    "source",
    [
        "def solve(I): return I.x",
        "def solve(I): return f(I.x)",
        "def solve(I): return f(I[0])",
        "def solve(I): return f([1])",
        "def solve(I): return f(x for x in I)",
        "def solve(I): return f(lambda: [x for x in I])",
        "def solve(I): return f(lambda: I.x)",
        "def solve(I): return f(lambda: (y := 1))",
        "def solve(I): return f(lambda: (yield))",
        "def solve(I): return f(lambda: __import__)",
        "def solve(I): return __import__('os')",
        "def solve(I): return f(I + I)",
        "def solve(I): return f(*I)",
        "def solve(I): return f(**I)",
        "def solve(I): return f(b'x')",
        "def solve(I): return f(1j)",
        "def solve(I): return f(...)",
        "def solve(I): return f(f'{I}')",
        "def solve(I): pass",
        "def solve(I): return",
        "def solve(I): f(I)\n",
        "def solve(I):\n  if I: return I\n  return I",
        "def solve(I):\n  for x in I: pass\n  return I",
        "def solve(I):\n  x, y = f(I)\n  return x",
        "def solve(I):\n  x = y = f(I)\n  return x",
        "def solve(I):\n  x = f(y)\n  y = f(x)\n  return y",
        "def solve(I):\n  x = f(I)\n  y = g(lambda: x)\n  x = h(y)\n  return x",
        "def solve(I):\n  y = g(lambda: x)\n  x = h(y)\n  return x",
        "def solve(I, J): return I",
        "def solve(*I): return I",
        "def solve(I=1): return I",
        "def solve(I): return S",
        "async def solve(I): return I",
        "@cache\ndef solve(I): return I",
        "def transform(grid): return grid",
        "def f(I): return I\ndef solve(I): return f(I)",
        "x = 3\ndef solve(I): return f(x)",
        "from os import system\ndef solve(I): return system('x')",
        "from numpy import *\ndef solve(I): return rot90(I)",
        "import os\ndef solve(I): return os(I)",
        "import os\ndef solve(I): return os.getcwd(I)",
        "def solve(I) return I",
        "def solve(I): return f(" + "(" * 300 + ")" * 300 + ")",
        "def solve(I): return " + "-" * 5000 + "1",
        "\0",
        "",
    ],
)
def test_what_is_not_a_straight_line_is_none(source: str) -> None:
    assert read_program(source) is None


def test_names_of_an_imported_dsl_count_by_their_last_part() -> None:
    source = "import arc_dsl as d\nfrom arc_dsl import vmirror as vm\ndef solve(I): return d.rot90(vm(I))"
    assert read_program(source) == Program((call("vmirror", I), call("rot90", Ref(0))), Ref(1))


@pytest.mark.parametrize(
    "source",
    [
        "def solve(S, I, C):\n    return I\n",
        "def solve(S, I, C):\n    t1 = f(I, k=ONE)\n    t2 = t1(I, -2, 'a')\n    return t2\n",
        "def solve(S, I, C):\n    t1 = f(I)\n    t2 = g((t1, (t1, 2)), lambda x: h(x, t1))\n    return (t2, 1)\n",
    ],
)
def test_a_program_is_written_as_it_was_read(source: str) -> None:
    program = read_program(source)
    assert program is not None
    assert ProgramTexts(program.steps).source(program.output) == source


def test_written_names_of_steps_are_captured_by_no_lambda() -> None:
    program = read_program("def solve(I):\n  a = f(I)\n  return g(lambda t1: h(t1, a))")
    assert program is not None
    source = ProgramTexts(program.steps, ("I",)).source(program.output, "solve_x")
    assert source == "def solve_x(I):\n    t_1 = f(I)\n    t_2 = g(lambda t1: h(t1, t_1))\n    return t_2\n"


def test_a_value_needs_only_some_of_the_steps() -> None:
    steps = (call("a", I), call("b", I), call("c", Code("lambda: t", (("t", 1),))), call("d", Ref(0)))
    cut = program_of(steps, Ref(2))
    assert cut == Program((call("b", I), call("c", Code("lambda: t", (("t", 0),)))), Ref(1))


def test_names_used_are_those_from_outside() -> None:
    program = read_program("def solve(I):\n  t1 = f(I, ONE, None)\n  return g((TWO, lambda x: h(x, t1)), True, 'abc')")
    assert program is not None
    assert names_used(program.steps) == {"f", "g", "h", "I", "ONE", "TWO"}
