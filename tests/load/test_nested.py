"""One nested expression is read back into steps, however deep it is."""

from __future__ import annotations

import pytest
from load.nested import expand, inline

from battnb.errors import BatteryError
from battnb.model import Code, Program, Ref, Step


def test_equal_calls_become_one_step() -> None:
    f = Step(Code("f"), (Code("I"),))
    assert expand("g(f(I), f( I ))") == Program((f, Step(Code("g"), (Ref(0), Ref(0)))), Ref(1))


@pytest.mark.parametrize(
    "text",
    [
        "I",
        "5",
        "-5",
        "()",
        "(1,)",
        "f()",
        "f(k=1, l=-2)",
        "f(a)(b)(c)",
        "f('a,)(', \"it's\", '\\\\', None)",
        "f(lambda x, y: (x, y), 3)",
        "f(lambda x=lambda y, z: y: x, lambda: 3)",
        "(lambda x, y: x)(1, 2)",
        "f((g(I), (h(I), 1)), (2,), k=((3,), 4))",
        "f((1 if a == b else g(c), not d, x <= y))",
        "f((a, b - -1), 1.5, 1e-05)",
    ],
)
def test_what_is_expanded_inlines_to_the_same_text(text: str) -> None:
    assert inline(expand(text)) == text


def test_depth_has_no_limit() -> None:
    depth = 10_000
    text = "f(" * depth + "I" + ")" * depth
    assert inline(expand(text)) == text
    mixed = "f((g(" * depth + "I" + "), 1))" * depth
    assert inline(expand(mixed), 2**30) == mixed


@pytest.mark.parametrize(
    "text",
    [
        "", "f(", "f)", "f(I))", "f(I", "f(,)", "f(1,,2)", "f(I) I", "f I", "f(I), 2", "f(k=)", "f(k=1, 2)", "(k=1)",
        "f(1=2)", "I.x", "f(I[0])", "[1]", "f(x for x in I)", "f(*I)", "f(**I)", "__import__('os')", "f('a",
        "f(lambda)", "f(1k)", "f(\0)", "+", "f(a := 1)", "(" * 5000 + "a + b" + ")" * 5001,
    ],
)  # fmt: skip
def test_any_other_text_is_a_battery_error(text: str) -> None:
    with pytest.raises(BatteryError, match="cannot be read at character"):
        expand(text)
