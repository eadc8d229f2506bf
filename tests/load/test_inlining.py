"""Inlining keeps the meaning, gives one text for one program, and makes no text that is not needed."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load.nested import canonical_steps, expand, inline, inline_lengths

from battnb.errors import BatteryError
from battnb.load.inlining import inline_batch, program_md5
from battnb.load.program_source import program_of, read_program
from battnb.load.written import ProgramTexts
from battnb.model import Arg, Code, Program, Ref, Step

I = Code("I")  # noqa: E741


def f(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    return ("f", *args, *sorted(kwargs.items()))


def g(*args: Any, **kwargs: Any) -> Any:
    """Calls its arguments if they can be called, so that lambdas are run."""
    return ("g", *[arg(1) if callable(arg) else arg for arg in args], *sorted(kwargs.items()))


def h(*args: Any, **kwargs: Any) -> Any:
    return lambda *more: ("h", len(args), [a for a in args if not callable(a)], more, sorted(kwargs))


NAMES = {"f": f, "g": g, "h": h, "ONE": 1, "x": "the global x", "S": "S", "I": 7, "C": None}


def run_steps(program: Program) -> Any:
    """The value that a program's steps give."""
    values: list[Any] = []

    def value(arg: Arg) -> Any:
        if isinstance(arg, Ref):
            return values[arg.step]
        return eval(arg.text, NAMES | {name: values[step] for name, step in arg.refs})

    for step in program.steps:
        values.append(value(step.func)(*map(value, step.args), **{k: value(arg) for k, arg in step.kwargs}))
    return value(program.output)


def plain(result: Any) -> Any:
    """Replace functions by what they return, so that results can be compared."""
    if callable(result):
        return plain(result(2))
    return tuple(map(plain, result)) if isinstance(result, tuple | list) else result


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Random graphs: calls of names and of steps, keywords, constants, tuples, lambdas over earlier steps."""
    steps: list[Step] = []
    for number in range(draw(st.integers(0, 8))):
        callable_steps = [Ref(n) for n in range(number) if steps[n].func == Code("h")]
        func: Any = draw(st.sampled_from([Code("f"), Code("g"), Code("h"), *callable_steps]))
        args: Any = tuple(draw(st.lists(arguments(number), max_size=3)))
        keywords = draw(st.sampled_from([(), ("k",), ("b", "a")])) if isinstance(func, Code) else ()
        steps.append(Step(func, args, tuple((name, draw(arguments(number))) for name in keywords)))
    return Program(tuple(steps), draw(arguments(len(steps), flat=True)))


def arguments(number: int, *, flat: bool = False) -> st.SearchStrategy[Arg]:
    refs = st.integers(0, number - 1).map(Ref) if number else st.nothing()
    texts = [
        "I",
        "S",
        "ONE",
        "x",
        "-3",
        "2.5",
        "'a,)\\''",
        "(1, (2,))",
        "()",
        "None",
        "True",
        "lambda x: x",
        "lambda y: x",
    ]
    plain_args: st.SearchStrategy[Arg] = st.sampled_from([Code(text) for text in texts])
    return st.one_of(plain_args, refs, refs, *([] if flat else [refs.flatmap(_mentioning)]))


def _mentioning(ref: Arg) -> st.SearchStrategy[Arg]:
    texts = [
        "(t, 1)",
        "(2, (t, t))",
        "lambda x: (x, t)",
        "lambda _0, x=t: (lambda t: (t, x))(_0)",
        "lambda x: (x, (lambda t: t)(3), t)",
    ]
    assert isinstance(ref, Ref)
    return st.sampled_from([Code(text, (("t", ref.step),)) for text in texts])


@settings(max_examples=300, deadline=None)
@given(programs())
def test_inlined_expanded_written_and_original_programs_give_the_same(program: Program) -> None:
    expected = plain(run_steps(program))
    text = inline(program)
    assert text is not None
    assert plain(eval(text, dict(NAMES))) == expected
    assert plain(run_steps(expand(text))) == expected
    assert plain(run_steps(program_of(program.steps, program.output))) == expected
    namespace = dict(NAMES)
    written = ProgramTexts(program.steps).source(program.output)
    exec(written, namespace)
    assert plain(namespace["solve"](NAMES["S"], NAMES["I"], NAMES["C"])) == expected  # type: ignore[operator]
    again = read_program(written)
    assert again is not None
    assert inline(again) == text


@settings(max_examples=300, deadline=None)
@given(programs(), programs())
def test_equal_programs_and_only_they_have_equal_md5_and_canonical_steps(one: Program, two: Program) -> None:
    same = inline(one) == inline(two)
    assert (program_md5(one) == program_md5(two)) is same
    assert (program_md5(one, 0) == program_md5(two, 0)) is same
    assert (canonical_steps(one) == canonical_steps(two)) is same
    expanded = expand(inline(one) or "")
    assert inline(expanded) == inline(one)
    assert canonical_steps(expanded) == canonical_steps(one)


def unshared(program: Program) -> Program:
    """The same program, with a copy of each step for each use. The original steps stay, unused."""
    steps = list(program.steps)

    def copied(arg: Arg) -> Arg:
        if isinstance(arg, Ref):
            return Ref(copy(arg.step))
        return Code(arg.text, tuple((name, copy(step)) for name, step in arg.refs))

    def copy(number: int) -> int:
        step = program.steps[number]
        func, args = copied(step.func), tuple(map(copied, step.args))
        steps.append(Step(func, args, tuple((name, copied(arg)) for name, arg in step.kwargs)))
        return len(steps) - 1

    output = copied(program.output)
    return Program(tuple(steps), output)


@settings(max_examples=100, deadline=None)
@given(programs())
def test_copied_and_dead_steps_change_no_md5(program: Program) -> None:
    if (length := inline_batch(program.steps, [program.output])[0].length) < 2_000:
        other = unshared(program)
        assert program_md5(other) == program_md5(program)
        assert program_md5(other, 0) == program_md5(program, 0)
        assert len(inline(other) or "") == length


@settings(max_examples=100, deadline=None)
@given(programs())
def test_lengths_are_those_of_the_texts(program: Program) -> None:
    texts = [inline(Program(program.steps, Ref(n))) for n in range(len(program.steps))]
    assert inline_lengths(program.steps) == [len(text or "") for text in texts]


def doubling(times: int, first: str = "f") -> Program:
    steps = [Step(Code(first), (I,)), *[Step(Code("g"), (Ref(n), Ref(n))) for n in range(times)]]
    return Program(tuple(steps), Ref(times))


def test_a_text_of_2_to_the_60_characters_is_never_made() -> None:
    program, other = doubling(60), doubling(60, "h")
    started = time.process_time()
    length = inline_lengths(program.steps)[-1]
    assert 2**60 < length < 2**64
    assert inline(program) is None
    md5, by_steps = program_md5(program)
    assert by_steps
    assert md5 == hashlib.md5(canonical_steps(program).encode()).hexdigest()
    assert program_md5(other)[0] != md5
    assert time.process_time() - started < 1  # it takes some milliseconds


def test_the_length_of_a_doubling_graph_is_exact() -> None:
    lengths = inline_lengths(doubling(200).steps)
    expected = len("f(I)")
    for length in lengths:
        assert length == expected
        expected = 2 * expected + len("g(, )")


def test_graphs_of_100000_steps_are_read_and_written() -> None:
    chain = [Step(Code("f"), (I,)), *[Step(Code("g"), (Ref(n), Code(str(n % 7)))) for n in range(100_000)]]
    program = Program(tuple(chain), Ref(100_000))
    text = inline(program, 2**30)
    assert text is not None
    assert expand(text) == program
    assert program_md5(program, 0)[1]
    assert len(program_of(program.steps, program.output).steps) == 100_001
    assert len(inline_lengths(doubling(100_000).steps)) == 100_001


def test_a_batch_says_the_same_as_each_program_alone() -> None:
    steps = doubling(30).steps
    values: list[Arg] = [Ref(3), I, Ref(30), Ref(3), Code("(t, 1)", (("t", 2),))]
    batch = inline_batch(steps, values)
    assert [inlined.text for inlined in batch] == [inline(program_of(steps, value)) for value in values]
    assert [(inlined.md5, inlined.by_steps) for inlined in batch] == [program_md5(program_of(steps, v)) for v in values]
    assert batch[2].text is None
    assert batch[2].length == inline_lengths(steps)[30]


def test_many_values_of_one_graph_cost_their_texts_only() -> None:
    steps = [Step(Code("f"), (I,)), *[Step(Code("g"), (Ref(n), Ref(max(n - 9, 0)))) for n in range(1_000)]]
    started = time.process_time()
    batch = inline_batch(steps, [Ref(n) for n in range(300)], max_bytes=10_000)
    assert time.process_time() - started < 5
    assert batch[-1].by_steps


def test_a_lambdas_parameters_capture_nothing() -> None:
    program = read_program("def solve(I):\n  t1 = f(x)\n  return g(lambda x: (x, t1))")
    assert program is not None
    text = inline(program)
    assert text == "g((lambda _0: lambda x: (x, _0))(f(x)))"
    assert eval(text, dict(NAMES)) == run_steps(program) == ("g", (1, ("f", "the global x")))


def test_called_lambdas_are_in_brackets() -> None:
    program = Program((Step(Code("lambda x: x"), (I,)),), Ref(0))
    assert inline(program) == "(lambda x: x)(I)"


def test_equal_tuples_are_equal_however_they_were_written() -> None:
    apart = read_program("def solve(I):\n  x = f(I)\n  return g((x, 1))")
    nested = read_program("def solve(I):\n  return g((f(I), 1))")
    as_text = Program((Step(Code("g"), (Code("( f(I),1)"),)),), Ref(0))
    assert apart is not None
    assert nested is not None
    assert canonical_steps(apart) == canonical_steps(nested) == canonical_steps(as_text)
    assert inline(apart) == inline(as_text) == "g((f(I), 1))"


@pytest.mark.parametrize("text", ["1 +", "lambda:", "(" * 500, ""])
def test_an_argument_that_is_not_an_expression_is_a_battery_error(text: str) -> None:
    with pytest.raises(BatteryError, match="is not an expression"):
        inline(Program((Step(Code("f"), (Code(text),)),), Ref(0)))
